"""Ids without special tokens: by the tokenizer's own library where it gives the same."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.special_tokens import plain_reader
from tests.models.checkpoints import tiny_bert

TEXTS = ("a good film", "", "Was it [MASK]? ünï 猫 🙂\n", "good " * 1000)


class Spy:
    """A backend that counts, and may give other ids."""

    def __init__(self, backend, shift=0):
        self.backend, self.shift, self.calls = backend, shift, 0

    def encode(self, text, **options):
        self.calls += 1
        found = self.backend.encode(text, **options).ids
        return SimpleNamespace(ids=[n + self.shift for n in found])


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from transformers import AutoTokenizer

    folder = tiny_bert(tmp_path_factory.mktemp("bert"), "BertModel")
    return AutoTokenizer.from_pretrained(folder)


class Around:
    """A tokenizer with another backend."""

    def __init__(self, tokenizer, backend):
        self.tokenizer, self.backend_tokenizer = tokenizer, backend

    def __call__(self, *args, **options):
        return self.tokenizer(*args, **options)


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_the_tokenizer(tokenizer, text):
    assert plain_reader(tokenizer)(text) == tokenizer(text, add_special_tokens=False)["input_ids"]


def test_the_backend_is_asked_directly_only_where_it_agrees(tokenizer):
    same, other = Spy(tokenizer.backend_tokenizer), Spy(tokenizer.backend_tokenizer, shift=1)
    for spy, asked in ((same, 1), (other, 0)):
        read = plain_reader(Around(tokenizer, spy))
        before = spy.calls
        assert (
            read("a good film") == tokenizer("a good film", add_special_tokens=False)["input_ids"]
        )
        assert spy.calls - before == asked
