"""Scores the starter text-to-image model: `python -m models.starter.train.image_eval`.

The judge (`image_judge`) says what each sample depicts. Colour words are scored by
the hue of the sample's saturated pixels. Writes the figures to the card and a contact
sheet. The judge's score on the generator's own drawings says how good a judge it is.
"""

import argparse
import json
import logging
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw
from torch import nn

from models.starter.train.image import WEIGHTS
from models.starter.train.image_autoencoder import as_tensor
from models.starter.train.image_card import write_card
from models.starter.train.image_colours import SATURATED, colour_name, recolour, to_hsv
from models.starter.train.image_corpus import (
    WORK,
    Concept,
    Drawing,
    load_drawings,
    read_concepts,
    split,
)
from models.starter.train.image_examples import place, with_article
from models.starter.train.image_judge import ranks, shares, stack, train_judge, without_twins

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

log = logging.getLogger(__name__)

SHEET = Path(__file__).parents[3] / "docs" / "pictures" / "starter-image-sheet.png"
STEPS, GUIDANCE = 20, 4.0
COLOURS_ASKED = ("red", "yellow", "green", "blue", "purple", "pink")
COLOUR_THINGS = (
    "car",
    "apple",
    "flower",
    "book",
    "balloon",
    "fish",
    "hat",
    "butterfly",
    "house",
    "heart",
)


def load_pipeline(folder: Path) -> "StableDiffusionPipeline":
    """Load the folder as anyone would, in float32."""
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import logging as diffusers_logging

    diffusers_logging.set_verbosity_error()
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, safety_checker=None, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    made: StableDiffusionPipeline = pipeline
    return made


def sample(
    pipeline: "StableDiffusionPipeline", prompts: list[str], seed: int
) -> npt.NDArray[np.uint8]:
    """Draw the prompts, each with a seed of its own: (n, 64, 64, 3)."""
    pictures = []
    for start in range(0, len(prompts), 37):
        part = prompts[start : start + 37]
        seeds = [torch.Generator().manual_seed(seed * 1000 + start + i) for i in range(len(part))]
        out: Any = pipeline(
            part, num_inference_steps=STEPS, guidance_scale=GUIDANCE, generator=seeds
        )
        pictures += [np.asarray(image) for image in out.images]
    return np.stack(pictures)


def shown_colour(picture: npt.NDArray[np.uint8]) -> str | None:
    """Name the colour that most saturated pixels have; None for a picture without any."""
    hsv = to_hsv(picture.astype(np.float32) / np.float32(255))
    mask = (hsv[..., 1] > SATURATED) & (hsv[..., 2] > SATURATED)
    if mask.sum() < 40:
        return None
    names = [colour_name(float(h)) for h in hsv[..., 0][mask]]
    return max(sorted(set(names)), key=names.count)


def colour_score(pipeline: "StableDiffusionPipeline", seeds: int) -> dict[str, float]:
    """Share of "a blue car" prompts whose picture is mostly the colour asked for, in percent."""
    pairs = [(c, t) for t in COLOUR_THINGS for c in COLOURS_ASKED]
    prompts = [with_article(f"{c} {t}") for c, t in pairs]
    hits: dict[str, list[bool]] = {c: [] for c in COLOURS_ASKED}
    for seed in range(seeds):
        for (colour, _), picture in zip(pairs, sample(pipeline, prompts, 50 + seed), strict=True):
            hits[colour].append(shown_colour(picture) == colour)
    scores = {c: round(100 * float(np.mean(h)), 1) for c, h in hits.items()}
    return scores | {"all": round(100 * float(np.mean([x for h in hits.values() for x in h])), 1)}


def concept_score(
    pipeline: "StableDiffusionPipeline", judge: nn.Module, concepts: list[Concept], seeds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Share of samples recognised, over all, and for each concept (in percent, first place)."""
    prompts = [with_article(c.word) for c in concepts]
    y = torch.arange(len(concepts))
    found = torch.stack(
        [ranks(judge, as_tensor(sample(pipeline, prompts, s)), y) for s in range(seeds)]
    )
    each = (found == 0).float().mean(0) * 100
    return shares(found), {c.word: round(float(e), 1) for c, e in zip(concepts, each, strict=True)}


def recolour_ceiling(drawings: list[Drawing]) -> float:
    """Share of recoloured real drawings whose measured colour is the word's, in percent."""
    rng = random.Random(0)  # noqa: S311
    hits = [
        shown_colour(place(recolour(d.pixels, c), rng)) == c
        for d in drawings
        for c in COLOURS_ASKED
    ]
    return round(100 * float(np.mean(hits)), 1)


def contact_sheet(
    pipeline: "StableDiffusionPipeline", prompts: list[str], seeds: int, path: Path
) -> None:
    """Draw prompts x seeds with the prompt under each group, in eight columns of groups."""
    pictures = [sample(pipeline, prompts, seed) for seed in range(seeds)]
    columns, cell_w, cell_h = 8, seeds * 64 + 8, 64 + 14
    rows = -(-len(prompts) // columns)
    sheet = Image.new("RGB", (columns * cell_w, rows * cell_h), "white")
    pen = ImageDraw.Draw(sheet)
    for index, prompt in enumerate(prompts):
        left, top = index % columns * cell_w, index // columns * cell_h
        for k in range(seeds):
            sheet.paste(Image.fromarray(pictures[k][index]), (left + k * 64, top))
        pen.text((left + 2, top + 64), prompt, fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=WEIGHTS)
    parser.add_argument("--judge-steps", type=int, default=1600)
    parser.add_argument("--seeds", type=int, default=4, help="samples of each prompt")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--judge-only", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Train the judge where needed, score the folder, and print and write the figures."""
    args = parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(args.threads)
    concepts = read_concepts()
    ours, theirs = split(load_drawings(concepts))
    theirs = without_twins(theirs, ours)
    judge = train_judge(theirs, len(concepts), WORK / "judge.pt", args.judge_steps)
    ceiling = shares(ranks(judge, *stack(ours)))
    log.info("the judge learnt %d drawings; on the generator's own: %s", len(theirs), ceiling)
    if args.judge_only:
        return
    pipeline = load_pipeline(args.folder)
    found, each = concept_score(pipeline, judge, concepts, args.seeds)
    colours = colour_score(pipeline, args.seeds)
    things = [d for d in ours if concepts[d.concept].word in COLOUR_THINGS]
    scores = {f"samples_recognised_{k}_percent": v for k, v in found.items()}
    scores |= {f"real_drawings_recognised_{k}_percent": v for k, v in ceiling.items()}
    scores |= {f"colour_obeyed_{k}_percent": v for k, v in colours.items()}
    scores |= {"real_recoloured_drawings_obey_percent": recolour_ceiling(things)}
    scores |= {"samples_of_each_prompt": args.seeds}
    defaults = {"steps": STEPS, "guidance": GUIDANCE, "width": 64, "height": 64}
    write_card(args.folder, scores, each, defaults)
    log.info("%s", json.dumps(scores, indent=1))
    log.info("%s", sorted(each.items(), key=lambda pair: -pair[1]))
    coloured = [
        with_article(f"{c} {t}") for t in ("car", "apple", "hat") for c in COLOURS_ASKED[:5]
    ]
    prompts = [with_article(c.word) for c in concepts] + coloured
    contact_sheet(pipeline, prompts, min(2, args.seeds), SHEET)


if __name__ == "__main__":
    main()
