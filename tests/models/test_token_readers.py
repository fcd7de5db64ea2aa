"""Tokens without special tokens: by the tokenizer's own library where it gives the same."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.token_readers import PlacedTokens, placed_reader, plain_reader
from tests.models.checkpoints import tiny_bert

TEXTS = ("a good film", "", "Was it [MASK]? ünï 猫 🙂\n", "good " * 1000)


class Spy:
    """A backend that counts, and may give other ids."""

    def __init__(self, backend, shift=0):
        self.backend, self.shift, self.calls = backend, shift, 0

    def encode(self, text, **options):
        self.calls += 1
        found = self.backend.encode(text, **options)
        ids = [n + self.shift for n in found.ids]
        return SimpleNamespace(ids=ids, offsets=found.offsets, word_ids=found.word_ids)


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


@pytest.mark.parametrize("text", TEXTS)
def test_places_are_those_of_the_tokenizer(tokenizer, text):
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    whole = PlacedTokens(found["input_ids"], found["offset_mapping"], found.word_ids())
    assert placed_reader(tokenizer)(text) == whole


@pytest.mark.parametrize("reader", [plain_reader, placed_reader])
def test_the_backend_is_asked_directly_only_where_it_agrees(tokenizer, reader):
    same, other = Spy(tokenizer.backend_tokenizer), Spy(tokenizer.backend_tokenizer, shift=1)
    for spy, asked in ((same, 1), (other, 0)):
        read = reader(Around(tokenizer, spy))
        before = spy.calls
        assert read("a good film") == reader(tokenizer)("a good film")
        assert spy.calls - before == asked
