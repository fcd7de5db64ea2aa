"""LoRA weights on tiny pipelines: they act as they should, in four layouts, or are refused."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.errors import ModelUnsupported
from models.image_generation import load
from models.spec import ModelCard, Weights
from tests.models.engines import HERE
from tests.models.image_checkpoints import tiny_pipeline

LAYER = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_q"
BLOCK = LAYER.removesuffix(".to_q")
NAMES = {
    "old": (
        f"unet.{BLOCK}.processor.to_q_lora.down.weight",
        f"unet.{BLOCK}.processor.to_q_lora.up.weight",
        "",
    ),
    "peft": ("unet.{}.lora_A.weight", "unet.{}.lora_B.weight", "unet.{}.alpha"),
    "diffusers": ("unet.{}.lora.down.weight", "unet.{}.lora.up.weight", "unet.{}.alpha"),
    "kohya": ("lora_unet_{}.lora_down.weight", "lora_unet_{}.lora_up.weight", "lora_unet_{}.alpha"),
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return tiny_pipeline("stable_diffusion", tmp_path_factory.mktemp("plain"))


@pytest.fixture
def folder(plain, tmp_path):
    return shutil.copytree(plain, tmp_path / "model")


def matrices(rank=2):
    generator = torch.Generator().manual_seed(0)
    down = torch.randn(rank, 16, generator=generator)
    return down, torch.randn(16, rank, generator=generator)


def add(folder, state, name="ink.safetensors"):
    (folder / "lora").mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in state.items()}, folder / "lora" / name)


def named(layout, alpha=None):
    down, up = matrices()
    layer = LAYER.replace(".", "_") if layout == "kohya" else LAYER
    keys = [name.format(layer) for name in NAMES[layout]]
    state = {keys[0]: down, keys[1]: up}
    return state if alpha is None else {**state, keys[2]: torch.tensor(float(alpha))}


def engine(folder, **defaults):
    settings = {"width": 64, "height": 64, **defaults}
    card = ModelCard("local/tiny", "image_generation", "diffusers", "Tiny", defaults=settings)
    return load(Weights(card, folder, "r1"), HERE)


def weight(made):
    return made._pipe.unet.get_submodule(LAYER).weight.detach().cpu()


def picture(made, **wish):
    return np.asarray(list(made.draw("a cat", steps=2, seed=1, **wish))[-1].pictures[0].image)


@pytest.mark.parametrize(
    ("layout", "alpha", "factor"),
    [
        ("peft", None, 1.0), ("peft", 1, 0.5), ("diffusers", 4, 2.0), ("old", None, 1.0), ("kohya", 1, 0.5),
        ("kohya", None, 1.0),
    ],
)  # fmt: skip
def test_the_product_of_the_matrices_is_added_to_the_layer(plain, folder, layout, alpha, factor):
    before = weight(engine(plain))
    add(folder, named(layout, alpha))
    down, up = matrices()
    assert torch.allclose(weight(engine(folder)), before + factor * up @ down, atol=1e-5)


def test_the_picture_changes_and_the_result_names_the_lora(plain, folder):
    add(folder, named("peft"))
    made = engine(folder, lora_scale=0.5)
    assert not np.array_equal(picture(made), picture(engine(plain)))
    assert next(made.draw("a cat", steps=2)).loras == ("ink at 0.5",)


def test_at_scale_0_nothing_changes(plain, folder):
    add(folder, named("peft"))
    assert np.array_equal(picture(engine(folder, lora_scale=0.0)), picture(engine(plain)))


def test_a_lora_acts_on_drawings_from_a_picture_too(plain, folder):
    from PIL import Image

    add(folder, named("peft"))
    wish = {"source": Image.new("RGB", (64, 64), "red")}
    assert not np.array_equal(picture(engine(folder), **wish), picture(engine(plain), **wish))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"unet.nowhere.lora_A.weight": torch.ones(2, 16)}, "does not fit .* no unet_nowhere"),
        ({f"unet.{LAYER}.lora_A.weight": torch.ones(2, 16)}, "other than pairs of matrices"),
        ({f"lora_unet_{LAYER}.hada_w1_a": torch.ones(2, 16)}, "does not fit"),
        (
            {
                f"unet.{LAYER}.lora_A.weight": torch.ones(2, 8),
                f"unet.{LAYER}.lora_B.weight": torch.ones(8, 2),
            },
            "another shape",
        ),
    ],
    ids=["another model's", "half a pair", "LoHa", "another size"],
)
def test_what_does_not_fit_is_refused_by_name(folder, state, message):
    add(folder, state)
    with pytest.raises(ModelUnsupported, match=message):
        engine(folder)


def test_a_lora_of_a_flux_transformer_is_added(tmp_path):
    folder = tiny_pipeline("flux", tmp_path)
    layer = "transformer_blocks.0.attn.to_q"
    before = engine(folder)._pipe.transformer.get_submodule(layer).weight.detach().cpu().clone()
    size = before.shape[0]
    pair = {"lora_A": torch.ones(1, size), "lora_B": torch.ones(size, 1)}
    add(folder, {f"transformer.{layer}.{k}.weight": v for k, v in pair.items()})
    after = engine(folder)._pipe.transformer.get_submodule(layer).weight.detach().cpu()
    assert torch.allclose(after, before + 1)
