"""Zero-shot classification: the pipeline's own scores, windows, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.encoders import logistic
from models.errors import InputError, ModelUnsupported, Stopped
from models.spec import Weights
from models.stop import StopToken
from models.zero_shot import MAX_CHARACTERS
from models.zero_shot_entailment import load
from models.zero_shot_labels import MAX_LABEL, MAX_LABELS, MAX_TEMPLATE, check, entailment_places
from models.zero_shot_similarity import Scale, load_similarity
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import tiny_bart_nli, tiny_deberta_nli

USUAL = ("contradiction", "neutral", "entailment")
LABELS = ["film", "london", "a good ada"]
SCALE = {"temperature": 0.1, "middle": 0.3, "spread": 0.1}


def bert(folder, classes=USUAL, **config):
    named = {
        "id2label": dict(enumerate(classes)),
        "label2id": {c: i for i, c in enumerate(classes)},
    }
    return tiny_bert(folder, "BertForSequenceClassification", **named, **config)


def engine(folder):
    return load(Weights(card("local/tiny", "zero_shot"), folder, "test"), HERE)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return engine(bert(tmp_path_factory.mktemp("nli"), initializer_range=1.0))


@pytest.fixture(scope="module")
def similar(tmp_path_factory):
    folder = tiny_bert(tmp_path_factory.mktemp("encoder"), "BertModel", initializer_range=1.0)
    of = replace(card("local/tiny", "zero_shot"), defaults=SCALE)
    return load_similarity(Weights(of, folder, "test"), HERE)


MAKERS = {
    "BERT": lambda folder: bert(folder, initializer_range=1.0),
    "BERT with entailment first": lambda folder: bert(
        folder, ("entailment", "neutral", "contradiction"), initializer_range=1.0
    ),
    "BART": lambda folder: tiny_bart_nli(folder, ("CONTRADICTION", "NEUTRAL", "ENTAILMENT")),
    "DeBERTa, two classes": lambda folder: tiny_deberta_nli(
        folder, ("entailment", "not_entailment")
    ),
    "DeBERTa, entailment in the middle": lambda folder: tiny_deberta_nli(
        folder, ("contradiction", "entailment", "neutral")
    ),
}


@pytest.mark.parametrize("family", MAKERS)
def test_scores_are_those_of_the_librarys_pipeline(tmp_path, family):
    from transformers import pipeline

    folder = MAKERS[family](tmp_path)
    ours, theirs = engine(folder), pipeline("zero-shot-classification", model=str(folder))
    text, template = "ada was in london .", "the film is {} !"
    for labels in (LABELS, LABELS[:1]):
        for several in (False, True):
            found = last(ours.classify(text, labels, template=template, multi_label=several))
            wanted = theirs(text, labels, hypothesis_template=template, multi_label=several)
            shares = {fit.label: fit.score for fit in found.scores}
            expected = dict(zip(wanted["labels"], wanted["scores"], strict=True))
            assert shares == pytest.approx(expected, abs=1e-5)
            assert found.multi_label == (several or len(labels) == 1)


def test_the_pipelines_scores_are_no_tie(tiny):
    """What the comparison above is worth: a random model tells the labels apart."""
    scores = [fit.score for fit in last(tiny.classify("a good film", LABELS)).scores]
    assert max(scores) - min(scores) > 0.02


def test_what_the_model_read_is_told_with_the_shares_of_its_classes(tiny):
    found = last(tiny.classify("a good film", LABELS, template="it is {}."))
    assert found.method == "entailment"
    assert {fit.hypothesis for fit in found.scores} == {f"it is {label}." for label in LABELS}
    for fit in found.scores:
        assert [reading.name for reading in fit.readings] == list(USUAL)
        assert sum(reading.value for reading in fit.readings) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", ["tiny", "similar"])
@pytest.mark.parametrize("several", [False, True])
def test_a_long_text_is_read_in_windows_whose_average_is_the_result(kind, several, request):
    of = request.getfixturevalue(kind)
    snapshots = list(of.classify("good film was bad " * 30, LABELS, multi_label=several))
    result = snapshots[-1]
    assert result.windows == result.windows_total == len(snapshots) > 4
    assert result.tokens == 120
    total = sum(fit.score for fit in result.scores)
    assert several or total == pytest.approx(1, abs=1e-5)


def test_a_window_has_room_for_the_longest_sentence(tiny):
    longer = last(tiny.classify("a film", ["a", "good good good good good"])).max_tokens
    assert longer == last(tiny.classify("a film", ["a"])).max_tokens - 4


def test_similarity_is_the_cosine_on_the_models_scale(similar):
    found = last(similar.classify("a good film", LABELS, multi_label=True))
    assert found.method == "similarity"
    for fit in found.scores:
        (reading,) = fit.readings
        assert -1 <= reading.value <= 1
        assert fit.score == pytest.approx(1 / (1 + np.exp(-(reading.value - 0.3) / 0.1)), abs=1e-5)
    shared = last(similar.classify("a good film", LABELS))
    weights = {fit.label: np.exp(fit.readings[0].value / 0.1) for fit in shared.scores}
    for fit in shared.scores:
        share = weights[fit.label] / sum(weights.values())
        assert fit.score == pytest.approx(share, abs=1e-4)


def test_the_same_sentence_is_as_like_as_can_be(similar):
    fit = last(similar.classify("it is film .", ["film"], template="it is {} .")).scores[0]
    assert fit.readings[0].value == pytest.approx(1, abs=1e-5)
    assert similar.scale == Scale(0.1, 0.3, 0.1)


def test_a_logistic_never_overflows():
    assert logistic(np.array([-1e4, 0, 1e4], np.float32)).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("kind", ["tiny", "similar"])
def test_words_are_weighed_for_the_best_label(kind, request):
    of = request.getfixturevalue(kind)
    text = "ada was in london"
    best = last(of.classify(text, LABELS)).scores[0]
    found = last(of.explain(text, LABELS))
    assert (found.label, found.score) == (best.label, pytest.approx(best.score, abs=1e-5))
    assert [word.text for word in found.words] == text.split()
    without = last(of.classify("was in london", LABELS))
    left = next(fit.score for fit in without.scores if fit.label == best.label)
    assert found.words[0].weight == pytest.approx(best.score - left, abs=1e-5)


def test_sentences_of_a_text_that_needs_windows_are_weighed(tiny):
    text = "good film .\n" * 12 + "ada was in london ."
    found = last(tiny.explain(text, LABELS))
    assert found.unit == "sentence"
    assert len(found.words) == 13
    whole = last(tiny.classify(text, LABELS)).scores[0]
    assert (found.label, found.score) == (whole.label, pytest.approx(whole.score, abs=1e-5))
    with pytest.raises(InputError, match="too much to weigh"):
        last(tiny.explain("good film " * 100, LABELS))
    with pytest.raises(InputError, match="reads at once"):
        last(tiny.explain(text, LABELS, method="fewest"))


def test_words_are_weighed_for_the_label_that_is_chosen(tiny):
    ranked = last(tiny.classify("ada was in london", LABELS)).scores
    found = last(tiny.explain("ada was in london", LABELS, label=ranked[-1].label))
    assert (found.label, found.score) == (
        ranked[-1].label,
        pytest.approx(ranked[-1].score, abs=1e-5),
    )
    with pytest.raises(InputError, match="No label 'x'"):
        last(tiny.explain("ada", LABELS, label="x"))
    with pytest.raises(InputError, match="No method 'gradients'"):
        last(tiny.explain("ada", LABELS, method="gradients"))


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_empty_text_is_refused(tiny, text):
    with pytest.raises(InputError, match="no text"):
        last(tiny.classify(text, LABELS))


def test_a_text_over_the_limit_is_refused_with_both_figures(tiny):
    with pytest.raises(InputError, match="1,000,001 characters; the limit is 1,000,000"):
        last(tiny.classify("x" * (MAX_CHARACTERS + 1), LABELS))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], "There are no labels"),
        (["a", " "], "Label 2 is empty"),
        (["a", "b", " A "], "label 'a' is given 2 times"),
        (["x" * (MAX_LABEL + 1)], f"has {MAX_LABEL + 1} characters; the limit is {MAX_LABEL}"),
        ([str(i) for i in range(MAX_LABELS + 1)], f"{MAX_LABELS + 1} labels; the limit is"),
    ],
)
def test_labels_that_make_no_choice_are_refused(labels, said):
    with pytest.raises(InputError, match=said):
        check(labels, "It is {}.")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", "template is empty"),
        ("It is.", "has no {}"),
        ("{} and {}", "more braces than one"),
        ("{} in {braces}", "more braces than one"),
        ("{}" + "x" * MAX_TEMPLATE, f"{MAX_TEMPLATE + 2} characters; the limit is {MAX_TEMPLATE}"),
    ],
)
def test_templates_without_one_place_for_the_label_are_refused(template, said):
    with pytest.raises(InputError, match=said):
        check(["a"], template)


def test_labels_with_braces_are_plain_text():
    asked = check(["  {x}  y ", "%s"], "It is {}.")
    assert asked.labels == ("{x} y", "%s")
    assert asked.hypotheses == ("It is {x} y.", "It is %s.")


def test_a_label_may_take_half_of_an_entailment_models_window(tiny):
    with pytest.raises(InputError, match="has 24 tokens; the limit is 14"):
        last(tiny.classify("a film", ["good " * 19]))


@pytest.mark.parametrize("kind", ["tiny", "similar"])
def test_a_sentence_that_is_too_long_for_the_model_is_refused(kind, request):
    with pytest.raises(InputError, match="tokens; the limit is"):
        last(request.getfixturevalue(kind).classify("a film", ["good"], template="x " * 40 + "{}"))


def test_labels_count_from_the_threshold_on_where_several_may(tiny):
    def labels(**asked):
        return last(tiny.classify("a good film", LABELS, **asked)).labels

    assert len(labels()) == 1
    assert len(labels(multi_label=True, threshold=0)) == len(LABELS)
    assert labels(multi_label=True, threshold=1) == ()
    with pytest.raises(InputError, match=r"threshold is 1.5"):
        labels(threshold=1.5)


def test_stop_ends_the_reading_between_windows(tiny):
    stop = StopToken()
    snapshots = tiny.classify("good film " * 300, LABELS, stop=stop)
    next(snapshots)
    stop.set()
    with pytest.raises(Stopped):
        list(snapshots)


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (("contradiction", "neutral", "entailment"), (2, 0)),
        (("entailment", "neutral", "contradiction"), (0, 2)),
        (("contradiction", "entailment", "neutral"), (1, 0)),
        (("neutral", "entailment", "contradiction"), (1, 2)),
        (("entailment", "not_entailment"), (0, 1)),
        (("no", "entailed"), (1, 0)),
        (("entailment", "other"), (0, 1)),
    ],
)
def test_entailment_and_its_opposite_are_found_by_their_names(names, places):
    assert entailment_places(names) == places


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (("negative", "positive"), r"none of its classes \(negative, positive\) is entailment"),
        (("entailment",), "has no class but entailment"),
    ],
)
def test_a_classifier_that_tells_no_entailment_is_refused_by_its_classes(tmp_path, classes, said):
    with pytest.raises(ModelUnsupported, match=said):
        engine(bert(tmp_path, classes))


def test_a_model_of_another_task_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="BertForTokenClassification"):
        engine(tiny_bert(tmp_path, "BertForTokenClassification"))
