"""Random checkpoints as large as the real ones, in the standard folder layout, for ``benchmarks.on_gpu``.

The sizes are those of the published configurations; weights are drawn on the GPU, where billions of
them take seconds. Tokenizers are tiny: they don't change what a network costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.models.image_checkpoints import clip_tokenizer, t5_tokenizer
from tests.models.text_checkpoints import TEMPLATE, byte_tokenizer

#: Config of Qwen2.5-1.5B.
QWEN = {
    "vocab_size": 151_936, "hidden_size": 1_536, "intermediate_size": 8_960, "num_hidden_layers": 28,
    "num_attention_heads": 12, "num_key_value_heads": 2, "max_position_embeddings": 4_096,
    "tie_word_embeddings": True,
}  # fmt: skip
#: Configs of FLUX.1-schnell's transformer, of T5-XXL and of CLIP ViT-L/14.
FLUX = {
    "patch_size": 1, "in_channels": 64, "num_layers": 19, "num_single_layers": 38,
    "attention_head_dim": 128, "num_attention_heads": 24, "joint_attention_dim": 4_096,
    "pooled_projection_dim": 768, "guidance_embeds": False, "axes_dims_rope": (16, 56, 56),
}  # fmt: skip
T5_XXL = {
    "vocab_size": 32_128, "d_model": 4_096, "d_kv": 64, "d_ff": 10_240, "num_layers": 24,
    "num_heads": 64, "feed_forward_proj": "gated-gelu",
}  # fmt: skip
CLIP_L = {
    "hidden_size": 768, "intermediate_size": 3_072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "projection_dim": 768,
}  # fmt: skip
#: OpenCLIP ViT-bigG/14, the second encoder of SDXL, and SDXL's denoiser.
CLIP_G = {
    "hidden_size": 1_280, "intermediate_size": 5_120, "num_hidden_layers": 32,
    "num_attention_heads": 20, "projection_dim": 1_280, "hidden_act": "gelu",
}  # fmt: skip
SDXL = {
    "sample_size": 64, "block_out_channels": (320, 640, 1_280), "layers_per_block": 2,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10), "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2_048, "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2_816,
    "use_linear_projection": True,
}  # fmt: skip
VAE = {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "norm_num_groups": 32}
#: The same with next to no weights, for a rehearsal where there is no GPU.
TINY_QWEN = {
    **QWEN,
    "vocab_size": 512,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
}
TINY_FLUX = {
    **FLUX,
    "num_layers": 1,
    "num_single_layers": 1,
    "num_attention_heads": 2,
    "joint_attention_dim": 64,
}
TINY_T5 = {**T5_XXL, "d_model": 64, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 2}
TINY_VAE = {**VAE, "block_out_channels": (32, 32, 32, 32), "layers_per_block": 1}


def language_model(folder: Path, device: str, *, tiny: bool = False) -> Path:
    """A Qwen2 of 1.5 billion weights in bfloat16 that reads bytes."""
    import transformers

    tokenizer = byte_tokenizer(folder, template=TEMPLATE)
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    with _drawn_on(device):
        config = transformers.Qwen2Config(**(TINY_QWEN if tiny else QWEN), **ends)
        transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def classifier(folder: Path, device: str, *, tiny: bool = False) -> Path:
    """A BERT base in bfloat16 that sorts texts of bytes into two classes."""
    import transformers

    tokenizer = byte_tokenizer(folder, frame="<s> $A </s>")
    size = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2} if tiny else {}
    with _drawn_on(device):
        config = transformers.BertConfig(vocab_size=30_522, num_labels=2, pad_token_id=2, **size)
        transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def sdxl_turbo(folder: Path, device: str, *, tiny: bool = False) -> Path:
    """SDXL-Turbo's four networks in bfloat16: 3.5 billion weights, 6.9 GB."""
    from diffusers import (
        EulerAncestralDiscreteScheduler,
        StableDiffusionXLPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    small: dict[str, Any] = {
        "block_out_channels": (64, 128, 256),
        "transformer_layers_per_block": 1,
    }
    with _drawn_on(device):
        networks = {
            "vae": _autoencoder(tiny, scaling_factor=0.13025),
            "text_encoder": _clip(CLIPTextModel, CLIP_L),
            "text_encoder_2": _clip(CLIPTextModelWithProjection, CLIP_G, tiny),
            "unet": UNet2DConditionModel(**{**SDXL, **(small if tiny else {})}),
        }
    StableDiffusionXLPipeline(
        **networks, tokenizer=clip_tokenizer(77), tokenizer_2=clip_tokenizer(77),
        scheduler=EulerAncestralDiscreteScheduler(timestep_spacing="trailing"),
    ).save_pretrained(folder)  # fmt: skip
    return folder


def flux_schnell(folder: Path, device: str, *, tiny: bool = False) -> Path:
    """FLUX.1-schnell's four networks in bfloat16: 16.9 billion weights, 33.7 GB."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import CLIPTextModel, T5Config, T5EncoderModel

    with _drawn_on(device):
        networks = {
            "vae": _autoencoder(
                tiny, latent_channels=16, scaling_factor=0.3611, shift_factor=0.1159,
                use_quant_conv=False, use_post_quant_conv=False,
            ),
            "text_encoder": _clip(CLIPTextModel, CLIP_L),
            "text_encoder_2": T5EncoderModel(T5Config(**(TINY_T5 if tiny else T5_XXL))),
            "transformer": FluxTransformer2DModel(**(TINY_FLUX if tiny else FLUX)),
        }  # fmt: skip
    FluxPipeline(
        **networks, tokenizer=clip_tokenizer(77), tokenizer_2=t5_tokenizer(),
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder)  # fmt: skip
    return folder


def weight_bytes(folder: Path) -> int:
    """Bytes of the safetensors files in a checkpoint's folder."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def _clip(kind: Callable[[Any], Any], size: dict[str, Any], tiny: bool = False) -> Any:
    from transformers import CLIPTextConfig

    fewer = {"num_hidden_layers": 1} if tiny else {}
    return kind(
        CLIPTextConfig(
            vocab_size=49_408,
            max_position_embeddings=77,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
            **{**size, **fewer},
        )
    )


def _autoencoder(tiny: bool, latent_channels: int = 4, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        **(TINY_VAE if tiny else VAE), down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, latent_channels=latent_channels,
        sample_size=512, **more,
    )  # fmt: skip


@contextmanager
def _drawn_on(device: str) -> Iterator[None]:
    """Modules made in the block are drawn on a device, in bfloat16, and gone from it afterwards."""
    import torch

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(usual)
        if device.startswith("cuda"):
            torch.cuda.empty_cache()
