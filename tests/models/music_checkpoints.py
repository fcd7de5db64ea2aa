"""Tiny random music checkpoints in the standard folder layouts: MusicGen, mono and stereo, and ACE-Step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_WORDS = ["a", "slow", "jig", "in", "minor", "with", "drums", ","]


def tiny_musicgen(folder: Path, *, channels: int = 1, longest: int = 204) -> Path:
    """A MusicGen of four codebooks a side, 10 frames a second at 160 Hz; its codec looks ahead."""
    import torch
    import transformers

    codec = transformers.EncodecConfig(
        sampling_rate=160, num_filters=4, hidden_size=8, codebook_dim=8, codebook_size=16,
        upsampling_ratios=[4, 4], target_bandwidths=[0.16], num_lstm_layers=1,
        use_causal_conv=False, audio_channels=1,
    )  # fmt: skip
    text = transformers.T5Config(
        vocab_size=32, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2
    )
    writer = transformers.MusicgenDecoderConfig(
        vocab_size=16, max_position_embeddings=longest, num_hidden_layers=2, ffn_dim=32,
        num_attention_heads=2, hidden_size=24, num_codebooks=4 * channels, audio_channels=channels,
        pad_token_id=16, bos_token_id=16, initializer_factor=0.5,
    )  # fmt: skip
    config = transformers.MusicgenConfig(
        text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=writer.to_dict()
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.MusicgenForConditionalGeneration(config).eval()
        for name, buffer in model.audio_encoder.named_buffers():
            if name.endswith("codebook.embed"):
                buffer.normal_()  # new codebooks are empty, so that all tokens would sound alike
    settings = model.generation_config
    settings.decoder_start_token_id = settings.pad_token_id = settings.bos_token_id = 16
    settings.do_sample, settings.guidance_scale, settings.max_length = True, 3.0, 1500
    model.save_pretrained(folder)
    _t5_tokenizer().save_pretrained(folder)
    return folder


def _t5_tokenizer() -> Any:
    from transformers import T5TokenizerFast

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *[(f"▁{w}", -2.0) for w in _WORDS]]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)


def tiny_ace_step(folder: Path, *, turbo: bool = False) -> Path:
    """An ACE-Step at 50 Hz, in stereo, with guidance unless it is ``turbo``."""
    import torch
    import transformers
    from diffusers import (
        AceStepPipeline,
        AceStepTransformer1DModel,
        AutoencoderOobleck,
        FlowMatchEulerDiscreteScheduler,
    )
    from diffusers.pipelines.ace_step import AceStepConditionEncoder

    small: dict[str, Any] = {
        "hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 8, "rope_theta": 10_000.0,
    }  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipe = AceStepPipeline(
            vae=AutoencoderOobleck(
                encoder_hidden_size=6, downsampling_ratios=[1, 2], decoder_channels=3,
                decoder_input_channels=8, audio_channels=2, channel_multiples=[2, 4],
                sampling_rate=50,
            ),
            text_encoder=transformers.Qwen3Model(
                transformers.Qwen3Config(**small, num_hidden_layers=1, vocab_size=300)
            ),
            tokenizer=_byte_tokenizer(),
            transformer=AceStepTransformer1DModel(
                **small, num_hidden_layers=2, in_channels=24, audio_acoustic_hidden_dim=8,
                patch_size=2, sliding_window=16, is_turbo=turbo,
            ),
            condition_encoder=AceStepConditionEncoder(
                **small, text_hidden_dim=32, timbre_hidden_dim=8, sliding_window=16,
                num_lyric_encoder_hidden_layers=1, num_timbre_encoder_hidden_layers=1,
            ),
            scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
        )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def _byte_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE({w: i for i, w in enumerate([*letters, "<pad>"])}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="<pad>")
