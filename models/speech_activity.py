"""Where in a recording somebody speaks, and where to cut it into windows that a model can hear.

The detector is Silero VAD v6 (github.com/snakers4/silero-vad, MIT) as the package faster-whisper
carries it; its file is found without importing that package. Without this step Whisper writes
sentences into silence. Cuts fall into pauses, so that no word is halved at a seam.
"""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import usable_cores
from models.errors import ModelBroken

#: Rate and frame that the detector was trained for: 512 samples at 16 kHz, 32 ms.
SAMPLE_RATE, FRAME = 16_000, 512
FRAME_S = FRAME / SAMPLE_RATE
#: Samples of the frame before that it is given as context.
_CONTEXT = 64
#: Frames per call, which bounds memory: 64 s.
_BATCH = 2000
#: A speech span begins at this probability and ends below the lower one (Silero's own defaults).
_BEGIN, _END = 0.5, 0.35
#: Pauses shorter than this don't end a span, shorter spans are clicks, and both ends get a margin (s).
_PAUSE_S, _CLICK_S, _MARGIN_S = 0.4, 0.1, 0.25
#: Silence that ends a window, however short it is (s): hearing 5 s of nothing invites inventions.
_LONG_PAUSE_S = 5.0

Probabilities = NDArray[np.float32]

#: Recordings that are searched at the same moment: runs wait by the dozen, cores are few.
_TURNS = threading.BoundedSemaphore(usable_cores())


def speech_probabilities(samples: NDArray[np.float32]) -> Iterator[Probabilities]:
    """How likely somebody speaks in each frame of 32 ms.

    Args:
        samples: (samples,) float32 at 16 kHz.

    Yields:
        (frames,) float32, 0 to 1, for one stretch of 64 s after the other; the last frame of all may
        be partly padding.
    """
    session = _detector()
    state = cell = np.zeros((1, 1, 128), np.float32)
    before = np.zeros(_CONTEXT, np.float32)
    for start in range(0, len(samples), _BATCH * FRAME):
        block = samples[start : start + _BATCH * FRAME]
        frames = np.pad(block, (0, -len(block) % FRAME)).reshape(-1, FRAME)
        contexts = np.concatenate([before[None], frames[:-1, -_CONTEXT:]])  # (frames, context)
        before = frames[-1, -_CONTEXT:]
        joined = np.concatenate([contexts, frames], axis=1)  # (frames, context + frame)
        with _TURNS:
            out, state, cell = session.run(None, {"input": joined, "h": state, "c": cell})
        yield out.reshape(-1)


def speech_spans(probabilities: Probabilities) -> list[tuple[float, float]]:
    """Half-open spans of speech in seconds, with a margin, in order and apart from each other."""
    spans: list[list[float]] = []
    speaking, last = False, 0.0
    for frame, probability in enumerate(probabilities):
        at = frame * FRAME_S
        if probability >= _BEGIN or (speaking and probability >= _END):
            if not speaking and not (spans and at - spans[-1][1] < _PAUSE_S):
                spans.append([at, at])
            speaking, last = True, at + FRAME_S
            spans[-1][1] = last
        else:
            speaking = False
    total = len(probabilities) * FRAME_S
    return _with_margins([(a, b) for a, b in spans if b - a >= _CLICK_S], total)


def windows_of_speech(probabilities: Probabilities, longest_s: float) -> list[tuple[float, float]]:
    """Windows in seconds that hold all the speech, each at most ``longest_s`` long.

    Neighbouring spans share a window while they fit. Speech that runs on for longer is cut at the
    frame of the window's second half where speech is least likely; a cut loses nothing.
    """
    found: list[tuple[float, float]] = []
    for start, end in speech_spans(probabilities):
        if found and end - found[-1][0] <= longest_s and start - found[-1][1] < _LONG_PAUSE_S:
            found[-1] = (found[-1][0], end)
            continue
        while end - start > longest_s:
            cut = _quietest(probabilities, start + longest_s / 2, start + longest_s)
            found.append((start, cut))
            start = cut
        found.append((start, end))
    return found


def _quietest(probabilities: Probabilities, start: float, end: float) -> float:
    """Middle of the frame in [start, end) with the least speech around it, the latest of equals."""
    first, last = round(start / FRAME_S), int(end / FRAME_S)
    around = np.convolve(probabilities, np.ones(3) / 3, mode="same")[first:last]
    offset = len(around) - 1 - int(np.argmin(around[::-1]))
    return float((first + offset + 0.5) * FRAME_S)


def _with_margins(spans: list[tuple[float, float]], total: float) -> list[tuple[float, float]]:
    """Widens spans, by at most half the pause to a neighbour."""
    wide = []
    for index, (start, end) in enumerate(spans):
        before = start - (spans[index - 1][1] if index else 0.0)
        after = (spans[index + 1][0] if index + 1 < len(spans) else total) - end
        left = min(_MARGIN_S, before / 2 if index else before)
        right = min(_MARGIN_S, after / 2 if index + 1 < len(spans) else after)
        wide.append((float(start - left), float(end + right)))
    return wide


@cache
def _detector() -> Any:
    file = _detector_file()
    import onnxruntime  # comes with faster-whisper, as the file does

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _detector_file() -> Path:
    try:
        files = importlib.metadata.files("faster-whisper") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.match("silero_vad*.onnx"):
            return Path(str(file.locate()))
    raise ModelBroken(
        "The voice activity detector is missing: it comes with faster-whisper 1.2.1.",
        hint="Run: pip install faster-whisper==1.2.1",
    )
