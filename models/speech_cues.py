"""A speech as subtitles: cues of a length that can be read, timed by the voice itself."""

from __future__ import annotations

from collections.abc import Iterator

from models.speech import Speech, Spoken
from models.transcript import Segment, Transcript, Word

#: Longest cue in characters: two lines of 42, as broadcasters ask for.
LONGEST_CUE = 84


def subtitles(speech: Speech, text: str) -> Transcript:
    """The speech as a transcript, for the writers of ``models.subtitles``.

    A sentence is one cue; a longer one is cut between words where the voice tells their times.

    Args:
        speech: of that text.
        text: what was spoken.
    """
    segments = tuple(cue for piece in speech.spoken for cue in _cues(piece, text))
    return Transcript(
        segments=segments,
        draft="",
        language="",
        language_probability=None,
        duration_s=speech.duration_s,
        searched_s=speech.duration_s,
        speech_s=speech.duration_s,
        read_s=speech.duration_s,
        elapsed_s=speech.elapsed_s,
    )


def _cues(piece: Spoken, text: str) -> Iterator[Segment]:
    words = [Word(text[w.start_char : w.end_char], w.start, w.end, 1.0) for w in piece.words]
    start_char, start, first = piece.start_char, piece.start, 0
    for number, word in enumerate(piece.words):
        if first < number and word.end_char - start_char > LONGEST_CUE:
            said = " ".join(text[start_char : word.start_char].split())
            yield Segment(start, word.start, said, tuple(words[first:number]))
            start_char, start, first = word.start_char, word.start, number
    said = " ".join(text[start_char : piece.end_char].split())
    yield Segment(start, piece.end, said, tuple(words[first:]))
