"""``python -m models.variants_trial TASK FOLDER``: exports a network and tries its variants.

The engine's own verb runs on the texts of ``tests/quality``, which people wrote and checked; what
its network read and answered there is read again by each variant. One that decides otherwise in
more than one place in fifty, or is not clearly quicker on this machine, is not chosen.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.encoders import Encoder, Runtime, softmax
from models.spec import ModelCard, Placement, Weights
from models.variant_verdict import Tried, Verdict
from models.variants_openvino import PRECISIONS, OpenVinoRuntime, export

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

#: Least share of decisions that must equal torch's, and least cosine where vectors are the result.
AGREEMENT, COSINE = 0.98, 0.995
#: A variant must be so many times as quick as torch, over short rows and full passes together.
GAIN = 1.15
#: Texts that are read, and rounds of timing.
CASES, ROUNDS = 60, 9
#: Below everybody else's work, as ``nice`` counts.
NICENESS = 15
_TEXTS = Path(__file__).resolve().parent.parent / "tests" / "quality"

#: What is tried of an encoder.
VARIANTS = tuple(f"openvino-{precision}" for precision in PRECISIONS)

#: What one pass read and answered: ids, mask, segments, outputs.
Pass = tuple[Any, Any, Any, tuple[Any, ...]]


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (_TEXTS / name).read_text("utf-8").splitlines()
    step = max(1, len(lines) // CASES)
    return [json.loads(line) for line in lines[::step][:CASES]]


def _sentiment(engine: Any) -> None:
    for row in _rows("sentiment_tricky.jsonl"):
        list(engine.score(row["text"]))


def _zero_shot(engine: Any) -> None:
    rows = _rows("zero_shot_checked.jsonl")
    labels = sorted({label for row in rows for label in row["labels"]})[:4]
    for row in rows:
        list(engine.classify(row["text"], labels))


def _ner(engine: Any) -> None:
    for row in _rows("ner_checked.jsonl"):
        list(engine.entities(row["text"]))


def _question_answering(engine: Any) -> None:
    for row in _rows("qa_checked.jsonl"):
        list(engine.answer(row["question"], row["passage"]))


def _summarization(engine: Any) -> None:
    for row in _rows("summaries.jsonl"):
        list(engine.summarize(row["text"]))


def _embeddings(engine: Any) -> None:
    rows = _rows("qa_checked.jsonl")
    list(engine.embed([text for row in rows for text in (row["question"], row["passage"])]))


#: Capability -> its verb on real texts.
EXERCISES: dict[str, Callable[[Any], None]] = {
    "sentiment": _sentiment,
    "zero_shot": _zero_shot,
    "ner": _ner,
    "question_answering": _question_answering,
    "summarization": _summarization,
    "embeddings": _embeddings,
}


class Recorder:
    """A runtime that keeps what went through another one."""

    def __init__(self, inner: Runtime) -> None:
        self.inner, self.passes = inner, list[Pass]()
        self.name, self.memory_bytes, self.fields = inner.name, 0, inner.fields

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.int64], segments: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.float32], ...]:
        """See ``models.encoders.Runtime``."""
        out = self.inner.run(ids, mask, segments)
        self.passes.append((ids, mask, segments, out))
        return out


def trial(engine: Any, model: Any, exercise: Callable[[Any], None], folder: Path) -> Verdict:
    """Exports the engine's network into ``folder`` and tries the variants.

    Args:
        engine: with an ``encoder``.
        model: the torch network behind it.
        exercise: runs the engine's verb on real texts.
        folder: where the files go.
    """
    encoder: Encoder = engine.encoder
    recorder = Recorder(encoder.runtime)
    encoder.exchange(recorder)
    exercise(engine)
    passes = recorder.passes
    try:
        export(model, _samples(passes), folder)
    except Exception as error:
        log.warning("no export: %s", error, exc_info=error)
        return Verdict("", error=f"{type(error).__name__}: {error}"[:500])
    runtimes: dict[str, Runtime] = {"torch-float32": recorder.inner}
    for name in VARIANTS:
        runtimes[name] = OpenVinoRuntime(folder, recorder.fields, name.partition("-")[2])
    tried = _timed(runtimes, passes)
    for name in VARIANTS:
        tried[name] = replace(tried[name], **judged(runtimes[name], passes, encoder.vectors))
    return Verdict(best(tried), recorder.fields, tried)


def best(tried: dict[str, Tried]) -> str:
    """The quickest variant that passed and is clearly quicker than torch; empty when none is."""
    base = tried["torch-float32"]
    gains = {
        name: ((base.one_ms / row.one_ms) * (base.many_ms / row.many_ms)) ** 0.5
        for name, row in tried.items()
        if name in VARIANTS and row.passed
    }
    found = max(gains, key=gains.__getitem__, default="")
    return found if gains.get(found, 0.0) >= GAIN else ""


def judged(runtime: Runtime, passes: Iterable[Pass], vectors: bool) -> dict[str, Any]:
    """Agreement, drift and verdict of a runtime on recorded passes, by ``Tried``'s names."""
    import numpy as np

    same, drift = list[Any](), list[Any]()
    for ids, mask, segments, wanted in passes:
        for ours, theirs in zip(runtime.run(ids, mask, segments), wanted, strict=True):
            measure = _vectors if vectors else _choices
            agreed, moved = measure(ours, theirs, mask.astype(bool))
            same.append(agreed)
            drift.append(moved)
    agreement = float(np.concatenate(same).mean())
    moved = float(np.concatenate(drift).mean())
    return {"agreement": agreement, "drift": moved, "passed": agreement >= AGREEMENT}


def _vectors(ours: Any, theirs: Any, mask: Any) -> tuple[Any, Any]:
    """Mean vectors of rows: whether they point the same way, and how far off they are."""
    import numpy as np

    one, other = ((x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True) for x in (ours, theirs))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine = (one * other).sum(1) / lengths
    return cosine >= COSINE, 1 - cosine


def _choices(ours: Any, theirs: Any, mask: Any) -> tuple[Any, Any]:
    """The likeliest along the last axis: whether it is the same, and how the shares moved."""
    import numpy as np

    if theirs.shape == mask.shape:  # a share for each token: padding is no choice
        ours, theirs = np.where(mask, ours, -1e9), np.where(mask, theirs, -1e9)
    elif theirs.ndim == 3:
        ours, theirs = ours[mask], theirs[mask]
    moved = np.abs(softmax(ours) - softmax(theirs)).max(-1)
    return ours.argmax(-1) == theirs.argmax(-1), moved


def _timed(runtimes: dict[str, Runtime], passes: list[Pass]) -> dict[str, Tried]:
    """Least times of one short row and of a full pass, the runtimes in turns: others disturb the rest."""
    import numpy as np

    ids, mask, segments, _ = min(passes, key=lambda p: p[0].shape[1])
    one: list[Any] = [None if x is None else x[:1] for x in (ids, mask, segments)]
    many: list[Any] = [None if x is None else np.repeat(x, 16, 0) for x in one]
    times: dict[tuple[str, bool], list[float]] = {}
    for number in range(ROUNDS + 1):
        for full, inputs in ((False, one), (True, many)):
            for name, runtime in runtimes.items():
                began = time.perf_counter()
                runtime.run(inputs[0], inputs[1], inputs[2])
                if number:  # the first one warms up
                    spent = 1000 * (time.perf_counter() - began)
                    times.setdefault((name, full), []).append(spent)
    return {name: Tried(min(times[name, False]), min(times[name, True])) for name in runtimes}


def _samples(passes: list[Pass]) -> dict[str, Any]:
    """Two rows of a recorded pass as torch tensors, to trace the network with."""
    import numpy as np
    import torch

    ids, mask, segments, _ = max(passes, key=lambda p: p[0].shape[1])
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
    return {
        name: torch.from_numpy(np.repeat(x[:1], 2, 0)) for name, x in given.items() if x is not None
    }


def main() -> None:
    """Reads the task, tries, writes ``verdict.json`` and the graph."""
    task, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
    os.nice(NICENESS)
    card = ModelCard(task["id"], task["capability"], task["engine"], task["id"])
    loader = importlib.import_module(f"models.{card.capability}").LOADERS[card.engine]
    placement = Placement("cpu", "float32", "variants are tried against float32")
    engine = loader(Weights(card, Path(task["folder"]), ""), placement)
    _verdict(engine, card, Path(task["folder"]), folder).save(folder)


def _verdict(engine: Any, card: ModelCard, source: Path, folder: Path) -> Verdict:
    if getattr(engine, "hearing_seat", None) is not None:
        from models import variants_whisper

        return variants_whisper.trial(engine, source, folder, variants_whisper.recordings())
    seat = getattr(engine, "translator_seat", None)
    if seat is None:
        return trial(engine, engine.encoder.runtime.model, EXERCISES[card.capability], folder)
    from models import variants_marian

    language = "pt" if "pt" in engine.pairs.sources else "en"
    texts = [row[language] for row in _rows("translations.jsonl")][: variants_marian.SENTENCES]
    return variants_marian.trial(seat, source, folder, texts)


if __name__ == "__main__":
    main()
