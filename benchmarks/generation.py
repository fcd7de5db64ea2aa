"""Sixteen prompts at once: our decoder against generate, one prompt after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Any

from benchmarks.harness import Disagree, Effort, Floor, Row, Sample, Side, times, versus
from benchmarks.starter_models import folder
from models.generation import Generator, Options

TITLE = "Sixteen prompts at once"
_TOPICS = (
    "the sea,a bridge,bees,Paris,rain,trains,music,a castle,bread,tea,the moon,a garden,chess,snow,"
    "a library,football"
)

_COUNT = len(_TOPICS.split(","))
#: How they come, the seconds between two, and what is asked.
WAYS = (("at once", 0.0, 5.0), ("one every 0.1 s", 0.1, 0.0))


def measure(effort: Effort) -> Iterator[Row]:
    """All at once; in full also one every tenth of a second."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = folder("smollm2-135m")
    tokenizer = AutoTokenizer.from_pretrained(where)
    model = AutoModelForCausalLM.from_pretrained(where, dtype="float32").eval()
    together = Generator(model, tokenizer, "cpu")
    for name, gap_s, floor in WAYS[: effort.of(1, 2)]:
        yield together_and_alone(
            together, f"{_COUNT} prompts, {name}", tokens=effort.of(12, 24), rounds=2, gap_s=gap_s,
            floor=times(floor) if floor else None, model="SmolLM2-135M float32",
        )  # fmt: skip


def together_and_alone(
    together: Generator,
    name: str,
    *,
    tokens: int,
    rounds: int,
    gap_s: float = 0.0,
    warm: int = 0,
    floor: Floor | None = None,
    model: str = "",
) -> Row:
    """Sixteen answers by our decoder, and by generate one after the other.

    Args:
        together: ours; the peer has the same network.
        name: of the row.
        tokens: of each answer.
        rounds: pairs to measure.
        gap_s: seconds between two prompts of ours.
        warm: pairs before the first that counts.
        floor: what is asked.
        model: its name for the note.
    """
    lone = Generator(together._model, together.tokenizer, together._device)
    lone._decoder = None  # transformers' own generate
    asked = [
        together.asked("Explain this in two sentences.", topic) for topic in _TOPICS.split(",")
    ]
    options = Options(tokens, min_new_tokens=12, repetition_penalty=1.05)
    return versus(
        name,
        Side("models.decoding", partial(_together, together, asked, options, gap_s)),
        Side("generate, one after the other", lambda: _alone(lone, asked, options)),
        unit="tokens/s", rounds=rounds, warm=warm, higher_is_better=True,
        same=_same, floor=floor,
        note=f"{model}, {tokens} tokens each; each streams".removeprefix(", "),
    )  # fmt: skip


def _together(
    generator: Generator, asked: list[list[int]], options: Options, gap_s: float
) -> Sample:
    def write(job: tuple[int, list[int]]) -> Any:
        threading.Event().wait(gap_s * job[0])
        return list(generator.write(job[1], options))[-1]

    began = perf_counter()
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(write, enumerate(asked)))
    return _sample(found, perf_counter() - began)


def _alone(generator: Generator, asked: list[list[int]], options: Options) -> Sample:
    began = perf_counter()
    found = [list(generator.write(ids, options))[-1] for ids in asked]
    return _sample(found, perf_counter() - began)


def _sample(found: list[Any], spent: float) -> Sample:
    return Sample(sum(answer.tokens for answer in found) / spent, [answer.text for answer in found])


def _same(ours: list[str], peer: list[str]) -> str:
    """Equal texts, but for ties: rounding differs with the number of rows."""
    equal = sum(a == b for a, b in zip(ours, peer, strict=True))
    if equal < len(ours) - 2:
        raise Disagree(f"{equal} of {len(ours)} answers equal")
    return f"{equal} of {len(ours)} equal"
