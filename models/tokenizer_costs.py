"""What a text costs in tokens, and what the same sentence costs in ten languages.

Tokens are what a model's context holds and what hosted models charge for. Special tokens are not
counted, so that tokenizers can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.errors import InputError
from models.spec import Work
from models.tokenizer import TokenizerEngine
from models.tokens import Tokenization
from models.units import counted

#: Tokenizers that are compared at once.
FEWEST, MOST = 2, 4

#: One sentence, written by us in ten languages; the first is what the others are measured against.
SENTENCES: Mapping[str, str] = {
    "English": "The library opens at nine in the morning, and everyone may borrow books for free.",
    "Portuguese": "A biblioteca abre às nove da manhã, e todos podem levar livros de graça.",
    "Spanish": "La biblioteca abre a las nueve de la mañana y todos pueden llevarse libros gratis.",
    "German": "Die Bibliothek öffnet um neun Uhr morgens, und alle dürfen kostenlos Bücher ausleihen.",
    "Russian": "Библиотека открывается в девять утра, и каждый может бесплатно брать книги.",
    "Arabic": "تفتح المكتبة في التاسعة صباحًا، ويمكن للجميع استعارة الكتب مجانًا.",
    "Hindi": "पुस्तकालय सुबह नौ बजे खुलता है, और हर कोई मुफ़्त में किताबें ले सकता है।",
    "Chinese (simplified)": "图书馆早上九点开门，每个人都可以免费借书。",
    "Chinese (traditional)": "圖書館早上九點開門，每個人都可以免費借書。",
    "Japanese": "図書館は午前九時に開き、誰でも無料で本を借りることができます。",
}


@dataclass(frozen=True)
class Fertility:
    """What the sentence costs in one language.

    Attributes:
        language: a key of ``SENTENCES``.
        tokens: how many it takes.
        unknown: how many of them stand for text that the vocabulary can't spell.
        against_first: ``tokens`` in proportion to the first language's.
    """

    language: str
    tokens: int
    unknown: int
    against_first: float


@dataclass(frozen=True)
class Cost:
    """A text with one tokenizer.

    Attributes:
        result: the text's tokens, special ones not among them.
        languages: the sentence in each language, in the order of ``SENTENCES``.
    """

    result: Tokenization
    languages: tuple[Fertility, ...]

    @property
    def work(self) -> Work:
        """Tokens made of the text."""
        return self.result.work


def measure(engine: TokenizerEngine, text: str) -> Cost:
    """Tokenizes a text and the ten sentences; raises what ``TokenizerEngine.tokenize`` does."""
    result = engine.tokenize(text, special_tokens=False)
    found = [engine.tokenize(s, special_tokens=False) for s in SENTENCES.values()]
    first = len(found[0].tokens)
    languages = tuple(
        Fertility(name, len(r.tokens), r.unknown, len(r.tokens) / first)
        for name, r in zip(SENTENCES, found, strict=True)
    )
    return Cost(result, languages)


def relative_costs(costs: Sequence[Cost]) -> list[float]:
    """Tokens of each in proportion to the fewest of them: 1 is the cheapest."""
    counts = [len(cost.result.tokens) for cost in costs]
    fewest = min((count for count in counts if count), default=1)
    return [count / fewest for count in counts]


def check_models(models: Sequence[str]) -> list[str]:
    """The models without repetitions.

    Raises:
        InputError: when they are fewer than ``FEWEST`` or more than ``MOST``.
    """
    chosen = list(dict.fromkeys(models))
    if not FEWEST <= len(chosen) <= MOST:
        raise InputError(
            f"The choice has {counted(len(chosen), 'tokenizer')}; {FEWEST} to {MOST} different ones can be "
            "compared.",
            hint="Choose others.",
        )
    return chosen
