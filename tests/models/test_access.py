"""Whose rights the Hub is asked with: tokens by session, and nothing that gives one away."""

from __future__ import annotations

import pickle

import pytest

from models import access
from models.access import MACHINE, NOBODY, Access, Tokens, check_token
from models.errors import InputError

ADA, BEN = "hf_AdaAdaAdaAdaAda", "hf_BenBenBenBenBen"


def test_callers_are_told_apart_without_their_tokens():
    names = {a.identity for a in (MACHINE, NOBODY, Access(ADA), Access(BEN))}
    assert len(names) == 4
    assert Access(ADA).identity == Access(ADA).identity
    assert not any(ADA in name or BEN in name for name in names)


def test_no_token_shows_in_a_repr():
    assert ADA not in f"{Access(ADA)} {Access(ADA)!r}"


def test_nobodys_rights_send_no_token_and_the_machines_send_its_own():
    assert (NOBODY.header, MACHINE.header, Access(ADA).header) == (False, None, ADA)


@pytest.mark.parametrize(
    "given", ["", "secret", "hf_", "hf_ab cd efgh", "Bearer hf_" + "a" * 20, "x" * 9999]
)
def test_what_is_no_token_is_refused_and_not_repeated(given):
    with pytest.raises(InputError, match="no access token") as caught:
        check_token(given)
    assert len(given) < 4 or given not in str(caught.value)


def test_each_session_has_its_own_token_until_it_is_forgotten():
    tokens = Tokens()
    tokens.keep("a", f" {ADA}\n")
    tokens.keep("b", BEN)
    assert (tokens.of("a"), tokens.of("b"), tokens.of("c")) == (ADA, BEN, "")
    tokens.forget("a")
    tokens.keep("b", "")
    assert (tokens.of("a"), tokens.of("b")) == ("", "")


def test_a_token_left_unused_for_half_a_day_is_dropped():
    now = [0.0]
    tokens = Tokens(lambda: now[0])
    tokens.keep("a", ADA)
    now[0] = access.TOKEN_LIFE_S + 1
    assert tokens.of("a") == ""


def test_the_oldest_token_leaves_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(access, "MAX_TOKENS", 2)
    tokens = Tokens()
    for session in "abc":
        tokens.keep(session, ADA)
    assert [tokens.of(s) for s in "abc"] == ["", ADA, ADA]


def test_a_store_of_tokens_can_not_be_written_down():
    tokens = Tokens()
    tokens.keep("a", ADA)
    with pytest.raises(TypeError):
        pickle.dumps(tokens)
