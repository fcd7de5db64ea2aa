"""The networks of the starter text-to-image model: tokenizer, text encoder, UNet, noise and loss.

The UNet hears the caption twice: by cross-attention, and as a pooled vector added
to the time embedding, which teaches it the concept sooner.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.starter.train.image_colours import COLOURS
from models.starter.train.image_corpus import Concept

if TYPE_CHECKING:
    from diffusers import DDIMScheduler
    from transformers import CLIPTokenizer


TOKENS = 16  # longest prompt, start and end included; the rest is cut off
SNR_CLAMP = 5.0
START, END = "<|startoftext|>", "<|endoftext|>"
EXTRA_WORDS = (
    "a an the of on in and with picture drawing icon cartoon cute white background photo image "
    "painting emoji small big little one two please draw black"
)


@dataclass(frozen=True)
class Sizes:
    """Widths of the networks; the defaults are the shipped model's."""

    text: int = 128
    text_layers: int = 2
    unet: tuple[int, ...] = (64, 128, 192)
    attention: tuple[bool, ...] = (False, True, False)
    groups: int = 16
    latent: int = 16  # pixels of the latent's side


def build_tokenizer(concepts: list[Concept]) -> "CLIPTokenizer":
    """Make a byte-level BPE tokenizer in which each known word is one token.

    A word it has never seen falls apart into pieces and bytes; nothing is unknown.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    words = sorted({w for c in concepts for w in c.word.split()} | {*COLOURS, *EXTRA_WORDS.split()})
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    bpe.train_from_iterator([words], trainer)
    learned = json.loads(bpe.to_str())["model"]
    pieces = set(learned["vocab"]) | {f"{c}</w>" for c in alphabet}
    vocab = {piece: i for i, piece in enumerate(sorted(pieces))}
    vocab |= {START: len(vocab), END: len(vocab) + 1}
    merges = [tuple(m) for m in learned["merges"]]
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=TOKENS)


def token_ids(tokenizer: "CLIPTokenizer", texts: list[str]) -> Tensor:
    """Tokenize as the pipeline does: cut and padded to `TOKENS`, (n, 16)."""
    made = tokenizer(
        texts, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
    )
    ids: Tensor = made.input_ids
    return ids


class Networks(torch.nn.Module):  # type: ignore[misc]
    """The text encoder and the UNet, trained together.

    Args:
        sizes: Their widths.
        tokenizer: Gives the vocabulary's size and the special tokens.
    """

    def __init__(self, sizes: Sizes, tokenizer: "CLIPTokenizer") -> None:
        super().__init__()
        from diffusers import UNet2DConditionModel
        from diffusers.models.attention_processor import AttnProcessor
        from transformers import CLIPTextConfig, CLIPTextModel

        self.text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=sizes.text,
                intermediate_size=sizes.text * 3,
                num_hidden_layers=sizes.text_layers,
                num_attention_heads=4,
                max_position_embeddings=TOKENS,
                projection_dim=sizes.text,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
                initializer_factor=1.0,
            )
        )
        down = ("DownBlock2D", "CrossAttnDownBlock2D")
        up = ("UpBlock2D", "CrossAttnUpBlock2D")
        self.unet = UNet2DConditionModel(
            sample_size=sizes.latent,
            down_block_types=tuple(down[a] for a in sizes.attention),
            up_block_types=tuple(up[a] for a in reversed(sizes.attention)),
            block_out_channels=sizes.unet,
            layers_per_block=1,
            cross_attention_dim=sizes.text,
            attention_head_dim=4,
            norm_num_groups=sizes.groups,
            resnet_time_scale_shift="scale_shift",
            addition_embed_type="text",
            addition_embed_type_num_heads=4,
        )
        # The fused attention's backward pass took 18 % of a step on a CPU; plain products take 3 %.
        self.unet.set_attn_processor(AttnProcessor())
        self.text_encoder.set_attn_implementation("eager")

    def forward(self, noisy: Tensor, steps: Tensor, ids: Tensor) -> Tensor:
        """Predict the velocity. Shapes: (n, 4, 16, 16), (n,), (n, 16)."""
        hidden = self.text_encoder(ids).last_hidden_state  # (n, 16, text)
        out: Tensor = self.unet(noisy, steps, hidden).sample
        return out


def build_scheduler() -> "DDIMScheduler":
    """Make the noise schedule and sampler: velocity, zero signal at the last step."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,  # trailing steps pass over it; the pipeline warns about 0
    )


def loss(networks: torch.nn.Module, latents: Tensor, ids: Tensor, alphas: Tensor) -> Tensor:
    """Mean squared error of the velocity at random steps.

    Steps with a signal-to-noise ratio above `SNR_CLAMP` count less (min-SNR weighting
    on the clean-latent scale, https://arxiv.org/abs/2303.09556), noisy ones fully.
    """
    steps = torch.randint(0, len(alphas), (len(latents),))
    noise = torch.randn_like(latents)
    signal = alphas[steps].sqrt().view(-1, 1, 1, 1)
    spread = (1 - alphas[steps]).sqrt().view(-1, 1, 1, 1)
    velocity = signal * noise - spread * latents
    with torch.autocast("cpu", torch.bfloat16):
        guess = networks(signal * latents + spread * noise, steps, ids).float()
    snr = alphas[steps] / (1 - alphas[steps]).clamp(min=1e-5)
    weight = (snr + 1).clamp(max=SNR_CLAMP) / (snr + 1)
    return (weight * (guess - velocity).pow(2).flatten(1).mean(1)).mean()
