"""Whisper in transformers, decoded token by token.

The loop is our own, so that text appears while it is written, Stop takes effect with the next token
and every token's probability is known. It follows the reference (github.com/openai/whisper,
decoding.py and transcribe.py): timestamp rules, suppressed tokens, the no-speech rule, and more
heat when the text repeats itself or the model is unsure.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import tensor_bytes
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE, Heard, Request
from models.stop import StopToken
from models.torch_threads import SMALL_BYTES, one_core
from models.transcript import Segment, Word, shifted
from models.whisper_tokens import Phrase, WhisperTokens, phrases
from models.whisper_words import timed_words

#: Length of the window that Whisper was trained on, in seconds.
WINDOW_S = 30.0
#: Thresholds and heats of the reference's transcribe().
_HEATS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_MOST_REPETITIVE, _LEAST_SURE, _NO_SPEECH = 2.4, -1.0, 0.6
#: A rest shorter than this after the last finished phrase is not heard again, in seconds.
_SHORTEST_REST_S = 1.0
#: Seed for the retries with heat: the same recording always gives the same text.
_SEED = 0


@dataclass(frozen=True)
class _Reading:
    """One decoding of a window.

    Attributes:
        tokens: after the prompt, without the end token.
        mean_log: mean natural logarithm of the tokens' probabilities, the end token's among them.
        no_speech: 0 to 1, the model's own doubt that anybody speaks.
        ended: False when the longest text was reached.
    """

    tokens: tuple[int, ...] = ()
    mean_log: float = 0.0
    no_speech: float = 0.0
    ended: bool = False


class WhisperRecogniser:
    """Hears windows with a ``WhisperForConditionalGeneration``.

    Args:
        model: the network, its cross-attentions able to return their weights.
        tokenizer: its Whisper tokenizer, only used to look tokens up and to decode.
        extractor: its feature extractor.
        device: torch device string of the model.
    """

    reentrant = True
    window_s = WINDOW_S

    def __init__(self, model: Any, tokenizer: Any, extractor: Any, device: str) -> None:
        self._model, self._extractor, self._device = model, extractor, device
        self._tokens = WhisperTokens(tokenizer, model.generation_config, model.config)
        self._barred = self._bars(self._tokens.barred)
        self._barred_first = self._bars((*self._tokens.barred, *self._tokens.barred_first))
        self.memory_bytes = tensor_bytes(model)
        self._small = device == "cpu" and self.memory_bytes < SMALL_BYTES
        self.languages = self._tokens.languages
        self.detects_language = True
        self.tasks: tuple[str, ...] = (
            ("transcribe", "translate") if self._tokens.multilingual else ("transcribe",)
        )

    def hear(
        self, samples: NDArray[np.float32], request: Request, stop: StopToken
    ) -> Iterator[Heard]:
        """See ``models.speech_recogniser.Recogniser``."""
        with one_core() if self._small else nullcontext():
            yield from self._hear(samples, request, stop)

    def _hear(
        self, samples: NDArray[np.float32], request: Request, stop: StopToken
    ) -> Iterator[Heard]:
        """The same.

        When the model closes a phrase, opens another and leaves it empty, it wants to hear the
        rest again from there; so does this.
        """
        duration, offset = len(samples) / SAMPLE_RATE, 0.0
        done: list[Segment] = []
        language, probability = request.language, None
        while True:
            rest = samples[int(offset * SAMPLE_RATE) :]
            encoded = self._encode(rest)
            if not language:
                language, probability = self._detect(encoded)
            prompt = self._tokens.prompt(language, request.task)
            reading = _Reading()
            for reading in self._readings(encoded, prompt, stop):
                draft = self._tokens.text(reading.tokens)
                yield Heard(tuple(done), draft, language, probability)
            found, resume = phrases(reading.tokens, self._tokens.first_tick, duration - offset)
            done.extend(self._segments(found, encoded, rest, language, request, offset))
            if resume is None or not reading.ended or duration - offset - resume < _SHORTEST_REST_S:
                break
            offset += resume
        yield Heard(tuple(done), "", language, probability)

    def _readings(self, encoded: Any, prompt: list[int], stop: StopToken) -> Iterator[_Reading]:
        """Growing readings; starts over with more heat while the result is a bad one."""
        import torch

        generator = torch.Generator(device=self._device).manual_seed(_SEED)
        for heat in _HEATS:
            reading = _Reading()
            for reading in self._decode(encoded, prompt, heat, generator, stop):
                yield reading
            text = self._tokens.text(reading.tokens)
            if reading.no_speech > _NO_SPEECH and reading.mean_log < _LEAST_SURE:
                yield _Reading(ended=True, no_speech=reading.no_speech)
                return
            if repetitiveness(text) <= _MOST_REPETITIVE and reading.mean_log >= _LEAST_SURE:
                return

    def _decode(
        self, encoded: Any, prompt: list[int], heat: float, generator: Any, stop: StopToken
    ) -> Iterator[_Reading]:
        import torch

        chosen: list[int] = []
        logs, no_speech, cache = 0.0, 0.0, None
        fed, room = prompt, self._tokens.longest - len(prompt)
        while len(chosen) < room:
            stop.check()
            logits, cache = self._step(encoded, fed, cache)  # (fed, vocabulary)
            if not chosen:
                start = logits[prompt.index(self._tokens.start)].softmax(-1)
                no_speech = float(start[self._tokens.no_speech]) if self._tokens.no_speech else 0.0
            scores = self._ruled(logits[-1], chosen)
            log = scores.log_softmax(-1)
            if heat:
                token = int(torch.multinomial((scores / heat).softmax(-1), 1, generator=generator))
            else:
                token = int(scores.argmax())
            logs += float(log[token])
            mean = logs / (len(chosen) + 1)
            if token == self._tokens.end:
                yield _Reading(tuple(chosen), mean, no_speech, True)
                return
            chosen.append(token)
            fed = [token]
            yield _Reading(tuple(chosen), mean, no_speech, False)

    def _ruled(self, logits: Any, chosen: list[int]) -> Any:
        """Logits (vocabulary,) with what must not come next at minus infinity."""
        scores = logits + (self._barred if chosen else self._barred_first)
        low, high = self._tokens.allowed_ticks(chosen)
        first = self._tokens.first_tick
        scores[first : first + low] = -float("inf")
        scores[first + high :] = -float("inf")
        if self._tokens.must_be_tick(chosen):
            scores[: self._tokens.end if chosen else first] = -float("inf")
        log = scores.log_softmax(-1)
        if log[first:].logsumexp(-1) > log[:first].max():
            scores[:first] = -float("inf")
        return scores

    def _encode(self, samples: NDArray[np.float32]) -> Any:
        import torch

        features = self._extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        spectrum = features.input_features.to(self._device, self._model.dtype)  # (1, mels, 3000)
        with torch.inference_mode():
            return self._model.model.encoder(spectrum).last_hidden_state  # (1, 1500, width)

    def _step(self, encoded: Any, tokens: list[int], cache: Any) -> tuple[Any, Any]:
        import torch

        with torch.inference_mode():
            out = self._model(
                encoder_outputs=(encoded,),
                decoder_input_ids=torch.tensor([tokens], device=self._device),
                past_key_values=cache,
                use_cache=True,
            )
            return out.logits[0].float(), out.past_key_values

    def _detect(self, encoded: Any) -> tuple[str, float | None]:
        """The likeliest language and its probability; the only one of an English-only model."""
        if not self._tokens.multilingual:
            return "en", None
        logits, _ = self._step(encoded, [self._tokens.start], None)
        codes, ids = self._tokens.languages, self._tokens.language_ids
        shares = logits[-1, ids].softmax(-1)
        best = int(shares.argmax())
        return codes[best], float(shares[best])

    def _segments(
        self, found: list[Phrase], encoded: Any, samples: NDArray[np.float32], language: str,
        request: Request, offset: float,
    ) -> list[Segment]:  # fmt: skip
        words: list[tuple[Word, ...]] = [()] * len(found)
        if request.words and found:
            prompt = self._tokens.prompt(language, request.task)
            frames = min(encoded.shape[1], -(-len(samples) // self._tokens.samples_per_frame))
            words = timed_words(
                self._model,
                self._tokens,
                encoded,
                prompt,
                [p.tokens for p in found],
                frames,
                language,
            )
        return [
            shifted(Segment(p.start, p.end, self._tokens.text(p.tokens), timed), offset)
            for p, timed in zip(found, words, strict=True)
        ]

    def _bars(self, ids: tuple[int, ...]) -> Any:
        import torch

        bars = torch.zeros(self._model.config.vocab_size, device=self._device)
        bars[list(ids)] = -float("inf")
        return bars


def repetitiveness(text: str) -> float:
    """How many times smaller zlib makes the text: above 2.4 it goes round in circles."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def load_whisper(weights: Weights, placement: Placement) -> WhisperRecogniser:
    """Builds the recogniser from a Hugging Face folder."""
    import copy

    import torch
    from transformers import AutoFeatureExtractor, AutoTokenizer, WhisperForConditionalGeneration

    here: dict[str, Any] = {"local_files_only": True}
    model = WhisperForConditionalGeneration.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), **here
    )
    model = model.to(placement.device).eval()
    eager = copy.copy(model.config)  # only eager attention returns its weights, for the word times
    eager._attn_implementation = "eager"
    for module in model.model.decoder.modules():
        if hasattr(module, "config"):
            module.config = eager
    tokenizer = AutoTokenizer.from_pretrained(weights.folder, **here)
    extractor = AutoFeatureExtractor.from_pretrained(weights.folder, **here)
    return WhisperRecogniser(model, tokenizer, extractor, placement.device)
