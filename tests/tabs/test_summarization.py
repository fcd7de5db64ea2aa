"""What the summarization tab draws."""

from models.summarization import Summary
from models.summary_checks import Doubt
from models.token_meter import Metered
from tabs.parts.token_meter import meter_html
from tabs.summarization import facts_html, reading, sources_html


def result(**changes):
    facts = {
        "text": "A <b>.", "method": "abstractive", "source_tokens": 900, "max_tokens": 1024,
        "parts": 1, "parts_total": 1, "source_words": 600, "summary_words": 60, "ratio": 0.1,
        "copied": 0.25, "doubts": (), "sources": (), "tokens": 950,
    }  # fmt: skip
    return Summary(**{**facts, **changes})


def test_counts_tell_words_ratio_and_what_is_copied():
    drawn = facts_html(result())
    assert all(text in drawn for text in ("600", "60", "10%", "25%"))


def test_the_copied_share_is_left_open_until_the_end():
    assert "25%" not in facts_html(result(parts=1, parts_total=3))


def test_the_window_and_the_parts_are_said():
    assert reading(result()) == "900 tokens; up to 1,024 are read at once."
    assert reading(result(parts=2, parts_total=4, source_tokens=3000)) == (
        "3,000 tokens, read in parts of up to 1,024; step 2 of 4 done."
    )
    assert "sentences are chosen" in reading(result(method="extractive"))


def test_doubtful_terms_are_marked_and_escaped():
    summary = "It was <i>Paris</i>. Fine."
    drawn = facts_html(result(text=summary, doubts=(Doubt(0, 20, ("Paris",)),)))
    assert "<mark>Paris</mark>" in drawn
    assert "<i>Paris" not in drawn
    assert "check these" not in facts_html(result())


def test_a_term_inside_another_is_marked_by_itself():
    text = "In 2015 or 20."
    drawn = facts_html(result(text=text, doubts=(Doubt(0, 14, ("20", "2015")),)))
    assert "In <mark>2015</mark> or <mark>20</mark>." in drawn


def test_the_window_is_metered_once_beside_the_text():
    assert "window filled" in meter_html(Metered(900, True, 1024, by_sentence=False))
    assert "window filled" not in facts_html(result())


def test_each_sentence_is_a_button_and_its_source_a_mark_by_offset():
    drawn = sources_html(
        "One <x>. Two. One <x>.", result(text="One <x>.", method="extractive", sources=((14, 22),))
    )
    assert 'One &lt;x&gt;. Two. <mark data-of="0">One &lt;x&gt;.</mark>' in drawn
    assert 'data-sentence="0"' in drawn
    assert "<x>" not in drawn


def test_a_written_sentence_without_a_source_says_that_it_should_be_checked():
    drawn = sources_html(
        'The garden is "beautiful" today. Rain fell in Leeds.',
        result(text='- A "beautiful" garden.\n- Bananas ripen.'),
    )
    assert drawn.count("md-sourceless") == 1
    assert drawn.count("<mark") == 1
    assert ">A &quot;beautiful&quot; garden.</button>" in drawn
    assert "check it" in drawn
    assert "likely sources" in drawn


def test_two_sentences_with_one_source_share_its_mark():
    drawn = sources_html(
        "Rain fell in Leeds on Monday. Nothing else.",
        result(text="Rain fell in Leeds. Monday saw rain in Leeds."),
    )
    assert '<mark data-of="0 1">' in drawn


def test_of_a_source_too_long_to_draw_every_mark_is_there_and_the_rest_is_counted():
    drawn = sources_html(
        "a" * 50_000, result(text="aaaaa aaaaa", sources=((0, 5), (45_000, 45_005)))
    )
    assert drawn.count("<mark") == 2
    assert "43,995 characters without a source, not drawn" in drawn
    assert len(drawn) < 10_000


def test_what_was_not_compared_is_said():
    drawn = sources_html("Rain fell in Leeds. " * 2_100, result(text="Rain in Leeds."))
    assert "first 2,000 sentences" in drawn
    assert "of 2,100." in drawn


def test_an_empty_summary_has_no_sources():
    assert sources_html("One. Two.", result(text="")) == ""


def test_what_a_written_sentence_has_copied_is_underlined_and_said():
    text = "The <old> house will open next year. Rain fell in Leeds."
    drawn = sources_html(text, result(text="- Soon the <old> house will open."))
    assert '>Soon <span class="md-copied">the &lt;old&gt; house will open</span>.</button>' in drawn
    assert "Underlined: stretches of at least 4 words" in drawn
    plain = sources_html("One. Two.", result(text="One.", method="extractive", sources=((0, 4),)))
    assert "md-copied" not in plain
    assert "Underlined" not in plain


def test_the_meter_tells_the_share_of_the_window_and_the_parts():
    drawn = meter_html(Metered(1536, True, 1024, by_sentence=False))
    assert "1,536 tokens of 1,024: read in 2 parts or more." in drawn
    assert "150.0%" in drawn
    assert "About 500 tokens of 1,024: read at once." in meter_html(
        Metered(500, False, 1024, by_sentence=False)
    )


def test_the_meter_has_no_bar_where_no_window_counts():
    for found in (Metered(9, True, 0, by_sentence=True), Metered(9, True, 0, by_sentence=False)):
        assert "window filled" not in meter_html(found)
    assert "sentence by sentence" in meter_html(Metered(9, True, 0, by_sentence=True))
