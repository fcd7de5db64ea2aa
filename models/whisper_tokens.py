"""Whisper's vocabulary: prompts, languages, timestamp tokens and the rules they obey.

A timestamp token ("tick") stands for a multiple of 0.02 s in the window. Ticks come in pairs, the
end of a phrase and the start of the next (arxiv.org/abs/2212.04356, section 2.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Seconds between two ticks, and the last of them.
TICK_S, LAST_TICK = 0.02, 1500
#: The first phrase begins within the first second, as in the reference.
_LATEST_START = 50


@dataclass(frozen=True)
class Phrase:
    """Text tokens between two ticks, with their times in seconds from the window's beginning."""

    start: float
    end: float
    tokens: tuple[int, ...]


class WhisperTokens:
    """Looks up what a Whisper checkpoint's own tokens are.

    Args:
        tokenizer: with ``convert_tokens_to_ids`` and ``decode``.
        generation: the checkpoint's generation configuration; missing fields are worked out.
        config: the model's configuration.

    Attributes:
        end, start, no_speech, first_tick: token ids; ``no_speech`` is 0 where there is none.
        multilingual: whether prompts name a language and a task.
        languages, language_ids: codes and their token ids, in the same order.
        barred: ids that never come out; barred_first: further ones at the beginning.
        longest: prompt and text together, in tokens.
        heads: (layer, head) pairs whose cross-attention follows the audio.
    """

    #: Samples per encoder frame: two hops of 10 ms at 16 kHz.
    samples_per_frame = 320

    def __init__(self, tokenizer: Any, generation: Any, config: Any) -> None:
        self._tokenizer = tokenizer
        self.end = self._id("<|endoftext|>")
        self.start = self._id("<|startoftranscript|>")
        self._no_ticks = self._id("<|notimestamps|>")
        self.first_tick = self._no_ticks + 1
        self.no_speech = self._id("<|nospeech|>") or self._id("<|nocaptions|>")
        stated = getattr(generation, "is_multilingual", None)
        self.multilingual = config.vocab_size >= 51865 if stated is None else bool(stated)
        self._languages = self._known_languages(generation)
        self.languages = tuple(self._languages) if self.multilingual else ("en",)
        self.language_ids = [self._languages[code] for code in self.languages if self.multilingual]
        named = tuple(getattr(generation, "suppress_tokens", None) or ())
        specials = range(self.end + 1, self.first_tick)
        self.barred = tuple(sorted({*(i for i in named if 0 <= i < config.vocab_size), *specials}))
        first = getattr(generation, "begin_suppress_tokens", None) or ()
        self.barred_first = tuple({*first, self.end})
        self.longest = config.max_target_positions
        heads = getattr(generation, "alignment_heads", None) or [
            (layer, head)
            for layer in range(config.decoder_layers // 2, config.decoder_layers)
            for head in range(config.decoder_attention_heads)
        ]
        self.heads = [(int(layer), int(head)) for layer, head in heads]

    def prompt(self, language: str, task: str, *, ticks: bool = True) -> list[int]:
        """Tokens that tell the model what to do."""
        prompt = [self.start]
        if self.multilingual:
            prompt += [self._languages[language], self._id(f"<|{task}|>")]
        return prompt if ticks else [*prompt, self._no_ticks]

    def text(self, tokens: Sequence[int]) -> str:
        """The words of the tokens, ticks left out, without white space around them."""
        return self.decode([t for t in tokens if t < self.end]).strip()

    def decode(self, tokens: Sequence[int]) -> str:
        """The tokens' text as it is, with U+FFFD where a character is not complete."""
        text = self._tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False)
        return str(text)

    def allowed_ticks(self, chosen: Sequence[int]) -> tuple[int, int]:
        """Half-open range of ticks, counted from 0.00, that may come next.

        None after a pair of them; the same or later to close a pair; later otherwise.
        """
        if not chosen:
            return 0, _LATEST_START + 1
        last, before = self._last_are_ticks(chosen)
        if last and before:
            return 0, 0
        ticks = [t - self.first_tick for t in chosen if t >= self.first_tick]
        lowest = ticks[-1] if last else ticks[-1] + 1 if ticks else 0
        return lowest, LAST_TICK + 1

    def must_be_tick(self, chosen: Sequence[int]) -> bool:
        """Whether plain text is ruled out: at the beginning, and half way through a pair."""
        if not chosen:
            return True
        last, before = self._last_are_ticks(chosen)
        return last and not before

    def _last_are_ticks(self, chosen: Sequence[int]) -> tuple[bool, bool]:
        """Whether the last and the last but one are ticks; the prompt counts as one."""
        return chosen[-1] >= self.first_tick, len(chosen) < 2 or chosen[-2] >= self.first_tick

    def _id(self, token: str) -> int:
        found = self._tokenizer.convert_tokens_to_ids(token)
        unknown = self._tokenizer.unk_token_id
        known = found is not None and (found != unknown or token == "<|endoftext|>")  # noqa: S105
        return int(found) if known else 0

    def _known_languages(self, generation: Any) -> dict[str, int]:
        stated = getattr(generation, "lang_to_id", None)
        if stated:
            return {token.strip("<|>"): int(i) for token, i in stated.items()}
        from transformers.models.whisper.tokenization_whisper import LANGUAGES

        found = {code: self._id(f"<|{code}|>") for code in LANGUAGES}
        return {code: token for code, token in found.items() if token}


def phrases(
    tokens: Sequence[int], first_tick: int, duration: float
) -> tuple[list[Phrase], float | None]:
    """Cuts a reading at its ticks.

    Args:
        tokens: text tokens and ticks.
        first_tick: id of 0.00.
        duration: of the window in seconds; text without an end tick ends there.

    Returns:
        The phrases that begin inside the window, and the time from which the model wants to hear
        the rest again (it ended on a pair of ticks), or None.
    """
    found: list[Phrase] = []
    start, text = 0.0, []
    for token in tokens:
        if token < first_tick:
            text.append(token)
            continue
        at = (token - first_tick) * TICK_S
        if text:
            found.append(Phrase(start, min(at, duration), tuple(text)))
            text = []
        start = at
    if text:
        found.append(Phrase(start, duration, tuple(text)))
    ended_on_pair = len(tokens) > 2 and tokens[-1] >= first_tick and tokens[-2] >= first_tick
    return [p for p in found if p.start < duration], start if ended_on_pair and start > 0 else None
