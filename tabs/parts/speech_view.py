"""What the speech tab shows: the text to read along, the player's list, facts, and how it was read."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.speech import Speech, Spoken
from models.speech_cues import subtitles
from models.speech_recording import SpeechRecording
from models.subtitles import WRITERS
from tabs.parts.files import handed_out
from tabs.parts.markup import empty, figures, note
from tabs.parts.metrics import number, seconds

#: Pieces that every update repeats, in case the page missed one; the last update has all.
TAIL = 40
#: Sentences whose reading is shown.
MOST_READ = 300
#: Subtitle files that are offered.
SUBTITLES = ("srt", "vtt")
#: Marks of Markdown headings, which are not shown.
_MARKS = re.compile(r"#+[ \t]*")


@dataclass(frozen=True)
class Views:
    """The components of a result.

    Attributes:
        view: the text to read along, with its own player while the speech is made.
        player: the whole, with its waveform.
        facts: length, speed, progress.
        read: how every sentence was read.
        files: a download button for each of ``SUBTITLES``.
        chapters: a download button for the files of the chapters.
        done: what was spoken, for the check; see ``Done``.
    """

    view: gr.HTML
    player: gr.Audio
    facts: gr.HTML
    read: gr.HTML
    files: list[gr.DownloadButton]
    chapters: gr.DownloadButton
    done: gr.State

    @property
    def outputs(self) -> list[Any]:
        """All of them, in the order in which ``displays`` fills them."""
        return [
            self.view,
            self.player,
            self.facts,
            self.read,
            *self.files,
            self.chapters,
            self.done,
        ]


@dataclass(frozen=True)
class Done:
    """A finished speech.

    Attributes:
        path: the file of the whole.
        text: what was spoken, as the voice read it.
    """

    path: str
    text: str


def displays(
    recording: SpeechRecording, text: str, views: Views, before: str = ""
) -> tuple[Callable[[Speech], list[Any]], Callable[[Speech], list[Any]]]:
    """What a run shows while it goes on, and at its end: values for ``views.outputs``.

    Args:
        recording: what is filled.
        text: what is read.
        views: where it is shown.
        before: HTML above the facts.
    """
    later = [gr.skip()] * (len(views.outputs) - 3)

    def show(speech: Speech) -> list[Any]:
        views.player.temp_files.update(map(str, recording.files))
        view = view_json(recording, speech, text, ended=False)
        return [view, gr.skip(), before + facts_html(speech), *later]

    def show_final(speech: Speech) -> list[Any]:
        views.player.temp_files.update(map(str, recording.files))
        heard = recording.pieces > 0  # it plays already, piece by piece
        transcript = subtitles(speech, text)
        files = [(f"speech.{kind}", WRITERS[kind](transcript)) for kind in SUBTITLES]
        archive = recording.archive
        return [
            view_json(recording, speech, text, ended=True),
            gr.update(value=str(recording.whole), visible=True, autoplay=not heard),
            before + facts_html(speech),
            read_html(speech, text),
            *handed_out(views.files, files),
            gr.update(value=str(archive) if archive else None, interactive=archive is not None),
            Done(str(recording.whole), as_read(speech, text)),
        ]

    return show, show_final


def as_read(speech: Speech, text: str) -> str:
    """What was spoken, as the voice read it; as it stands where the voice does not tell."""
    return " ".join(p.read_as or text[p.start_char : p.end_char] for p in speech.spoken)


def view_json(recording: SpeechRecording, speech: Speech, text: str, *, ended: bool) -> str:
    """What the page's reader and piecewise player need to know, as JSON.

    ``said`` holds pieces from number ``from`` on, each with the text before it, its own text, its
    seconds, its words as (offset, length, start, end), and whether it is a chapter's heading.
    """
    folder = recording.whole.parent
    start = 0 if ended else max(0, len(speech.spoken) - TAIL)
    heads = {chapter.first for chapter in speech.chapters if chapter.title}
    said = [
        _said(speech.spoken, at, text, head=at in heads) for at in range(start, len(speech.spoken))
    ]
    return json.dumps(
        {
            "run": folder.name, "folder": folder.as_posix(), "count": recording.pieces,
            "ended": ended, "from": start, "said": said,
        }, ensure_ascii=False,
    )  # fmt: skip


def _said(spoken: tuple[Spoken, ...], at: int, text: str, *, head: bool) -> list[Any]:
    piece, before = spoken[at], spoken[at - 1].end_char if at else 0
    words = [
        [w.start_char - piece.start_char, w.end_char - w.start_char, round(w.start, 3), round(w.end, 3)]
        for w in piece.words
    ]  # fmt: skip
    gap = _MARKS.sub("", text[before : piece.start_char])
    own = text[piece.start_char : piece.end_char]
    return [
        gap if at else gap.lstrip(),
        own,
        round(piece.start, 3),
        round(piece.end, 3),
        words,
        head,
    ]


def facts_html(speech: Speech) -> str:
    """Length, speed and progress of the speech, and what it leaves out."""
    pairs = [
        ("length", seconds(speech.duration_s)),
        ("time to first audio", seconds(speech.first_audio_s)),
        ("real-time factor", number(speech.real_time_factor)),
        ("sample rate", f"{speech.sample_rate / 1000:g} kHz"),
        ("characters", f"{speech.characters:,} of {speech.characters_total:,}"),
        ("seed", str(speech.seed)),
    ]
    if speech.chapters:
        named = speech.chapters[-1].title
        place = f"{len(speech.chapters)} of {speech.chapters_total}"
        pairs.insert(0, ("chapter", f"{place}: {named}" if named else place))
    left_out = note(unread_text(speech.unread)) if speech.unread else ""
    return figures(pairs) + left_out


def unread_text(unread: tuple[str, ...]) -> str:
    """One sentence on what the voice has no sound for."""
    return f"Not spoken, because this voice has no sound for it: {' '.join(unread)}"


def read_html(speech: Speech, text: str) -> str:
    """Every sentence as it stands, as it is read, and its sounds; what is the same is left out."""
    spoken = speech.spoken[:MOST_READ]
    if not any(piece.read_as or piece.phonemes for piece in spoken):
        return empty("This model does not tell how it reads the text.")
    rows = "".join(_read_row(piece, text) for piece in spoken)
    left = len(speech.spoken) - len(spoken)
    more = note(f"The first {MOST_READ} sentences, of {len(speech.spoken):,}.") if left else ""
    return f'<ol class="md-readings">{rows}</ol>{more}'


def _read_row(piece: Spoken, text: str) -> str:
    own = " ".join(text[piece.start_char : piece.end_char].split())
    lines = [f'<span class="md-reading-own">{html.escape(own)}</span>']
    if piece.read_as and piece.read_as != own:
        lines.append(f'<span class="md-reading-as">{html.escape(piece.read_as)}</span>')
    if piece.phonemes:
        lines.append(f'<span class="md-reading-sounds">{html.escape(piece.phonemes)}</span>')
    return f"<li>{''.join(lines)}</li>"
