"""What some embedding models want to read before a query or a passage, as their owners write it.

Models trained with a prefix rank worse without it. Newer ones state theirs in a file
(``models.embedding_recipe`` reads it); E5 and BGE state it in their model cards only, so it stands
here with its source, found by the family's name, which the page says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.errors import InputError
from models.spec import ModelCard

#: How a text may be read: to be compared with others, as a query, as a passage, or without any prefix.
ROLES = {
    "alike": "texts to compare",
    "query": "queries",
    "passage": "passages",
    "bare": "without a prefix",
}


@dataclass(frozen=True)
class Prefixes:
    """What stands before a text.

    Attributes:
        query: before a search query.
        passage: before a text that is searched.
        alike: before texts that are compared with each other.
        source: where this is written, to follow a sentence's beginning; empty for none.
    """

    query: str = ""
    passage: str = ""
    alike: str = ""
    source: str = ""

    def of(self, role: str) -> str:
        """The prefix of a role.

        Raises:
            InputError: when there is no such role.
        """
        if role not in ROLES:
            raise InputError(f"There is no role {role!r}.", hint=f"Choices: {', '.join(ROLES)}.")
        return {"query": self.query, "passage": self.passage, "alike": self.alike}.get(role, "")

    @property
    def wanted(self) -> bool:
        """Whether the model reads any prefix."""
        return bool(self.query or self.passage or self.alike)


NO_PREFIXES = Prefixes()
_SEARCH = "Instruct: Given a web search query, retrieve relevant passages that answer the query\n"
_BGE = "Represent this sentence for searching relevant passages: "
#: Letters of a model's name -> its prefixes. Sources: the cards of intfloat/e5-small-v2,
#: intfloat/multilingual-e5-large-instruct, BAAI/bge-small-en-v1.5, BAAI/bge-small-zh-v1.5,
#: Qwen/Qwen3-Embedding-0.6B and mixedbread-ai/mxbai-embed-large-v1 at the Hub.
_FAMILIES = (
    (
        re.compile(r"\be5-\S*instruct\b"),
        Prefixes(f"{_SEARCH}Query: ", source="as the card of the E5 instruct models says"),
    ),
    (
        re.compile(r"\be5-(?:small|base|large)(?:-v2)?$"),
        Prefixes("query: ", "passage: ", "query: ", "as the card of the E5 models says"),
    ),
    (
        re.compile(r"\bbge-(?:small|base|large)-en\b"),
        Prefixes(_BGE, source="as the card of the BGE models says"),
    ),
    (
        re.compile(r"\bbge-(?:small|base|large)-zh\b"),
        Prefixes(
            "\u4e3a\u8fd9\u4e2a\u53e5\u5b50\u751f\u6210\u8868\u793a\u4ee5\u7528\u4e8e\u68c0\u7d22"
            "\u76f8\u5173\u6587\u7ae0\uff1a",
            source="as the card of the Chinese BGE models says",
        ),
    ),
    (
        re.compile(r"\bqwen3-embedding\b"),
        Prefixes(f"{_SEARCH}Query:", source="as the card of Qwen3-Embedding says"),
    ),
    (
        re.compile(r"\bmxbai-embed-large\b"),
        Prefixes(_BGE, source="as the card of mxbai-embed-large says"),
    ),
)


def known_prefixes(card: ModelCard) -> Prefixes:
    """The prefixes of the family that a model's name belongs to; none where it belongs to none."""
    names = [name.casefold() for name in (card.original, card.id) if name]
    return next(
        (found for family, found in _FAMILIES if any(family.search(name) for name in names)),
        NO_PREFIXES,
    )
