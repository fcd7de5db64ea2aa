"""Code that a repository brings along never runs: not of a model, not of a tokenizer.

The code here is harmless: run, it would make a folder of this test's own, and that is how a run shows.
"""

from __future__ import annotations

import json

import pytest

from models.errors import ModelBroken, ModelUnsupported
from models.hub.desk import HubDesk
from models.sources import ModelBuilder
from models.spec import ModelCard, Weights
from tests.models import checkpoints as plain
from tests.models import text_checkpoints as text
from tests.models.engines import HERE

KEYS = ("AutoConfig", "AutoModelForSequenceClassification", "AutoModelForTokenClassification",
        "AutoModelForQuestionAnswering", "AutoModelForCausalLM", "AutoModelForCTC")  # fmt: skip


@pytest.fixture
def proof(tmp_path):
    """Where the repository's code would leave its mark."""
    return tmp_path / "the-code-ran"


def with_own_code(folder, proof, model_type):
    """Gives a model's folder a module, and a configuration that asks for it."""
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": model_type, "auto_map": dict.fromkeys(KEYS, "own.Own")}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(proof)!r})\nclass Own: pass\n")


def built(tmp_path, folder, capability, engine):
    card = ModelCard("local/model", capability, engine, "My model")
    builder = ModelBuilder(tmp_path, {"local/model": folder}, HubDesk(offline=True))
    return builder.build(Weights(card, folder, ""), HERE)


@pytest.mark.parametrize(
    ("capability", "engine", "make"),
    [
        ("sentiment", "transformers", lambda f: plain.tiny_bert(f, "BertForSequenceClassification")),
        ("ner", "transformers", lambda f: plain.tiny_bert(f, "BertForTokenClassification")),
        ("question_answering", "transformers", lambda f: plain.tiny_bert(f, "BertForQuestionAnswering")),
        ("summarization", "causal", text.tiny_llama),
        ("translation", "causal", text.tiny_llama),
    ],
)  # fmt: skip
def test_a_model_that_works_with_its_own_code_only_is_refused(
    tmp_path, proof, capability, engine, make
):
    folder = tmp_path / "model"
    folder.mkdir()
    make(folder)
    with_own_code(folder, proof, "own")
    with pytest.raises(ModelUnsupported, match="code of its own, which is never run"):
        built(tmp_path, folder, capability, engine)
    assert not proof.exists()


def test_code_beside_a_model_that_the_library_knows_is_left_alone(tmp_path, proof):
    folder = tmp_path / "model"
    folder.mkdir()
    plain.tiny_bert(folder, "BertForSequenceClassification")
    with_own_code(folder, proof, "bert")
    engine = built(tmp_path, folder, "sentiment", "transformers")
    assert list(engine.score("a good film"))
    assert not proof.exists()


def test_an_architecture_that_the_library_does_not_know_is_told(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    plain.tiny_bert(folder, "BertForSequenceClassification")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "tomorrow"}))
    with pytest.raises(ModelUnsupported, match="My model is of an architecture"):
        built(tmp_path, folder, "sentiment", "transformers")


def test_a_tokenizers_own_code_is_never_run(tmp_path, proof):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "vocab.json").write_text("{}")
    settings = {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", None]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(proof)!r})\nclass Own: pass\n")
    with pytest.raises(ModelUnsupported, match="code of its own"):
        built(tmp_path, folder, "tokenizer", "transformers")
    assert not proof.exists()


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"config.json": "{broken"},
        {"tokenizer.json": "{broken", "config.json": '{"model_type": "bert"}'},
        {"tokenizer.json": "[]", "tokenizer_config.json": '{"tokenizer_class": "Nobody"}'},
        {"vocab.json": "{}", "merges.txt": "x",
         "tokenizer_config.json": '{"tokenizer_class": "GPT2Tokenizer"}'},
    ],
)  # fmt: skip
def test_damaged_tokenizer_files_are_told_in_our_words(tmp_path, files):
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    with pytest.raises(ModelBroken) as caught:
        built(tmp_path, folder, "tokenizer", "transformers")
    assert caught.value.message.startswith("The tokenizer files of local/model can't be read")
    assert str(tmp_path) not in str(caught.value)
