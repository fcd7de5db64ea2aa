"""English text as a voice reads it: words with their sounds, and the place of each in the text.

Rules, lexicons and the networks for unknown words are those of the package hibari-tts (Apache-2.0;
they follow misaki, github.com/hexgrad/misaki), whose alphabet the sounds are in: the International
Phonetic Alphabet with one letter for a diphthong (A for eɪ) and for an affricate (ʤ for dʒ).
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from models.packed import Packed

#: Sounds that are said at once; a longer sentence is cut, after a comma where it has one.
LONGEST_PHRASE = 400
#: Letters that the network for unknown words reads; longer words are said in parts.
_LONGEST_WORD = 24
#: Digits of a number that the number reading has words for; longer ones are said digit by digit.
_LONGEST_NUMBER = 36
_NUMBER = re.compile(r"\d[\d,]*")
_LONG_WORD = re.compile(rf"([^\W\d_]{{{_LONGEST_WORD}}})(?=[^\W\d_])")
_WORD_OR_PICTURE = re.compile(r"[^\W\d_]+|[^\w\s]")
_WORD = re.compile(r"\S+")
_STRESS = str.maketrans("", "", "ˈˌ")
#: Without stress, and a flapped t as the reader writes it.
_PLAIN = _STRESS | str.maketrans("ɾʔ", "Tt")
#: Markdown that nobody says: *emphasis*, `code`, a list's bullet, a quotation's mark.
_EMPHASIS = re.compile(r"(?<![\w*_`])(\*{1,3}|_{1,3}|`{1,3})(\S(?:[^\n]*?\S)?)\1(?![\w*_`])")
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|>+)[ \t]+", re.MULTILINE)
_PAUSES = tuple(",;:—")
#: The reader's letters for two sounds at once -> both of them.
IPA = {
    **{"A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ"},
    **{"ʤ": "dʒ", "ʧ": "tʃ", "T": "ɾ", "ᵊ": "ə"},
}
_IPA = str.maketrans(IPA)
#: Words that numbers, amounts and percentages are read with.
_NUMBER_WORDS = (
    "and point minus percent dollar dollars cent cents pound pounds pence euro euros "
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth "
    "fortieth fiftieth sixtieth seventieth eightieth ninetieth hundredth thousandth millionth"
)


@dataclass(frozen=True)
class ReadWord:
    """A word as it is read.

    Attributes:
        text: such as "forty five dollars" for "$45", with the punctuation that shapes its melody.
        phonemes: its sounds; empty when it has none.
        start: character offset into the text of the word, or words, that it is read for.
        end: the same, exclusive; several words share a place when "7:30" is read as two.
    """

    text: str
    phonemes: str
    start: int
    end: int


class EnglishReader:
    """Reads English text; made by ``english_reader``.

    Args:
        british: whether words are pronounced the British way.
        like: a reader whose tagger, the same for every accent, is used.
    """

    def __init__(self, *, british: bool, like: EnglishReader | None = None) -> None:
        from hibari.g2p import G2P

        self._g2p: Any = G2P(british=british)
        if like is not None:
            self._g2p.tagger = like._g2p.tagger
        else:
            _pack(self._g2p.tagger, "tagdict", "weights")
        _pack(self._g2p.lexicon.golds, "d")
        _pack(self._g2p.lexicon.silvers, "d")
        self._g2p.oov("ready")  # loads what would else be loaded by the first unknown word
        self._numbers = dict(_number_sounds(self._g2p.lexicon))

    def read(self, text: str) -> list[list[ReadWord]]:
        """The phrases that are said at once, each of at most ``LONGEST_PHRASE`` sounds."""
        from hibari import Hibari

        words, prepared = [], sayable(text)
        for sentence in Hibari.split_sentences(prepared):
            words.append(list(self._words(sentence)))
        placed = iter(_placed(text, [word for sentence in words for word, _, _ in sentence]))
        phrases = []
        for sentence in words:
            read = [ReadWord(said, sounds, *next(placed)) for _, said, sounds in sentence]
            phrases += list(_phrases(read))
        return [p for p in map(_trimmed, phrases) if any(_has_sound(word) for word in p)]

    def _words(self, sentence: str) -> Iterator[tuple[str, str, str]]:
        """(normalised, as read, sounds) of everything between two spaces."""
        from hibari.g2p import normalize

        group: list[Any] = []
        for token in self._g2p.phonemize_tokens(self._g2p.tokenize(normalize(sentence))):
            group.append(token)
            if token.whitespace:
                yield self._joined(group)
                group = []
        if group:
            yield self._joined(group)

    def _joined(self, tokens: Sequence[Any]) -> tuple[str, str, str]:
        said = "".join(self._spelled(token) for token in tokens)
        sounds = "".join(token.phonemes or "" for token in tokens)
        return "".join(token.text for token in tokens), said, sounds

    def _spelled(self, token: Any) -> str:
        """A token as words: numbers are read inside the lexicon, so their sounds tell the words."""
        if not any(c.isdigit() for c in token.text):
            return "" if token.phonemes == "" and not token.text.isalnum() else str(token.text)
        words = [self._numbers.get(s.translate(_STRESS)) for s in (token.phonemes or "").split()]
        return " ".join(w for w in words if w) if words and all(words) else str(token.text)


_readers: dict[bool, EnglishReader] = {}
_mutex = threading.Lock()


def english_reader(*, british: bool) -> EnglishReader:
    """The reader of an accent, which all voices share.

    Kept when they leave, as a library's own data is. Made anew for each load, the half a million small
    objects that it is read from left the process larger every time.
    """
    with _mutex:
        reader = _readers.get(british)
        if reader is None:
            reader = EnglishReader(british=british, like=_readers.get(not british))
            _readers[british] = reader
        return reader


def unreadable(text: str) -> list[str]:
    """Words in another script than Latin, and pictures such as emoji."""
    return [
        piece
        for piece in _WORD_OR_PICTURE.findall(text)
        if not any(map(_is_latin, piece))
        and (piece[0].isalpha() or unicodedata.category(piece[0]) == "So")
    ]


def sayable(text: str) -> str:
    """The text without what the package's pronunciation breaks on, and without Markdown's marks."""
    text = _EMPHASIS.sub(r"\2", _BULLET.sub("", text))
    text = text.replace(
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "I"
    )  # two letters in lower case
    return _LONG_WORD.sub(r"\1 ", _NUMBER.sub(_by_digit, text))


def ipa(phonemes: str) -> str:
    """The reader's sounds in the International Phonetic Alphabet itself."""
    return phonemes.translate(_IPA)


def phoneme_text(words: Iterable[ReadWord]) -> str:
    """The sounds of a phrase in one line."""
    return " ".join(word.phonemes for word in words).strip()


def _has_sound(word: ReadWord) -> bool:
    return any(character.isalpha() for character in word.phonemes)


def _trimmed(words: list[ReadWord]) -> list[ReadWord]:
    """A phrase without the silent words at its ends."""
    heard = [number for number, word in enumerate(words) if word.phonemes]
    return words[heard[0] : heard[-1] + 1] if heard else []


def _phrases(words: Sequence[ReadWord]) -> Iterator[list[ReadWord]]:
    phrase: list[ReadWord] = []
    for word in words:
        if phrase and len(phoneme_text([*phrase, word])) > LONGEST_PHRASE:
            cut = _last_pause(phrase)
            yield phrase[:cut]
            phrase = phrase[cut:]
        phrase.append(word)
    if phrase:
        yield phrase


def _last_pause(phrase: Sequence[ReadWord]) -> int:
    """How many words to say at once: up to the last comma, or all where there is none."""
    pauses = [n for n, word in enumerate(phrase, start=1) if word.phonemes.endswith(_PAUSES)]
    return pauses[-1] if pauses else len(phrase)


def _placed(text: str, said: Sequence[str]) -> list[tuple[int, int]]:
    """Places in the text of the words that it is read as: equal words first, the rest by what lies
    between them ("7:30 pm" for "seven thirty P.M.")."""
    from rapidfuzz.distance import Levenshtein

    found = list(_WORD.finditer(text))
    steps = Levenshtein.opcodes([m[0].lower() for m in found], [word.lower() for word in said])
    places: list[tuple[int, int]] = []
    for _, group in groupby(steps, key=lambda step: step.tag == "equal"):
        held = list(group)
        sources = [m.span() for m in found[held[0].src_start : held[-1].src_end]]
        count = held[-1].dest_end - held[0].dest_start
        if len(sources) == count:
            places += sources
        elif sources:
            places += [(sources[0][0], sources[-1][1])] * count
        else:
            places += [places[-1] if places else (0, 0)] * count
    return places


def _pack(holder: Any, *names: str) -> None:
    """Gives what only looks entries up the same entries in a tenth of the memory."""
    for name in names:
        setattr(holder, name, Packed(getattr(holder, name)))


def _number_sounds(lexicon: Any) -> Iterator[tuple[str, str]]:
    """Sounds without stress -> word, for all words that numbers are made of."""
    from hibari.g2p import numbers

    names = [*numbers.ONES, *filter(None, numbers.TENS), "hundred", *filter(None, numbers.SCALES)]
    for word in [*names, *_NUMBER_WORDS.split()]:
        sounds = [lexicon.lookup(word, None, None, None)[0]]
        if word.endswith("s"):
            sounds.append(lexicon.stem_s(word, None, None, None)[0])
        yield from ((sound.translate(_PLAIN), word) for sound in sounds if sound)


def _by_digit(number: re.Match[str]) -> str:
    digits = number[0].replace(",", "")
    return " ".join(digits) if len(digits) > _LONGEST_NUMBER else number[0]


def _is_latin(letter: str) -> bool:
    return "LATIN" in unicodedata.name(letter, "")
