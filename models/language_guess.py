"""Guesses the language of a text: by its script, and for Latin script by its small words.

No model: a list of the commonest words of each language, most of which no other language has. It
needs a sentence to be sure, and says how sure it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection

from models.languages import nllb_code

#: A language's code, then its commonest short words.
_TABLE = """
en: the of and to in is that it was for on with as are this be at by have not he she they you from
  or
pt: o a os as de do da dos das em no na um uma que não e é com para por se mais ao são você ele ela
  foi
es: el la los las de del en un una que no y es con para por se más al lo su como pero son está fue
fr: le la les de des du un une et est que pas en dans pour sur ne se ce il elle nous vous au avec
  sont
de: der die das und ist nicht ein eine zu den mit von dem des im auf für sich auch es ich wir sie
  war
it: il lo la gli le di del della e è un una che non in per con si sono da al come più ma nel questo
nl: de het een en van is dat niet in op te met voor zijn die aan er ook was maar om dit bij ze
pl: i w na z do się nie to jest że o jak po co za od ale tak przez był są dla który
sv: och i att det som en på är av för med den till inte om ett har de jag var men sig så
da: og i at det er en til på som af for med den ikke de der et har jeg var men sig så fra
fi: ja on ei se että oli hän mutta kun niin ovat myös kuin joka tai sen olla ole nyt
cs: a v se na je že s z do to o k i jako ale by pro jsem za po byl není který
ro: și în de la a o cu nu pe un este că din mai se care pentru au fost dar sunt lui
tr: ve bir bu da de için ile çok ne var gibi daha ama değil olarak kadar sonra ben o
id: yang dan di ini itu dengan untuk tidak dari dalam akan pada juga ke ada saya kami bisa
hu: a az és hogy nem is egy ez van volt de meg csak már ha mint még vagy ki mert
"""
_WORDS = {
    match[1]: frozenset(match[2].split())
    for match in re.finditer(r"^(\w\w): ((?:.+\n)(?:  .+\n)*)", _TABLE, re.MULTILINE)
}
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
#: Small words of another language that make a text clearly foreign.
_CLEAR = 4


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
    return _by_words(_WORD.findall(sample.lower()), among)


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
    if any(_is_latin(code) and code not in _WORDS for code in known):
        return None  # it may be one whose small words are not listed
    words = _WORD.findall(sample.lower())
    hits = {code: sum(word in own for word in words) for code, own in _WORDS.items()}
    best = max(hits, key=lambda code: hits[code])
    familiar = max((hits.get(code, 0) for code in known), default=0)
    return best if hits[best] >= _CLEAR and hits[best] > 2 * familiar else None


def _is_latin(code: str) -> bool:
    """Whether a language is written in Latin script, as far as its code tells."""
    script = nllb_code(code).rpartition("_")[2]
    return script == "Latn" or code in _LATIN_TOO


def _by_words(words: list[str], among: Collection[str]) -> tuple[str, float] | None:
    """The language whose small words are most; one word alone that several share tells nothing."""
    hits = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    ranked = sorted((code for code in _WORDS if code in among), key=lambda code: -hits[code])
    if not ranked or not hits[ranked[0]]:
        return None
    best, count = ranked[0], hits[ranked[0]]
    if len(ranked) > 1 and hits[ranked[1]] == count:
        return None
    rival = max(hits[code] for code in _WORDS if code != best)
    share = count / (count + rival)
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
