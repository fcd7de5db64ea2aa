"""Scores the notes model and writes the figures into its card: ``python -m models.starter.train.music_eval``.

    python -m models.starter.train.music_eval --show 6    # and prints some tunes in ABC

Whole tunes are written as the engine writes them, a number of each kind, and counted beside the tunes that
were held out; needs the data of requirements-train.txt, or the cache that training left.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
from collections.abc import Sequence
from typing import Any

from models.music_performer import LEAST_BARS, LONGEST
from models.music_prompt import Asked
from models.music_tokens import IDS, TOKENS
from models.music_tune import Tune, ticks
from models.music_writer import Pen, without
from models.starter.train import music_measures as measures
from models.starter.train.music import FOLDER, rows_of, surprise
from models.starter.train.music_corpus import load

log = logging.getLogger(__name__)

KINDS = ("reel", "jig", "hornpipe", "slip-jig", "strathspey", "air")
EACH = 20
COPIED = 32  # notes: four bars of a reel
TEMPERATURE, TOP_P = 1.0, 0.95


def model() -> Any:
    """The committed weights as anyone would load them."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32).eval()


def written(network: Any, kinds: Sequence[str], each: int) -> list[Tune]:
    """Whole tunes: to the token that ends them."""
    found = []
    for place, kind in enumerate(kinds):
        for seed in range(place * each, (place + 1) * each):
            pen = Pen(network, "cpu", seed, TEMPERATURE, TOP_P)
            found.append(_whole(pen, pen.heading(Asked(kinds=(kind,))).tokens))
    return found


def _whole(pen: Pen, heading: list[str]) -> Tune:
    page = pen.start(heading)
    short = without("once", "twice", "<end>")
    while not page.writing.ended and len(page.writing.tokens) < 2 * LONGEST:
        page.write(short if page.writing.bar_number < LEAST_BARS else None)
    return page.writing.tune()


def full_bars(network: Any, kinds: Sequence[str], each: int) -> float:
    """Share of bars that add up when nothing but the network says what comes."""
    import torch

    right = total = 0
    for kind in kinds:
        for seed in range(each):
            pen = Pen(network, "cpu", seed, TEMPERATURE, TOP_P)
            heading = pen.heading(Asked(kinds=(kind,)))
            torch.manual_seed(seed)  # a script of its own: nobody else draws
            ids = torch.tensor([[IDS[token] for token in heading.tokens]])
            made = network.generate(
                ids,
                do_sample=True,
                temperature=TEMPERATURE,
                top_p=TOP_P,
                top_k=0,
                max_new_tokens=LONGEST,
            )
            good, all_bars = _added_up([TOKENS[i] for i in made[0].tolist()])
            right, total = right + good, total + all_bars
    return right / max(total, 1)


def _added_up(tokens: Sequence[str]) -> tuple[int, int]:
    """Bars of the right length, and bars; read without the grammar."""
    full, bars, at, length = 0, [], None, 0
    for token in tokens:
        if token.startswith("metre:"):
            count, unit = token[6:].split("/")
            full = int(count) * 96 // int(unit)
        elif token.startswith("bar:") or token in ("once", "twice", "<end>"):
            if at is not None:
                bars.append(at)
            at = 0 if token.startswith("bar:") else None
        elif token.startswith("len:"):
            length = int(token[4:])
        elif at is not None and token.startswith("back:"):
            at += full
        elif at is not None and token[0] in "+-rh":
            at += length
    return sum(bar == full for bar in bars), len(bars)


def figures(
    tunes: Sequence[Tune], learnt: Sequence[Tune], yardstick: Sequence[Tune]
) -> dict[str, float]:
    """What is counted about some tunes; shares are per cent."""
    copies, judge = measures.Copies(learnt), measures.KindJudge(learnt)
    runs = [copies.longest(tune) for tune in tunes]
    cadences = [measures.cadences(tune) for tune in tunes]
    spread, usual = measures.spread(tunes), measures.spread(yardstick)
    return {
        "notes_in_scale_percent": _percent([measures.in_scale(tune) for tune in tunes]),
        "tonic_heard_percent": _percent([measures.tonic_heard(tune) for tune in tunes]),
        "kind_recognised_percent": _percent([judge.kind(tune) == tune.kind for tune in tunes]),
        "parts_ending_on_tonic_percent": _percent([a / b for a, b in cadences]),
        "bars_repeated_percent": _percent([measures.repeated_bars(tune) for tune in tunes]),
        "mean_leap_semitones": round(statistics.mean(map(measures.mean_leap, tunes)), 2),
        "intervals_apart_bits": round(measures.apart(spread["intervals"], usual["intervals"]), 4),
        "lengths_apart_bits": round(measures.apart(spread["lengths"], usual["lengths"]), 4),
        "longest_shared_run_notes": statistics.median(runs),
        "longest_shared_run_most": max(runs),
        "shares_four_bars_percent": _percent([run >= COPIED for run in runs]),
        "bars": statistics.median(len(tune.bars) for tune in tunes),
    }


def _percent(shares: Sequence[float]) -> float:
    return round(100 * statistics.mean(shares), 1)


def abc(tune: Tune) -> str:
    """A tune to read: ABC in C, with lengths in eighths."""
    names = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")
    lines = [f"M:{tune.metre}", "L:1/8", f"K:C {tune.mode}  % {tune.kind}"]

    def spelled(tones: Any) -> str:
        found = []
        for tone in tones:
            length = tone.ticks / 12
            name = "z" if tone.step is None else names[tone.step % 12] + _octave(tone.step // 12)
            found.append(("-" if tone.held else "") + name + ("" if length == 1 else f"{length:g}"))
        return " ".join(found)

    lines.append(spelled(tune.pickup) if ticks(tune.pickup) else "")
    for part in tune.parts:
        bars = [spelled(bar) for bar in part.bars]
        rows = [" | ".join(bars[at : at + 4]) for at in range(0, len(bars), 4)]
        lines.append(
            ("|: " if part.twice else "| ")
            + " |\n   ".join(rows)
            + (" :|" if part.twice else " ||")
        )
    return "\n".join(lines)


def _octave(number: int) -> str:
    return "'" * number if number > 0 else "," * -number


def main() -> None:
    """Measures, prints and keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, help="print so many tunes")
    parser.add_argument("--each", type=int, default=EACH, help="tunes of each kind")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    import torch

    torch.set_num_threads(1)
    network, corpus = model(), load()
    rows, held = rows_of(corpus.train), rows_of(corpus.held_out)
    bits, count = surprise(network, held)
    tunes = written(network, KINDS, args.each)
    for tune in tunes[:: max(1, len(tunes) // args.show)] if args.show else ():
        log.info("%s\n", abc(tune))
    asked = [tune for tune in corpus.held_out if tune.kind in KINDS]
    scores = {
        "held_out_bits_per_token": round(bits / count, 3),
        **{
            f"{name}_bits_per_token": round(measures.ngram_bits(rows, held, order, len(TOKENS)), 3)
            for order, name in ((1, "unigram"), (2, "bigram"), (3, "trigram"))
        },
        "bars_full_without_grammar_percent": round(100 * full_bars(network, KINDS, 3), 1),
        **figures(tunes, corpus.train, corpus.held_out),
        **{
            f"{name}_of_held_out_tunes": value
            for name, value in figures(asked, corpus.train, corpus.train).items()
        },
        "tunes_written": len(tunes),
    }
    log.info("%s", json.dumps(scores, indent=1))
    path = FOLDER / "card.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(
        json.dumps({**kept, "scores": scores}, indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
