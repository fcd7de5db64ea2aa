"""What a tool is given: its arguments, taken from the words of the request and from what is at hand.

Every argument is a span of the request, or the name of a file or of an earlier result; nothing is made
up. What a tool needs and the request does not have is told as a question to the person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.assistant_request import HOLE, Request
from models.languages import LANGUAGES
from models.tool_arguments import Material
from models.tool_calls import Call
from models.tools import TOOLS

_NAMES = sorted({name for name, _ in LANGUAGES.values()}, key=len, reverse=True)
_LANGUAGE = re.compile(rf"\b({'|'.join(map(re.escape, _NAMES))})\b", re.IGNORECASE)
#: Words that stand for what was said or made before.
_BACK = re.compile(
    r"\b(it|its|that|them|this|the (?:result|translation|summary|transcript|answer|short version|words))\b",
    re.IGNORECASE,
)
#: Words that stand for the text or file that the request brings.
_BROUGHT = re.compile(
    r"\b(the|this|attached|following) (\w+ )?"
    r"(text|document|file|article|letter|review|report|passage|sentence|story)\b",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"\b(one|a single) sentence\b|\bin short\b|\bbriefly\b|\bfew words\b|\bvery short\b",
    re.IGNORECASE,
)
_LONG = re.compile(r"\b(long|detailed|longer) (summary|version)\b|\bin detail\b", re.IGNORECASE)
_POLITE = re.compile(
    r"^(?:please|could you|can you|would you|will you|i want you to|i'd like you to|let me|kindly)\b"
    r"[,]?\s*(?:please\s+)?",
    re.IGNORECASE,
)
_DRAW = re.compile(
    r"^(?:draw|paint|sketch|make|create|generate|show|give|i want|i'd like|i would like|i need)?"
    r"\s*(?:me|us)?\s*"
    r"(?:what\s+)?(?:(?:a|an|the|one)?\s*(?:\w+\s)?(?:picture|image|drawing|painting|sketch|illustration|photo)\b\s*"
    r"(?:of|with|showing|that shows)?\s*)?",
    re.IGNORECASE,
)
_DRAW_END = re.compile(
    r"\s*(?:for me|please|looks? like.*|as a (?:drawing|picture).*)$", re.IGNORECASE
)
_COMPOSE = re.compile(
    r"^(?:compose|write|make|create|generate|play|give|i want|i'd like|i would like|i need)?\s*(?:me|us)?\s*"
    r"(?:(?:a|an|some|the)?\s*(?:piece of )?music\b\s*(?:of|with|like|that (?:is|sounds))?\s*)?",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"^(?:read|say|speak|pronounce|narrate|hear)\s+(.+?)(?:\s+(?:aloud|out loud|out|to me|for me|please))*$",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"^(?:translate|put|say|write|turn|how (?:do|would|can) (?:you|i|we) say|what is|what's|what does)"
    r"\s+(.+?)\s+(?:mean\s+)?(?:in|into|to)\s+$",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:^|[,:]\s*|\band\s+|\btell me\s+)((?:who|whom|whose|what|when|where|why|which|how|is|are|"
    r"was|were|does|do|did|can|has|have)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_LEADS = re.compile(
    r"\b(?:as|into|about|either|is|for|between|topics?|labels?|categories)\b:?\s+", re.IGNORECASE
)
#: What is asked for where a tool lacks it.
_ASKS = {
    "text": "Which text? Put it in quotes or behind a colon, or attach a file.",
    "recording": "Which recording? Attach one to the message.",
    "language": "Into which language? Name it, such as Portuguese.",
    "labels": "Which labels are there to choose from? Name them, such as: as sport, politics or music.",
    "texts": "Which two texts? Put each in quotes.",
    "description": "What shall the picture show?",
    "music": "What shall the music be like?",
    "question": "Which question about the text?",
}


@dataclass
class Bench:
    """What is at hand while the calls of a request are put together.

    Attributes:
        request: its parts.
        materials: files and results of earlier requests, the newest last.
        number: of the next step.
        made: names of the results of this request's calls so far, with their tools.
    """

    request: Request
    materials: Sequence[Material]
    number: int
    made: list[tuple[str, str]] = field(default_factory=list)

    def add(self, tool: str) -> None:
        """Notes that a call will have been made."""
        self.made.append((f"result_{self.number}", tool))
        self.number += 1

    def newest(self, kind: str) -> str:
        """Name of the newest material of a kind; empty when there is none."""
        return next((one.name for one in reversed(self.materials) if one.kind == kind), "")

    def file(self, kind: str) -> str:
        """``file_1`` where it is attached and of this kind; else empty."""
        return next(
            (one.name for one in self.materials if one.name == "file_1" and one.kind == kind), ""
        )


class Lacking(Exception):
    """Raised when a request does not have what a tool needs.

    Attributes:
        asks: the question to the person.
        argument: what is lacking.
    """

    def __init__(self, argument: str) -> None:
        super().__init__(argument)
        self.argument, self.asks = argument, _ASKS[argument]


def filled(tool: str, wish: str, bench: Bench) -> Call:
    """The call of a tool for a wish.

    Raises:
        Lacking: when an argument is not to be had.
    """
    plain = _POLITE.sub("", wish.strip().rstrip(".!")).strip()
    given: dict[str, Any] = {}
    for name in TOOLS[tool].model_fields:
        value = _FILLERS[name](tool, plain, bench)
        if value is not None:
            given[name] = value
    return Call(tool, given)


def _text(tool: str, wish: str, bench: Bench) -> str:
    """The text that a wish is about: quoted, made before, brought along, or in the wish itself."""
    if quotes := bench.request.quoted(wish):
        return quotes[0]
    brought = bench.request.body or bench.file("text") or next(iter(bench.request.quotes), "")
    if (before := _made_before(tool, bench)) and not (brought and _BROUGHT.search(wish)):
        return before
    if brought:
        return brought
    if inline := _inline(tool, wish):
        return inline
    if _BACK.search(wish) and (earlier := bench.newest("text")):
        return earlier
    raise Lacking("text")


def _made_before(tool: str, bench: Bench) -> str:
    """The result of this request that a wish goes on with: the newest text, facts only to be said."""
    for name, maker in reversed(bench.made):
        if TOOLS[maker].carries or (
            tool in ("speak", "translate") and TOOLS[maker].gives == "text"
        ):
            return name
    return ""


def _inline(tool: str, wish: str) -> str:
    """A text that stands in the wish without quotes."""
    if tool == "translate" and (language := _last(_LANGUAGE, wish)):
        found = _INTO.match(wish[: language.start()])
        return "" if found is None or _only_points(found[1]) else found[1].strip()
    if tool == "speak" and (found := _SAY.match(wish)):
        return "" if _only_points(found[1]) else found[1].strip()
    return ""


def _only_points(text: str) -> bool:
    """Whether words only point to a text, such as "it" or "the text"."""
    left = _BROUGHT.sub("", _BACK.sub("", text))
    return not re.search(r"\w", left)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(iter([*pattern.finditer(text)][-1:]), None)


def _recording(_: str, wish: str, bench: Bench) -> str:
    spoken = [name for name, tool in bench.made if TOOLS[tool].gives == "audio"]
    found = spoken[-1] if spoken else bench.file("audio") or bench.newest("audio")
    if not found:
        raise Lacking("recording")
    return found


def _language(_: str, wish: str, bench: Bench) -> str:
    found = _last(_LANGUAGE, wish.replace(HOLE, " "))
    if found is None:
        raise Lacking("language")
    return found[1].capitalize()


def _labels(_: str, wish: str, bench: Bench) -> list[str]:
    """The last list of words in a wish: "sport, politics or music"."""
    bare = re.sub(f"{HOLE}\\d+", " labels: ", wish.rstrip("?")).replace(": ", " labels: ")
    for tail in reversed(_LEADS.split(bare)):
        parts = [_label(one) for one in re.split(r",\s*(?:or|and)\s+|,\s*|\s+(?:or|and)\s+", tail)]
        if len(parts) > 1 and all(parts):
            return _last_words(parts)
    raise Lacking("labels")


def _label(text: str) -> str:
    return re.sub(r"^(?:an?|the|either)\s+", "", text.strip(), flags=re.IGNORECASE)


def _last_words(parts: list[str]) -> list[str]:
    """The labels, without the words that stand before the first: "this message urgent"."""
    first = parts[0].split()
    longest = max(len(part.split()) for part in parts[1:])
    if len(first) > longest:
        first = first[-1:]
    return [" ".join(first), *parts[1:]]


def _length(_: str, wish: str, bench: Bench) -> str | None:
    if _SHORT.search(wish):
        return "short"
    return "long" if _LONG.search(wish) else None


def _question(_: str, wish: str, bench: Bench) -> str:
    found = _QUESTION.search(
        bench.request.whole(wish) if HOLE not in wish else re.sub(f"{HOLE}\\d+", "", wish)
    )
    if found is None:
        raise Lacking("question")
    return found[1].strip()


def _texts(_: str, wish: str, bench: Bench) -> list[str]:
    quotes = bench.request.quoted(wish) or list(bench.request.quotes)
    if len(quotes) < 2 and bench.request.body:
        quotes = [line.strip() for line in bench.request.body.splitlines() if line.strip()]
    if len(quotes) < 2:
        raise Lacking("texts")
    return quotes


def _description(_: str, wish: str, bench: Bench) -> str:
    if bench.request.body and len(bench.request.wishes) == 1:
        return bench.request.body
    found = _DRAW_END.sub("", _DRAW.sub("", bench.request.whole(wish).rstrip("?"), count=1)).strip()
    if not found or _only_points(found):
        raise Lacking("description")
    return found


def _music(_: str, wish: str, bench: Bench) -> str:
    if bench.request.body and len(bench.request.wishes) == 1:
        return bench.request.body
    found = _COMPOSE.sub("", bench.request.whole(wish).rstrip("?"), count=1)
    found = _DRAW_END.sub("", found).strip()
    if not found or _only_points(found):
        raise Lacking("music")
    return found


def _message(_: str, wish: str, bench: Bench) -> str:
    asked = bench.request.whole(wish)
    return f"{asked}\n\n{bench.request.body}" if bench.request.body else asked


_FILLERS = {
    "text": _text, "recording": _recording, "language": _language, "labels": _labels, "length": _length,
    "question": _question, "texts": _texts, "description": _description, "music": _music,
    "message": _message,
}  # fmt: skip
