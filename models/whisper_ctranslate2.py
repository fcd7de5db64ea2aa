"""Whisper in CTranslate2 through faster-whisper: 8-bit weights on a CPU, 16-bit on CUDA.

Several times quicker than torch on a CPU, with beam search. Takes folders as Systran and others
publish them on the Hub. github.com/SYSTRAN/faster-whisper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import usable_cores
from models.errors import ModelUnsupported
from models.spec import Placement, Weights
from models.speech_recogniser import Heard, Request
from models.stop import StopToken
from models.transcript import Segment, Word
from models.whisper import WINDOW_S

#: Width of the search, as in the reference.
_BEAMS = 5


class CTranslate2Recogniser:
    """Hears windows with a ``faster_whisper.WhisperModel``; its ``transcribe`` is thread-safe."""

    reentrant = True
    window_s = WINDOW_S
    detects_language = True

    def __init__(self, model: Any, memory_bytes: int) -> None:
        self._model, self.memory_bytes = model, memory_bytes
        self.languages = tuple(model.supported_languages)
        many = len(self.languages) > 1
        self.tasks: tuple[str, ...] = ("transcribe", "translate") if many else ("transcribe",)

    def hear(
        self, windows: Sequence[NDArray[np.float32]], request: Request, stop: StopToken
    ) -> Iterator[tuple[int, Heard]]:
        """See ``models.speech_recogniser.Recogniser``; grows by phrases, window by window.

        CTranslate2's own batches are not used: they do not hear the rest of a window again when the
        model asks for it, which lost one word in ten (docs/performance.md).
        """
        language, probability = request.language, None
        for index, samples in enumerate(windows):
            stop.check()
            found, facts = self._model.transcribe(
                samples,
                language=language or None,
                task=request.task,
                beam_size=_BEAMS,
                word_timestamps=request.words,
                condition_on_previous_text=False,
            )
            if not language:
                language = facts.language
                detected = len(self.languages) > 1
                probability = float(facts.language_probability) if detected else None
            done: list[Segment] = []
            for segment in found:
                stop.check()
                done.append(_segment(segment))
                yield index, Heard(tuple(done), "", language, probability)
            yield index, Heard(tuple(done), "", language, probability, whole=True)


def _segment(found: Any) -> Segment:
    words = tuple(
        Word(w.word.strip(), float(w.start), float(w.end), float(w.probability))
        for w in found.words or ()
        if w.word.strip()
    )
    return Segment(float(found.start), float(found.end), found.text.strip(), words)


def load_whisper_ctranslate2(weights: Weights, placement: Placement) -> CTranslate2Recogniser:
    """Builds the recogniser from a CTranslate2 folder.

    Raises:
        ModelUnsupported: on a device that CTranslate2 does not run on, or for other files.
    """
    if not (weights.folder / "model.bin").is_file():
        raise ModelUnsupported(
            f"{weights.card.id} has no model.bin, as CTranslate2 models have.",
            hint="Choose a model such as Systran/faster-whisper-small.",
        )
    name, _, index = placement.device.partition(":")
    if name not in ("cpu", "cuda"):
        raise ModelUnsupported(
            f"CTranslate2 does not run on {placement.device}.",
            hint="Use the same model in transformers.",
        )
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(weights.folder),
        device=name,
        device_index=int(index or 0),
        compute_type="int8" if name == "cpu" else "float16",
        cpu_threads=usable_cores(),
        local_files_only=True,
    )
    return CTranslate2Recogniser(model, (weights.folder / "model.bin").stat().st_size)
