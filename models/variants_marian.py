"""Marian translators in CTranslate2: converted once, several times as quick as torch on a CPU.

CTranslate2 (opennmt.net/CTranslate2) keeps the weights in 8 bits or float32 and batches by itself. In
float32 it writes what transformers writes; 8 bits are taken where the texts hardly differ.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.batching import Lane
from models.caller import current
from models.device import usable_cores
from models.stop import StopToken
from models.variant_memory import size_of
from models.variant_verdict import Tried, Verdict

#: What is tried, and the folder of each.
PRECISIONS = ("ctranslate2-float32", "ctranslate2-int8")
#: Least share of tokens that must stand as torch writes them.
AGREEMENT = 0.95
#: A variant must be so many times as quick as torch.
GAIN = 1.15
#: Sentences that are translated in a trial.
SENTENCES = 20


@dataclass(frozen=True)
class Asked:
    """A sentence to be translated.

    Attributes:
        ids: source, special tokens included.
        limit: longest translation in tokens.
    """

    ids: tuple[int, ...]
    limit: int


class MarianTranslator:
    """Translates rows of ids; sentences of all callers share its batches.

    Args:
        folder: a converted model.
        tokenizer: the model's own, to turn ids into pieces and back.
        variant: one of ``PRECISIONS``.
        penalty: repetition penalty.
    """

    def __init__(self, folder: Path, tokenizer: Any, variant: str, penalty: float) -> None:
        import ctranslate2

        precision = variant.partition("-")[2]
        self.name = variant.replace("-", " ")
        self._penalty, self._tokenizer = penalty, tokenizer
        self._translator = ctranslate2.Translator(
            str(folder), device="cpu", compute_type=precision, intra_threads=usable_cores()
        )
        self.memory_bytes = size_of(folder, variant)
        self._lane: Lane[Asked, tuple[int, ...]] = Lane(
            self._run, lambda asked: len(asked.ids), "cpu", max_rows=32
        )

    def translate(self, ids: Sequence[int], limit: int, stop: StopToken) -> tuple[int, ...]:
        """The translation's ids without its end; at most ``limit``.

        Raises:
            Stopped: Stop was asked for.
        """
        caller = current()
        if caller is not None:
            caller.tally.variant = self.name
        return self._lane.one(Asked(tuple(ids), limit), stop)

    def _run(self, rows: Sequence[Asked]) -> list[tuple[int, ...]]:
        pieces = [self._tokenizer.convert_ids_to_tokens(list(row.ids)) for row in rows]
        found = self._translator.translate_batch(
            pieces,
            beam_size=1,
            min_decoding_length=0,
            max_decoding_length=max(row.limit for row in rows),
            repetition_penalty=self._penalty,
        )
        to_ids = self._tokenizer.convert_tokens_to_ids
        return [
            tuple(to_ids(f.hypotheses[0])[: row.limit]) for f, row in zip(found, rows, strict=True)
        ]


def convert(source: Path, folder: Path) -> None:
    """Writes a Marian folder of transformers as CTranslate2 wants it, in float32."""
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(source)).convert(str(folder), force=True)


def trial(speaker: Any, source: Path, folder: Path, texts: Sequence[str]) -> Verdict:
    """Converts a Marian model into ``folder`` and tries it against torch.

    Args:
        speaker: a ``models.translation_torch.TorchSpeaker`` of the model.
        source: the model's own folder.
        folder: where the files go.
        texts: sentences, in the model's source language where there are such.
    """
    convert(source, folder)
    asked = [speaker.asked(text) for text in texts]
    wanted, torch_ms = _timed(lambda ids, limit: speaker.written(ids, limit), asked)
    tried = {"torch-float32": Tried(torch_ms, torch_ms)}
    for variant in PRECISIONS:
        quick = speaker.translator(folder, variant)
        found, spent = _timed(
            lambda ids, limit, q=quick: q.translate(ids, limit, StopToken()), asked
        )
        same = sum(
            a == b
            for one, two in zip(found, wanted, strict=True)
            for a, b in zip(one, two, strict=False)
        )
        agreement = same / max(
            1, sum(max(len(a), len(b)) for a, b in zip(found, wanted, strict=True))
        )
        tried[variant] = Tried(spent, spent, agreement, 1 - agreement, agreement >= AGREEMENT)
    passed = [name for name in PRECISIONS if tried[name].passed]
    best = min(passed, key=lambda name: tried[name].one_ms, default="")
    clear = best and torch_ms / tried[best].one_ms >= GAIN
    return Verdict(best if clear else "", ("ids",), tried)


def _timed(
    write: Any, asked: Sequence[tuple[list[int], int]]
) -> tuple[list[tuple[int, ...]], float]:
    """What was written, and the mean time of a sentence in milliseconds, the first left out."""
    found, began = [tuple(write(*asked[0]))], time.perf_counter()
    found += [tuple(write(*job)) for job in asked[1:]]
    return found, 1000 * (time.perf_counter() - began) / max(1, len(asked) - 1)
