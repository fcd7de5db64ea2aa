"""The app as an MCP server, asked by the real client of the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from models.settings import Settings
from models.spec import CAPABILITIES


def ask(address: str, what: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """Opens a session, asks, and closes it."""

    async def session() -> Any:
        async with streamablehttp_client(f"{address}gradio_api/mcp/") as (read, write, _):
            async with ClientSession(read, write) as client:
                await client.initialize()
                return await what(client)

    return asyncio.run(session())


@pytest.fixture(scope="module")
def tools(public):
    listed = ask(public.address, lambda client: client.list_tools())
    return {tool.name: tool for tool in listed.tools}


#: Endpoints beside those of the tasks that a language model is offered as tools.
MORE = {"models", "tokenizer_compare", "image_generation_from_image", "embeddings_search"}
#: Endpoints that can't do without a second input.
OF_TWO = {"question_answering", "zero_shot", "embeddings_search"}


def test_the_tasks_and_a_few_more_are_tools(tools):
    assert set(tools) == {*CAPABILITIES, *MORE}


def test_every_tool_says_what_it_does_and_what_it_answers(tools):
    for tool in tools.values():
        assert len(tool.description) > 60, tool.name
        assert "Returns: " in tool.description, tool.name


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
    assert sum(score["score"] for score in answer["scores"]) == pytest.approx(1)


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


def test_tools_can_be_turned_off_and_are_off_behind_a_password():
    assert Settings().offers_tools
    assert not Settings(mcp=False).offers_tools
    assert not Settings(auth="ada:x").offers_tools
