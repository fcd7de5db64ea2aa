"""What the music tab shows: the sound while it is made, its notes, facts, and which words counted."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from models.music import Music
from models.music_recording import MusicRecording
from tabs.parts.files import offer
from tabs.parts.markup import empty, figures
from tabs.parts.metrics import number, seconds
from tabs.parts.score_view import notes_html, roll_html

if TYPE_CHECKING:
    from models.music_score import Score


@dataclass(frozen=True)
class Views:
    """The components of a result.

    Attributes:
        view: the player of the parts while the piece is made; moves the line over the roll.
        player: the whole, with its waveform.
        facts: length, speed, settings, and which words of the prompt counted.
        notes: the piano roll and the table of notes; empty for a model that makes sound alone.
        midi: a download button for the notes.
    """

    view: gr.HTML
    player: gr.Audio
    facts: gr.HTML
    notes: gr.HTML
    midi: gr.DownloadButton

    @property
    def outputs(self) -> list[Any]:
        """All of them, in the order in which ``displays`` fills them."""
        return [self.view, self.player, self.facts, self.notes, self.midi]


def displays(
    recording: MusicRecording, views: Views
) -> tuple[Callable[[Music], list[Any]], Callable[[Music], list[Any]]]:
    """What a run shows while it goes on, and at its end: values for ``views.outputs``."""

    def show(music: Music) -> list[Any]:
        views.player.temp_files.update(map(str, recording.files))
        view = view_json(recording, ended=False)
        return [view, gr.skip(), facts_html(music), score_html(music.score), gr.skip()]

    def show_final(music: Music) -> list[Any]:
        views.player.temp_files.update(map(str, recording.files))
        heard = recording.parts > 0  # it plays already, part by part
        player = gr.update(value=str(recording.whole), visible=True, autoplay=not heard)
        return [
            view_json(recording, ended=True),
            player if recording.done else gr.update(value=None, visible=False),
            facts_html(music),
            score_html(music.score),
            midi_update(views.midi, music.score),
        ]

    return show, show_final


def view_json(recording: MusicRecording, *, ended: bool) -> str:
    """What the page's player of parts needs to know, as JSON."""
    folder = recording.whole.parent
    facts = {"folder": folder.as_posix(), "count": recording.parts, "ended": ended}
    return json.dumps({"run": folder.name, **facts})


def facts_html(music: Music) -> str:
    """Length, speed and settings of a piece, which words of the prompt counted, and what was not done."""
    done, asked = music.duration_s, music.seconds_asked
    unfinished = music.step < music.steps
    length = f"{number(done)} of {asked:g} s" if unfinished else seconds(done)
    pairs = [("length", length)]
    if done:
        pairs.append(("times real time", f"{number(done / music.elapsed_s)}x"))
        pairs.append(("time to first audio", seconds(music.first_audio_s)))
    rate = music.sample_rate / 1000
    sound = f"{rate:g} kHz, stereo" if music.channels == 2 else f"{rate:g} kHz, mono"
    pairs.append(("sound", sound))
    if music.score is not None:
        pairs += score_facts(music.score)
    pairs += [("seed", str(music.seed))]
    for name, value in (("temperature", music.temperature), ("guidance", music.guidance)):
        pairs += [(name, f"{value:g}")] if value is not None else []
    return _meter(music) + figures(pairs) + words_html(music) + warned_html(music.warnings)


def _meter(music: Music) -> str:
    """How far an unfinished piece is."""
    if music.step >= music.steps:
        return ""
    return (
        f'<progress class="md-music-meter" max="{music.steps}" value="{music.step}" '
        f'aria-label="steps done"></progress>'
    )


def score_facts(score: Score) -> list[tuple[str, str]]:
    """Key, metre, tempo and size of a score, as names and values."""
    count, unit = score.metre
    kind = [("kind", score.kind)] if score.kind else []
    return [
        *kind, ("key", score.key), ("metre", f"{count}/{unit}"),
        ("tempo", f"{score.tempo:.0f} BPM"), ("notes", f"{len(score.notes):,}"),
    ]  # fmt: skip


def words_html(music: Music) -> str:
    """Which words of the prompt the model acted on, and which it can't; empty where it reads text."""
    if not (music.understood or music.ignored):
        return ""
    drawn = _words("Understood", music.understood, "md-word-read")
    drawn += _words("Not understood", music.ignored, "md-word-left")
    guess = ""
    if not music.understood:
        guess = "This model acts on none of these words: the piece is a guess."
    return f'<div class="md-words-read">{drawn}</div>' + warned_html((guess,) if guess else ())


def _words(name: str, words: Sequence[str], look: str) -> str:
    if not words:
        return ""
    items = "".join(f'<li class="{look}" dir="auto">{html.escape(word)}</li>' for word in words)
    return f"<p>{name}</p><ul>{items}</ul>"


def warned_html(warnings: Sequence[str]) -> str:
    """What was not done as asked, and what else is to be known, a line each."""
    return "".join(f'<p class="md-remark" role="note">{html.escape(text)}</p>' for text in warnings)


def score_html(score: Score | None) -> str:
    """The piano roll and the table of notes; empty without notes."""
    return roll_html(score) + notes_html(score) if score is not None else ""


def midi_update(button: gr.DownloadButton, score: Score | None) -> Any:
    """Puts the notes behind the button as a MIDI file; takes the last one away where there are none."""
    if score is None or not score.notes:
        return gr.update(value=None, interactive=False)
    from models.music_midi import midi_file

    return gr.update(value=offer(button, "music.mid", midi_file(score)), interactive=True)


#: What stands where the facts will be.
NOTHING_YET = empty(
    "The music appears here with its length, its settings and, where there are, its notes."
)
