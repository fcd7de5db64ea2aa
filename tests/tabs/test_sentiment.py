"""What the sentiment tab draws."""

from models.sentiment import LabelScore, Sentiment
from tabs.sentiment import reading, scores_html


def result(**changes):
    facts = {"multi_label": False, "tokens": 9, "max_tokens": 510, "windows": 1, "windows_total": 1}
    return Sentiment((LabelScore("positive", 0.9), LabelScore("<b>", 0.1)), **{**facts, **changes})


def test_every_label_gets_a_bar_and_is_escaped():
    drawn = scores_html(result())
    assert drawn.count('role="listitem"') == 2
    assert "90.0%" in drawn
    assert "&lt;b&gt;" in drawn


def test_a_long_text_says_in_how_many_windows_it_was_read():
    assert reading(result(tokens=1000, windows=1, windows_total=3)) == (
        "1,000 tokens (labels share 100 %), read in 1 of 3 windows of 510 and averaged."
    )


def test_independent_labels_are_said_to_be_so():
    assert "each label by itself" in reading(result(multi_label=True))
