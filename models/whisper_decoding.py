"""Whisper in torch: one pass of the network writes a token of each window, whoever's windows they are.

The loop is our own, so that text appears while it is written, Stop takes effect with the next token
and every token's probability is known. It follows the reference (github.com/openai/whisper,
decoding.py and transcribe.py): timestamp rules, suppressed tokens, the no-speech rule, and more
heat when the text repeats itself or the model is unsure. Windows join those that are being written
(their keys and values are filled up at the left), and what a window says never depends on its
neighbours but for the last bits of floating point.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from models.decoding_groups import Group, join_caches, narrow_cache, places_and_mask
from models.decoding_steps import Steps
from models.device import tensor_bytes
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE
from models.token_loading import load_tokenizer
from models.torch_threads import SMALL_BYTES, one_core
from models.whisper import WhisperRecogniser
from models.whisper_hearing import Hearing, Reading
from models.whisper_tokens import WhisperTokens
from models.whisper_words import aligned

#: Heats of the reference's transcribe(); a window whose result is bad is read again with the next.
HEATS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
#: Seed for the retries with heat: the same recording always gives the same text.
_SEED = 0
#: Windows at once at most, and the bytes that their keys and values may take on CPU and elsewhere.
_MOST_WINDOWS, _CPU_BYTES, _GPU_BYTES = 16, 256_000_000, 2_000_000_000
#: Windows that are encoded in one step elsewhere; on a CPU one is work enough for a step.
_ENCODED_AT_ONCE = 8
#: Share of the places that one user may take.
_SHARE = 0.75


class TorchEar:
    """Reads windows with a ``WhisperForConditionalGeneration``.

    Args:
        model: the network, its cross-attentions able to return their weights.
        tokens: its vocabulary.
        extractor: its feature extractor.
        device: torch device string of the model.
    """

    name = ""

    def __init__(self, model: Any, tokens: WhisperTokens, extractor: Any, device: str) -> None:
        self.model, self.tokens, self.device = model, tokens, device
        self._extractor = extractor
        self.memory_bytes = tensor_bytes(model)
        self.small = device == "cpu" and self.memory_bytes < SMALL_BYTES
        self.most = _fitting(model, device)
        self.barred = self._bars(tokens.barred)
        self.barred_first = self._bars((*tokens.barred, *tokens.barred_first))
        self.steps: Steps[Hearing] = Steps(
            TorchGroup, self, device, line=f"{device} speech", most=self.most,
            most_of_one=max(1, int(_SHARE * self.most)),
        )  # fmt: skip

    def encode(self, rows: Sequence[Hearing]) -> None:
        """Sets ``encoded`` of each row, (1, 1500, width)."""
        features = self._extractor(
            [row.samples for row in rows], sampling_rate=SAMPLE_RATE, return_tensors="pt"
        )
        spectra = features.input_features.to(self.device, self.model.dtype)  # (rows, mels, 3000)
        encoded = self.model.model.encoder(spectra).last_hidden_state  # (rows, 1500, width)
        for place, row in enumerate(rows):
            row.encoded = encoded[place : place + 1]

    def settle_languages(self, rows: Sequence[Hearing]) -> None:
        """The likeliest language of each row that leaves it open, with its probability.

        The only one of an English-only model, without a probability.
        """
        import torch

        if not self.tokens.multilingual:
            for row in rows:
                row.language = "en"
            return
        encoded = torch.cat([row.encoded for row in rows])
        logits = self.written(encoded, [[self.tokens.start]] * len(rows), None).logits
        shares = logits[:, -1, self.tokens.language_ids].float().softmax(-1)
        for row, line in zip(rows, shares, strict=True):
            best = int(line.argmax())
            row.language, row.language_probability = self.tokens.languages[best], float(line[best])

    def written(self, encoded: Any, ids: list[list[int]], cache: Any, **more: Any) -> Any:
        """One pass of the decoder: logits (rows, ids, vocabulary) and keys and values."""
        import torch

        return self.model(
            encoder_outputs=(encoded,),
            decoder_input_ids=torch.tensor(ids, device=self.device),
            past_key_values=cache,
            use_cache=True,
            **more,
        )

    def _bars(self, ids: tuple[int, ...]) -> Any:
        import torch

        bars = torch.zeros(self.model.config.vocab_size, device=self.device)
        bars[list(ids)] = -float("inf")
        return bars


class TorchGroup(Group[Hearing]):
    """Windows that are written together, wherever in its text each of them is."""

    def __init__(self, model: TorchEar, device: str, answers: list[Hearing]) -> None:
        super().__init__(model, device, answers)
        self._tokens = model.tokens
        self._cache: Any = None
        self._cached = [0] * len(answers)  # tokens in the cache, padding left out
        self._logs = [0.0] * len(answers)
        self._silence = [0.0] * len(answers)
        self._dice = [self._die() for _ in answers]

    @classmethod
    def begin(cls, model: TorchEar, device: str, answers: list[Hearing]) -> list[Group[Hearing]]:
        """See ``Group``: groups that one step can encode; they join when that is done."""
        size = 1 if device == "cpu" else _ENCODED_AT_ONCE
        return [cls(model, device, answers[i : i + size]) for i in range(0, len(answers), size)]

    def step(self) -> None:
        """See ``Group``."""
        self.ended, self.anew = [], []
        with one_core() if self._model.small else nullcontext():
            logits = self._next() if self._cache is not None else self._first()
            self._choose(logits.float())

    def _first(self) -> Any:
        """Encodes the windows and reads the prompts; logits (rows, vocabulary) after them."""
        import torch

        if fresh := [row for row in self.answers if row.encoded is None]:
            self._model.encode(fresh)
        if unknown := [row for row in self.answers if not row.language]:
            self._model.settle_languages(unknown)
        prompts = [self._tokens.prompt(row.language, row.request.task) for row in self.answers]
        out = self._model.written(torch.cat([row.encoded for row in self.answers]), prompts, None)
        self._cache, self._cached = out.past_key_values, [len(p) for p in prompts]
        if self._tokens.no_speech:
            at_start = out.logits[:, prompts[0].index(self._tokens.start)].float().softmax(-1)
            self._silence = at_start[:, self._tokens.no_speech].tolist()
        return out.logits[:, -1]

    def _next(self) -> Any:
        places, mask = places_and_mask(self._cached, self._device)
        # The cache has the keys and values of what was heard: of it only the presence is asked for.
        unused = self.answers[0].encoded[:, :1].expand(len(self.answers), -1, -1)
        out = self._model.written(
            unused, [[row.written[-1]] for row in self.answers], self._cache,
            decoder_attention_mask=mask, decoder_position_ids=places,
        )  # fmt: skip
        self._cached = [n + 1 for n in self._cached]
        return out.logits[:, -1]

    def _choose(self, logits: Any) -> None:
        """Takes the next token of each row, and ends those that are at their end."""
        scores = self._ruled(logits)
        tokens = self._chosen(scores)  # (rows, 1)
        logs = scores.log_softmax(-1).gather(-1, tokens)[:, 0].tolist()
        for place, ([token], log) in enumerate(zip(tokens.tolist(), logs, strict=True)):
            row = self.answers[place]
            row.was_in(len(self.answers))
            self._logs[place] += log
            ended = token == self._tokens.end
            if not ended:
                row.written.append(token)
            if ended or self._cached[place] + 1 >= self._tokens.longest:
                self._end(place, ended)

    def _end(self, place: int, ended: bool) -> None:
        row = self.answers[place]
        mean = self._logs[place] / (len(row.written) + ended)
        reading = Reading(tuple(row.written), mean, self._silence[place], ended)
        if not row.take(reading, self._tokens, last=row.heat + 1 >= len(HEATS)):
            self.anew.append(row)
            return
        if row.request.words and row.found:
            row.alignment = aligned(self._model.model, self._tokens, row)
        self.ended.append(row)

    def _chosen(self, scores: Any) -> Any:
        """The likeliest token of a row, or one by chance where it has heat."""
        import torch

        tokens = scores.argmax(-1, keepdim=True)
        for place, row in enumerate(self.answers):
            if heat := HEATS[row.heat]:
                shares = (scores[place] / heat).softmax(-1)
                tokens[place] = torch.multinomial(shares, 1, generator=self._dice[place])
        return tokens

    def _ruled(self, logits: Any) -> Any:
        """Logits (rows, vocabulary) with what must not come next at minus infinity."""
        import torch

        first, end = self._tokens.first_tick, self._tokens.end
        bars = [self._model.barred if r.written else self._model.barred_first for r in self.answers]
        scores = logits + torch.stack(bars)
        for row, line in zip(self.answers, scores, strict=True):
            low, high = self._tokens.allowed_ticks(row.written)
            line[first : first + low] = -float("inf")
            line[first + high :] = -float("inf")
            if self._tokens.must_be_tick(row.written):
                line[: end if row.written else first] = -float("inf")
        log = scores.log_softmax(-1)
        ticks = log[:, first:].logsumexp(-1) > log[:, :first].amax(-1)
        scores[:, :first].masked_fill_(ticks[:, None], -float("inf"))
        return scores

    def _die(self) -> Any:
        import torch

        return torch.Generator(self._device).manual_seed(_SEED)

    def join(self, other: Group[Hearing]) -> bool:
        """See ``Group``: both must have begun to write."""
        if not isinstance(other, TorchGroup) or None in (self._cache, other._cache):
            return False
        mine, theirs = self._cache, other._cache
        width = max(*self._cached, *other._cached)
        join_caches(mine.self_attention_cache, theirs.self_attention_cache, width)
        heard = mine.cross_attention_cache
        join_caches(heard, theirs.cross_attention_cache, heard.layers[0].keys.shape[-2])
        for name in ("answers", "_cached", "_logs", "_silence", "_dice"):
            setattr(self, name, [*getattr(self, name), *getattr(other, name)])
        return True

    def keep(self, rows: list[int]) -> None:
        """See ``Group``."""
        import torch

        for name in ("answers", "_cached", "_logs", "_silence", "_dice"):
            setattr(self, name, [getattr(self, name)[i] for i in rows])
        if rows:
            self._cache.batch_select_indices(torch.tensor(rows, device=self._device))
            narrow_cache(self._cache.self_attention_cache, max(self._cached))


def _fitting(model: Any, device: str) -> int:
    """How many windows may be under way: their cross-attention's keys and values take the memory."""
    config = model.config
    row = 2 * config.decoder_layers * config.max_source_positions * config.d_model
    budget = _CPU_BYTES if device == "cpu" else _GPU_BYTES
    return max(1, min(_MOST_WINDOWS, budget // int(row * model.dtype.itemsize)))


def load_whisper(weights: Weights, placement: Placement) -> WhisperRecogniser:
    """Builds the recogniser from a Hugging Face folder."""
    import copy

    import torch
    from transformers import AutoFeatureExtractor, WhisperForConditionalGeneration

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
    tokenizer = load_tokenizer(weights.folder)
    extractor = AutoFeatureExtractor.from_pretrained(weights.folder, **here)
    tokens = WhisperTokens(tokenizer, model.generation_config, model.config)
    return WhisperRecogniser(tokens, TorchEar(model, tokens, extractor, placement.device))
