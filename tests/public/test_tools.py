"""The app as an MCP server, asked by the real client of the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from models.spec import CAPABILITIES
from tabs.parts.tool_server import brief


def ask(
    address: str,
    what: Callable[[ClientSession], Awaitable[Any]],
    headers: dict[str, str] | None = None,
) -> Any:
    """Opens a session, asks, and closes it."""

    async def session() -> Any:
        server = f"{address}gradio_api/mcp/"
        async with streamablehttp_client(server, headers) as (read, write, _):
            async with ClientSession(read, write) as client:
                await client.initialize()
                return await what(client)

    return asyncio.run(session())


@pytest.fixture(scope="module")
def tools(public):
    listed = ask(public.address, lambda client: client.list_tools())
    return {tool.name: tool for tool in listed.tools}


#: Endpoints beside those of the tasks that a language model is offered as tools, and tasks that it is not.
MORE = {"models", "embeddings_search"}
LESS = {"assistant", "embeddings"}
#: Characters of all tools as a model is told them: about 3,500 tokens.
MOST_TOLD = 16_000
#: Endpoints that can't do without a second input.
OF_TWO = {"question_answering", "zero_shot", "embeddings_search"}


def test_the_tasks_that_a_model_can_not_do_itself_are_tools(tools):
    assert set(tools) == {*CAPABILITIES, *MORE} - LESS


def test_every_tool_says_what_it_does_and_all_of_them_are_told_in_few_words(tools):
    for tool in tools.values():
        assert len(tool.description) > 25, tool.name
        assert "Returns" not in tool.description, tool.name
    told = [
        f"{tool.name}{tool.description}{json.dumps(tool.inputSchema)}" for tool in tools.values()
    ]
    assert len("".join(told)) < MOST_TOLD


def test_every_parameter_is_typed_and_explained(tools):
    for tool in tools.values():
        for name, schema in tool.inputSchema["properties"].items():
            assert {"type", "oneOf", "anyOf", "enum"} & set(schema), (tool.name, name)
            text = schema.get("description", "")
            assert text.rstrip().endswith("."), f"{tool.name}.{name} is cut off: {text!r}"


def test_a_tool_can_be_called_with_its_main_input_alone(tools):
    for tool in tools.values():
        needed = tool.inputSchema.get("required", [])
        assert len(needed) <= (2 if tool.name in OF_TWO else 1), tool.name


def test_a_call_answers_json(public):
    given = {"text": "a good film", "model": "local/sentiment"}
    done = ask(public.address, lambda client: client.call_tool("sentiment", given))
    assert not done.isError
    answer = json.loads(done.content[0].text)
    assert answer["model"] == "local/sentiment"
    assert sum(score["score"] for score in answer["scores"]) == pytest.approx(1, abs=1e-3)


def test_an_answer_has_of_the_cost_what_a_model_may_be_asked_for(public):
    given = {"text": "a good film", "model": "local/sentiment"}
    done = ask(public.address, lambda client: client.call_tool("sentiment", given))
    answer = json.loads(done.content[0].text)
    assert answer["run_s"] > 0
    assert answer["device"] == "cpu"
    assert "metrics" not in answer


def test_a_second_tool_answers(public):
    given = {"text": "hi", "model": "local/tokenizer"}
    done = ask(public.address, lambda client: client.call_tool("tokenizer", given))
    assert json.loads(done.content[0].text)["counts"]["characters"] == 2


def test_a_bad_call_says_why(public):
    done = ask(public.address, lambda c: c.call_tool("sentiment", {"text": "", "model": ""}))
    assert done.isError
    assert "There is no text to score" in done.content[0].text


def test_what_is_no_tool_cannot_be_called(public):
    done = ask(public.address, lambda c: c.call_tool("tokenizer_decode", {"ids": [1]}))
    assert done.isError
    assert "Unknown tool" in done.content[0].text


def test_endpoints_that_are_no_tools_stay_endpoints(public):
    names = {fn.api_name for fn in public.page.fns.values() if fn.api_visibility == "public"}
    assert {"tokenizer_decode", "tokenizer_chat"} <= names


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        ({"a": 0.123456789, "b": 7201.23456, "c": 3}, {"a": 0.1235, "b": 7201.235, "c": 3}),
        ({"entities": [], "seed": None}, {"entities": []}),
        ({"rows": [{"text": "x", "words": [], "read_as": "", "start": 0.0}]},
         {"rows": [{"text": "x", "start": 0.0}]}),
        ({"spoken": [1], "score": {"key": "D", "notes": [1, 2]}}, {"score": {"key": "D"}}),
        ({"metrics": {"device": "cpu", "run_s": 0.5, "load_s": 1.0}}, {"device": "cpu", "run_s": 0.5}),
        ({"sure": True, "offsets": (1, 2)}, {"sure": True, "offsets": [1, 2]}),
    ],
)  # fmt: skip
def test_a_model_is_told_the_answer_in_short(whole, told):
    assert brief(whole, ["spoken", "notes"]) == told
