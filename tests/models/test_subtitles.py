"""Transcripts as files, and the order that their times are kept in."""

from __future__ import annotations

import csv
import json

import pytest

from models.subtitles import WRITERS, as_csv, as_json, clock, srt, txt, vtt
from models.transcript import Segment, Transcript, Word, orderly, shifted


def transcript(*segments):
    return Transcript(segments, "", "en", None, 9.0, 9.0, 8.0, 9.0, 2.0)


PLAIN = transcript(Segment(0.0, 1.5, "Tom & <Jerry>"), Segment(3601.25, 3602.9996, "Ça --> va?"))
WORDS = transcript(Segment(0.0, 1.0, "=1 yes", (Word("=1", 0, 0.4, 0.5), Word("yes", 0.4, 1, 0.9))))


@pytest.mark.parametrize(
    ("second", "text"),
    [(0, "00:00:00,000"), (3661.0625, "01:01:01,062"), (59.9996, "00:01:00,000")],
)
def test_times_are_rounded_to_milliseconds_and_carry_over(second, text):
    assert clock(second, ",") == text


def test_srt_numbers_its_blocks_and_disarms_arrows():
    assert srt(PLAIN) == (
        "1\n00:00:00,000 --> 00:00:01,500\nTom & <Jerry>\n\n"
        "2\n01:00:01,250 --> 01:00:03,000\nÇa -> va?\n"
    )


def test_vtt_escapes_what_would_be_markup():
    written = vtt(PLAIN)
    assert written.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n")
    assert "Tom &amp; &lt;Jerry&gt;" in written
    assert written.count("-->") == 2


def test_txt_is_one_segment_a_line():
    assert txt(PLAIN) == "Tom & <Jerry>\nÇa --> va?\n"


def test_json_holds_everything_but_the_draft():
    read = json.loads(as_json(WORDS))
    assert read["text"] == "=1 yes"
    assert read["segments"][0]["words"][1] == {
        "text": "yes", "start": 0.4, "end": 1, "probability": 0.9,
    }  # fmt: skip
    assert "draft" not in read


def test_csv_has_a_row_a_word_and_no_formulas():
    rows = list(csv.reader(as_csv(WORDS).splitlines()))
    assert rows[0] == ["segment", "start_s", "end_s", "text", "probability"]
    assert rows[1] == ["1", "0.000", "0.400", "'=1", "0.500"]


def test_an_empty_transcript_writes_valid_files():
    assert [WRITERS[name](transcript()) for name in ("srt", "vtt", "txt")] == ["", "WEBVTT\n", ""]


def test_times_never_go_back_and_stay_inside():
    found = orderly(
        [Segment(-1, 3, "a"), Segment(2, 2.5, ""), Segment(2, 99, "b"), Segment(1, 2, "c")], 0, 10
    )
    assert [(s.start, s.end) for s in found] == [(0, 3), (3, 10), (10, 10)]


def test_a_segment_begins_and_ends_with_its_words():
    [found] = orderly([Segment(0, 9, "a b", (Word("a", 1, 2, 1), Word("b", 1.5, 3, 1)))], 0, 10)
    assert (found.start, found.end) == (1, 3)
    assert [(w.start, w.end) for w in found.words] == [(1, 2), (2, 3)]


def test_shifting_moves_the_words_along():
    moved = shifted(Segment(0, 1, "a", (Word("a", 0, 1, 1),)), 30)
    assert (moved.start, moved.words[0].end) == (30, 31)
