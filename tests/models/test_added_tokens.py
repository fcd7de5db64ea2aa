"""A starter's tokenizer states its added tokens, so that no load reads all of its rules in Python."""

from __future__ import annotations

import json

import pytest

from models.starter.added_tokens import state_added_tokens


@pytest.fixture
def folder(tmp_path):
    """A byte-pair tokenizer with two added tokens, as the starters' converters write it."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    letters = {letter: number for number, letter in enumerate("abcdĠ")}
    made = Tokenizer(models.BPE(letters, [], unk_token="a"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.add_special_tokens([AddedToken("<end>", special=True, normalized=False, rstrip=True)])
    made.add_tokens([AddedToken("dad", normalized=True)])
    made.save(str(tmp_path / "tokenizer.json"))
    named = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(named))
    return tmp_path


def loaded(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def test_the_tokenizer_is_the_same_as_before(folder):
    before = loaded(folder)
    state_added_tokens(folder)
    after = loaded(folder)
    assert after.added_tokens_decoder == before.added_tokens_decoder
    assert after.special_tokens_map == before.special_tokens_map == {"eos_token": "<end>"}
    assert after.backend_tokenizer.to_str() == before.backend_tokenizer.to_str()
    text = "bad<end>  dad cab"
    assert after(text)["input_ids"] == before(text)["input_ids"]


def test_a_load_no_longer_reads_the_rules_in_python(folder, monkeypatch):
    state_added_tokens(folder)
    read = []
    load = json.load
    monkeypatch.setattr(
        json, "load", lambda file, **more: read.append(file.name) or load(file, **more)
    )
    loaded(folder)
    assert any(name.endswith("tokenizer_config.json") for name in read)
    assert not any(name.endswith("tokenizer.json") for name in read)


def test_what_a_repository_states_itself_stays(folder):
    config = folder / "tokenizer_config.json"
    config.write_text('{"added_tokens_decoder": {}}')
    state_added_tokens(folder)
    assert config.read_text() == '{"added_tokens_decoder": {}}'


def test_a_folder_without_a_tokenizer_stays_as_it_is(tmp_path):
    state_added_tokens(tmp_path)
    assert not list(tmp_path.iterdir())
