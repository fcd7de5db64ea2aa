"""Chooses tools by the meaning of a request, compared with example requests. It is no language model.

A request is cut into wishes by its form, each wish is embedded and compared with a few examples for each
tool; arguments are spans of the request. So it writes nothing, and knows nothing but its examples: what
it can do well is measured (``models.starter.quality.assistant``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.assistant_request import Request, take_apart
from models.assistant_slots import Bench, Lacking, filled
from models.errors import InputError
from models.similarity import cosines
from models.stop import NEVER, StopToken
from models.tool_arguments import Material
from models.tool_calls import Call
from models.tools import TOOLS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXAMPLES = Path(__file__).with_name("assistant_examples.toml")
#: What a wish can be beside a tool's: something that no tool does, or no wish at all.
NONE, ASIDE = "none", "aside"
#: Examples of a choice whose mean cosine is its score: one may be a chance hit.
NEAREST = 2
#: A wish whose best score is lower is like none of the examples.
LEAST = 0.3
#: Longest request, in characters.
MAX_CHARACTERS = 200_000
#: Choices of a wish that are told.
_TOLD = 3


@dataclass(frozen=True)
class Choice:
    """What a wish was taken for.

    Attributes:
        wish: the words; where a quoted text stood, only "the text".
        scores: the best choices with their scores, cosines from -1 to 1, best first.
        example: the nearest example of the best one.
        call: what came of it; None where nothing is called.
    """

    wish: str
    scores: tuple[tuple[str, float], ...]
    example: str
    call: Call | None = None


@dataclass(frozen=True)
class Plan:
    """The calls of a request.

    Attributes:
        calls: in their order; a later one may name the result of an earlier one.
        choices: how each wish was read.
        says: why there is no call or one is lacking, for the person; empty when all is clear.
    """

    calls: tuple[Call, ...]
    choices: tuple[Choice, ...]
    says: str = ""


@cache
def examples() -> dict[str, tuple[str, ...]]:
    """Choice -> example wishes, in the order of the file."""
    rows = tomllib.loads(EXAMPLES.read_text("utf-8"))
    return {name: tuple(texts) for name, texts in rows.items() if name != "verbs"}


@cache
def verbs() -> frozenset[str]:
    """Words that wishes begin with."""
    return frozenset(tomllib.loads(EXAMPLES.read_text("utf-8"))["verbs"])


class RouterEngine:
    """Plans with the vectors of one embedding model.

    Args:
        embedder: turns texts into vectors (``models.embeddings.EmbeddingsEngine``).

    Attributes:
        routes: True: it plans by examples, and writes nothing.
    """

    reentrant = batched = True
    routes = True

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder
        self.memory_bytes = int(embedder.memory_bytes)
        self._names = [name for name, texts in examples().items() for _ in texts]
        self._texts = [text for texts in examples().values() for text in texts]
        self._vectors: NDArray[np.float32] | None = None

    def plan(
        self, message: str, materials: Sequence[Material] = (), number: int = 1, *,
        stop: StopToken = NEVER,
    ) -> Plan:  # fmt: skip
        """The calls that a request asks for.

        Args:
            message: the request, 1 to ``MAX_CHARACTERS`` characters.
            materials: attached files and results of earlier requests, the newest last.
            number: of the first result that these calls will have.
            stop: polled while texts are embedded.

        Raises:
            InputError: when there is nothing to plan, or too much.
        """
        if not message.strip():
            raise InputError("There is no message.", hint="Write one, or choose an example.")
        if len(message) > MAX_CHARACTERS:
            raise InputError(
                f"The message has {len(message):,} characters; up to {MAX_CHARACTERS:,} fit.",
                hint="Attach the text as a file.",
            )
        attached = next((one.kind for one in materials if one.name == "file_1"), "")
        request = take_apart(message, verbs(), attached=attached)
        choices = self._choices(request, stop)
        pairs = list(zip(request.wishes, choices, strict=True))
        return _planned(pairs, Bench(request, materials, number), attached)

    def _choices(self, request: Request, stop: StopToken) -> list[Choice]:
        """The scores of each wish."""
        if self._vectors is None:
            self._vectors = self._embed(self._texts, stop)
        spoken = [request.spoken(wish) for wish in request.wishes]
        table = cosines(self._embed(spoken, stop), self._vectors)
        return [self._choice(wish, row) for wish, row in zip(spoken, table, strict=True)]

    def _embed(self, texts: Sequence[str], stop: StopToken) -> NDArray[np.float32]:
        *_, found = self._embedder.embed(texts, stop=stop)
        vectors: NDArray[np.float32] = found.vectors
        return vectors

    def _choice(self, wish: str, row: NDArray[np.float32]) -> Choice:
        by_name: dict[str, list[float]] = {}
        for name, value in zip(self._names, row, strict=True):
            by_name.setdefault(name, []).append(float(value))
        scores = sorted(
            ((name, sum(sorted(values)[-NEAREST:]) / NEAREST) for name, values in by_name.items()),
            key=lambda pair: -pair[1],
        )
        best = scores[0][0]
        place = max((i for i, name in enumerate(self._names) if name == best), key=lambda i: row[i])
        return Choice(wish, tuple(scores[:_TOLD]), self._texts[place])


def _planned(pairs: Sequence[tuple[str, Choice]], bench: Bench, attached: str) -> Plan:
    """The calls of wishes whose tools are known; a wish that lacks something is the last."""
    wanted = [pair for pair in pairs if _tool(pair[1]) != ASIDE]
    if not wanted:  # something is meant to be done
        wanted = [(wish, _without_aside(choice)) for wish, choice in pairs]
    calls, shown = list[Call](), list[Choice]()
    for wish, choice in wanted:
        try:
            made = _calls(_tool(choice), wish, bench, attached)
        except Lacking as lacking:
            title = TOOLS[_tool(choice)].title
            return Plan(tuple(calls), (*shown, choice), f"{title}: {lacking.asks}")
        calls += made
        shown.append(replace(choice, call=made[-1] if made else None))
    return Plan(tuple(calls), tuple(shown))


def _without_aside(choice: Choice) -> Choice:
    scores = tuple(pair for pair in choice.scores if pair[0] != ASIDE)
    return replace(choice, scores=scores)


def _tool(choice: Choice) -> str:
    best, score = choice.scores[0]
    return best if score >= LEAST else NONE


def _calls(tool: str, wish: str, bench: Bench, attached: str) -> list[Call]:
    """The call of a wish, with a transcription before it where its text is only spoken."""
    heard = any(made == "transcribe" for _, made in bench.made)
    if attached == "audio" and not heard and tool in (NONE, ASIDE, "ask_chat"):
        tool = "transcribe"
    if tool in (NONE, ASIDE):
        return []
    found: list[Call] = []
    texts = bench.request.quotes or bench.request.body or bench.made
    if attached == "audio" and not (heard or texts) and "text" in TOOLS[tool].model_fields:
        found.append(filled("transcribe", wish, bench))
        bench.add("transcribe")
    found.append(filled(tool, wish, bench))
    bench.add(tool)
    return found
