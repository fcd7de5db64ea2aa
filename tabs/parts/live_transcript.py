"""Speech from the microphone as text while it is spoken; see ``models.speech_live`` for the rule.

The sound comes in numbered chunks from ``assets/js/microphone.js``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from gradio.components import Component
from numpy.typing import NDArray

from models.audio import sound_file
from models.errors import AppError, InputError
from models.runs import Metrics
from models.speech_live import LiveTranscript
from models.speech_recogniser import SAMPLE_RATE
from models.transcript import Transcript
from tabs.parts.deck import Deck, picked
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import PRIVATE
from tabs.parts.files import new_folder
from tabs.parts.markup import empty
from tabs.parts.metrics import chips, seconds, where

if TYPE_CHECKING:
    from soundfile import SoundFile

#: Longest chunk in bytes of base64: several seconds at any usual rate.
_MOST_BYTES = 2_000_000
#: Sample rates of browsers, in Hz.
_LEAST_RATE, _MOST_RATE = 8_000, 192_000
#: How long the end waits for chunks that are still on their way, in seconds.
_PATIENCE_S = 10.0
_MICROPHONE = (
    '<div class="md-mic-bar"><button type="button" class="md-mic" aria-pressed="false">'
    'Start listening</button><meter class="md-mic-level" min="0" max="1" hidden '
    'aria-label="Loudness"></meter><span class="md-mic-note" role="status"></span></div>'
)
_HINT = "Words appear here while you speak: firm ones stay, pale ones may still change."
_PRIVATE: dict[str, Any] = {**PRIVATE, "trigger_mode": "multiple"}


@dataclass
class Recording:
    """A live recording of one page.

    Attributes:
        path: where its sound is kept as it was heard; a good file once it is ``closed``.
        early: chunks that overtook one before them, by number.
        count: how many chunks were taken.
        hearing: the one that goes on; sound comes in meanwhile.
        drawn: the view and the line as the page has them.
    """

    path: Path
    live: LiveTranscript = field(default_factory=LiveTranscript)
    early: dict[int, tuple[NDArray[np.int16], int]] = field(default_factory=dict)
    count: int = 0
    hearing: asyncio.Task[None] | None = None
    hearing_s: float = 0.0
    metrics: Metrics | None = None
    problem: str = ""
    drawn: list[str] = field(default_factory=list)
    _file: SoundFile | None = None

    def take(self, number: int, samples: NDArray[np.int16], rate: int) -> None:
        """Takes a chunk in its turn; raises ``InputError`` when the recording is too long."""
        self.early[number] = samples, rate
        while self.count in self.early:
            for piece in self.live.add(*self.early.pop(self.count)):
                self._keep(piece)
            self.count += 1

    def closed(self) -> Path | None:
        """Ends the file of the sound; None where there was none."""
        if self._file is None:
            return None
        self._file.close()
        return self.path

    def _keep(self, piece: NDArray[np.float32]) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sound_file(self.path, SAMPLE_RATE, "flac")
        if not self._file.closed:
            self._file.write(piece)

    def views(self) -> list[Any]:
        """What has changed of the view and the line."""
        fresh = [live_html(self.live), self.problem or line_html(self)]
        if fresh == self.drawn:
            return [gr.skip()] * 2
        self.drawn = fresh
        return list(fresh)


@dataclass
class Page:
    """The recording of one page: a new one takes the place of the last."""

    name: str = ""
    recording: Recording | None = None

    def of(self, name: str, folder: Path) -> Recording:
        """The recording of that name, whose sound goes into ``folder`` where it is a new one."""
        if name != self.name or self.recording is None:
            if self.recording is not None:
                self.recording.closed()
            self.name, self.recording = name, Recording(folder / "live.flac")
        return self.recording


def live_transcript(
    deck: Deck,
    capability: str,
    settings: Sequence[Component],
    outputs: Sequence[Component],
    show_final: Callable[[Transcript, Path | None], list[Any]],
    recording: gr.Audio,
) -> None:
    """Adds the accordion "Live from the microphone".

    Args:
        deck: the page.
        capability: whose engines hear.
        settings: picker, spoken language and task of the tab.
        outputs: what the finished transcript fills.
        show_final: shapes it for them, given the file of its sound too; None where there was none.
        recording: the tab's recording, which is the live one once it has ended.
    """
    with gr.Accordion("Live from the microphone", open=False, elem_classes=["md-later"]):
        microphone = gr.HTML(_MICROPHONE, js_on_load="modeldeck.microphone(element, trigger)")
        view = gr.HTML(empty(_HINT))
        line = gr.HTML("", elem_classes=["md-status-slot"])
    page = gr.State(Page())

    async def take(
        chunk: gr.EventData, page: Page, model: str, language: str | None, task: str
    ) -> list[Any]:
        try:
            samples = samples_of(chunk.sound, chunk.rate)
            now = page.of(str(chunk.recording), new_folder(recording))
            recording.temp_files.add(str(now.path))
            now.take(int(chunk.number), samples, int(chunk.rate))
        except AppError as error:
            return [gr.skip(), alert(error)]
        free = now.hearing is None or now.hearing.done()
        if free and not now.problem and now.live.due(now.hearing_s):
            heard = _heard(deck, capability, now, model, language, task)
            now.hearing = asyncio.create_task(heard)
        return now.views()

    async def finish(
        end: gr.EventData, page: Page, model: str, language: str | None, task: str
    ) -> list[Any]:
        now = page.of(str(end.recording), new_folder(recording))
        await _all_there(now, int(end.count))
        if now.hearing is not None:
            await now.hearing
        if not now.problem:
            await _heard(deck, capability, now, model, language, task, final=True)
        path = now.closed()
        kept = gr.skip() if path is None else str(path)
        return [*now.views(), *show_final(now.live.transcript(), path), kept]

    microphone.input(
        take, [page, *settings], [view, line], concurrency_limit=None, queue=False, **_PRIVATE
    )
    microphone.submit(
        finish,
        [page, *settings],
        [view, line, *outputs, recording],
        concurrency_limit=None,
        **_PRIVATE,
    )


def samples_of(sound: Any, rate: Any) -> NDArray[np.int16]:
    """The samples of a chunk as a browser sends it.

    Raises:
        InputError: when it is none.
    """
    if not isinstance(rate, int | float) or not _LEAST_RATE <= rate <= _MOST_RATE:
        raise InputError(f"The microphone's rate is {rate!r} Hz.", hint="Use another microphone.")
    if not isinstance(sound, str) or len(sound) > _MOST_BYTES:
        raise InputError("The microphone sent no sound.", hint="Start again.")
    try:
        return np.frombuffer(base64.b64decode(sound, validate=True), "<i2")
    except (binascii.Error, ValueError):
        raise InputError("The microphone sent damaged sound.", hint="Start again.") from None


async def _all_there(now: Recording, count: int) -> None:
    """Waits for chunks that were sent before the end and come after it."""
    waited = 0.0
    while now.count < count and waited < _PATIENCE_S:
        await asyncio.sleep(0.05)
        waited += 0.05
    if now.count < count:
        now.problem = alert(
            InputError(
                f"Pieces of the recording that did not arrive: {count - now.count} of {count}.",
                hint="Check the connection and start again.",
            )
        )


async def _heard(
    deck: Deck, capability: str, now: Recording, model: str, language: str | None, task: str,
    *, final: bool = False,
) -> None:  # fmt: skip
    """One hearing of what is not cut off yet; an error is kept for the page."""
    sound = now.live.sound()
    if not len(sound):
        return
    try:
        snapshot = await deck.answer(
            capability, picked(model),
            lambda engine, stop: engine.transcribe(
                sound, language=language or "", task=task, timestamps="word", stop=stop
            ),
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
        now.problem = alert(as_app_error(error))
        return
    words = [word for segment in snapshot.value.segments for word in segment.words]
    now.live.take(words, final=final)
    now.hearing_s, now.metrics = snapshot.metrics.run_s, snapshot.metrics


def live_html(live: LiveTranscript) -> str:
    """Firm words, and the others in a paler tone."""
    firm = html.escape(" ".join(word.text for word in live.firm))
    tail = html.escape(" ".join(word.text for word in live.tail))
    if not firm and not tail:
        return empty("Listening: nobody has spoken yet.")
    pale = f' <span class="md-tail">{tail}</span>' if tail else ""
    return f'<div class="md-text md-live" dir="auto" aria-live="polite">{firm}{pale}</div>'


def line_html(now: Recording) -> str:
    """Which model hears, and how long it takes."""
    if now.metrics is None:
        return chips([f"{seconds(now.live.duration_s)} recorded", "the model is loading"])
    texts = [
        now.metrics.title,
        where(now.metrics),
        f"{seconds(now.live.duration_s)} recorded",
        f"a hearing takes {seconds(now.hearing_s)}",
    ]
    return chips(texts, now.metrics.reason)
