"""Tiny random diffusers pipelines in the standard folder layout, which exercise the real loading code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_WORDS = ["a", "red", "blue", "apple", "cat", "car", "of", "x", ","]


def clip_tokenizer(limit: int = 16) -> Any:
    from transformers import CLIPTokenizer

    pieces = [*"abcdefghijklmnopqrstuvwxyz,", *[f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz,"]]
    vocabulary = {p: i for i, p in enumerate(["<|startoftext|>", "<|endoftext|>", *pieces])}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=limit)


def t5_tokenizer() -> Any:
    from transformers import T5TokenizerFast

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *[(f"▁{w}", -2.0) for w in _WORDS]]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)


def clip_encoder(*, projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=16, projection_dim=16, bos_token_id=0,
        eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)


def t5_encoder(width: int = 16) -> Any:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(
        T5Config(vocab_size=32, d_model=width, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    )


def autoencoder(channels: int = 4, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=channels, norm_num_groups=4,
        sample_size=32, **more,
    )  # fmt: skip


def unet(cross: int, **more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=32, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=cross,
        attention_head_dim=4, **more,
    )  # fmt: skip


def stable_diffusion(folder: Path, scheduler: Any = None) -> None:
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    StableDiffusionPipeline(
        vae=autoencoder(), text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), unet=unet(16),
        scheduler=scheduler or DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    ).save_pretrained(folder)  # fmt: skip


def stable_diffusion_2(folder: Path) -> None:
    """Predicts velocity instead of noise, as the 768-pixel model does."""
    from diffusers import DDIMScheduler

    stable_diffusion(folder, DDIMScheduler(clip_sample=False, prediction_type="v_prediction"))


def stable_diffusion_turbo(folder: Path) -> None:
    """Starts at the noisiest step even when there is only one."""
    from diffusers import EulerDiscreteScheduler

    stable_diffusion(folder, EulerDiscreteScheduler(timestep_spacing="trailing"))


def stable_diffusion_xl_turbo(folder: Path) -> None:
    from diffusers import EulerAncestralDiscreteScheduler

    stable_diffusion_xl(folder, EulerAncestralDiscreteScheduler(timestep_spacing="trailing"))


def stable_diffusion_xl(folder: Path, scheduler: Any = None) -> None:
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

    more = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
    StableDiffusionXLPipeline(
        vae=autoencoder(), text_encoder=clip_encoder(), text_encoder_2=clip_encoder(projected=True),
        tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(),
        unet=unet(32, projection_class_embeddings_input_dim=16 + 6 * 8, **more),
        scheduler=scheduler or EulerDiscreteScheduler(),
    ).save_pretrained(folder)  # fmt: skip


def flux(folder: Path) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=16, pooled_projection_dim=16,
        guidance_embeds=False, axes_dims_rope=(4, 4, 8),
    )  # fmt: skip
    FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=autoencoder(4, shift_factor=0.1),
        text_encoder=clip_encoder(), tokenizer=clip_tokenizer(), text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer(), transformer=transformer,
    ).save_pretrained(folder)  # fmt: skip


def pixart(folder: Path) -> None:
    from diffusers import DPMSolverMultistepScheduler, PixArtAlphaPipeline, PixArtTransformer2DModel

    transformer = PixArtTransformer2DModel(
        num_attention_heads=2, attention_head_dim=8, in_channels=4, out_channels=8, num_layers=1,
        sample_size=24, patch_size=2, cross_attention_dim=16, caption_channels=16,
        use_additional_conditions=False,
    )  # fmt: skip
    PixArtAlphaPipeline(
        tokenizer=t5_tokenizer(), text_encoder=t5_encoder(), vae=autoencoder(),
        transformer=transformer, scheduler=DPMSolverMultistepScheduler(),
    ).save_pretrained(folder)  # fmt: skip


def stable_diffusion_3(folder: Path) -> None:
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3Transformer2DModel,
        StableDiffusion3Pipeline,
    )

    transformer = SD3Transformer2DModel(
        sample_size=32, patch_size=2, in_channels=4, num_layers=1, attention_head_dim=8,
        num_attention_heads=2, joint_attention_dim=32, caption_projection_dim=16,
        pooled_projection_dim=32, out_channels=4, pos_embed_max_size=96,
    )  # fmt: skip
    StableDiffusion3Pipeline(
        transformer=transformer, scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder(shift_factor=0.1),
        text_encoder=clip_encoder(projected=True), tokenizer=clip_tokenizer(),
        text_encoder_2=clip_encoder(projected=True), tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5_encoder(32), tokenizer_3=t5_tokenizer(),
    ).save_pretrained(folder)  # fmt: skip


def sana(folder: Path) -> None:
    """A linear transformer over an autoencoder without a variance; Gemma reads the prompt."""
    from diffusers import (
        AutoencoderDC,
        DPMSolverMultistepScheduler,
        SanaPipeline,
        SanaTransformer2DModel,
    )
    from transformers import Gemma2Config, Gemma2Model

    layers = {"encoder_layers_per_block": (1, 1, 1), "decoder_layers_per_block": (1, 1, 1)}
    widths = {
        "encoder_block_out_channels": (8, 16, 16), "decoder_block_out_channels": (8, 16, 16),
        "encoder_qkv_multiscales": ((), (), (5,)), "decoder_qkv_multiscales": ((), (), (5,)),
    }  # fmt: skip
    vae = AutoencoderDC(
        latent_channels=4, attention_head_dim=8, scaling_factor=0.4,
        encoder_block_types=("ResBlock", "ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "ResBlock", "EfficientViTBlock"), **layers, **widths,
    )  # fmt: skip
    transformer = SanaTransformer2DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=8, num_layers=1,
        num_cross_attention_heads=2, cross_attention_head_dim=8, cross_attention_dim=16,
        caption_channels=16, sample_size=24, patch_size=1,
    )  # fmt: skip
    gemma = Gemma2Model(
        Gemma2Config(
            vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2, head_dim=8,
        )
    )  # fmt: skip
    SanaPipeline(
        tokenizer=t5_tokenizer(), text_encoder=gemma, vae=vae, transformer=transformer,
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    ).save_pretrained(folder)  # fmt: skip


def z_image(folder: Path) -> None:
    """One stream of tokens for prompt and picture; a chat model reads the prompt."""
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        ZImagePipeline,
        ZImageTransformer2DModel,
    )
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = t5_tokenizer()
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    qwen = Qwen3Model(
        Qwen3Config(
            vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=2, head_dim=8,
        )
    )  # fmt: skip
    transformer = ZImageTransformer2DModel(
        in_channels=4, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2, n_kv_heads=2,
        cap_feat_dim=16, axes_dims=[4, 6, 6], axes_lens=[1024, 128, 128],
    )  # fmt: skip
    ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(), vae=autoencoder(4, shift_factor=0.1),
        text_encoder=qwen, tokenizer=tokenizer, transformer=transformer,
    ).save_pretrained(folder)  # fmt: skip


PIPELINES = {
    "stable_diffusion": stable_diffusion,
    "stable_diffusion_2": stable_diffusion_2,
    "stable_diffusion_turbo": stable_diffusion_turbo,
    "stable_diffusion_xl": stable_diffusion_xl,
    "stable_diffusion_xl_turbo": stable_diffusion_xl_turbo,
    "stable_diffusion_3": stable_diffusion_3,
    "flux": flux,
    "pixart": pixart,
    "sana": sana,
    "z_image": z_image,
}


def tiny_pipeline(name: str, folder: Path) -> Path:
    """One of ``PIPELINES`` with random weights that are the same every time."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        PIPELINES[name](folder)
    return folder
