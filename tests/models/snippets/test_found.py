"""Answers, vectors and what a search finds by code are those of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.embedding_search import search
from models.passages import Page
from models.snippets.embeddings import snippets as embedding_snippets
from models.snippets.question_answering import snippets as question_snippets
from tests.models.checkpoints import tiny_bert
from tests.models.embedding_checkpoints import (
    add_pooling,
    tiny_decoder,
    tiny_encoder,
    tiny_xlm_roberta,
)
from tests.models.engines import last
from tests.models.snippets.running import (
    ADA,
    FILM,
    NASTY,
    built,
    run,
    same_answers,
    same_rest,
    starter,
)

_BRIDGE = (
    "The bridge over the Tarn at Millau was designed by Michel Virlogeux and Norman Foster. Work "
    "began in October 2001, and it was opened to traffic on 16 December 2004."
)


@pytest.mark.starter
@pytest.mark.parametrize(
    ("question", "count"), [("Who designed the bridge?", 5), ("How many cars cross it?", 1)]
)
def test_answers_of_a_passage(question, count):
    of, source, engine = starter("minilm-qa")
    for context in (_BRIDGE, f"Nothing is said here. {_BRIDGE} " * 12):
        (level,) = question_snippets(
            of, source, {"question": question, "context": context, "count": count}
        )
        same_answers(level, last(engine.answer(question, context, count=count)))


def test_answers_of_a_model_with_a_tiny_window(tmp_path):
    folder = tiny_bert(tmp_path, "BertForQuestionAnswering", initializer_range=0.5)
    of, source, engine = built("question_answering", "transformers", folder)
    context = "ada lovelace was in london . a good film , the bad film ! " * 6
    (level,) = question_snippets(of, source, {"question": "who wrote ?", "context": context})
    same_answers(level, last(engine.answer("who wrote ?", context)))


@pytest.mark.parametrize("part", ["question", "passage"])
@pytest.mark.parametrize(
    ("question", "context"),
    [
        ("who wrote ?", "ada lovelace was in london . a good film"),
        ("誰 wrote", "ada wrote 好 film 很 london"),
    ],
)
def test_the_weights_of_an_answers_words(tmp_path, part, question, context):
    folder = tiny_bert(tmp_path, "BertForQuestionAnswering", initializer_range=0.5)
    of, source, engine = built("question_answering", "transformers", folder)
    settings = {"question": question, "context": context, "part": part}
    (level,) = question_snippets(of, source, settings)
    expected = last(engine.explain(question, context, part=part)).words
    found = run(level)
    assert [word for word, _ in found] == [word.text for word in expected]
    assert [weight for _, weight in found] == [
        word.weight if word.weight is None else pytest.approx(word.weight, abs=1e-5)
        for word in expected
    ]


@pytest.mark.starter
def test_the_fewest_words_of_a_question():
    of, source, engine = starter("minilm-qa")
    question = "Who designed the bridge?"
    settings = {"question": question, "context": _BRIDGE, "part": "fewest"}
    (level,) = question_snippets(of, source, settings)
    same_rest(level, question, last(engine.explain(question, _BRIDGE, part="fewest")))


def test_the_weights_of_a_question_to_a_long_passage_are_those_of_the_apps_engine(tmp_path):
    folder = tiny_bert(tmp_path, "BertForQuestionAnswering", initializer_range=0.5)
    of, source, engine = built("question_answering", "transformers", folder)
    context = "ada lovelace was in london . a good film , the bad film ! " * 6
    settings = {"question": "who wrote ?", "context": context, "part": "question"}
    (level,) = question_snippets(of, source, settings)
    assert run(level) == last(engine.explain("who wrote ?", context))


LINES = ["the film was good", "ada was in london .", "a bad film , a good film ?"]


def embedders(folder: Path) -> dict[str, Path]:
    """Kind -> folder of a model that pools so."""
    made = {name: folder / name for name in ("cls", "mean", "plain", "xlm-r", "decoder")}
    for path in made.values():
        path.mkdir()
    tiny_encoder(made["cls"], "cls", most=16)
    tiny_encoder(made["mean"], "mean", prompts={"query": "who wrote ", "document": "a "})
    tiny_encoder(made["plain"], "mean", normalised=False)
    tiny_xlm_roberta(made["xlm-r"])
    tiny_decoder(made["decoder"])
    return made


def test_vectors_at_both_levels_and_in_windows(tmp_path):
    for kind, folder in embedders(tmp_path).items():
        of, source, engine = built("embeddings", "transformers", folder)
        for role in ("query", "bare") if kind == "mean" else ("bare",):
            for lines, count in (
                (["a film"], 2),
                ([*LINES, "the good film was bad , " * 12 + "x"], 1),
            ):
                levels = embedding_snippets(of, source, {"texts": "\n".join(lines), "role": role})
                expected = last(engine.embed(lines, role=role)).vectors
                assert len(levels) == count, kind
                for level in levels:
                    assert run(level).numpy() == pytest.approx(expected, abs=1e-5), (
                        kind,
                        level.title,
                    )


def test_a_rare_pooling_is_left_to_the_apps_own_engine(tmp_path):
    folder = add_pooling(tiny_bert(tmp_path, "BertModel"), "max", "cls")
    of, source, engine = built("embeddings", "transformers", folder)
    (level,) = embedding_snippets(of, source, {"texts": "a film\nlondon"})
    assert run(level).vectors == pytest.approx(last(engine.embed(["a film", "london"])).vectors)


def test_a_search_finds_what_its_code_finds(tmp_path):
    of, source, engine = built("embeddings", "transformers", embedders(tmp_path)["mean"])
    text = "The film was good. Ada was in London.\n\nWho wrote a bad film? Lovelace."
    found = last(search(engine, "ada wrote", [Page(text)], tokens=16, count=2))
    settings = {
        "query": "ada wrote",
        "corpus": found.corpus,
        "count": 2,
        "prefixes": True,
        "own": "",
    }
    (level,) = embedding_snippets(of, source, settings)
    expected = [(found.corpus.passages[h.passage].text, h.score) for h in found.by_meaning]
    assert [(text, pytest.approx(score, abs=1e-5)) for text, score in run(level)] == expected
    assert "bad film" in embedding_snippets(of, source, {**settings, "own": "x"})[0].code


@pytest.mark.starter
def test_vectors_of_the_starter():
    of, source, engine = starter("minilm-embeddings")
    for lines in ([FILM, ADA.replace("\n", " ")], [NASTY.split("\n")[0], FILM * 40]):
        expected = last(engine.embed(lines)).vectors
        levels = embedding_snippets(of, source, {"texts": "\n".join(lines)})
        assert levels
        for level in levels:
            assert run(level).numpy() == pytest.approx(expected, abs=1e-5), level.title
