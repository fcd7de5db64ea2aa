"""Sentiment, labels of one's own and entities by code are those of the engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.snippets.ner import snippets as ner_snippets
from models.snippets.sentiment import snippets as sentiment_snippets
from models.snippets.zero_shot import snippets as zero_shot_snippets
from models.starter.zero_shot import SCALE
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import last
from tests.models.snippets.running import (
    ADA,
    FILM,
    NASTY,
    built,
    engine_scores,
    local,
    run,
    same_labels,
    same_rest,
    same_weights,
    scores,
    starter,
)
from tests.models.text_checkpoints import tiny_bart_nli, tiny_deberta_nli


@pytest.mark.starter
@pytest.mark.parametrize("text", [FILM, NASTY])
def test_sentiment_at_both_levels(text):
    of, source, engine = starter("minilm-sentiment")
    levels = sentiment_snippets(of, source, {"text": text})
    assert [level.title for level in levels] == ["pipeline", "tokenizer and model"]
    expected = engine_scores(last(engine.score(text)))
    for level in levels:
        assert expected == scores(run(level)), level.title


@pytest.mark.parametrize("kind", ["single_label_classification", "multi_label_classification"])
def test_sentiment_in_windows_where_the_pipeline_would_cut(tmp_path, kind):
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=3, problem_type=kind)
    of, source, engine = built("sentiment", "transformers", folder)
    for text, count in (("a good film", 2), ("a good film was bad , ada ! " * 20, 1)):
        levels = sentiment_snippets(of, source, {"text": text})
        assert len(levels) == count
        for level in levels:
            assert engine_scores(last(engine.score(text))) == scores(run(level)), level.title


WEIGHED = "a good film ! the bad film"


@pytest.mark.parametrize("label", ["", "label_1"])
@pytest.mark.parametrize("method", ["occlusion", "gradients"])
def test_the_weights_of_words_are_those_of_the_engine(tmp_path, method, label):
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=3)
    of, source, engine = built("sentiment", "transformers", folder)
    for text in (WEIGHED, "好 good 電影 ad\u0301a !!"):
        settings = {"text": text, "method": method, "label": label}
        (level,) = sentiment_snippets(of, source, settings)
        expected = last(engine.explain(text, method=method, label=label))
        assert len(expected.words) >= 6
        same_weights(level, expected)


def test_the_weights_of_sentences_are_those_of_the_apps_engine(tmp_path):
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=3)
    of, source, engine = built("sentiment", "transformers", folder)
    text = "ada wrote a good film in london .\n" * 4
    (level,) = sentiment_snippets(of, source, {"text": text, "method": "occlusion", "label": ""})
    assert level.title == "this app's engine"
    assert run(level) == last(engine.explain(text))


def test_the_fewest_words_are_those_of_the_engine(tmp_path):
    folder = tiny_bert(
        tmp_path, "BertForSequenceClassification", num_labels=3, initializer_range=0.5
    )
    of, source, engine = built("sentiment", "transformers", folder)
    for text in (WEIGHED, "好 good 電影 !!"):
        (level,) = sentiment_snippets(of, source, {"text": text, "method": "fewest"})
        same_rest(level, text, last(engine.explain(text, method="fewest")))


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("way", ["similarity", "transformers"])
def test_the_weights_of_words_for_own_labels_are_those_of_the_engine(tmp_path, way, several):
    if way == "similarity":
        folder, scale = tiny_bert(tmp_path, "BertModel", initializer_range=1.0), SCALE
    else:
        classes = {0: "contradiction", 1: "neutral", 2: "entailment"}
        folder = tiny_bert(
            tmp_path, "BertForSequenceClassification", id2label=classes,
            label2id={c: i for i, c in classes.items()}, initializer_range=1.0,
        )  # fmt: skip
        scale = {}
    of, source, engine = built("zero_shot", way, folder, defaults=scale)
    asked = {"labels": _LABELS, "template": "it is {}", "multi_label": several}
    for label in ("", "london"):
        settings = {"text": WEIGHED, **asked, "method": "occlusion", "label": label}
        (level,) = zero_shot_snippets(of, source, settings)
        expected = last(engine.explain(WEIGHED, **asked, label=label))
        assert label in ("", expected.label)
        assert any(word.weight for word in expected.words)
        same_weights(level, expected)
    (level,) = zero_shot_snippets(of, source, {"text": WEIGHED, **asked, "method": "fewest"})
    same_rest(level, WEIGHED, last(engine.explain(WEIGHED, **asked, method="fewest")))


_LABELS = ["film", "london", "a good ada"]


@pytest.mark.starter
@pytest.mark.parametrize("several", [False, True])
def test_own_labels_by_similarity(several):
    of, source, engine = starter("minilm-zero-shot")
    asked = {"template": "It is about {}.", "multi_label": several}
    for text in (FILM, NASTY, f"{ADA} " * 40):
        (level,) = zero_shot_snippets(of, source, {"text": text, "labels": "film\nlondon", **asked})
        same_labels(level, last(engine.classify(text, ["film", "london"], **asked)))


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("make", [tiny_bert, tiny_bart_nli, tiny_deberta_nli])
def test_own_labels_by_entailment_at_both_levels_and_in_windows(tmp_path, make, several):
    classes = ["contradiction", "neutral", "entailment"]
    if make is tiny_bert:
        folder = tiny_bert(
            tmp_path, "BertForSequenceClassification", id2label=dict(enumerate(classes)),
            label2id={c: i for i, c in enumerate(classes)}, initializer_range=1.0,
        )  # fmt: skip
    else:
        folder = make(tmp_path, classes)
    of, source, engine = built("zero_shot", "transformers", folder)
    asked = {"template": "it is {}", "multi_label": several}
    for text, count in (("ada was in", 2), ("a good film was bad , ada ! " * 20, 1)):
        levels = zero_shot_snippets(of, source, {"text": text, "labels": _LABELS, **asked})
        assert len(levels) == count
        for level in levels:
            same_labels(level, last(engine.classify(text, _LABELS, **asked)))


def test_a_model_whose_classes_the_pipeline_would_take_otherwise_has_code_by_hand_only(tmp_path):
    names = {"0": "neutral", "1": "entailment", "2": "contradiction"}
    (tmp_path / "config.json").write_text(json.dumps({"id2label": names}))
    settings = {"text": "ada", "labels": _LABELS}
    (level,) = zero_shot_snippets(card("local/x", "zero_shot"), local(tmp_path), settings)
    assert level.title == "tokenizer and model"


def entities(rows: Any, text: str) -> list[tuple[Any, ...]]:
    return [
        (
            text[r["start"] : r["end"]],
            r.get("label") or r.get("entity_group") or r.get("entity"),
            r["start"],
            r["end"],
            pytest.approx(float(r["score"]), abs=1e-4) if "score" in r else None,
        )
        for r in rows
    ]


def engine_entities(result: Any) -> list[tuple[Any, ...]]:
    return [(e.text, e.label, e.start, e.end, e.score) for e in result.entities]


@pytest.mark.starter
@pytest.mark.parametrize("text", [ADA, (ADA + "\n") * 60, "Ada Lovelace of London, " * 200])
def test_entities_of_spacy(text):
    of, source, engine = starter("spacy-en-sm")
    plain, scored = ner_snippets(of, source, {"text": text})
    expected = engine_entities(last(engine.entities(text)))
    assert len(expected) >= 5
    assert expected == entities(run(scored), text)
    assert [entity[:4] for entity in expected] == [
        entity[:4] for entity in entities(run(plain), text)
    ]


@pytest.mark.starter
@pytest.mark.parametrize("label", ["", "25-31"])
def test_the_weights_of_an_entitys_words(label):
    of, source, engine = starter("spacy-en-sm")
    settings = {"text": ADA, "method": "occlusion", "label": label}
    (level,) = ner_snippets(of, source, settings)
    place = (25, 31) if label else None
    expected = last(engine.explain(ADA, place=place))
    assert expected.label == ("London [GPE]" if label else "Ada Lovelace [PERSON]")
    same_weights(level, expected)


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    folder = tiny_bert(
        tmp_path_factory.mktemp("tagger"), "BertForTokenClassification", num_labels=5,
        id2label=dict(enumerate(tags)), label2id={tag: i for i, tag in enumerate(tags)},
        initializer_range=1.5,
    )  # fmt: skip
    return built("ner", "transformers", folder)


@pytest.mark.parametrize("aggregation", ["simple", "first", "average", "max", "none"])
@pytest.mark.parametrize("times", [1, 12])
def test_entities_of_a_token_classifier(tagger, aggregation, times):
    of, source, engine = tagger
    text = " ".join(["ada 1843 films was in london"] * times)
    levels = ner_snippets(of, source, {"text": text, "aggregation": aggregation})
    expected = engine_entities(last(engine.entities(text, aggregation=aggregation)))
    assert len(expected) >= 2 * times
    for level in levels:
        assert expected == entities(run(level), text), level.title
    assert len(levels) == (2 if times == 1 else 1)


def test_entities_of_tokens_with_several_labels_take_the_engine_which_the_pipeline_does_not_do(
    tmp_path,
):
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    folder = tiny_bert(
        tmp_path, "BertForTokenClassification", num_labels=5, id2label=dict(enumerate(tags)),
        label2id={tag: i for i, tag in enumerate(tags)}, initializer_range=1.5,
        problem_type="multi_label_classification",
    )  # fmt: skip
    of, source, engine = built("ner", "transformers", folder)
    text = "ada 1843 films was in london"
    (level,) = ner_snippets(of, source, {"text": text, "aggregation": "simple"})
    assert run(level).entities == last(engine.entities(text)).entities


@pytest.mark.parametrize("times", [1, 12])
def test_the_weights_of_words_for_an_entity_of_a_token_classifier(tagger, times):
    of, source, engine = tagger
    text = " ".join(["ada 1843 films was in london"] * times)
    *_, second = last(engine.entities(text)).entities[:2]
    settings = {"text": text, "method": "occlusion", "label": f"{second.start}-{second.end}"}
    (level,) = ner_snippets(of, source, settings)
    expected = last(engine.explain(text, place=(second.start, second.end)))
    if times == 1:
        same_weights(level, expected)
    else:  # longer than the window: the app's own engine
        assert run(level) is not None
        assert level.title == "this app's engine"
