"""Translation, sentence by sentence, with the layout of the text kept.

The engine cuts and joins; what says a sentence in another language is a ``Speaker``: the native
Bergamot engine (``models.translation_native``), a transformers model that was made to translate
(``models.translation_torch``) or an instruct language model (``models.translation_chat``). Line
breaks, blank lines, indentation, list markers, markup, addresses and emoji come back as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from models.errors import InputError
from models.language_guess import guess_language
from models.languages import language_code
from models.safetensors_header import folder_bytes
from models.sentences import Span, chunks, sentences
from models.spec import ModelCard, Placement, Weights, Work
from models.stop import NEVER, StopToken
from models.text_limits import check_size
from models.translation_cards import ONE_WORDING, card_pairs
from models.translation_pieces import (
    has_words,
    kept,
    lead,
    nth_sentence,
    rewrapped,
    translate_around,
)
from models.translation_speaker import Rewording, Speaker

#: Longest text, in characters: a long novel takes hours, so it is better sent in chapters.
MAX_CHARACTERS = 200_000
#: Wordings that a search keeps.
WORDINGS = 5


@dataclass(frozen=True)
class Translation:
    """A text in another language.

    Attributes:
        text: the translation so far, laid out like the source.
        source: code of the language it was read as.
        target: code of the language it was written in.
        sentences: sentences done.
        sentences_total: sentences in the text.
        kept: sentences among them that hold nothing to translate and stand as they were.
        characters: of the source, done.
        source_confidence: how sure the guess of ``source`` is, 0 to 1; None when it was given, or
            when nothing in the text told.
    """

    text: str
    source: str
    target: str
    sentences: int
    sentences_total: int
    kept: int
    characters: int
    source_confidence: float | None = None

    @property
    def work(self) -> Work:
        """Characters read so far."""
        return Work(self.characters, "characters")


@dataclass(frozen=True)
class Wordings:
    """Several translations of one sentence.

    Attributes:
        sentence: the sentence of the source.
        texts: translations, best first, each once.
        source, target: language codes.
    """

    sentence: str
    texts: tuple[str, ...]
    source: str
    target: str

    @property
    def work(self) -> Work:
        """Wordings found."""
        return Work(len(self.texts), "wordings")


class TranslationEngine:
    """Translates texts.

    Args:
        speaker: says single sentences.
    """

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self.reentrant, self.memory_bytes = speaker.reentrant, speaker.memory_bytes
        self.batched = getattr(speaker, "batched", False)
        self.translator_seat = getattr(speaker, "seat", None)
        self.pairs = speaker.pairs

    def translate(
        self, text: str, *, source: str = "", target: str = "", stop: StopToken = NEVER
    ) -> Iterator[Translation]:
        """Translates ``text``, sentence by sentence.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            source: language code or English name; guessed from the text when empty, and the model's first one
                when nothing in the text tells.
            target: language code or name; the first one that goes with the source when empty.
            stop: polled between sentences, and between tokens where the model allows.

        Yields:
            The translation so far; the last one is whole.

        Raises:
            InputError: when the text is empty or too long, or the model can't do the pair.
        """
        check_size(text, MAX_CHARACTERS, "There is no text to translate.", "Translate it in parts.")
        source, target = language_code(source), language_code(target)
        guess = None if source else guess_language(text, self.pairs.sources)
        source, target = self.pairs.choose(source or (guess[0] if guess else ""), target)
        confidence = guess[1] if guess else None
        spans = [
            (start + a, start + b)
            for start, end in sentences(text)
            for a, b in chunks_of(text[start:end], self._speaker.fits)
        ]
        done, at, kept_count = text[: spans[0][0]], spans[0][0], 0
        for number, (start, end) in enumerate(spans, start=1):
            stop.check()
            done, before = done + text[at:start], number - 1
            grown = ""
            for grown in self._sentence(text[start:end], source, target, stop):
                yield Translation(
                    done + grown, source, target, before, len(spans), kept_count, start, confidence
                )
            kept_count += not self._is_for_model(text[start:end])
            done, at = done + grown, end
            tail = text[end:] if number == len(spans) else ""
            yield Translation(
                done + tail,
                source,
                target,
                number,
                len(spans),
                kept_count,
                end + len(tail),
                confidence,
            )

    def choose(self, text: str, source: str, target: str) -> tuple[str, str]:
        """The pair that a text would be translated in; see ``translate`` for what is left empty.

        Raises:
            InputError: when the model can't do the pair.
        """
        guess = None if source else guess_language(text, self.pairs.sources)
        return self.pairs.choose(source or (guess[0] if guess else ""), target)

    def back(
        self, text: str, translated: str, source: str, target: str, *, stop: StopToken = NEVER
    ) -> Iterator[Translation]:
        """Translates a translation back, to be held against the text it was made from.

        Args:
            text: the text, by which an empty ``source`` is guessed.
            translated: its translation into ``target``.
            source, target: the pair of the translation, not of the way back.
            stop: see ``translate``.

        Raises:
            InputError: when the model does not know the way back.
        """
        there, here = self.choose(text, source, target)
        yield from self.translate(translated, source=here, target=there, stop=stop)

    def wordings(
        self, text: str, *, sentence: int = 1, source: str = "", target: str = "",
        count: int = WORDINGS, stop: StopToken = NEVER,
    ) -> Wordings:  # fmt: skip
        """Several translations of one sentence of ``text``, by beam search.

        Args:
            text: as for ``translate``.
            sentence: which one, from 1.
            source, target: as for ``translate``.
            count: translations wanted.
            stop: polled between tokens where the model allows.

        Raises:
            InputError: when the text is empty or too long or has no such sentence, or the model gives
                one wording only.
        """
        check_size(text, MAX_CHARACTERS, "There is no text to translate.", "Translate it in parts.")
        if not isinstance(self._speaker, Rewording):
            message, hint = ONE_WORDING
            raise InputError(message, hint=hint)
        source, target = self.choose(text, source, target)
        start, end = nth_sentence(text, sentence)
        a, b = chunks_of(text[start:end], self._speaker.fits)[0]
        asked = " ".join(text[start + a : start + b].split())
        found = self._speaker.reword(asked, source, target, count, stop)
        return Wordings(asked, tuple(found), source, target)

    def _sentence(self, sentence: str, source: str, target: str, stop: StopToken) -> Iterator[str]:
        """The sentence translated, growing where nothing in it has to be kept."""
        marker = lead(sentence)
        head, plain = sentence[:marker], " ".join(sentence[marker:].split())
        if not self._is_for_model(sentence):
            yield sentence
            return
        spans = kept(plain, latin_only=self._speaker.latin_only)
        if not spans:
            whole = ""
            for whole in self._speaker.say(plain, source, target, stop):
                yield head + whole
        else:
            whole = translate_around(
                plain, spans, lambda part: _last(self._speaker.say(part, source, target, stop))
            )
        yield head + rewrapped(whole, sentence[marker:])

    def _is_for_model(self, sentence: str) -> bool:
        """Whether anything is left to translate once the parts that are kept are gone."""
        rest = sentence[lead(sentence) :]
        for start, end in reversed(kept(rest, latin_only=self._speaker.latin_only)):
            rest = rest[:start] + rest[end:]
        return has_words(rest)


def estimate_bytes(weights: Weights, placement: Placement) -> int:
    """Memory that a model will take, from its files; Bergamot's engine widens what they hold."""
    if weights.card.engine == "bergamot":
        from models.translation_native import memory_of

        return memory_of(weights.folder)
    return folder_bytes(weights.folder, placement.dtype) or weights.card.size_bytes


def chunks_of(sentence: str, fits: Callable[[str], bool]) -> list[Span]:
    """The sentence whole if it fits, else its parts, as offsets."""
    return [(0, len(sentence))] if fits(sentence) else chunks(sentence, fits)


def _last(parts: Iterator[str]) -> str:
    whole = ""
    for whole in parts:  # noqa: B007 - the last one is wanted
        pass
    return whole


def _load_native(weights: Weights, placement: Placement) -> TranslationEngine:
    from models.translation_native import load_bergamot

    return TranslationEngine(load_bergamot(weights))


def _load_torch(weights: Weights, placement: Placement) -> TranslationEngine:
    from models.translation_torch import load_speaker

    return TranslationEngine(load_speaker(weights, placement))


def _load_chat(weights: Weights, placement: Placement) -> TranslationEngine:
    from models.translation_chat import load_chat

    return TranslationEngine(load_chat(weights, placement, card_pairs(weights.card)))


def _load_any(weights: Weights, placement: Placement) -> TranslationEngine:
    """A folder that only says it is for transformers: its architecture tells the rest."""
    from models.translation_chat import is_causal

    return (_load_chat if is_causal(weights) else _load_torch)(weights, placement)


def _over_causal(engine: Any, card: ModelCard) -> TranslationEngine:
    from models.translation_chat import over_chat

    return TranslationEngine(over_chat(engine.generator, card, card_pairs(card)))


#: Engine -> what is put over a resident that is lent; see ``models.lending``.
OVER: dict[str, Callable[[Any, ModelCard], TranslationEngine]] = {"causal": _over_causal}
LOADERS: dict[str, Callable[[Weights, Placement], TranslationEngine]] = {
    "transformers": _load_any,
    "bergamot": _load_native,
    "marian": _load_torch,
    "nllb": _load_torch,
    "m2m100": _load_torch,
    "causal": _load_chat,
}
