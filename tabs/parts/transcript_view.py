"""A transcript beside its sound: phrases and words with their times, to be heard, judged and corrected.

The page's part is ``assets/js/transcript.js``: it plays from a word, marks the one being spoken and
sends corrections. Text of a recording is data: escaped.
"""

from __future__ import annotations

import html
from urllib.parse import quote

from models.languages import language_name
from models.transcript import Segment, Transcript, Word
from models.units import counted
from tabs.parts.markup import figures, note
from tabs.parts.metrics import number, seconds

#: Words below the first probability are marked as unsure, those below the second as less sure.
_UNSURE, _LESS_SURE = 0.5, 0.8
_EDIT = (
    '<label class="md-edit"><input type="checkbox" data-edit> '
    "<span>Correct the text: click into a phrase and type; its times stay</span></label>"
)
_KEY = (
    '<p class="md-note md-sure-key">How sure the model is of a word: '
    '<span class="md-unsure">below half</span> <span class="md-less-sure">below 80%</span></p>'
)


def transcript_html(result: Transcript, recording: str | None) -> str:
    """The whole transcript with its player.

    Args:
        result: the transcript.
        recording: path of the file in gradio's cache, which the page may fetch; None for no player.
    """
    if not result.segments:
        return ""
    player = "" if recording is None else _player(recording)
    key = _KEY if any(segment.words for segment in result.segments) else ""
    return f"{player}{phrases_html(result.segments)}{key}{_EDIT}"


def _player(recording: str) -> str:
    # Relative to the page, as its own scripts are: right behind a proxy's path, too.
    address = html.escape(f"gradio_api/file={quote(recording)}")
    return (
        f'<audio class="md-heard" controls preload="metadata" src="{address}" '
        'aria-label="The recording"></audio>'
    )


def growing_html(result: Transcript, tail: int) -> str:
    """The transcript so far: its last ``tail`` phrases, and what is not finished in a paler tone."""
    left = len(result.segments) - tail
    before = note(f"{counted(left, 'phrase')} before these") if left > 0 else ""
    drawn = phrases_html(result.segments[-tail:], result.draft)
    return before + drawn if drawn else ""


def phrases_html(segments: tuple[Segment, ...], draft: str = "") -> str:
    """Phrases with their times as a list, the draft behind them."""
    rows = "".join(_row(index, segment) for index, segment in enumerate(segments))
    if draft:
        rows += f'<li class="md-draft"><span></span><span>{html.escape(draft)}</span></li>'
    return f'<ol class="md-phrases">{rows}</ol>' if rows else ""


def _row(index: int, segment: Segment) -> str:
    body = " ".join(map(_word, segment.words)) if segment.words else html.escape(segment.text)
    times = f'data-start="{segment.start:.3f}" data-end="{segment.end:.3f}"'
    whole = "" if segment.words else f" {times}"  # without words the phrase is marked as one
    title = f"{clock(segment.start)} to {clock(segment.end)}"
    return (
        f'<li><button type="button" data-start="{segment.start:.3f}" title="{title}">'
        f"{clock(segment.start)}</button>"
        f'<span class="md-said" data-phrase="{index}" dir="auto"{whole}>{body}</span></li>'
    )


def _word(word: Word) -> str:
    title = f"{word.start:.2f} to {word.end:.2f} s, {word.probability:.0%} sure"
    return (
        f'<span data-start="{word.start:.3f}" data-end="{word.end:.3f}" '
        f'title="{title}"{_sureness(word.probability)}>{html.escape(word.text)}</span>'
    )


def _sureness(probability: float) -> str:
    if probability < _UNSURE:
        return ' class="md-unsure"'
    return ' class="md-less-sure"' if probability < _LESS_SURE else ""


def clock(second: float) -> str:
    """A place in a recording for a person: ``0:07.4``, ``1:02:03.0``."""
    tenths = round(second * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minute = divmod(minutes, 60)
    head = f"{hours}:{minute:02d}" if hours else f"{minute}"
    return f"{head}:{rest // 10:02d}.{rest % 10}"


def facts_html(result: Transcript) -> str:
    """Length, speech, speed, time left and language of the transcript so far."""
    length = seconds(result.duration_s)
    if result.searched_s < result.duration_s:
        share = f"{result.searched_s / result.duration_s:.0%}"
        return figures([("recording", length), ("searched for speech", share)])
    if result.read_s >= result.duration_s and not result.segments:
        return note(
            f"No speech was found in these {length}: silence, noise and music are not transcribed."
        )
    pairs = [
        ("recording", length),
        ("of it speech", seconds(result.speech_s)),
        ("heard", f"{min(1.0, result.read_s / result.duration_s):.0%}"),
        ("times real time", f"{number(result.times_real_time)}x"),
    ]
    if result.left_s is not None:
        pairs.append(("about left", seconds(result.left_s)))
    if result.language:
        sure = result.language_probability
        share = f" ({sure:.0%} sure)" if sure is not None else ""
        pairs.append(("language", f"{language_name(result.language)}{share}"))
    return figures(pairs)
