"""How often an assistant starter calls the right tools with the right arguments, on requests by hand.

    python -m models.starter.quality.assistant --show    # and what each request became

Tools are not run: each call gets a stand-in result, so that what is measured is the planner. The held-out
requests were written before the router's examples, and nothing was chosen on them.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.assistant import Turn, materials_of, next_turn
from models.assistant_talk import Entry, Said, Step, next_number
from models.sampler import Sampler
from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score, print_alone
from models.stop import NEVER
from models.tool_arguments import Material
from models.tool_calls import Call
from models.tools import TOOLS

log = logging.getLogger(__name__)

MODELS = ("starter/minilm-router", "starter/smollm2-135m-tools")
CHECKED, HELD_OUT = DATA / "assistant_checked.jsonl", DATA / "assistant_held_out.jsonl"
KINDS = ("one", "several", "none", "impossible")
#: Turns that a planner gets for a request, and requests whose answers are written in the same steps.
TURNS, TOGETHER = 4, 8
#: A call comes early or not at all; and of how many requests a language model is asked one.
SAMPLER, EVERY = Sampler(temperature=0, max_new_tokens=128), 2
#: What tools that are not run answer: a text to go on with.
STAND_IN = "The meeting is on Friday at noon."
_DOCUMENT = "The contract was signed by Anna Berg in Oslo. The warranty costs 40 euros a year."


@dataclass(frozen=True)
class Case:
    """A request, the kind of file that comes with it, and the calls that are right.

    Attributes:
        kind: one of ``KINDS``: a call, several, none needed, none possible.
        ask: the request.
        calls: the right ones; for a request that needs no tool the chat model may be called or none.
        file: ``text``, ``audio`` or empty.
    """

    kind: str
    ask: str
    calls: tuple[Call, ...]
    file: str = ""


def cases(path: Path) -> list[Case]:
    """A set of requests."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Case(
            row["kind"],
            row["ask"],
            tuple(Call(**call) for call in row["calls"]),
            row.get("file", ""),
        )
        for row in rows
    ]


def planned(model: Any, case: Case) -> list[Call]:
    """Every call that a planner makes for a request, over as many turns as it takes."""
    file = file_of(case.file)
    said = Said("user", case.ask, file.of if file else "", case.file)
    talk: tuple[Entry, ...] = (said,)
    found: list[Call] = []
    for _ in range(TURNS):
        turn = _turn(next_turn(talk, materials_of(talk, file), SAMPLER)(model, NEVER))
        if not turn.calls:
            break
        for call in turn.calls:
            found.append(call)
            talk = (*talk, _done(next_number(talk), call))
        if turn.said:  # it asks the person for something
            break
    return found


def _turn(outcome: Turn | Iterator[Turn]) -> Turn:
    if isinstance(outcome, Turn):
        return outcome
    *_, last = outcome
    return last


def file_of(kind: str) -> Material | None:
    """The file that comes with a request of the sets."""
    if not kind:
        return None
    name = {"text": "document.txt", "audio": "recording.wav"}[kind]
    return Material("file_1", kind, _DOCUMENT if kind == "text" else "", Path(name), name)


def _done(number: int, call: Call) -> Step:
    if call.name not in TOOLS:
        return Step(number, "", {}, "failed", error=f"There is no tool {call.name!r}.")
    path = Path("speech.wav") if TOOLS[call.name].gives == "audio" else None
    return Step(number, call.name, call.arguments, "done", told=STAND_IN, text=STAND_IN, path=path)


def tools_right(case: Case, calls: Sequence[Call]) -> bool:
    """Whether the right tools were called, in the right order."""
    names = [call.name for call in calls]
    return names == [call.name for call in case.calls] or (case.kind == "none" and not names)


def calls_right(case: Case, calls: Sequence[Call]) -> bool:
    """Whether all arguments are right, too."""
    if not tools_right(case, calls):
        return False
    return all(
        _plain(_named(call, right)) == _plain(right.arguments)
        for call, right in zip(calls, case.calls, strict=False)
    )


def _named(call: Call, right: Call) -> dict[str, Any]:
    """Arguments in which a result that was copied has its name: both are right."""
    return {
        name: right.arguments[name] if value == STAND_IN and name in right.arguments else value
        for name, value in call.arguments.items()
    }


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without what does not matter: case, quotes, ends; a default that is spelled out."""
    found = {name: _even(value) for name, value in arguments.items()}
    if found.get("length") == "medium":
        del found["length"]
    return found


def _even(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(map(_even, value))
    return re.sub(r"^\W+|\W+$", "", " ".join(str(value).split()).casefold())


def scored(given: Sequence[Case], made: Sequence[Sequence[Call]]) -> dict[str, float]:
    """Per cent: tools right, calls right with all arguments, and calls right by kind."""
    pairs = list(zip(given, made, strict=True))
    figures = {
        "tools": _percent([tools_right(*pair) for pair in pairs]),
        "calls": _percent([calls_right(*pair) for pair in pairs]),
    }
    for kind in KINDS:
        rows = [calls_right(*pair) for pair in pairs if pair[0].kind == kind]
        figures |= {_WORDS[kind]: _percent(rows)} if rows else {}
    return figures


_WORDS = {
    "one": "one call", "several": "several calls", "none": "no call needed", "impossible": "left alone",
}  # fmt: skip


def measure(*, show: bool = False) -> Iterator[Score]:
    """Both starters on both sets; the language model on half of the held-out one, since it takes minutes."""
    for name in MODELS:
        model = engine(name)
        sets = [("on which its examples were chosen", CHECKED)] if "router" in name else []
        for words, path in (*sets, ("held out", HELD_OUT)):
            given = cases(path)
            if "router" not in name:
                given, words = given[::EVERY], f"{words}, one in {EVERY}"
            begun = time.process_time()
            with ThreadPoolExecutor(TOGETHER) as pool:
                made = list(pool.map(lambda case, m=model: planned(m, case), given))
            each = (time.process_time() - begun) / len(given)
            if show:
                _show(given, made)
            data = f"{len(given)} requests by hand, {words}"
            yield Score("assistant", name, data, scored(given, made), round(each, 4))


def _show(given: Sequence[Case], made: Sequence[Sequence[Call]]) -> None:
    for case, calls in zip(given, made, strict=True):
        mark = "+" if calls_right(case, calls) else "t" if tools_right(case, calls) else "-"
        log.info("%s %s %s", mark, case.kind, case.ask[:100].replace("\n", " / "))
        if mark != "+":
            log.info("    %s\n    %s", _brief(calls), _brief(case.calls))


def _brief(calls: Sequence[Call]) -> str:
    return "; ".join(f"{call.name}({str(dict(call.arguments))[:160]})" for call in calls) or "none"


def _percent(hits: Sequence[bool]) -> float:
    return round(100 * sum(hits) / len(hits), 1)


if __name__ == "__main__":
    print_alone(measure, __doc__)
