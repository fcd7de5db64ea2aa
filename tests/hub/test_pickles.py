"""Pickles with code in them are refused by every loader, and their code never runs.

The pickle here is harmless: run, it would make a folder of this test's own, and that is how a run shows.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.device import choose_device
from models.errors import ModelBroken
from models.hub.desk import HubDesk, cache_room
from models.loading import ModelSpec
from models.registry import Registry
from models.sources import ModelBuilder
from models.spec import ModelCard, Weights
from tests.hub_standin import repo_of
from tests.models import audio_checkpoints as audio
from tests.models import checkpoints as plain
from tests.models import image_checkpoints as image
from tests.models import text_checkpoints as text
from tests.models.engines import HERE


class Payload:
    """Unpickled by a careless loader, it makes a folder."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self):
        return os.mkdir, (str(self.proof),)


@pytest.fixture
def proof(tmp_path):
    """Where the payload would leave its mark."""
    return tmp_path / "the-pickle-ran"


def infect(folder: Path, proof: Path, name: str = "pytorch_model.bin") -> None:
    """Swaps a folder's safetensors for a torch file whose pickle holds the payload."""
    import torch

    for path in folder.rglob("*.safetensors"):
        path.unlink()
    torch.save({"weight": Payload(proof)}, folder / name)


def test_the_payload_is_a_real_one(tmp_path, proof):
    infect(tmp_path, proof)
    import torch

    torch.load(tmp_path / "pytorch_model.bin", weights_only=False)
    assert proof.is_dir()


@pytest.mark.parametrize(
    ("capability", "engine", "make"),
    [
        ("sentiment", "transformers", lambda f: plain.tiny_bert(f, "BertForSequenceClassification")),
        ("ner", "transformers", lambda f: plain.tiny_bert(f, "BertForTokenClassification")),
        ("question_answering", "transformers", lambda f: plain.tiny_bert(f, "BertForQuestionAnswering")),
        ("summarization", "seq2seq", text.tiny_bart),
        ("summarization", "causal", text.tiny_llama),
        ("summarization", "extractive", lambda f: plain.tiny_bert(f, "BertModel")),
        ("translation", "marian", text.tiny_marian),
        ("translation", "nllb", text.tiny_nllb),
        ("translation", "causal", text.tiny_llama),
        ("text_to_speech", "transformers", audio.tiny_vits),
        ("text_to_speech", "transformers", audio.tiny_speecht5),
        ("text_to_speech", "transformers", audio.tiny_bark),
        ("text_to_speech", "csm", audio.tiny_csm),
        ("speech_to_text", "transformers", audio.tiny_whisper),
        ("speech_to_text", "transformers", audio.tiny_wav2vec2),
    ],
)  # fmt: skip
def test_no_loader_runs_a_pickles_code(tmp_path, proof, capability, engine, make):
    folder = tmp_path / "model"
    folder.mkdir()
    make(folder)
    infect(folder, proof)
    card = ModelCard("local/model", capability, engine, "model")
    builder = ModelBuilder(tmp_path, {"local/model": folder}, HubDesk(offline=True))
    with pytest.raises(Exception, match=r"(?i)wants code to be run|safetensors|no file"):
        builder.build(Weights(card, folder, ""), HERE)
    assert not proof.exists()


@pytest.mark.parametrize("where", ["unet", "vae", "text_encoder"])
def test_the_image_loader_takes_no_pickle_for_any_part(tmp_path, proof, where):
    folder = tmp_path / "model"
    image.tiny_pipeline("stable_diffusion", folder)
    part = folder / where
    infect(
        part,
        proof,
        "pytorch_model.bin" if where == "text_encoder" else "diffusion_pytorch_model.bin",
    )
    card = ModelCard("local/model", "image_generation", "diffusers", "model")
    builder = ModelBuilder(tmp_path, {"local/model": folder}, HubDesk(offline=True))
    with pytest.raises(Exception, match=r"(?i)safetensors|no file|not found"):
        builder.build(Weights(card, folder, ""), HERE)
    assert not proof.exists()


def test_a_lora_that_is_a_pickle_is_not_even_looked_at(tmp_path, proof):
    from models.image_lora import fuse, lora_files

    (tmp_path / "lora").mkdir()
    infect(tmp_path / "lora", proof, "style.bin")
    assert lora_files(tmp_path) == []
    renamed = tmp_path / "lora" / "style.bin"
    renamed.rename(renamed.with_suffix(".safetensors"))
    with pytest.raises(Exception, match=r"(?i)header|safetensor"):
        fuse(None, lora_files(tmp_path)[0])
    assert not proof.exists()


@pytest.mark.parametrize("make", [audio.tiny_bark, audio.tiny_speecht5])
def test_voices_that_are_pickles_are_refused(tmp_path, proof, make):
    import numpy as np

    folder = tmp_path / "model"
    folder.mkdir()
    make(folder)
    voices = list(folder.rglob("*.npy"))
    assert voices
    for path in voices:
        np.save(path, np.array([Payload(proof)], dtype=object), allow_pickle=True)
    card = ModelCard("local/model", "text_to_speech", "transformers", "model")
    builder = ModelBuilder(tmp_path, {"local/model": folder}, HubDesk(offline=True))

    def speak():
        engine = builder.build(Weights(card, folder, ""), HERE)
        for voice in engine.voices:
            list(engine.speak("good film", voice=voice))

    with pytest.raises(Exception, match=r"(?i)pickle"):
        speak()
    assert not proof.exists()


def test_from_the_hub_the_visitor_is_told_and_nothing_ran(hub, tmp_path, proof):
    folder = tmp_path / "model"
    folder.mkdir()
    plain.tiny_bert(folder, "BertForSequenceClassification")
    infect(folder, proof)
    hub.add(repo_of("org/infected", folder, facts={"pipeline_tag": "text-classification"}))
    desk = HubDesk()
    card = ModelCard("org/infected", "sentiment", "transformers", "infected")
    spec = desk.admit(card, "", ModelSpec(card).access, (), cache_room(10**12, "float32"))
    registry = Registry(ModelBuilder(tmp_path, {}, desk), lambda: choose_device("cpu"))
    try:
        with pytest.raises(ModelBroken) as caught, registry.claim(spec):
            pass
    finally:
        registry.close()
    assert "wants code to be run" in str(caught.value)
    assert not proof.exists()
