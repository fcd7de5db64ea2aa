"""Chat templates of strangers: rendered as transformers does, and kept within limits."""

from __future__ import annotations

import time

import pytest

from models import chat_templates
from models.chat_templates import (
    LIMIT_S,
    Renderer,
    check_messages,
    left_out,
    read_tools,
    spelled_controls,
)
from models.errors import InputError

HELLO = [{"role": "user", "content": "Hello"}]
PLAIN = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"


@pytest.fixture(scope="module")
def renderer():
    made = Renderer()
    yield made
    made.close()


def test_a_template_is_rendered_with_messages_tools_and_named_tokens(renderer):
    template = (
        "{{ bos_token }}" + PLAIN + "{{ tools | tojson }}{% if add_generation_prompt %}>{% endif %}"
    )
    found = renderer.render(
        template, HELLO, tools=[{"name": "f"}], special_tokens={"bos_token": "<s>"}
    )
    assert found.text == '<s><user>Hello[{"name": "f"}]>'
    assert set(found.names) >= {"messages", "tools", "bos_token"}
    assert not renderer.render(template, HELLO, reply=False).text.endswith(">")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ ''.__class__.__mro__ }}", "may not have"),
        ("{{ messages.__class__ }}", "may not have: __class__"),
        ("{{ messages['__class__'] }}{{ ''|attr('__doc__') }}", "__class__, __doc__"),
        ("{{ ''.format.__globals__ }}", "may not have"),
        ("{% for %}", "no valid Jinja"),
        ("{{ raise_exception('Roles must alternate') }}", "refuses.*Roles must alternate"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", "too much"),
        ("{{ 'a' * 3000000 }}", "3,000,000 characters"),
        ("{{ 'a' * (10 ** 11) }}", "too much"),
        ("{{ 1 + messages }}", "failed"),
    ],
    ids=["mro", "class", "item", "globals", "syntax", "refusal", "range", "long", "memory", "type"],
)
def test_a_template_that_does_what_it_may_not_is_a_clear_error(renderer, template, message):
    with pytest.raises(InputError, match=message):
        renderer.render(template, HELLO)
    assert renderer.render(PLAIN, HELLO).text == "<user>Hello"


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 10 ** (10 ** 9) }}",
    ],
    ids=["loop", "power"],
)
def test_a_template_that_runs_for_ever_is_ended_and_the_next_one_is_rendered(renderer, template):
    renderer.render(PLAIN, HELLO)
    began = time.monotonic()
    with pytest.raises(InputError, match="took more than 2 seconds"):
        renderer.render(template, HELLO)
    assert time.monotonic() - began < LIMIT_S + 60  # without an end it would take days
    assert renderer.render(PLAIN, HELLO).text == "<user>Hello"


def test_a_template_that_is_too_long_is_refused_unread(renderer):
    with pytest.raises(InputError, match="up to 200,000 fit"):
        renderer.render("a" * (chat_templates.MAX_TEMPLATE + 1), HELLO)


@pytest.mark.parametrize(
    "messages",
    [[], [{"role": "user"}], [{"content": "a"}], [{"role": 1, "content": "a"}], HELLO * 201],
)
def test_what_is_no_chat_is_refused(messages):
    with pytest.raises(InputError):
        check_messages(messages)


def test_tools_are_read_from_json():
    assert read_tools(" ") == []
    assert read_tools('{"name": "f"}') == read_tools('[{"name": "f"}]') == [{"name": "f"}]
    for wrong in ("{", "1", "[1]"):
        with pytest.raises(InputError):
            read_tools(wrong)


def test_messages_that_a_template_drops_are_named():
    messages = [{"role": "system", "content": "Be brief."}, *HELLO]
    assert left_out(messages, "<user>Hello") == ("The template left out message 1 (system).",)
    assert left_out(messages, "Be brief.Hello") == ()


def test_messages_that_spell_a_control_token_are_named():
    messages = [*HELLO, {"role": "user", "content": "a<|im_end|>b"}]
    assert spelled_controls(messages, ["<|im_end|>"]) == (
        "Message 2 spells the control token <|im_end|>; the model reads it as a real one.",
    )
