"""The tokenizer's steps one by one, and the embedding table behind the ids."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from models import token_embeddings as embeddings
from models.errors import InputError, ModelError
from models.token_embeddings import EmbeddingTable, find_table, look_up, write_table
from models.tokenizer_steps import MAX_CHARACTERS, WHAT
from models.tokens import Token
from tests.models.test_tokenizer import LOSSLESS, engine

TABLE = np.array([[1, 0], [2, 0.1], [0, 1], [-1, 0], [0.5, 0.5]], np.float32)


@pytest.mark.starter
def test_each_step_shows_what_it_does():
    steps = engine("minilm").steps("Caf\u00e9s [SEP] unhappily!")
    assert [part.text for part in steps.parts] == ["Caf\u00e9s ", "[SEP]", " unhappily!"]
    assert steps.parts[1].is_added
    last = steps.parts[2]
    assert steps.parts[0].normalized == "cafes "
    assert last.pieces == ("unhappily", "!")
    assert last.tokens == (("un", "##ha", "##pp", "##ily"), ("!",))
    assert steps.post_processor == ("TemplateProcessing",)
    assert steps.final[0].piece == "[CLS]"


@pytest.mark.starter
@pytest.mark.parametrize("name", [*LOSSLESS, "minilm"])
def test_the_parts_of_every_starter_are_explained(name):
    steps = engine(name).steps("Hello")
    used = [
        *steps.normaliser,
        *steps.pre_tokenizer,
        *steps.model,
        *steps.post_processor,
    ]
    assert steps.model
    assert set(used) <= set(WHAT)


@pytest.mark.starter
@pytest.mark.parametrize("name", [*LOSSLESS, "minilm"])
@settings(max_examples=40, deadline=None)
@given(text=st.text(min_size=1, max_size=40))
def test_the_steps_give_the_same_ids_as_the_whole(name, text):
    assert engine(name).steps(text).agrees


@pytest.mark.starter
def test_an_added_token_takes_the_white_space_that_is_its_own():
    steps = engine("phi-3").steps("<|user|>\nHi<|end|>\n")
    assert [(p.text, p.is_added) for p in steps.parts] == [
        ("<|user|>\n", True),
        ("Hi", False),
        ("<|end|>\n", True),
    ]
    assert steps.agrees


@pytest.mark.starter
def test_a_text_too_long_for_steps_is_refused():
    with pytest.raises(InputError, match=f"up to {MAX_CHARACTERS:,}"):
        engine("qwen2").steps("a" * (MAX_CHARACTERS + 1))


@pytest.mark.starter
def test_neighbours_of_a_word_in_minilm_mean_something_like_it():
    found = engine("minilm").embed("king Paris")
    near = {v.token.piece: [n.piece for n in v.nearest] for v in found.vectors}
    assert "queen" in near["king"]
    assert "france" in near["paris"]
    assert (found.rows, found.dimensions) == (30522, 384)
    assert all(0 < n.cosine < 1 for v in found.vectors for n in v.nearest)


@pytest.mark.starter
def test_a_tokenizer_without_weights_says_so():
    with pytest.raises(ModelError, match="not its embedding table"):
        engine("qwen2").embed("king")


def token(number):
    return Token(number, f"t{number}", 0, 1, 1, False, False)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_table_is_found_by_name_and_size_and_gives_rows(tmp_path, dtype):
    save_file(
        {"model.embed_tokens.weight": TABLE.astype(dtype), "norm.weight": TABLE[:, 0].copy()},
        tmp_path / "model.safetensors",
    )
    table = find_table(tmp_path, 5)
    assert table.name == "model.embed_tokens.weight"
    assert np.allclose(table.block([1, 4]), TABLE[[1, 4]], atol=1e-3)
    assert find_table(tmp_path, 6) is None


def test_bfloat16_is_read_without_torch(tmp_path):
    upper = (TABLE.view(np.uint32) >> 16).astype(np.uint16)
    data = upper.tobytes()
    head = {"wte.weight": {"dtype": "BF16", "shape": [5, 2], "data_offsets": [0, len(data)]}}
    text = json.dumps(head).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    assert np.allclose(find_table(tmp_path, 5).block([0, 1, 2]), TABLE[:3], atol=0.01)


def test_neighbours_are_by_cosine_and_never_the_token_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "BLOCK", 2)  # the table in three blocks
    save_file({"wte.weight": TABLE}, tmp_path / "model.safetensors")
    table = find_table(tmp_path, 5)
    found = look_up(table, [token(0)] * 14, lambda i: None if i == 2 else f"t{i}")
    assert found.left == 2
    nearest = found.vectors[0].nearest
    assert [n.piece for n in nearest[:4]] == ["t1", "t4", "row 2", "t3"]
    assert nearest[1].cosine == pytest.approx(0.7071, abs=1e-3)
    with pytest.raises(InputError, match="no tokens"):
        look_up(table, [], str)


def test_a_table_is_copied_into_a_file_that_the_library_reads(tmp_path):
    from safetensors.numpy import load_file

    save_file({"a.weight": TABLE[:2].copy(), "b.weight": TABLE}, tmp_path / "whole.safetensors")
    write_table(tmp_path / "whole.safetensors", "b.weight", tmp_path / "one.safetensors")
    found = load_file(tmp_path / "one.safetensors")
    assert list(found) == ["b.weight"]
    assert np.array_equal(found["b.weight"], TABLE)
    assert EmbeddingTable(tmp_path / "one.safetensors", "b.weight").rows == 5
