"""Tokenizers side by side: what is measured, drawn, refused."""

from __future__ import annotations

import asyncio

import pytest

from models.errors import InputError
from models.service import make_service
from models.settings import Settings
from models.tokenizer_costs import SENTENCES, Cost, Fertility, check_models, relative_costs
from models.tokens import Token, Tokenization
from tabs.parts import Deck
from tabs.parts import token_compare as view
from tabs.parts.several import Side, summary


def cost(count, *, unknown=0):
    tokens = tuple(Token(i, "<a>", i, i + 1, 1, False, False) for i in range(count))
    languages = tuple(
        Fertility(name, 10 * (i + 1), unknown, i + 1.0) for i, name in enumerate(SENTENCES)
    )
    return Cost(Tokenization("x" * 12, tokens, 12, 12, unknown, 100), languages)


def test_the_sentence_is_in_ten_languages_with_both_kinds_of_chinese():
    assert len(SENTENCES) == len(set(SENTENCES.values())) == 10
    assert "圖書館" in SENTENCES["Chinese (traditional)"]
    assert "图书馆" in SENTENCES["Chinese (simplified)"]


def test_the_cheapest_tokenizer_costs_one():
    assert relative_costs([cost(4), cost(6), cost(2)]) == [2.0, 3.0, 1.0]


@pytest.mark.parametrize("models", [[], ["a"], ["a", "a"], list("abcde")])
def test_two_to_four_different_tokenizers_are_compared(models):
    with pytest.raises(InputError, match="different ones"):
        check_models(models)


def test_costs_tokens_and_languages_are_drawn_with_user_text_escaped():
    sides = [Side("<One>", cost(4)), Side("Two", cost(6, unknown=3))]
    costs, languages = view.comparison_html(sides)
    assert "1.50\u00d7" in costs
    assert "3.00" in costs
    assert "3 unknown" in costs
    assert "<One>" not in costs + languages
    assert "<a>" not in costs
    assert "10.0\u00d7" in languages


def test_tokens_that_are_not_drawn_are_said():
    drawn, _ = view.comparison_html([Side("One", cost(view.DRAWN + 5))])
    assert "5 more tokens, not drawn." in drawn


def test_a_tokenizer_that_fails_leaves_the_others():
    sides = [Side("<no>/where", failure="<p>gone</p>"), Side("Two", cost(6))]
    costs, languages = view.comparison_html(sides)
    assert "Two" in costs
    assert "where" not in costs + languages
    line = summary(sides, 2, "")
    assert "1 of 2 models gave a result" in line
    assert "&lt;no&gt;/where" in line
    assert "<p>gone</p>" in line


def test_a_single_model_has_its_own_status_line():
    assert summary([Side("One", 1)], 1, "<p>its line</p>") == "<p>its line</p>"
    assert summary([Side("One", failure="<p>gone</p>")], 1, "") == "<p>gone</p>"


@pytest.mark.starter
def test_the_comparison_measures_real_tokenizers():
    service = make_service(Settings(offline=True))
    models = ["starter/qwen2-tokenizer", "starter/minilm-tokenizer"]
    found = asyncio.run(view.compared(Deck(service, None), "Hello, world! 1234", models))
    qwen, minilm = found["tokenizers"]
    assert [qwen["model"], minilm["model"]] == models
    assert qwen["tokens"] == 9
    assert min(qwen["relative_cost"], minilm["relative_cost"]) == 1
    assert qwen["languages"]["Chinese (traditional)"] > 5
    assert set(qwen["languages"]) == set(found["sentences"]) == set(SENTENCES)
    with pytest.raises(InputError, match="no text"):
        asyncio.run(view.compared(Deck(service, None), "", models))
    service.close()
