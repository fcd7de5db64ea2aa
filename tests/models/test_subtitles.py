"""Transcripts as files, and the order that their times are kept in."""

from __future__ import annotations

import csv
import html
import json

import pytest
import srt as srt_library
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from models.subtitles import WRITERS, as_csv, as_json, clock, srt, txt, vtt
from models.transcript import Segment, Transcript, Word, corrected, orderly, shifted


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


LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)
SPANS = st.lists(st.floats(0, 7200), min_size=2, max_size=2, unique=True).map(sorted)


@given(st.lists(st.tuples(SPANS, LINES), max_size=5))
def test_other_peoples_parsers_read_the_same_phrases(rows):
    given_ = [Segment(a, b, " ".join(text.split()) or "x") for (a, b), text in sorted(rows)]
    times = [(round(s.start * 1000), round(s.end * 1000)) for s in given_]
    texts = [s.text.replace("-->", "->") for s in given_]
    found = list(srt_library.parse(srt(transcript(*given_))))
    assert [(ms(s.start), ms(s.end)) for s in found] == times
    assert [s.content for s in found] == texts
    captions = webvtt.from_string(vtt(transcript(*given_)))
    assert [(stamp(c.start), stamp(c.end)) for c in captions] == times
    assert [html.unescape(c.raw_text) for c in captions] == texts


def stamp(text):
    hours, minutes, rest = text.split(":")
    return round(1000 * (int(hours) * 3600 + int(minutes) * 60 + float(rest)))


def ms(length):
    return round(length.total_seconds() * 1000)


def test_txt_is_one_segment_a_line():
    assert txt(PLAIN) == "Tom & <Jerry>\nÇa --> va?\n"


def test_json_holds_everything_but_the_draft():
    read = json.loads(as_json(WORDS))
    assert read["text"] == "=1 yes"
    assert read["segments"][0]["words"][1] == {
        "text": "yes", "start": 0.4, "end": 1, "probability": 0.9,
    }  # fmt: skip
    assert "draft" not in read
    assert "Ça" in as_json(PLAIN), "it can be read by people, too"


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


def test_a_correction_keeps_the_times_of_words_that_stay():
    words = (Word("the", 1, 1.2, 0.9), Word("quick", 1.2, 2, 0.4), Word("fox", 2, 3, 0.8))
    before = transcript(Segment(0, 1, "so"), Segment(1, 3, "the quick fox", words))
    found = corrected(before, 1, "  The very quick fox ")
    assert found.text == "so The very quick fox"
    assert found.segments[1].words == (
        Word("The", 1, 1.1, 1.0), Word("very", 1.1, 1.2, 1.0), *words[1:],
    )  # fmt: skip
    assert (found.segments[1].start, found.segments[1].end) == (1, 3)


def test_an_emptied_phrase_is_in_no_file_and_the_others_keep_their_numbers():
    before = transcript(Segment(0, 1, "a"), Segment(1, 2, "b"), Segment(2, 3, "c"))
    found = corrected(corrected(before, 1, " "), 2, "d")
    assert txt(found) == "a\nd\n"
    assert [b.split("\n")[0] for b in srt(found).strip().split("\n\n")] == ["1", "2"]
    assert len(json.loads(as_json(found))["segments"]) == 2


def test_a_correction_of_a_phrase_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"no phrase 3; there are 2\."):
        corrected(PLAIN, 2, "x")


@given(st.lists(st.sampled_from("ab"), max_size=5), st.lists(st.sampled_from("abc"), max_size=6))
def test_corrected_words_stay_in_order_inside_the_phrase(old, new):
    words = tuple(Word(text, i, i + 1, 0.5) for i, text in enumerate(old))
    before = transcript(Segment(0, len(old) or 1, " ".join(old), words))
    [found] = corrected(before, 0, " ".join(new)).segments
    if words:
        assert [word.text for word in found.words] == new
    times = [t for word in found.words for t in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= t <= found.end for t in times)
