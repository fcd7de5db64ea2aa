"""What clients of OpenAI's API may ask for, and the shapes of answers, without a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from models.errors import Busy, InputError, ModelBroken, ModelGated, Stopped
from models.generated_text import Generation, Prompt
from models.runs import Metrics, Snapshot
from models.transcript import Segment, Transcript, Word
from tabs.parts.openai_api import status_of, transcript_response
from tabs.parts.openai_bodies import Chat, Draw, Speak, Vectors
from tabs.parts.openai_chat import _pieces, whole
from tabs.parts.openai_waiting import awaited

HI = [{"role": "user", "content": "Hi"}]
METRICS = Metrics("o/m", "M", "cpu", "float32", "", 0.0, 0.0, 0.5, 3, "tokens", 1)
HEARD = Transcript(
    (Segment(0.0, 1.5, "Good morning.", (Word("Good", 0.0, 0.5, 1.0), Word("morning.", 0.5, 1.5, 1.0))),),
    "", "en", 0.9, 2.0, 2.0, 1.5, 2.0, 0.1,
)  # fmt: skip


def said(text, ended="", final=False):
    prompt = Prompt("<user>Hi", 5, ())
    made = Generation(text, (), len(text.split()), prompt, 100, 50, 0, None, ended, None, 0.1)
    return Snapshot(made, METRICS, final=final)


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function"}]}, {"n": 2}, {"logprobs": True}, {"frequency_penalty": 0.5},
        {"response_format": {"type": "json_object"}}, {"anything": 1},
    ],
)  # fmt: skip
def test_what_is_not_done_is_refused_by_its_name(more):
    with pytest.raises(InputError, match=f"'{next(iter(more))}' is not done here"):
        Chat(messages=HI, **more).check()


def test_what_changes_nothing_may_be_sent():
    Chat(messages=HI, n=1, tools=[], frequency_penalty=0.0, user="ada", logit_bias=None).check()
    Speak(input="Hi", stream_format="audio").check()
    with pytest.raises(InputError, match="'dimensions'"):
        Vectors(input="Hi", dimensions=8).check()


def test_settings_become_the_samplers():
    sampler = Chat(messages=HI, temperature=0, max_tokens=7, stop="x", seed=3).sampler
    assert (sampler.temperature, sampler.max_new_tokens, sampler.stops, sampler.seed) == (
        0,
        7,
        ("x",),
        3,
    )
    assert Chat(messages=HI, max_completion_tokens=9, max_tokens=7).sampler.max_new_tokens == 9


def test_parts_of_text_become_one_and_pictures_are_refused():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    turns = Chat(
        messages=[{"role": "developer", "content": "c"}, {"role": "user", "content": parts}]
    ).turns
    assert turns == [{"role": "system", "content": "c"}, {"role": "user", "content": "a\nb"}]
    with pytest.raises(InputError, match="more than text"):
        _ = Chat(messages=[{"role": "user", "content": [{"type": "image_url"}]}]).turns


def test_who_has_gone_is_drawn_and_written_no_further():
    read = []

    async def updates():
        try:
            for number in range(9):
                read.append(number)
                yield number
        finally:
            read.append("closed")

    async def gone():
        return len(read) > 2

    with pytest.raises(Stopped):
        asyncio.run(awaited(updates(), gone))
    assert read == [0, 1, 2, "closed"]


def test_a_whole_answer_says_why_it_ended_and_what_it_took():
    answer = whole(said("It rains.", "limit", final=True))
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "It rains."}
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


def streamed(*snapshots, counts=False):
    async def rest():
        for one in snapshots[1:]:
            if isinstance(one, Exception):
                raise one
            yield one

    async def read():
        return [line async for line in _pieces(snapshots[0], rest(), counts)]

    return [line.removeprefix("data: ").strip() for line in asyncio.run(read())]


def test_pieces_are_what_is_new_and_make_up_the_answer():
    *lines, last = streamed(
        said("It"), said("It"), said("It rains"), said("It rains.", "end", final=True)
    )
    chunks = [json.loads(line)["choices"][0] for line in lines]
    assert "".join(chunk["delta"].get("content", "") for chunk in chunks) == "It rains."
    assert [chunk["finish_reason"] for chunk in chunks] == [None, None, None, None, "stop"]
    assert len({json.loads(line)["id"] for line in lines}) == 1
    assert last == "[DONE]"


def test_a_last_piece_counts_the_tokens_where_that_is_asked_for():
    assert Chat(messages=HI, stream_options={"include_usage": True}).counts
    assert not Chat(messages=HI, stream_options={}).counts
    *lines, counted, _ = streamed(said("It"), said("It rains.", final=True), counts=True)
    assert all(json.loads(line)["usage"] is None for line in lines)
    last = json.loads(counted)
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


@pytest.mark.parametrize(
    ("size", "sides"), [("auto", (None, None)), ("64x128", (64, 128)), ("1024x1024", (1024, 1024))]
)
def test_a_size_becomes_width_and_height(size, sides):
    wish = Draw(prompt="an owl", size=size, n=2, quality="standard").wish
    assert (wish["width"], wish["height"], wish["count"]) == (*sides, 2)


@pytest.mark.parametrize("size", ["", "64", "64x", "-1x64", "64x64x64", "big"])
def test_another_size_is_refused(size):
    with pytest.raises(InputError, match="such as 512x512"):
        _ = Draw(prompt="an owl", size=size).wish


def test_what_goes_wrong_on_the_way_comes_as_a_piece():
    *_, told, last = streamed(said("It"), Busy("No room.", hint="Later."))
    assert json.loads(told)["error"]["message"] == "No room. Later."
    assert last == "[DONE]"


@pytest.mark.parametrize(
    ("shape", "held"),
    [
        ("json", '{"text":"Good morning."}'), ("text", "Good morning.\n"),
        ("srt", "00:00:00,000 --> 00:00:01,500"), ("vtt", "WEBVTT"),
        ("verbose_json", '"words":[{"word":"Good","start":0.0,"end":0.5}'),
    ],
)  # fmt: skip
def test_a_transcript_comes_in_the_shape_that_was_asked_for(shape, held):
    assert held in transcript_response(HEARD, shape).body.decode()


def test_another_shape_is_refused():
    with pytest.raises(InputError, match="no format 'xml'"):
        transcript_response(HEARD, "xml")


def test_errors_have_the_status_that_clients_know():
    assert status_of(Busy("x")) == 429
    assert status_of(ModelGated("x")) == 403
    assert status_of(InputError("x")) == 400
    assert status_of(ModelBroken("x")) == 500
