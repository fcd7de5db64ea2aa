"""What the tests on a real CUDA GPU share: networks of some hundred megabytes and a registry around them."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.device import TorchDevice
from models.hub.desk import HubDesk
from models.loading import ModelSpec
from models.registry import Registry
from models.sources import ModelBuilder
from models.spec import ModelCard
from tests.fakes import WAIT_S
from tests.models.image_checkpoints import clip_encoder, clip_tokenizer
from tests.models.text_checkpoints import TEMPLATE, byte_tokenizer

DEVICE = "cuda:0"


@pytest.fixture(scope="session", autouse=True)
def cuda():
    """torch on a GPU; without one there is nothing to see here."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA GPU on this machine")
    return torch.cuda


def language_model(folder: Path) -> Path:
    """A Llama of 84 million weights that reads bytes; one of its matrices is used twice."""
    import torch
    import transformers

    tokenizer = byte_tokenizer(folder, template=TEMPLATE)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=1_024, intermediate_size=4_096, num_hidden_layers=5,
        num_attention_heads=16, max_position_embeddings=2_048, pad_token_id=2, bos_token_id=0,
        eos_token_id=1, tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.LlamaForCausalLM(config).bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def classifier(folder: Path) -> Path:
    """A BERT of 30 million weights that sorts texts of bytes into two classes."""
    import torch
    import transformers

    tokenizer = byte_tokenizer(folder, frame="<s> $A </s>")
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=768, num_hidden_layers=4, num_attention_heads=12,
        num_labels=2, pad_token_id=2,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def painter(folder: Path) -> Path:
    """A Stable Diffusion of 100 million weights for pictures of 64 to 2,048 pixels."""
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )

    torch.manual_seed(0)
    StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(64, 128, 256, 256), down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4, sample_size=512,
        ),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(),
        unet=UNet2DConditionModel(
            sample_size=64, block_out_channels=(128, 256, 512, 512), cross_attention_dim=16,
        ),
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1), safety_checker=None,
        feature_extractor=None, requires_safety_checker=False,
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def folders(tmp_path_factory, cuda):
    """Folder of each model by its id; a and b are the same network under two names."""
    made = tmp_path_factory.mktemp("gpu")
    llama = language_model(made / "llama")
    return {
        "local/a": llama, "local/b": llama, "local/classes": classifier(made / "classes"),
        "local/painter": painter(made / "painter"),
    }  # fmt: skip


CARDS = {
    "local/a": ("text_generation", "causal"),
    "local/b": ("text_generation", "causal"),
    "local/classes": ("sentiment", "transformers"),
    "local/painter": ("image_generation", "diffusers"),
}


@dataclass
class Gpu:
    """A registry on the GPU, and what one would ask of it."""

    registry: Registry

    def spec(self, name: str) -> ModelSpec:
        return ModelSpec(ModelCard(name, *CARDS[name], name))

    def use(self, name: str, verb: Any) -> Any:
        claim = self.registry.claim(self.spec(name))
        claim.future.result(WAIT_S)
        with claim as engine:
            return verb(engine)

    @property
    def states(self) -> dict[str, str]:
        return {r.card.id: r.state.name for r in self.registry.residents()}

    @property
    def charged(self) -> SimpleNamespace:
        """Bytes charged to the GPU and to pinned memory."""
        found = {m.name: m.models_bytes for m in self.registry.telemetry().memories}
        return SimpleNamespace(device=found[DEVICE], pinned=found["pinned"])


@pytest.fixture
def gpu(folders, tmp_path, cuda):
    """Makes a registry of so many bytes; the GPU is as empty afterwards as before."""
    made: list[Registry] = []
    gc.collect()
    cuda.empty_cache()
    before = cuda.memory_allocated()

    def make(budget_bytes: int) -> Gpu:
        builder = ModelBuilder(tmp_path / "cache", folders, HubDesk(offline=True))
        made.append(
            Registry(builder, lambda: TorchDevice(DEVICE, "test"), budget_bytes=budget_bytes)
        )
        return Gpu(made[-1])

    yield make
    for registry in made:
        for resident in registry.residents():
            assert registry.unload(resident.key), resident
        registry.close()
    made.clear()
    gc.collect()
    cuda.empty_cache()
    # What libraries keep for their next call: cuBLAS has a workspace for each thread's handle.
    assert cuda.memory_allocated() - before <= WORKSPACES_BYTES


#: See ``gpu``.
WORKSPACES_BYTES = 256_000_000
