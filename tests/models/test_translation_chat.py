"""Translation by instruct models: what they are asked, what is taken off their answers, and loading."""

from __future__ import annotations

import json

import pytest

from models.catalog import load_catalog
from models.errors import InputError, ModelUnsupported, Stopped
from models.generation import Written
from models.languages import LANGUAGES, Pairs
from models.snippets.source import Source
from models.snippets.translation import snippets
from models.spec import Weights
from models.stop import NEVER, StopToken
from models.translation import LOADERS, TranslationEngine
from models.translation_chat import ChatSpeaker, cleaned, question
from tests.fakes import card
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import tiny_bart, tiny_llama, tiny_marian


class Clerk:
    """A generator whose tokens are words and whose answers are given."""

    memory_bytes, batched = 7, False

    def __init__(self, *answers, window=1000):
        self.answers, self.window, self.asked_for, self.options = answers, window, [], None

    def encode(self, text):
        return list(range(len(text.split())))

    def asked(self, instruction, text):
        self.asked_for.append(text)
        return self.encode(f"{instruction} {text}")

    def write(self, ids, options, *, stop=NEVER):
        self.options = options
        yield from (Written(answer, 1) for answer in self.answers)

    def beams(self, ids, options, count, *, stop=NEVER):
        return list(self.answers)[:count]


def speaker(*answers, **more):
    return ChatSpeaker(Clerk(*answers, **more), Pairs.among(("en", "pt")))


def engine(folder, kind="causal", **more):
    return LOADERS[kind](Weights(card("o/m", "translation", **more), folder, "test"), HERE)


def test_the_question_names_the_languages_for_people():
    assert question("The house.", "en", "por_Latn") == (
        "Translate the following text from English into Portuguese. "
        "Answer with the translation only.\n\nThe house."
    )


def test_every_sentence_is_asked_for_alone_and_the_layout_stays():
    clerk = Clerk("A", '"A casa."')
    made = TranslationEngine(ChatSpeaker(clerk, Pairs.among(("en", "pt"))))
    clerk.asked_for.clear()
    result = last(made.translate("- One.\n\nTwo lines.", source="en", target="pt"))
    assert result.text.split() == ["-", "A", "casa.", "A", "casa."]
    assert result.text.startswith("- A casa.\n\nA")
    assert [text.rpartition("\n")[2] for text in clerk.asked_for] == ["One.", "Two lines."]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (' "A casa." ', "A casa."),
        ("“A casa.”", "A casa."),
        ("«A casa»", "A casa"),
        ('"Sim" e "não"', '"Sim" e "não"'),
        ("A casa.\n\nNote: a casa is a house.", "A casa."),
        ("Here is the translation:\n\nA casa.", "A casa."),
        ("Here is the translation:", "Here is the translation:"),
        ("A casa\né pequena.", "A casa é pequena."),
        ('"', '"'),
        ("", ""),
    ],
)
def test_what_chat_models_add_is_taken_off(answer, text):
    assert cleaned(answer, "The house.") == text


def test_quotes_and_colons_of_the_sentence_itself_stay():
    assert cleaned('"Vem!"', '"Come!"') == '"Vem!"'
    assert cleaned("Nota:\numa casa", "Note: a house") == "Nota: uma casa"


def test_wordings_that_differ_in_quotes_only_are_one():
    found = speaker('"A casa."', "A casa.", "O lar.", "").reword("The house.", "en", "pt", 4, NEVER)
    assert found == ["A casa.", "O lar."]


def test_an_answer_never_leaves_the_window_and_a_small_window_is_refused():
    made = speaker("x", window=150)
    assert not made.fits("word " * 40)
    assert made.fits("word " * 20)
    list(made.say("word " * 20, "en", "pt", NEVER))
    options = made._generator.options
    assert options.max_new_tokens == 20 * 3 + 32
    assert options.repetition_penalty == 1.0
    with pytest.raises(ModelUnsupported, match="100 tokens at once"):
        speaker(window=100)


def test_a_chat_model_translates_grows_and_rewords(tmp_path):
    made = engine(tiny_llama(tmp_path), languages=("en", "pt"))
    assert made.pairs == Pairs.among(("en", "pt"))
    results = list(made.translate("The house.", source="en", target="pt"))
    assert len(results) > 3
    assert results[-1].sentences == 1
    found = made.wordings("The house.", source="en", target="pt")
    assert len(found.texts) == len(set(found.texts)) > 0
    with pytest.raises(InputError, match="Arabic"):
        last(made.translate("The house.", source="en", target="ar"))


def test_a_chat_model_in_any_folder_is_recognised_and_offered_every_language(tmp_path):
    made = engine(tiny_llama(tmp_path), "transformers")
    assert isinstance(made._speaker, ChatSpeaker)
    assert made.pairs.sources == tuple(LANGUAGES)


def test_a_translation_model_in_any_folder_is_still_one(tmp_path):
    made = engine(tiny_marian(tmp_path, source_lang="en", target_lang="pt"), "transformers")
    assert made.pairs.choose("", "") == ("en", "pt")


def test_stop_ends_an_answer(tmp_path):
    stop = StopToken()
    results = engine(tiny_llama(tmp_path)).translate(
        "The house.", source="en", target="pt", stop=stop
    )
    next(results)
    stop.set()
    with pytest.raises(Stopped):
        list(results)


@pytest.mark.parametrize("kind", ["transformers", "causal"])
def test_a_model_without_a_chat_template_is_refused(tmp_path, kind):
    with pytest.raises(ModelUnsupported, match="o/m has no chat template"):
        engine(tiny_llama(tmp_path, template=None), kind)


def test_what_is_no_causal_model_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="bart model, which follows no instructions"):
        engine(tiny_bart(tmp_path))


def test_the_code_of_a_chat_model_is_this_apps_engine(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    listed = load_catalog().find("translation", "Qwen/Qwen2.5-1.5B-Instruct")
    wanted = {"text": "The house.", "source": "en", "target": "pt"}
    for model, at in [(listed, None), (card("local/m", "translation"), folder)]:
        (level,) = snippets(model, Source("'m'", at), wanted)
        assert level.title == "this app's engine"
