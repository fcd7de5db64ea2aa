"""The model card of the starter drawings: data, recipe, scores, and what it gets wrong."""

import json
from pathlib import Path

import torch

from models.starter.train.image_corpus import PACKAGES, WORK

RECIPE = (
    "64-pixel drawings of 113 concepts, five vendors' drawings each, placed on white with small "
    "moves and flips and recoloured into eight colour words; an autoencoder to 16x16x4 whitened "
    "latents (L1, edges at three scales, small KL); then a UNet with cross-attention and a pooled "
    "caption vector to a two-layer CLIP text encoder, trained together on velocity with min-SNR "
    "weights, batch 32, one or two CPU threads in bfloat16, running average of the weights, one caption in "
    "ten dropped. For the first 3,400 steps 21 concepts also had a second, differing emoji (a "
    "whole cat beside a cat's face), left out afterwards because the model blended the two; the "
    "committed table of concepts has them left out from the start. There the cosine of the learning "
    "rate was stretched from 4,500 steps to 6,000. The autoencoder learnt from 35 concepts more."
)
FAILURES = (
    "One thing a picture: counts, scenes, several objects and words of place are not understood.",
    "Words it has not learnt are passed over or bend the picture; they never give the thing.",
    "Animals show their face rather than the whole body where emoji do (cat, dog, horse, cow).",
    "Colour words work on things with one main colour; a panda or a pizza keeps its own.",
    "Small parts (faces, spokes, text) are smudged at 64 pixels.",
)


def write_card(
    folder: Path, scores: dict[str, float], each: dict[str, float], defaults: dict[str, float]
) -> None:
    """Write the model card of a folder of weights.

    Args:
        folder: Of the weights.
        scores: Name -> figure.
        each: Concept -> share of its samples that the judge recognises, in percent.
        defaults: Settings that the samples were drawn with.
    """
    spent = {
        name: torch.load(WORK / f"{name}.pt")["spent"] for name in ("autoencoder", "diffusion")
    }
    weak = sorted(word for word, share in each.items() if share < 50)
    failure = f"Recognised in under half of its samples: {', '.join(weak)}."
    card = {
        "name": "Modeldeck starter drawings",
        "licence": "CC-BY-4.0, the strictest licence among the drawings it learnt: credit Google "
        "(Noto Emoji), Twitter (Twemoji) and Microsoft (Fluent Emoji)",
        "data": [
            {"package": p.name, "version": p.version, "licence": p.licence}
            | ({"use": "scoring only"} if p.judge else {"use": "training"})
            for p in PACKAGES
        ],
        "recipe": RECIPE,
        "minutes": round(sum(spent.values()) / 60, 1),
        "parameters": count_parameters(folder),
        "scores": scores,
        "known_failures": [*FAILURES, *([failure] if weak else [])],
        "concepts": list(each),
        "concept_scores_percent": each,
        "defaults": defaults,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8")


def count_parameters(folder: Path) -> int:
    """Count the numbers in all of a folder's safetensors."""
    from safetensors import safe_open

    total = 0
    for path in sorted(folder.rglob("*.safetensors")):
        with safe_open(path, framework="pt") as weights:
            total += sum(weights.get_tensor(name).numel() for name in weights.keys())  # noqa: SIM118
    return total
