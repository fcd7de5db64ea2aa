"""The sentiment engine around a tiny random classifier, and facts about the real starter."""

from __future__ import annotations

import pytest

from models.errors import InputError, ModelUnsupported, Stopped
from models.sentiment import MAX_CHARACTERS, load
from models.spec import Weights
from models.stop import StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last, starter_engine


def engine(folder):
    return load(Weights(card("local/tiny"), folder, "test"), HERE)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return engine(
        tiny_bert(tmp_path_factory.mktemp("softmax"), "BertForSequenceClassification", num_labels=3)
    )


def test_softmax_scores_sum_to_one_and_are_ranked(tiny):
    result = last(tiny.score("a good film"))
    assert sum(s.score for s in result.scores) == pytest.approx(1)
    assert result.labels == (result.scores[0].label,)
    assert [s.score for s in result.scores] == sorted(
        (s.score for s in result.scores), reverse=True
    )


def test_sigmoid_is_used_where_a_text_may_have_several_labels(tmp_path):
    folder = tiny_bert(
        tmp_path,
        "BertForSequenceClassification",
        num_labels=3,
        problem_type="multi_label_classification",
    )
    found = engine(folder)
    result = last(found.score("a good film"))
    assert result.multi_label
    assert sum(s.score for s in result.scores) > 1.1
    second = result.scores[1]
    from_there = last(found.score("a good film", threshold=second.score))
    assert from_there.labels == tuple(s.label for s in result.scores[:2])
    with pytest.raises(InputError, match=r"The threshold is 1\.5"):
        next(found.score("a good film", threshold=1.5))


def test_shares_are_those_of_torch_for_the_largest_of_logits(tiny):
    import torch

    logits = torch.tensor([300.0, -1000.0, 299.0])
    assert tiny._probabilities(logits.numpy()) == pytest.approx(logits.softmax(-1).tolist())
    tiny.multi_label = True
    try:
        assert tiny._probabilities(logits.numpy()) == pytest.approx(logits.sigmoid().tolist())
    finally:
        tiny.multi_label = False


def test_a_long_text_is_read_in_windows_whose_average_is_the_result(tiny):
    text = "good film " * 300
    snapshots = list(tiny.score(text))
    assert snapshots[-1].windows == snapshots[-1].windows_total == len(snapshots) > 5
    assert sum(s.score for s in snapshots[-1].scores) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_an_empty_text_is_refused(tiny, text):
    with pytest.raises(InputError, match="no text"):
        last(tiny.score(text))


def test_a_text_over_the_limit_is_refused_with_both_figures(tiny):
    with pytest.raises(InputError, match="1,000,001 characters; the limit is 1,000,000"):
        last(tiny.score("x" * (MAX_CHARACTERS + 1)))


def test_stop_ends_the_reading_between_windows(tiny):
    stop = StopToken()
    snapshots = tiny.score("good film " * 300, stop=stop)
    next(snapshots)
    stop.set()
    with pytest.raises(Stopped):
        next(snapshots)


def test_a_model_of_another_task_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="BertForTokenClassification"):
        engine(tiny_bert(tmp_path, "BertForTokenClassification"))


@pytest.fixture(scope="module")
def starter():
    return starter_engine("minilm-sentiment")


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("A warm, funny and beautifully acted film that I would gladly watch again.", "positive"),
        ("The food was cold, the waiter rude, and the bill a bad joke.", "negative"),
        ("I love it!", "positive"),
        ("This is the worst phone I have ever owned.", "negative"),
        ("The train leaves from platform four at half past nine.", "neutral"),
    ],
)
def test_the_starter_knows_clear_cases(starter, text, label):
    assert last(starter.score(text)).scores[0].label == label


@pytest.mark.starter
@pytest.mark.parametrize(
    "text", ["\U0001f600 \U0001f621", "مرحبا بالعالم", "<script>alert(1)</script>", "字" * 5000]
)
def test_the_starter_answers_any_script(starter, text):
    assert sum(s.score for s in last(starter.score(text)).scores) == pytest.approx(1, abs=1e-3)
