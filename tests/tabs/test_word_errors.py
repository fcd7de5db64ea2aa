"""The drawing of word errors."""

from __future__ import annotations

from models.word_errors import word_errors
from tabs.parts.word_errors import word_errors_html


def test_differences_are_marked_in_the_text_that_was_heard() -> None:
    shown = word_errors_html(word_errors("A cat sat here.", "A bat sat here!"))
    assert "A <del>cat</del> <ins>bat</ins> sat here" in shown
    assert "25.0%" in shown


def test_no_error_is_said_in_a_sentence() -> None:
    shown = word_errors_html(word_errors("A cat.", "a cat"))
    assert "Every word of the reference was heard right: 2 words." in shown
    assert "<del>" not in shown


def test_markup_in_either_text_is_text() -> None:
    shown = word_errors_html(word_errors("<b>x</b> y", "<i>z</i> y"))
    assert "<del>b&gt;x&lt;/b</del> <ins>i&gt;z&lt;/i</ins>" in shown
