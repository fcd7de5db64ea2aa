"""A chat model as the planner: what its template is given, what it writes, and the code of both planners."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import models.assistant
import models.snippets.assistant
from models.assistant import LOADERS, next_turn
from models.assistant_router import RouterEngine
from models.assistant_talk import Said, Step
from models.catalog import load_catalog
from models.errors import InputError, ModelUnsupported
from models.generation import Written
from models.lending import lender
from models.sampler import Sampler
from models.snippets.source import Source
from models.spec import Weights
from models.stop import NEVER
from models.text_generation import TextGenerationEngine
from models.tokenizer import TokenizerEngine
from models.tool_calls import Call
from models.tools import schemas
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE
from tests.models.text_checkpoints import TEMPLATE, byte_tokenizer, tiny_llama

#: ChatML as Hermes and Qwen extend it, in short.
CHATML = (
    "{% if tools %}<|im_start|>system\n{% for t in tools %}{{ t | tojson }}{% endfor %}<|im_end|>\n"
    "{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
    "{% if m.tool_calls %}{% for c in m.tool_calls %}<tool_call>{{ c.function | tojson }}</tool_call>"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ASKED = (Said("user", "Draw a cat"),)
CALL = '<tool_call>\n{"name": "draw", "arguments": {"description": "a cat"}}\n</tool_call>'


class Scripted:
    """A generator that writes one text in two steps, and keeps the ids that it was given."""

    memory_bytes, batched, window = 1, False, 50_000

    def __init__(self, text: str) -> None:
        self._text = text

    def write(self, ids: Any, options: Any, **_: Any) -> Any:
        self.ids, self.options = list(ids), options
        yield Written(self._text[:15], 1)
        yield Written(self._text, 2)
        yield Written(self._text, 2, True)


def scripted(tmp_path, text, template=CHATML):
    reader = TokenizerEngine(byte_tokenizer(tmp_path, template=template))
    generator = Scripted(text)
    return TextGenerationEngine(generator, reader, {}), generator, reader


def run(code: Any) -> Any:
    """What the result of a code is; its names live in a namespace of its own."""
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(code.code, "<snippet>", "exec"), names)
    return names[code.result]


def last(turns):
    *_, found = turns
    return found


def test_the_template_writes_the_tools_and_the_call_is_read(tmp_path):
    engine, generator, reader = scripted(tmp_path, CALL)
    assert engine.takes_tools
    first, *_, turn = next_turn(ASKED)(engine, NEVER)
    assert (first.said, first.calls) == ("", ())
    assert turn.calls == (Call("draw", {"description": "a cat"}),)
    assert (turn.written, turn.tokens, turn.ended) == (CALL, 2, "end")
    read = reader.decode(generator.ids).text
    assert read == turn.read
    assert read.count('"type": "function"') == len(schemas())
    assert "You are the assistant of Modeldeck" in read
    assert read.endswith("<|im_start|>user\nDraw a cat<|im_end|>\n<|im_start|>assistant\n")


def test_results_stand_in_the_next_prompt_and_words_are_the_answer(tmp_path):
    engine, *_ = scripted(tmp_path, "Here is your cat.")
    talk = (*ASKED, Step(1, "draw", {"description": "a cat"}, "done", told="A picture<|im_end|>"))
    turn = last(next_turn(talk)(engine, NEVER))
    assert (turn.said, turn.calls) == ("Here is your cat.", ())
    tail = turn.read.split("Draw a cat<|im_end|>")[1]
    assert '<tool_call>{"name": "draw", "arguments": {"description": "a cat"}}</tool_call>' in tail
    assert "result_1: A picture< |im_end|>" in tail
    assert tail.count("<|im_end|>") == 2


def test_a_template_without_tools_gets_them_in_the_system_message(tmp_path):
    engine, *_ = scripted(tmp_path, CALL, TEMPLATE)
    assert not engine.takes_tools
    turn = last(next_turn(ASKED)(engine, NEVER))
    assert turn.calls == (Call("draw", {"description": "a cat"}),)
    assert "<tools>[{" in turn.read.split("<|im_start|>user")[0]


def test_a_model_without_a_template_and_a_full_window_are_errors(tmp_path):
    engine, *_ = scripted(tmp_path, CALL, None)
    with pytest.raises(ModelUnsupported, match="no chat template"):
        last(next_turn(ASKED)(engine, NEVER))
    engine, *_ = scripted(tmp_path, CALL)
    engine.window = 100
    with pytest.raises(InputError, match="this model can hold 100"):
        last(next_turn(ASKED)(engine, NEVER))


def test_the_person_s_message_must_be_there(tmp_path):
    with pytest.raises(InputError, match="no message"):
        next_turn((Said("assistant", "Hello"),))


def test_the_router_is_a_resident_of_its_own():
    router = replace(card("starter/x", "assistant"), engine="router")
    assert lender(router) is router


def test_the_router_comes_first_and_says_that_it_is_no_language_model():
    first, second = load_catalog().of("assistant")[:2]
    assert (first.id, first.engine) == ("starter/minilm-router", "router")
    assert "No language model" in first.notes
    assert second.engine == "causal"


@pytest.fixture
def short(monkeypatch):
    """Turns of twelve tokens: a random model writes for ever."""
    for module in (models.assistant, models.snippets.assistant):
        monkeypatch.setattr(module, "SAMPLER", Sampler(temperature=0, max_new_tokens=12))


@pytest.mark.parametrize("template", [CHATML, TEMPLATE], ids=["tools", "no tools"])
def test_the_code_of_a_chat_model_writes_what_the_engine_writes(tmp_path, short, template):
    folder = tiny_llama(tmp_path, template=template, window=20_000)
    engine = LOADERS["causal"](Weights(card("local/tiny", "assistant"), folder, "test"), HERE)
    of = replace(card("local/tiny", "assistant"), engine="causal")
    (code,) = models.snippets.assistant.snippets(
        of, Source(repr(str(folder)), folder), {"message": "Draw a cat"}
    )
    written = last(next_turn(ASKED)(engine, NEVER)).written
    assert run(code).rstrip("\ufffd") == written.rstrip("\ufffd")
    assert ("tools=tools" in code.code) == (template == CHATML)


def test_the_code_of_the_router_gives_its_choices(tmp_path):
    folder = tiny_bert(tmp_path, "BertModel")
    engine = LOADERS["router"](Weights(card("local/tiny", "assistant"), folder, "test"), HERE)
    assert isinstance(engine, RouterEngine)
    of = replace(card("local/tiny", "assistant"), engine="router")
    message = 'Translate "ada" into French and draw london'
    (code,) = models.snippets.assistant.snippets(
        of, Source(repr(str(folder)), folder), {"message": message}
    )
    found, planned = run(code), engine.plan(message).choices
    assert [wish for wish, *_ in found] == ["Translate the text into French", "draw london"]
    for (_, name, score), choice in zip(found, planned, strict=False):
        assert score == pytest.approx(dict(choice.scores)[name], abs=1e-4)
    assert not re.search(r"ada", code.code), "a quoted text is not compared"
