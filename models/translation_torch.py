"""Translation by transformers: Marian (OPUS-MT), NLLB and M2M100, token by token.

The families differ in how they are told the languages: Marian has one pair, or a first token
``>>por<<`` for its target; NLLB and M2M100 put the source language before the text and start the
answer with the target language. Frames are put around the ids here, because setting a tokenizer's
``src_lang`` would change it for every other thread.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.errors import ModelUnsupported
from models.generation import Generator, Options
from models.languages import LANGUAGES, Pairs, iso_code, nllb_code
from models.spec import Placement, Weights
from models.stop import StopToken
from models.token_loading import load_tokenizer
from models.translation_pieces import plain_punctuation
from models.variants_marian import MarianTranslator

#: Longest piece handed to a model, in tokens: they learned from single sentences.
LONGEST = 200
#: Answers may be this much longer than the source, and a little more for short ones.
GROWTH, SPARE = 2.0, 16
#: Divides the scores of tokens that were written already: small models repeat themselves.
PENALTY = 1.05
_MARIAN_TARGET = re.compile(r">>(.+)<<")
_REPOSITORY = re.compile(r"opus-mt(?:-tc-\w+)?-([A-Za-z_]+)-([A-Za-z_]+)$")


class TorchSpeaker:
    """Speaks with one generative model.

    Args:
        generator: the model.
        pairs: what it can translate, in ISO codes where there is one.
        frames: how the languages are told.
        plain: whether the model learned from text with plain punctuation only.
    """

    reentrant = True
    latin_only = False

    def __init__(
        self, generator: Generator, pairs: Pairs, frames: Frames, *, plain: bool = False
    ) -> None:
        self._generator, self._frames, self.pairs = generator, frames, pairs
        self._plain = plain
        self.memory_bytes, self.batched = generator.memory_bytes, generator.batched
        self._limit = min(LONGEST, generator.window - 4)
        self.seat: MarianSeat | None = None  # a quicker variant may take it

    def fits(self, sentence: str) -> bool:
        """See ``models.translation_speaker.Speaker``."""
        return len(self._generator.encode(sentence)) <= self._limit

    def say(self, sentence: str, source: str, target: str, stop: StopToken) -> Iterator[str]:
        """See ``models.translation_speaker.Speaker``; grows with every token."""
        text = plain_punctuation(sentence) if self._plain else sentence
        ids = self._frames.framed(self._generator.encode(text), source, target)
        if self.seat is not None and self.seat.runtime is not None:
            yield self.seat.said(ids, stop)
            return
        options = _options(ids, self._generator.window, self._frames.first(target))
        for written in self._generator.write(ids, options, stop=stop):
            yield written.text.strip()

    def reword(
        self, sentence: str, source: str, target: str, count: int, stop: StopToken
    ) -> list[str]:
        """See ``models.translation.Rewording``."""
        text = plain_punctuation(sentence) if self._plain else sentence
        ids = self._frames.framed(self._generator.encode(text), source, target)
        told = _options(ids, self._generator.window, self._frames.first(target))
        options = replace(told, repetition_penalty=1.0)
        return self._generator.beams(ids, options, count, stop=stop)


class MarianSeat:
    """Where a quicker variant of a Marian model sits; empty while torch translates.

    Args:
        generator: the model in torch.
        frames: of its first pair, for the trial.
        pairs: what it can translate.
    """

    def __init__(self, generator: Generator, frames: Frames, pairs: Pairs) -> None:
        self._generator, self._frames, self._pairs = generator, frames, pairs
        self.runtime: MarianTranslator | None = None

    def exchange(self, runtime: MarianTranslator) -> None:
        """See ``models.variant_seats.Exchangeable``."""
        self.runtime = runtime

    def variant(self, folder: Path, fields: tuple[str, ...], name: str) -> MarianTranslator:
        """See ``models.variant_seats.Exchangeable``."""
        return self.translator(folder, name)

    def translator(self, folder: Path, name: str) -> MarianTranslator:
        """The variant of that name."""
        return MarianTranslator(folder, self._generator.tokenizer, name, PENALTY)

    def said(self, ids: list[int], stop: StopToken) -> str:
        """A framed sentence, translated by the variant."""
        if self.runtime is None:
            raise RuntimeError("torch translates")
        found = self.runtime.translate(
            ids, _options(ids, self._generator.window).max_new_tokens, stop
        )
        return str(self._generator.tokenizer.decode(found, skip_special_tokens=True)).strip()

    def asked(self, text: str) -> tuple[list[int], int]:
        """A sentence's framed ids and the limit of its translation, for the trial."""
        source, target = self._pairs.choose("", "")
        ids = self._frames.framed(self._generator.encode(plain_punctuation(text)), source, target)
        return ids, _options(ids, self._generator.window).max_new_tokens

    def written(self, ids: list[int], limit: int) -> list[int]:
        """The ids that torch writes, without their end."""
        return self._generator.ids_written(ids, _options(ids, self._generator.window))


def _options(ids: list[int], window: int, first: int | None = None) -> Options:
    """How a sentence is translated.

    Args:
        ids: its framed source.
        window: most tokens of the model.
        first: the token that the answer has to start with, or None.
    """
    limit = min(int(len(ids) * GROWTH) + SPARE, window - 2)  # its start and end are tokens too
    return Options(max_new_tokens=limit, repetition_penalty=PENALTY, forced_bos_token=first)


class Frames:
    """How a family of models is told source and target. This one is told nothing: one pair.

    Args:
        end: id of the end of the sentence.
    """

    def __init__(self, end: int) -> None:
        self._end = end

    def framed(self, ids: list[int], source: str, target: str) -> list[int]:
        """A sentence's ids with what the model wants around them."""
        return [*ids, self._end]

    def first(self, target: str) -> int | None:
        """The token that the answer has to start with."""
        return None


class MarianFrames(Frames):
    """Marian with several targets: ``>>por<<`` before the text.

    Args:
        end: id of the end of the sentence.
        targets: code -> id of its token.
    """

    def __init__(self, end: int, targets: dict[str, int]) -> None:
        super().__init__(end)
        self._targets = targets

    def framed(self, ids: list[int], source: str, target: str) -> list[int]:
        """See ``Frames``."""
        return [self._targets[target], *ids, self._end]


class LanguageFrames(Frames):
    """NLLB and M2M100: the source's token before the text, the target's first in the answer.

    Args:
        end: id of the end of the sentence.
        tokens: code -> id of its token.
    """

    def __init__(self, end: int, tokens: dict[str, int]) -> None:
        super().__init__(end)
        self._tokens = tokens

    def framed(self, ids: list[int], source: str, target: str) -> list[int]:
        """See ``Frames``."""
        return [self._tokens[source], *ids, self._end]

    def first(self, target: str) -> int | None:
        """See ``Frames``."""
        return self._tokens[target]


def load_speaker(weights: Weights, placement: Placement) -> TorchSpeaker:
    """Builds the model and finds out which languages it knows.

    Raises:
        ModelUnsupported: when the model is of no translation family that is known here.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    if config.model_type not in ("marian", "m2m_100"):
        raise ModelUnsupported(
            f"{weights.card.id} is a {config.model_type} model, which is not used for translation here.",
            hint="Choose an OPUS-MT (Marian), NLLB or M2M100 model, or an instruct language model.",
        )
    with warnings.catch_warnings():  # Marian's normaliser is not needed: see plain_punctuation
        warnings.filterwarnings("ignore", message=".*sacremoses")
        tokenizer = load_tokenizer(weights.folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    generator = Generator(model.to(placement.device).eval(), tokenizer, placement.device)
    if config.model_type == "marian":
        pairs, frames = marian_languages(tokenizer, weights.card.id)
        speaker = TorchSpeaker(generator, pairs, frames, plain=True)
        speaker.seat = MarianSeat(generator, frames, pairs)
        return speaker
    return TorchSpeaker(generator, *language_tokens(tokenizer))


def marian_languages(tokenizer: Any, repository: str) -> tuple[Pairs, Frames]:
    """A Marian model's pairs: from its target tokens, its settings, or its repository's name."""
    named = _REPOSITORY.search(repository)
    source = iso_code(tokenizer.source_lang or (named[1] if named else "source"))
    target = iso_code(tokenizer.target_lang or (named[2] if named else "target"))
    vocabulary = tokenizer.get_vocab()
    targets = {
        iso_code(match[1]): vocabulary[token]
        for token in vocabulary
        if (match := _MARIAN_TARGET.fullmatch(token))
    }
    end = int(tokenizer.eos_token_id)
    if len(targets) < 2:
        return Pairs((((source,), (target,)),)), Frames(end)
    sources = (source,) if len(source) <= 3 else tuple(LANGUAGES)
    return Pairs(((sources, tuple(targets)),)), MarianFrames(end, targets)


def language_tokens(tokenizer: Any) -> tuple[Pairs, Frames]:
    """NLLB's and M2M100's languages: those of our table that have a token, then any other."""
    vocabulary = {**tokenizer.get_vocab(), **getattr(tokenizer, "lang_token_to_id", {})}
    tokens: dict[str, int] = {}
    for iso in LANGUAGES:
        for token in (nllb_code(iso), f"__{iso}__"):
            if token in vocabulary:
                tokens[iso] = int(vocabulary[token])
    for token, number in vocabulary.items():
        if re.fullmatch(r"[a-z]{3}_[A-Z][a-z]{3}", token) and iso_code(token) not in tokens:
            tokens[token] = int(number)
    return Pairs.among(tuple(tokens)), LanguageFrames(int(tokenizer.eos_token_id), tokens)
