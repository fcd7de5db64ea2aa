"""What the question-answering tab draws."""

import asyncio
import html
import re
from types import SimpleNamespace

import gradio as gr
import pytest

from models.attribution import Attribution, WordWeight, without, words_of
from models.question_answering import Answer, Answers, Edge
from tabs.parts import Deck
from tabs.parts.answer_view import (
    SHOWN,
    answer_changes_html,
    answers_html,
    edges_html,
    passage_html,
    reading,
    shares_html,
    verdict_html,
)
from tabs.question_answering import build
from tests.fakes import FakeBuilder, FakeDevice, FakeEngine, fake_service

PASSAGE = "<b>Ada</b> was born in London."


def result(*answers, has_answer=True, **changes):
    facts = {"no_answer_score": 0.1, "tokens": 9, "windows": 1, "windows_total": 1, **changes}
    return Answers("Where?", answers, has_answer, **facts)


def answer(text, score=0.8, passage=PASSAGE):
    start = passage.index(text)
    return Answer(text, start, start + len(text), score)


def test_the_answer_is_marked_at_its_place_and_user_text_is_escaped():
    drawn = answers_html(result(answer("London"), answer("<b>Ada</b>", 0.1)), PASSAGE)
    assert "<b>" not in drawn
    assert 'data-label="1" title="candidate 1, 80.0%">London</mark>.' in drawn
    assert drawn.index("candidate 2") < drawn.index("candidate 1")


def test_candidates_that_overlap_are_drawn_both_and_the_text_stays():
    drawn = passage_html(result(answer("born in"), answer("in London", 0.1)), PASSAGE)
    assert html.unescape(re.sub(r"<[^>]*>", "", drawn)) == PASSAGE
    assert 'title="candidate 1, 80.0%\ncandidate 2, 10.0%"' in drawn


def test_a_candidate_from_right_to_left_leaves_its_number_in_front():
    found = result(Answer("عام 1793.", 0, 9, 0.8))
    assert "1. \u2068عام 1793.\u2069" in shares_html(found)


def test_no_answer_is_said_first_and_candidates_stay_rivals():
    found = result(answer("London", 0.2), has_answer=False, no_answer_score=0.7)
    assert "No answer in this text" in verdict_html(found)
    assert "md-best" not in passage_html(found, PASSAGE)
    assert "likes best otherwise" in reading(found)


def test_a_passage_read_in_windows_says_how_far():
    assert "read in 2 of 3 overlapping windows" in reading(result(windows=2, windows_total=3))


def test_a_very_long_passage_shows_the_parts_around_its_answers_and_says_what_is_left_out():
    passage = "x" * SHOWN + " London " + "y" * SHOWN
    drawn = passage_html(result(answer("London", passage=passage)), passage)
    assert len(drawn) < 3000
    assert drawn.count("characters without a candidate") == 2
    assert "London" in drawn


def test_the_strip_shows_where_an_answer_may_start_and_end():
    at = PASSAGE.index("London")
    found = result(answer("London"), edges=(Edge(0, 1, 0.0, 0.0), Edge(at, at + 6, 0.91, 0.5)))
    drawn = edges_html(found, PASSAGE)
    assert "--md-begins:0.91;--md-ends:0.50" in drawn
    assert "start 91.0%, end 50.0%" in drawn
    assert "<b>" not in drawn
    assert edges_html(result(), PASSAGE) == ""


def test_what_leaving_words_out_changes_is_told_by_both_answers():
    before, after = result(answer("London")), result(answer("London", 0.2), has_answer=False)
    drawn = answer_changes_html(before, after, ["<was>"])
    assert drawn.index("London") < drawn.index("no answer")
    assert "Left out: &lt;was&gt;." in drawn


class Reader(FakeEngine):
    """Knows one answer; finds none to a question about cars."""

    def answer(self, question, passage, *, count, edges, stop):
        return result(answer("London"), has_answer="cars" not in question)


class ReaderBuilder(FakeBuilder):
    def build(self, weights, placement):
        return Reader(self.device, 10)


@pytest.mark.parametrize(("question", "sent"), [("Where?", "London"), ("How many cars?", "")])
def test_the_answer_can_be_sent_on_where_there_is_one(question, sent):
    service = fake_service(ReaderBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks() as page:
        deck = Deck(service, gr.HTML())
        build(deck)
    best = next(sender.source for sender in deck.senders if sender.what == "answer")
    find = next(fn for fn in page.fns.values() if best in fn.outputs and len(fn.targets) == 2)

    async def run():
        session = SimpleNamespace(session_hash="s")
        return [u async for u in find.fn(session, question, PASSAGE, 3, "org/a", [], True)]

    *_, last = asyncio.run(run())
    service.close()
    assert dict(zip(find.outputs, last, strict=True))[best] == sent


@pytest.mark.parametrize(("part", "text"), [("question", "Where?"), ("passage", PASSAGE)])
def test_the_words_of_either_text_are_weighed_and_left_out(monkeypatch, part, text):
    asked = []

    async def answered(deck, capability, model, verb):
        asked.append(model)
        return SimpleNamespace(value=result(Answer("London", 4, 10, 0.5)))

    service = fake_service(WeigherBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks() as page:
        build(Deck(service, gr.HTML()))
    buttons = {b.value: b._id for b in page.blocks.values() if isinstance(b, gr.Button)}
    weigh = next(
        fn for fn in page.fns.values() if (buttons["Weigh the words"], "click") in fn.targets
    )

    async def run():
        session = SimpleNamespace(session_hash="s")
        values = (part, "", "org/a", "Where?", PASSAGE, 3)
        return [u async for u in weigh.fn(session, *values)]

    *_, last = asyncio.run(run())
    seen = last[-1]
    drop = next(fn for fn in page.fns.values() if (weigh.outputs[4]._id, "select") in fn.targets)
    monkeypatch.setattr(Deck, "answer", answered)
    dropped = asyncio.run(drop.fn(seen, SimpleNamespace(word="0")))
    service.close()
    assert seen.text == text
    assert dropped[-1].left()[seen.at] == without(text, [words_of(text)[0]])
    assert "as written" in dropped[1]
    assert len(asked) == 2


class Weigher(Reader):
    """Says that every word of a part weighs the same."""

    def explain(self, question, passage, *, part, stop):
        text = question if part == "question" else passage
        words = tuple(WordWeight(text[a:b], a, b, 0.1) for a, b in words_of(text))
        return Attribution("London", 0.9, "occlusion", words, 1, 1)


class WeigherBuilder(FakeBuilder):
    def build(self, weights, placement):
        return Weigher(self.device, 10)
