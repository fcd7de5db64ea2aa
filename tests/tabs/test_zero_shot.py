"""What the zero-shot tab shows: scores, what the model read, the preview, and labels as data."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from models.catalog import Catalog
from models.zero_shot import Classification, LabelFit, Reading
from models.zero_shot_labels import check
from tabs.parts import Deck
from tabs.parts.label_box import split_labels
from tabs.parts.labels_view import columns
from tabs.parts.zero_shot_view import explanation, preview_html, read_html, reading, scores_html
from tabs.zero_shot import EXAMPLES, LABEL_SETS, NAME, build
from tests.fakes import FakeBuilder, FakeDevice, FakeEngine, card, fake_service

SPANISH = "Me gusta mucho jugar al fútbol con mis amigos los domingos."
NLI = ("contradiction", "neutral", "entailment")


def fit(label, score, *values, names=NLI):
    readings = tuple(Reading(n, v) for n, v in zip(names, values, strict=True))
    return LabelFit(label, score, f"This is {label}.", readings)


def found(*scores, several=False, method="entailment", windows=(1, 1), threshold=0.5):
    return Classification(scores, several, method, 30, 500, *windows, threshold)


SPORT = fit("sport", 0.7, 0.1, 0.2, 0.7)
MUSIC = fit("music", 0.3, 0.6, 0.3, 0.1)


def test_every_label_has_a_bar_and_a_sentence_with_the_models_own_classes():
    drawn = scores_html(found(SPORT, MUSIC)) + read_html(found(SPORT, MUSIC))
    assert re.findall(r'md-bar-name">(\w+)<', drawn) == ["sport", "music"]
    assert "This is sport." in drawn
    assert "entailment 70.0%" in drawn
    assert drawn.index("entailment 70.0%") < drawn.index("neutral 20.0%")
    assert drawn.index("neutral 20.0%") < drawn.index("contradiction 10.0%")
    assert "md-labels" not in drawn


def test_where_several_may_fit_those_from_the_threshold_on_are_named():
    def named(threshold):
        return scores_html(found(SPORT, MUSIC, several=True, threshold=threshold))

    assert "<strong>sport</strong>" in named(0.5)
    assert "<strong>sport, music</strong>" in named(0.3)
    assert "no label reaches 90%" in named(0.9)


def test_a_similarity_is_shown_as_what_it_is():
    result = found(fit("sport", 1.0, 0.412, names=["similarity"]), method="similarity")
    drawn = scores_html(result) + read_html(result)
    assert "similarity 0.412" in drawn
    assert "By similarity of embeddings" in drawn
    assert "entailment" not in drawn


def test_a_model_that_knows_two_classes_shows_two():
    drawn = read_html(found(fit("a", 0.8, 0.8, 0.2, names=["entailment", "not_entailment"])))
    assert "not_entailment 20.0%" in drawn


def test_how_a_score_is_made_is_told_for_each_kind():
    kinds = {
        explanation(found(SPORT, several=several, method=method))
        for several in (True, False) for method in ("entailment", "similarity")
    }  # fmt: skip
    assert len(kinds) == 4


def test_the_reading_says_how_much_was_read():
    assert reading(found(SPORT)).endswith("the model reads up to 500 at once.")
    assert "read in 2 of 5 windows of 500 and averaged" in reading(found(SPORT, windows=(2, 5)))


def test_a_label_is_data_everywhere():
    evil = "<img src=x onerror=alert(1)>"
    result = found(fit(evil, 1.0, 0.1, 0.2, 0.7), several=True)
    drawn = scores_html(result) + read_html(result)
    shown = preview_html([evil], f"{evil} {{}}", apart=False)
    assert "<img" not in drawn
    assert "<img" not in shown
    assert "&lt;img" in drawn


def test_the_preview_shows_the_first_sentences_and_how_they_are_read():
    shown = preview_html(["a", "b", "c", "d", "e"], "It is {}!", apart=False)
    assert "It is <b>a</b>!" in shown
    assert "and 2 more" in shown
    assert "together" in shown
    assert "vectors" in preview_html(["a"], "It is {}!", apart=True)


@pytest.mark.parametrize(
    ("labels", "template", "said"),
    [
        ([], "It is {}.", "no labels"),
        (["a"], "It is.", "has no {}"),
        (["a", "a"], "It is {}.", "2 times"),
    ],
)
def test_the_preview_says_what_is_wrong_before_a_run(labels, template, said):
    assert said in preview_html(labels, template, apart=False)


def test_labels_are_lines_without_the_space_around_them():
    assert split_labels(" a  b \n\n c,d \n") == ["a b", "c,d"]
    assert split_labels(None) == []


def test_a_row_of_a_batch_names_what_fits_where_several_may():
    one = columns(found(SPORT, MUSIC))
    assert one == {"label": "sport", "score": 0.7, "music": 0.3, "sport": 0.7}
    several = columns(found(SPORT, MUSIC, several=True, threshold=0.2))
    assert several["labels"] == "sport; music"
    assert columns(found(SPORT, MUSIC, several=True, threshold=0.9))["labels"] == ""


def test_every_label_set_and_example_makes_a_question():
    for labels, template in LABEL_SETS.values():
        assert check(labels, template).hypotheses
    for _, (text, labels, _, template) in EXAMPLES:
        assert text
        assert check(split_labels(labels), template).hypotheses


class Classifier(FakeEngine):
    """Finds the same labels in every text."""

    def classify(self, text, labels, *, multi_label, stop, **_):
        return found(SPORT, MUSIC, several=multi_label)


class ClassifierBuilder(FakeBuilder):
    def build(self, weights, placement):
        return Classifier(self.device, 10)


def test_a_foreign_text_is_named_above_the_scores_and_stays_when_the_threshold_moves():
    english = replace(card("org/a", NAME), languages=("en",))
    service = fake_service(ClassifierBuilder(FakeDevice(limit=1000)))
    with gr.Blocks() as page:
        deck = Deck(replace(service, catalog=Catalog([english])), gr.HTML())
        build(deck)
    parts = {getattr(part, "label", ""): part for part in page.blocks.values()}
    (button,) = (b for b in page.blocks.values() if getattr(b, "value", "") == "Classify")
    run = next(fn for fn in page.fns.values() if (button._id, "click") in fn.targets)
    moved = next(fn for fn in page.fns.values() if (parts["Threshold"]._id, "input") in fn.targets)

    async def ran():
        session = SimpleNamespace(session_hash="s")
        asked = [SPANISH, "sport\nmusic", True, "This is {}.", "org/a", 0.5, [], True]
        return [update async for update in run.fn(session, *asked)]

    *_, last = asyncio.run(ran())
    service.close()
    shown = dict(zip(run.outputs, last, strict=True))
    drawn, kept = shown[parts["Scores"]], next(v for v in last if isinstance(v, tuple))
    assert drawn.index("looks Spanish, and this model was made for English") < drawn.index("sport")
    assert "looks Spanish" in moved.fn(0.9, kept)
    assert "no label reaches 90%" in moved.fn(0.9, kept)
