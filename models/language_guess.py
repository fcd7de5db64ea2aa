"""Guesses the language of a text: by its script, and for Latin script by its small words and its letters.

No model: a list for each language (``models.language_words``). It needs a sentence to be sure, and
says how sure it is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from models.language_words import LISTED, WORDS, holders
from models.languages import nllb_code

#: Start of a letter's Unicode name -> the language to think of first.
_SCRIPTS = {
    "ARABIC": "ar", "HEBREW": "he", "GREEK": "el", "CYRILLIC": "ru", "HANGUL": "ko", "HIRAGANA": "ja",
    "KATAKANA": "ja", "CJK": "zh", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "THAI": "th",
    "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am", "KHMER": "km", "GUJARATI": "gu",
    "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GURMUKHI": "pa", "SINHALA": "si",
}  # fmt: skip
#: The same -> the scripts, in ISO 15924, of the languages that may be written so.
_WRITTEN = {
    "ARABIC": ("Arab",), "HEBREW": ("Hebr",), "GREEK": ("Grek",), "CYRILLIC": ("Cyrl",), "HANGUL": ("Hang",),
    "HIRAGANA": ("Jpan",), "KATAKANA": ("Jpan",), "CJK": ("Hans", "Hant", "Jpan"),
    "DEVANAGARI": ("Deva",), "BENGALI": ("Beng",), "TAMIL": ("Taml",), "THAI": ("Thai",),
    "GEORGIAN": ("Geor",), "ARMENIAN": ("Armn",), "ETHIOPIC": ("Ethi",), "KHMER": ("Khmr",),
    "GUJARATI": ("Gujr",), "TELUGU": ("Telu",), "KANNADA": ("Knda",), "MALAYALAM": ("Mlym",),
    "GURMUKHI": ("Guru",), "SINHALA": ("Sinh",),
}  # fmt: skip
#: Languages of Latin script whose table has no NLLB code to tell it.
_LATIN_TOO = frozenset(("br", "fy"))
#: Letters that only one language of a script has.
_TELLING = {"ru": (("uk", "іїєґ"), ("be", "ў")), "ar": (("ur", "ٹڈڑےں"), ("fa", "پچژگ"))}
_WORD = re.compile(r"[^\W\d_]+")
#: Characters looked at; the rest of a long text adds nothing.
_SAMPLE = 5_000
#: Different words of another language that make a text clearly foreign; fewer do where one word of
#: ``_DENSE`` is such a word.
_CLEAR, _FEW, _DENSE = 3, 2, 5
#: Words below which a text may be names, or anything.
_LEAST = 4


def guess_language(text: str, among: Collection[str]) -> tuple[str, float] | None:
    """The likeliest language of a text and how sure that is, 0 to 1; None when nothing tells.

    Args:
        text: any text.
        among: ISO codes that may be the answer.
    """
    sample = text[:_SAMPLE]
    script = _script(sample)
    if script and script != "LATIN":
        return _by_script(sample, script, among)
    return _by_words(_words(sample), among)


def foreign_language(text: str, known: Collection[str]) -> str | None:
    """The language of a text that is clearly in none of the languages known; None where unclear.

    Args:
        text: any text; a few words tell nothing.
        known: codes of the languages that a reader knows, ISO's or NLLB's.
    """
    sample = text[:_SAMPLE]
    script = _script(sample)
    if script and script != "LATIN":
        written = _WRITTEN.get(script, ())
        near = any(nllb_code(code).rpartition("_")[2] in written for code in known)
        return None if near else _SCRIPTS.get(script)
    if any(_is_latin(code) and code not in LISTED for code in known):
        return None  # it may be one whose small words are not listed
    words = _words(sample)
    if len(words) < _LEAST:
        return None
    held = [(word, holders(word)) for word in words if len(word) > 1 or not word.isascii()]
    strange = [(word, codes) for word, codes in held if codes and codes.isdisjoint(known)]
    weights = _weights(codes for _, codes in strange)
    best = max(LISTED, key=lambda code: weights[code])
    own = [word for word, codes in strange if best in codes]
    familiar = sum(best not in codes and not codes.isdisjoint(known) for _, codes in held)
    needed = _FEW if len(own) * _DENSE >= len(words) else _CLEAR
    clear = len({*own}) >= needed and any(word in WORDS for word in own)
    return best if clear and len(own) > 2 * familiar else None


def _words(sample: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", sample).lower())


def _weights(held: Iterable[frozenset[str]]) -> defaultdict[str, float]:
    """How much speaks for each language: a word that several have counts for each by its share."""
    found = defaultdict[str, float](float)
    for codes in held:
        for code in codes:
            found[code] += 1 / len(codes)
    return found


def _is_latin(code: str) -> bool:
    """Whether a language is written in Latin script, as far as its code tells."""
    script = nllb_code(code).rpartition("_")[2]
    return script == "Latn" or code in _LATIN_TOO


def _by_words(words: list[str], among: Collection[str]) -> tuple[str, float] | None:
    """The language that most words speak for; one word alone that several share tells nothing."""
    held = [codes for word in words if (codes := holders(word))]
    weights = _weights(held)
    ranked = sorted((code for code in LISTED if code in among), key=lambda code: -weights[code])
    if not ranked or not weights[ranked[0]]:
        return None
    best, weight = ranked[0], weights[ranked[0]]
    count = sum(best in codes for codes in held)
    if len(ranked) > 1 and math.isclose(weights[ranked[1]], weight) and count < _CLEAR:
        return None
    rival = max((found for code, found in weights.items() if code != best), default=0.0)
    share = weight / (weight + rival)
    return (best, share) if count > 1 or share > 0.6 else None


def _script(text: str) -> str:
    """First word of the Unicode names of most of its letters."""
    names = (unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha())
    counted = Counter(name.split("-")[0] for name in names)
    kana = counted["HIRAGANA"] + counted["KATAKANA"]
    if kana and kana + counted["CJK"] > counted.total() / 2:
        return "HIRAGANA"
    return counted.most_common(1)[0][0] if counted else ""


def _by_script(text: str, script: str, among: Collection[str]) -> tuple[str, float] | None:
    code = _SCRIPTS.get(script, "")
    for other, letters in _TELLING.get(code, ()):
        if any(letter in text for letter in letters):
            code = other
            break
    return (code, 0.9) if code in among else None
