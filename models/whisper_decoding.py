"""Whisper's decoding, several windows at a time: one pass of the network writes a token of each.

The loop is our own, so that text appears while it is written, Stop takes effect with the next token
and every token's probability is known. It follows the reference (github.com/openai/whisper,
decoding.py and transcribe.py): timestamp rules, suppressed tokens, the no-speech rule, and more
heat when the text repeats itself or the model is unsure. What a window says never depends on its
neighbours but for the last bits of floating point.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from models.stop import StopToken
from models.whisper_tokens import WhisperTokens

#: Thresholds and heats of the reference's transcribe().
_HEATS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_MOST_REPETITIVE, _LEAST_SURE, _NO_SPEECH = 2.4, -1.0, 0.6
#: Seed for the retries with heat: the same recording always gives the same text.
_SEED = 0


@dataclass(frozen=True)
class Reading:
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


@dataclass
class _Row:
    """A window on its way through one decoding."""

    index: int
    generator: Any
    chosen: list[int]
    log: float = 0.0
    no_speech: float = 0.0
    ended: bool = False

    def take(self, token: int, log: float, end: int) -> None:
        self.log += log
        self.ended = token == end
        if not self.ended:
            self.chosen.append(token)

    def reading(self) -> Reading:
        count = len(self.chosen) + self.ended
        return Reading(tuple(self.chosen), self.log / count, self.no_speech, self.ended)


class WhisperDecoder:
    """Writes text for encoded windows with a ``WhisperForConditionalGeneration``."""

    def __init__(self, model: Any, tokens: WhisperTokens, device: str) -> None:
        self._model, self._tokens, self._device = model, tokens, device
        self._barred = self._bars(tokens.barred)
        self._barred_first = self._bars((*tokens.barred, *tokens.barred_first))

    def readings(
        self, encoded: Any, prompt: list[int], stop: StopToken
    ) -> Iterator[Sequence[Reading]]:
        """Growing readings of each window; a window whose result is bad starts over with more heat.

        Args:
            encoded: (windows, 1500, width), the encoder's output.
            prompt: the same for all.
            stop: polled with every token.
        """
        import torch

        now = [Reading()] * len(encoded)
        generators = [torch.Generator(self._device).manual_seed(_SEED) for _ in now]
        again = list(range(len(now)))
        for heat in _HEATS:
            rows = [_Row(index, generators[index], []) for index in again]
            chosen = encoded if len(rows) == len(encoded) else encoded[again]
            for _ in self._decode(rows, chosen, prompt, heat, stop):
                for row in rows:
                    now[row.index] = row.reading()
                yield now
            for index in again:
                if _is_silent(now[index]):
                    now[index] = Reading(ended=True, no_speech=now[index].no_speech)
            again = [index for index in again if self._is_bad(now[index])]
            if not again:
                break
        yield now

    def language(self, encoded: Any) -> tuple[str, float | None]:
        """The likeliest language of the first window and its probability.

        The only one of an English-only model, without a probability.
        """
        if not self._tokens.multilingual:
            return "en", None
        logits, _ = self._step(encoded[:1], [[self._tokens.start]], None)
        codes, ids = self._tokens.languages, self._tokens.language_ids
        shares = logits[0, -1, ids].softmax(-1)
        best = int(shares.argmax())
        return codes[best], float(shares[best])

    def _is_bad(self, reading: Reading) -> bool:
        return reading.mean_log < _LEAST_SURE or (
            repetitiveness(self._tokens.text(reading.tokens)) > _MOST_REPETITIVE
        )

    def _decode(
        self, rows: list[_Row], encoded: Any, prompt: list[int], heat: float, stop: StopToken
    ) -> Iterator[None]:
        """Writes one token of each row between two yields, until all have ended."""
        cache, fed = None, [prompt] * len(rows)
        for written in range(self._tokens.longest - len(prompt)):
            stop.check()
            logits, cache = self._step(encoded, fed, cache)  # (rows, fed, vocabulary)
            if not written:
                self._note_silence(rows, logits[:, prompt.index(self._tokens.start)])
            scores = self._ruled(logits[:, -1], rows)
            tokens = self._chosen(scores, rows, heat)  # (rows, 1)
            logs = scores.log_softmax(-1).gather(-1, tokens)[:, 0].tolist()
            fed = tokens.tolist()
            for row, [token], log in zip(rows, fed, logs, strict=True):
                if not row.ended:
                    row.take(token, log, self._tokens.end)
            yield
            going = [place for place, row in enumerate(rows) if not row.ended]
            if not going:
                return
            if len(going) <= len(rows) / 2:  # what has ended costs time until it is left out
                rows, fed = [rows[i] for i in going], [fed[i] for i in going]
                encoded = encoded[going]
                cache.batch_select_indices(going)

    def _note_silence(self, rows: list[_Row], logits: Any) -> None:
        if self._tokens.no_speech:
            shares = logits.softmax(-1)[:, self._tokens.no_speech].tolist()
            for row, share in zip(rows, shares, strict=True):
                row.no_speech = share

    def _chosen(self, scores: Any, rows: list[_Row], heat: float) -> Any:
        import torch

        if not heat:
            return scores.argmax(-1, keepdim=True)
        shares = (scores / heat).softmax(-1)
        return torch.stack(
            [
                torch.multinomial(share, 1, generator=row.generator)
                for share, row in zip(shares, rows, strict=True)
            ]
        )

    def _ruled(self, logits: Any, rows: list[_Row]) -> Any:
        """Logits (rows, vocabulary) with what must not come next at minus infinity."""
        first, end = self._tokens.first_tick, self._tokens.end
        begun = bool(rows[0].chosen)
        scores = logits + (self._barred if begun else self._barred_first)
        for row, line in zip(rows, scores, strict=True):
            low, high = self._tokens.allowed_ticks(row.chosen)
            line[first : first + low] = -float("inf")
            line[first + high :] = -float("inf")
            if self._tokens.must_be_tick(row.chosen):
                line[: end if begun else first] = -float("inf")
        log = scores.log_softmax(-1)
        ticks = log[:, first:].logsumexp(-1) > log[:, :first].amax(-1)
        scores[:, :first].masked_fill_(ticks[:, None], -float("inf"))
        return scores

    def _step(self, encoded: Any, tokens: list[list[int]], cache: Any) -> tuple[Any, Any]:
        import torch

        with torch.inference_mode():
            out = self._model(
                encoder_outputs=(encoded,),
                decoder_input_ids=torch.tensor(tokens, device=self._device),
                past_key_values=cache,
                use_cache=True,
            )
            return out.logits.float(), out.past_key_values

    def _bars(self, ids: tuple[int, ...]) -> Any:
        import torch

        bars = torch.zeros(self._model.config.vocab_size, device=self._device)
        bars[list(ids)] = -float("inf")
        return bars


def _is_silent(reading: Reading) -> bool:
    return reading.no_speech > _NO_SPEECH and reading.mean_log < _LEAST_SURE


def repetitiveness(text: str) -> float:
    """How many times smaller zlib makes the text: above 2.4 it goes round in circles."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0
