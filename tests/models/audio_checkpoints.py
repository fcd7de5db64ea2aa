"""Tiny random speech checkpoints in the standard folder layout: Whisper, Wav2Vec2, VITS, SpeechT5, Bark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

#: Whisper's special tokens after the text tokens, in the order of the published vocabularies.
_BEFORE_LANGUAGES = ("<|endoftext|>", "<|startoftranscript|>")
_AFTER_LANGUAGES = (
    "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>",
    "<|notimestamps|>",
)  # fmt: skip
_TICKS = tuple(f"<|{tick * 0.02:.2f}|>" for tick in range(1501))


def tiny_whisper(folder: Path, *, languages: tuple[str, ...] = ()) -> Path:
    """A Whisper that writes bytes, at most 15 tokens; multilingual when languages are given."""
    import transformers

    tokens = (
        *_BEFORE_LANGUAGES,
        *(f"<|{code}|>" for code in languages),
        *_AFTER_LANGUAGES,
        *_TICKS,
    )
    size = _byte_tokenizer(folder, tokens)
    end = size - len(tokens)
    config = transformers.WhisperConfig(
        vocab_size=size, d_model=16, num_mel_bins=8, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, max_target_positions=16, pad_token_id=end, bos_token_id=end,
        eos_token_id=end, decoder_start_token_id=end + 1, suppress_tokens=None,
        begin_suppress_tokens=None,
    )  # fmt: skip
    _save(folder, transformers.WhisperForConditionalGeneration, config)
    named = {f"<|{code}|>": end + 2 + i for i, code in enumerate(languages)}
    facts = {"is_multilingual": bool(languages), **({"lang_to_id": named} if languages else {})}
    _write(folder / "generation_config.json", facts)
    transformers.WhisperFeatureExtractor(feature_size=8).save_pretrained(folder)
    return folder


def tiny_wav2vec2(folder: Path) -> Path:
    """A Wav2Vec2 that spells: 320 samples a frame, blank ``<pad>``, ``|`` between words."""
    import transformers

    words = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'"]
    _write(folder / "vocab.json", {w: i for i, w in enumerate(words)})
    transformers.Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, conv_dim=(8, 8, 8), conv_stride=(5, 8, 8), conv_kernel=(10, 8, 8),
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, pad_token_id=0,
    )  # fmt: skip
    _save(folder, transformers.Wav2Vec2ForCTC, config)
    return folder


def tiny_vits(folder: Path, *, speakers: int = 1) -> Path:
    """A VITS over lower-case letters, as the MMS voices are: no digits."""
    import transformers

    letters = ["<pad>", *"abcdefghijklmnopqrstuvwxyz '", "<unk>"]
    _write(folder / "vocab.json", {w: i for i, w in enumerate(letters)})
    transformers.VitsTokenizer(
        str(folder / "vocab.json"), phonemize=False, is_uroman=False
    ).save_pretrained(folder)
    config = transformers.VitsConfig(
        vocab_size=len(letters), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        window_size=4, ffn_dim=16, flow_size=16, spectrogram_bins=9, prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1, upsample_initial_channel=16, upsample_rates=[4, 4],
        upsample_kernel_sizes=[8, 8], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
        duration_predictor_filter_channels=16, depth_separable_num_layers=1,
        duration_predictor_num_flows=2, prior_encoder_num_flows=2, num_speakers=speakers,
        speaker_embedding_size=8 if speakers > 1 else 0, sampling_rate=16_000,
    )  # fmt: skip
    _save(folder, transformers.VitsModel, config)
    return folder


def tiny_speecht5(folder: Path, *, whole: bool = True) -> Path:
    """A SpeechT5; with its vocoder and one speaker when ``whole``."""
    import sentencepiece
    import transformers

    with (folder / "spm_char.model").open("wb") as stream:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["abcdefghijklmnopqrstuvwxyz .,?!' " * 3] * 20),
            model_writer=stream, vocab_size=40, model_type="char", minloglevel=2,
            hard_vocab_limit=False, num_threads=1,
        )  # fmt: skip
    tokenizer = transformers.SpeechT5Tokenizer(str(folder / "spm_char.model"))
    tokenizer.save_pretrained(folder)
    config = transformers.SpeechT5Config(
        vocab_size=len(tokenizer) + 2, hidden_size=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, num_mel_bins=8, speech_decoder_prenet_units=8,
        speech_decoder_postnet_layers=1, speech_decoder_postnet_units=8, speaker_embedding_dim=512,
        conv_dim=(8,), conv_stride=(5,), conv_kernel=(10,), num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2, max_speech_positions=400, max_text_positions=100,
        positional_dropout=0.0,
    )  # fmt: skip
    _save(folder, transformers.SpeechT5ForTextToSpeech, config)
    if whole:
        vocoder = transformers.SpeechT5HifiGanConfig(
            model_in_dim=8, upsample_initial_channel=8, upsample_rates=[4, 4],
            upsample_kernel_sizes=[8, 8], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1]],
        )  # fmt: skip
        _save(folder / "vocoder", transformers.SpeechT5HifiGan, vocoder)
        (folder / "speakers").mkdir()
        np.save(folder / "speakers" / "anna.npy", np.zeros(512, np.float32))
    return folder


def tiny_bark(folder: Path) -> Path:
    """A Bark that makes a dozen codec frames, with one voice preset named ``v2/en_speaker_0``."""
    import transformers
    from transformers.models.bark import generation_configuration_bark as bark

    small: dict[str, Any] = {"block_size": 1024, "num_layers": 1, "num_heads": 2, "hidden_size": 16}
    config = transformers.BarkConfig(
        semantic_config={**small, "input_vocab_size": 10_600, "output_vocab_size": 10_048},
        coarse_acoustics_config={**small, "input_vocab_size": 12_096, "output_vocab_size": 12_096},
        fine_acoustics_config={
            **small, "input_vocab_size": 1_056, "output_vocab_size": 1_056,
            "n_codes_total": 8, "n_codes_given": 1,
        },
        codec_config=transformers.EncodecConfig(
            num_filters=4, hidden_size=8, upsampling_ratios=[8, 5, 4, 2], codebook_size=1024,
            codebook_dim=8, target_bandwidths=[6.0], num_lstm_layers=1,
        ).to_dict(),
    )  # fmt: skip
    _save(folder, transformers.BarkModel, config)
    offsets = {
        "text_encoding_offset": 10_048,
        "text_pad_token": 10_590,
        "semantic_infer_token": 10_591,
    }
    settings = bark.BarkGenerationConfig.from_sub_model_configs(
        bark.BarkSemanticGenerationConfig(
            max_new_tokens=8, max_input_semantic_length=16, **offsets
        ),
        bark.BarkCoarseGenerationConfig(max_coarse_history=60, sliding_window_len=12),
        bark.BarkFineGenerationConfig(max_fine_history_length=512, max_fine_input_length=1024),
    )
    _write(folder / "generation_config.json", settings.to_dict())
    _bark_processor(folder)
    return folder


def _bark_processor(folder: Path) -> None:
    """A BERT tokenizer of letters and the files of one preset."""
    import transformers

    letters = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    words = [*letters, *(f"##{letter}" for letter in letters[5:]), ".", ","]
    transformers.BertTokenizer(vocab={w: i for i, w in enumerate(words)}).save_pretrained(folder)
    shapes = {"semantic_prompt": (20,), "coarse_prompt": (2, 30), "fine_prompt": (8, 30)}
    (folder / "speaker_embeddings" / "v2").mkdir(parents=True)
    named = {}
    for kind, shape in shapes.items():
        named[kind] = f"speaker_embeddings/v2/en_speaker_0_{kind}.npy"
        np.save(folder / named[kind], np.ones(shape, np.int64))
    _write(
        folder / "speaker_embeddings_path.json",
        {"repo_or_path": str(folder), "v2/en_speaker_0": named},
    )


_CSM_TOKENS = ("<|begin_of_text|>", "<|end_of_text|>", "<|AUDIO|>", "<|audio_eos|>")
#: As CSM's own template writes a conversation.
_CSM_TEMPLATE = (
    "{% for m in messages %}<|begin_of_text|>[{{ m['role'] }}]{{ m['content'][0]['text'] }}<|end_of_text|>"
    "{% if m['content'] | length > 1 %}<|AUDIO|><|audio_eos|>{% endif %}{% endfor %}"
)


def tiny_csm(folder: Path) -> Path:
    """A CSM of four codebooks with its codec, which reads bytes; it has no samples."""
    import transformers
    from transformers import PreTrainedTokenizerFast

    size = _byte_tokenizer(folder, _CSM_TOKENS)
    first = size - len(_CSM_TOKENS)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="<|end_of_text|>"
    )
    processor = transformers.CsmProcessor(
        transformers.EncodecFeatureExtractor(feature_size=1, sampling_rate=24_000),
        tokenizer, chat_template=_CSM_TEMPLATE,
    )  # fmt: skip
    processor.save_pretrained(folder)
    small = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8,
        "initializer_range": 1.0,  # large, so that what was heard changes what is drawn
    }  # fmt: skip
    codec = transformers.MimiConfig(
        **small, num_filters=4, num_quantizers=4, num_semantic_quantizers=1, codebook_size=128,
        codebook_dim=8, vector_quantization_hidden_dimension=8, upsample_groups=16,
    )  # fmt: skip
    config = transformers.CsmConfig(
        **small, num_codebooks=4, vocab_size=128, text_vocab_size=size, bos_token_id=first,
        pad_token_id=first + 1, audio_token_id=first + 2, audio_eos_token_id=first + 3,
        codebook_pad_token_id=127, codebook_eos_token_id=0, codec_config=codec.to_dict(),
        depth_decoder_config={
            **small, "num_codebooks": 4, "vocab_size": 128, "backbone_hidden_size": 16,
            "max_position_embeddings": 5,
        },
    )  # fmt: skip
    _save(folder, _csm_with_codebooks, config)
    return folder


def _csm_with_codebooks(config: Any) -> Any:
    """The model with codebooks that tell sounds apart: new ones are empty."""
    import transformers

    model = transformers.CsmForConditionalGeneration(config)
    for name, buffer in model.named_buffers():
        if name.endswith("embed_sum"):
            buffer.normal_()
    return model


def _byte_tokenizer(folder: Path, specials: tuple[str, ...]) -> int:
    """Whisper's tokenizer with a vocabulary of bytes; returns how many tokens it has."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE({w: i for i, w in enumerate(letters)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_tokens([AddedToken(token, special=not token[2].isdigit()) for token in specials])
    core.save(str(folder / "tokenizer.json"))
    end = "<|endoftext|>"
    names = {"bos_token": end, "eos_token": end, "unk_token": end, "pad_token": end}
    _write(folder / "tokenizer_config.json", {"tokenizer_class": "WhisperTokenizer", **names})
    return int(core.get_vocab_size())


def _save(folder: Path, kind: Any, config: Any) -> None:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind(config).eval().save_pretrained(folder)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content))
