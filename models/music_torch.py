"""MusicGen: a transformer that writes the tokens of an audio codec, led by a text, frame by frame.

A frame is one token of each codebook; codebook k is written k steps after the first one (the delay
pattern, arxiv.org/abs/2306.05284, section 2.2). The loop is that of transformers' ``generate``, which
draws from torch's global generator and gives nothing before the end; here every piece has dice of its own
(decision 47), Stop acts at the next step, and what is done is heard while the rest is made.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import tensor_bytes
from models.errors import ModelUnsupported
from models.music import Abilities, Sketch, Wish
from models.sampling import dice
from models.spec import Placement, Weights
from models.stop import StopToken
from models.token_loading import load_tokenizer

#: Length of the pieces that MusicGen was trained on, in seconds (its paper, section 4.1): what comes
#: after them no longer hangs together.
TRAINED_S = 30.0
#: Length of a piece where nobody chose one, in seconds.
SECONDS = 10.0
#: The papers' guidance, for a checkpoint whose files name none.
GUIDANCE = 3.0
#: Frames at the end of an unfinished piece that are not heard yet: the codec looks as far ahead.
AHEAD = 8
#: Seconds of new sound that are worth a decode, and the share of a run's time that decodes may take.
NEWS_S, SHARE = 2.0, 0.15


class MusicgenComposer:
    """MusicGen, mono or stereo.

    Args:
        model: ``MusicgenForConditionalGeneration`` on its device.
        tokenizer: of its text encoder.
        device: torch device string of the model.
    """

    reentrant = True

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, device
        decoder, codec = model.config.decoder, model.config.audio_encoder
        self._channels, self._codebooks = decoder.audio_channels, decoder.num_codebooks
        self._delay = self._codebooks // self._channels
        self._hop = int(codec.hop_length)
        self.memory_bytes = tensor_bytes(model)
        rate = codec.sampling_rate
        most = (decoder.max_position_embeddings - self._delay) * self._hop / rate
        longest = min(TRAINED_S, float(int(most)))
        settings = model.generation_config
        self.can = Abilities(
            rate, self._channels, min(SECONDS, longest), longest,
            temperature=settings.temperature or 1.0,
            guidance=settings.guidance_scale or GUIDANCE,
        )  # fmt: skip

    def frames(self, seconds: float) -> int:
        """Codec frames of a piece."""
        return round(seconds * self.can.sample_rate / self._hop)

    def working_bytes(self, wish: Wish) -> int:
        """See ``models.music.Composer``: keys and values of every step, twice with guidance."""
        config = self._model.config.decoder
        rows = 2 if wish.guidance > 1 else 1
        numbers = 2 * config.num_hidden_layers * config.hidden_size
        return int(rows * numbers * self.frames(wish.seconds) * self._model.dtype.itemsize)

    def compose(self, wish: Wish, stop: StopToken) -> Iterator[Sketch]:
        """See ``models.music.Composer``."""
        piece = _Piece(self._model, self._told(wish.prompt), wish, self._device)
        frames, steps = self.frames(wish.seconds), self.frames(wish.seconds) + self._delay - 1
        ear = _Ear(self, time.perf_counter())
        while piece.step < steps and not stop.is_set:
            piece.advance(frames)
            done = piece.step - self._delay + 1
            if done < frames:
                yield Sketch(ear.heard(piece, done), piece.step, steps)
        done = piece.step - self._delay + 1
        if done > 0:
            yield Sketch(self.sound(piece.codes(done)), piece.step, steps)
        stop.check()

    def sound(self, codes: Any) -> NDArray[np.float32]:
        """What frames sound like.

        Args:
            codes: (codebooks, frames) int64; of stereo, left and right take turns.

        Returns:
            (frames * hop,) float32 for mono, (frames * hop, 2) for stereo.
        """
        import torch

        sides = [codes[None, None, side :: self._channels] for side in range(self._channels)]
        with torch.inference_mode():
            decode = self._model.audio_encoder.decode
            made = [decode(side, audio_scales=[None]).audio_values[0, 0] for side in sides]
            sound = made[0] if self._channels == 1 else torch.stack(made, dim=1)
        return np.asarray(sound.float().cpu().numpy(), np.float32)

    @property
    def ahead(self) -> int:
        """Samples at the end of an unfinished piece that may still change."""
        return AHEAD * self._hop

    def _told(self, prompt: str) -> Any:
        return self._tokenizer(prompt, return_tensors="pt").to(self._device)


class _Piece:
    """The tokens of one piece, written step by step.

    Args:
        model: MusicGen.
        told: the prompt's ``input_ids`` and ``attention_mask``, (1, tokens).
        wish: with the settings.
        device: torch device string of the model.
    """

    def __init__(self, model: Any, told: Any, wish: Wish, device: str) -> None:
        import torch
        from transformers import LogitsProcessorList
        from transformers.generation import ClassifierFreeGuidanceLogitsProcessor

        self.step, self._model, self._dice = 0, model, dice(wish.seed, device)
        decoder = model.config.decoder
        self._channels = decoder.audio_channels
        settings = _settings(model, wish.temperature, device)
        self._guided = wish.guidance > 1
        guide = [ClassifierFreeGuidanceLogitsProcessor(wish.guidance)] if self._guided else []
        self._rules = model._get_logits_processor(
            settings, input_ids_seq_length=1, encoder_input_ids=told.input_ids,
            logits_processor=LogitsProcessorList(guide), device=device,
        )  # fmt: skip
        self._pad = int(settings._pad_token_tensor)
        start = int(settings._decoder_start_token_tensor)
        self._ids = torch.full((decoder.num_codebooks, 1), start, device=device)
        self._told, self._mask = self._read(told)
        self._cache: Any = None

    def _read(self, told: Any) -> tuple[Any, Any]:
        """What the text says to the network; with guidance, beside it what no text at all says."""
        import torch

        with torch.inference_mode():
            read = self._model.text_encoder(**told).last_hidden_state  # (1, tokens, width)
        mask = told.attention_mask
        if not self._guided:
            return read, mask
        nothing = torch.zeros_like(read), torch.zeros_like(mask)
        return torch.cat([read, nothing[0]]), torch.cat([mask, nothing[1]])

    def advance(self, frames: int) -> None:
        """Draws one more token of every codebook that is due."""
        import torch

        with torch.inference_mode():
            last = self._ids[:, -1:]  # (codebooks, 1)
            out = self._model(
                encoder_outputs=(self._told,), attention_mask=self._mask,
                decoder_input_ids=last.repeat(2, 1) if self._guided else last,
                past_key_values=self._cache, use_cache=True,
            )  # fmt: skip
            self._cache = out.past_key_values
            scores = self._rules(self._ids, out.logits[:, -1].float())  # (codebooks, vocabulary)
            drawn = torch.multinomial(torch.softmax(scores, -1), 1, generator=self._dice)
        self.step += 1
        due = torch.arange(len(drawn), device=drawn.device) // self._channels  # its delay in steps
        outside = (self.step <= due) | (self.step > frames + due)
        drawn = drawn.masked_fill(outside[:, None], self._pad)
        self._ids = torch.cat([self._ids, drawn], dim=1)

    def codes(self, frames: int) -> Any:
        """The first frames, each codebook moved back by its delay: (codebooks, frames)."""
        import torch

        rows = [
            row[1 + at // self._channels : 1 + at // self._channels + frames]
            for at, row in enumerate(self._ids)
        ]
        return torch.stack(rows)


def _settings(model: Any, temperature: float, device: str) -> Any:
    """The checkpoint's own settings, filled up as ``generate`` does."""
    settings, _ = model._prepare_generation_config(None, do_sample=True, temperature=temperature)
    settings.guidance_scale = None  # ours comes first, as generate has it
    model._prepare_special_tokens(settings, True, device=device)
    return settings


class _Ear:
    """Decides when to listen to what is done: a decode of all of it, for the first part to stay as it is."""

    def __init__(self, composer: MusicgenComposer, began: float) -> None:
        self._composer, self._began = composer, began
        self._spent, self._last = 0.0, 0.0
        self._sound = np.zeros(0, np.float32)

    def heard(self, piece: _Piece, done: int) -> NDArray[np.float32]:
        """The sound so far, a newer one where that is due."""
        now = time.perf_counter()
        rate, ahead = self._composer.can.sample_rate, self._composer.ahead
        news_s = (done * self._composer._hop - ahead - len(self._sound)) / rate
        if worth_hearing(news_s, self._spent + self._last, now - self._began):
            self._sound = self._composer.sound(piece.codes(done))[:-ahead]
            self._last = time.perf_counter() - now
            self._spent += self._last
        return self._sound


def worth_hearing(news_s: float, spent_s: float, elapsed_s: float) -> bool:
    """Whether to decode what is done.

    Args:
        news_s: seconds of sound that were not heard yet.
        spent_s: what decodes will have taken with this one, as the last one took.
        elapsed_s: seconds since the beginning.
    """
    return news_s >= NEWS_S and spent_s <= SHARE * elapsed_s


def load_musicgen(weights: Weights, placement: Placement) -> MusicgenComposer:
    """Builds the composer from a folder in transformers' layout.

    Raises:
        ModelUnsupported: when the folder holds another kind of model.
    """
    import torch
    from transformers import AutoConfig, MusicgenForConditionalGeneration

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    if config.model_type != "musicgen":
        raise ModelUnsupported(
            f"{weights.card.id} is a {config.model_type} model; this tab composes with musicgen models.",
            hint="Try facebook/musicgen-small.",
        )
    tokenizer = load_tokenizer(weights.folder)
    model = MusicgenForConditionalGeneration.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    model.audio_encoder.float()  # half of a sample's bits would be heard as noise
    return MusicgenComposer(model.to(placement.device).eval(), tokenizer, placement.device)
