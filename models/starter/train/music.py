"""Trains the notes model: a small Llama over the tokens of ``models.music_tokens``.

    pip install -r requirements-train.txt
    nice -n 19 python -m models.starter.train.music     # trains; goes on after a cut; writes as it goes
    python -m models.starter.train.music_eval           # scores what is written, into its card

A row is a whole tune, with pitches counted from its tonic: every key is learnt from every tune, which is
what transposing each tune into twelve keys would teach at twelve times the work. One thread, bfloat16
autocast, running mean of the weights; the result is an ordinary Hugging Face folder in float16.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.music_tokens import BEGIN, END, IDS, PAD, TOKENS, spelled
from models.music_tune import Tune
from models.starter.minilm import WEIGHTS
from models.starter.train import loop
from models.starter.train.corpus import CACHE
from models.starter.train.music_corpus import PACKAGE, VERSION, load

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

FOLDER = WEIGHTS / "music"
#: Longest row in tokens; longer tunes are left out.
LONGEST = 640
BATCH = 12
_IGNORED = -100  # of torch's cross entropy


def network(layers: int = 5, width: int = 256, heads: int = 4) -> Any:
    """The untrained model, from the seed of all recipes."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(loop.SEED)
    config = LlamaConfig(
        vocab_size=len(TOKENS), hidden_size=width, intermediate_size=width * 11 // 4,
        num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=heads,
        max_position_embeddings=2048, tie_word_embeddings=True, attention_dropout=0.1,
        pad_token_id=IDS[PAD], bos_token_id=IDS[BEGIN], eos_token_id=IDS[END],
    )  # fmt: skip
    return LlamaForCausalLM(config)


def grown(folder: Path) -> Any:
    """The model of a folder that had only the first of ``TOKENS``: new ones begin as a mean of the old."""
    import torch
    from transformers import AutoModelForCausalLM

    old = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    new = network(old.config.num_hidden_layers)
    state = old.state_dict()
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        more = len(TOKENS) - len(state[name])
        mean = state[name].mean(0, keepdim=True).repeat(more, 1)
        state[name] = torch.cat([state[name], mean + 0.02 * torch.randn(mean.shape)])
    new.load_state_dict(state)
    return new


def rows_of(tunes: Sequence[Tune]) -> list[list[int]]:
    """Token ids of the tunes that are not too long."""
    rows = [[IDS[token] for token in spelled(tune)] for tune in tunes]
    return [row for row in rows if len(row) <= LONGEST]


def padded(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and labels, (rows, longest) each; padding is no label."""
    import torch

    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[IDS[PAD]] * (longest - len(row))] for row in rows])
    return ids, torch.where(ids == IDS[PAD], _IGNORED, ids)


def surprise(model: Any, rows: Sequence[Sequence[int]], size: int = 32) -> tuple[float, int]:
    """Bits of all tokens but the first, and how many those are."""
    import torch

    total, count = 0.0, 0
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(rows), size):
            ids, labels = padded(sorted(rows, key=len)[start : start + size])
            logits = model(input_ids=ids, attention_mask=(ids != IDS[PAD]).long()).logits
            total += torch.nn.functional.cross_entropy(
                logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), reduction="sum"
            ).item()
            count += int((labels[:, 1:] != _IGNORED).sum())
    return total / math.log(2), count


def export(model: Any, folder: Path, card: dict[str, object]) -> None:
    """Writes the folder: weights in float16, tokenizer, settings of generation, card."""
    import copy

    import torch
    from transformers import GenerationConfig

    folder.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).to(torch.float16)
    half.generation_config = GenerationConfig(
        do_sample=True, temperature=1.0, top_p=0.95, max_length=2048, pad_token_id=IDS[PAD],
        bos_token_id=IDS[BEGIN], eos_token_id=IDS[END],
    )  # fmt: skip
    half.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (folder / "card.partial").write_text(text, encoding="utf-8")
    os.replace(folder / "card.partial", folder / "card.json")


def tokenizer() -> Any:
    """The tokens as a tokenizer of transformers: words between spaces, none unknown."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel(dict(IDS)))
    words.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token=PAD, bos_token=BEGIN, eos_token=END,
        clean_up_tokenization_spaces=False,
    )  # fmt: skip


def card(
    model: Any, minutes: float, steps: int, scores: dict[str, float], start: Path | None
) -> dict[str, object]:
    """The model card as data; ``music_eval`` adds its figures to ``scores``.

    Args:
        model: that was trained.
        minutes: of its training.
        steps: the same.
        scores: name -> figure.
        start: folder of the weights it began with, trained with fewer tokens; None when from scratch.
    """
    corpus, before = load(), ""
    if start:
        spent = float(json.loads((start / "card.json").read_text(encoding="utf-8"))["minutes"])
        before = f", after {spent:g} minutes of the same without the tokens that copy a bar"
        minutes += spent
    return {
        "name": "Modeldeck starter tunes",
        "licence": "Apache-2.0, as this project",
        "data": [
            {
                "package": PACKAGE, "version": VERSION, "use": "training",
                "part": "Ryan's Mammoth Collection (Boston, 1883)",
                "licence": "tunes in the public domain; its ABC files state no condition",
            },
            {
                "package": PACKAGE, "version": VERSION, "use": "training",
                "part": "O'Neill's Music of Ireland (Chicago, 1903)",
                "licence": "tunes in the public domain; its ABC files state no condition",
            },
        ],
        "recipe": f"{len(corpus.train)} tunes of one voice, {len(corpus.held_out)} held out with all "
        f"their versions; a Llama of {model.config.num_hidden_layers} layers, trained on whole tunes for "
        f"{steps} steps of {BATCH}{before}, AdamW, bfloat16 on one thread, mean weights.",
        "minutes": round(minutes, 1),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "scores": scores,
        "known_failures": [
            "One voice, in the manner of Irish, Scottish and American fiddle tunes of the 19th century: "
            "no chords, no drums, no singing, no other style.",
            "Waltzes, hymns and lullabies are airs played accordingly: it learnt none by that name.",
            "Its parts end on the tonic far less often than real ones; the end of a piece is held to it.",
            "It can't do a mood but by key, tempo, kind and instrument.",
        ],
    }  # fmt: skip


def main() -> None:
    """Trains to the end, writing the folder at every checkpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--start", type=Path, help="go on from the weights in a folder")
    parser.add_argument("--only-data", action="store_true", help="read the tunes and stop")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    corpus = load()
    rows, held_out = rows_of(corpus.train), rows_of(corpus.held_out)
    log.info("%d rows, %d tokens; %d held out", len(rows), sum(map(len, rows)), len(held_out))
    if args.only_data:
        return
    run = loop.batches([len(row) for row in rows], BATCH, args.epochs)
    plan = loop.Plan("music", args.rate, mean_decay=0.99, save_every=100, tunes=lambda _: True)

    def keep(mean: Any, minutes: float) -> None:
        bits, count = surprise(mean, held_out)
        log.info("held out: %.3f bits a token", bits / count)
        scores = {"held_out_bits_per_token": round(bits / count, 3)}
        export(mean, FOLDER, card(mean, minutes, _steps(plan), scores, args.start))

    model = grown(args.start) if args.start else network(args.layers)
    loop.train(model, run, lambda m, b: _loss(m, [rows[i] for i in b]), plan, keep)


def _steps(plan: loop.Plan) -> int:
    """Steps of the checkpoint that was just saved."""
    import torch

    state = torch.load(CACHE / plan.name / "checkpoint.pt", weights_only=True, mmap=True)
    return int(state["step"])


def _loss(model: Any, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    ids, labels = padded(rows)
    found: torch.Tensor = model(
        input_ids=ids, attention_mask=(ids != IDS[PAD]).long(), labels=labels
    ).loss
    return found


if __name__ == "__main__":
    main()
