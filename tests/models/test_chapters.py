"""Chapters by headings of Markdown and by lines such as "Chapter 3"; nothing of a text is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chapters import chapters


def titles(text):
    return [chapter.title for chapter in chapters(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Book\n\nIntro.\n\n## One\nA.\n### Deep\nB.\n\n## Two ##\nC.", ["Book", "One", "Two"]),
        ("Before.\n\n# A\na\n# B\nb", ["", "A", "B"]),
        ("# A\na\n```\n# comment\n```\n# B\nb", ["A", "B"]),
        ("Chapter 1\n\nA.\n\nCHAPTER II. The Storm\nB.\n\nEpilogue\n\nC.",
         ["Chapter 1", "CHAPTER II. The Storm", "Epilogue"]),
        ("PART ONE\n\nChapter One\n\nA.\n\nChapter Twenty-Two: Home\n\nB.",
         ["PART ONE: Chapter One", "Chapter Twenty-Two: Home"]),
        ("# A\na\n# B\nb\n# Empty end\n", ["A", "B"]),
    ],
)  # fmt: skip
def test_headings_part_a_text(text, expected):
    assert titles(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "No heading at all. # none", "# Only one\n\nText.", "#hashtag\n#another",
        "It began.\nChapter 3 is good.\nPart two of this too.",
        "It began.\n\nPart two of the plan was simple.\n\nChapter 3 is good.",
    ],
)  # fmt: skip
def test_a_text_without_two_chapters_has_none(text):
    assert chapters(text) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["# A", "## B", "text.", "", "Chapter 1", "```", "Part II"])))
def test_chapters_cover_everything_that_can_be_said(lines):
    text = "\n".join(lines)
    found = chapters(text)
    if not found:
        return
    bare = "".join(
        text[low:high] for c in found for low, high in ((c.start, c.body), (c.body, c.end))
    )
    assert sum(map(str.isalnum, bare)) == sum(map(str.isalnum, text)) - _dropped(text, found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def _dropped(text, found):
    """A heading with nothing under it at the very end is the only thing that is left out."""
    return sum(map(str.isalnum, text[found[-1].end :]))
