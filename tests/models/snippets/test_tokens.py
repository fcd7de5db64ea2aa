"""Tokens, chats, costs and vectors of a tokenizer by code are those of the engine."""

from __future__ import annotations

from typing import Any

import pytest

from models.snippets.tokenizer import snippets as tokenizer_snippets
from models.tokenizer_costs import measure, relative_costs
from tests.models.snippets.running import ADA, NASTY, run, starter


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
