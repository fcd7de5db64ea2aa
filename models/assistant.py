"""The assistant: what is to be done next in a conversation, with the app's own capabilities as tools.

Two kinds of planners. A chat model reads the tools as JSON schemas in its chat template and writes calls
(https://huggingface.co/docs/transformers/chat_extras); the router chooses by example requests and writes
nothing. Either gives a ``Turn``; ``models.assistant_loop`` runs what it calls and asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.assistant_messages import messages_of
from models.assistant_router import Choice, RouterEngine
from models.assistant_talk import Entry, Step, next_number, since_asked, steps_of
from models.errors import InputError
from models.runs import Verb
from models.sampler import Sampler
from models.spec import Engine, Placement, Weights, Work
from models.stop import StopToken
from models.text_generation import load_causal
from models.tool_arguments import Material
from models.tool_calls import Call, open_call, read_calls
from models.tools import TOOLS, schemas

#: How a chat model plans: always the likeliest token; thoughts of some models are long.
SAMPLER = Sampler(temperature=0, max_new_tokens=1_024)
#: What the router says where no example is near.
_NOTHING = (
    "None of the tools here does that. They are: {}. The router only compares requests with examples: say it "
    "in other words, or choose a chat model."
)


@dataclass(frozen=True)
class Turn:
    """What a planner wants next.

    Attributes:
        said: its words to the person so far; with no calls they are the answer.
        calls: tools to be called, in their order; none while it is still writing.
        problem: why a call that it wrote can't be read; empty when it can.
        written: everything that a chat model wrote, word by word; empty for the router.
        read: the string that a chat model really read; empty for the router.
        tokens: that it wrote.
        first_s: seconds to the first of them.
        ended: why it ended, see ``models.generated_text.ENDS``.
        choices: how the router read each wish.
    """

    said: str
    calls: tuple[Call, ...] = ()
    problem: str = ""
    written: str = ""
    read: str = ""
    tokens: int = 0
    first_s: float = 0.0
    ended: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def work(self) -> Work:
        """Tokens written, or wishes read."""
        if self.choices:
            return Work(len(self.choices), "wishes")
        return Work(self.tokens, "tokens", self.first_s)


def next_turn(
    talk: Sequence[Entry], materials: Sequence[Material] = (), sampler: Sampler | None = None
) -> Verb[Turn]:
    """Asks a planner what comes next.

    Args:
        talk: the conversation; the person's message, or steps after it, stand last.
        materials: what calls may name, the newest last.
        sampler: how a chat model chooses tokens; ``SAMPLER`` when None.

    Raises:
        InputError: when there is no message, or it is empty.
    """
    asked, done = since_asked(talk)
    if asked is None or not asked.content.strip():
        raise InputError("There is no message.", hint="Write one, or choose an example.")

    def verb(engine: Any, stop: StopToken) -> Turn | Iterator[Turn]:
        if not getattr(engine, "routes", False):
            return _written(engine, talk, sampler or SAMPLER, stop)
        if done:
            return Turn(closing(done))
        found = engine.plan(asked.content, materials, next_number(talk), stop=stop)
        return Turn(_answer(found.says, found.calls), found.calls, choices=found.choices)

    return verb


def _written(
    engine: Any, talk: Sequence[Entry], sampler: Sampler, stop: StopToken
) -> Iterator[Turn]:
    """A chat model's turn, growing."""
    tools, in_template = schemas(), bool(engine.takes_tools)
    control = list(engine.control_tokens)
    messages = messages_of(talk, tools, in_template=in_template, control=control)
    given = tools if in_template else []
    for found in engine.converse(messages, sampler, tools=given, stop=stop):
        if not found.ended:
            said = "" if open_call(found.text) else read_calls(found.text).said
            yield Turn(said, written=found.text, tokens=found.tokens, first_s=found.first_s)
            continue
        reading = read_calls(found.text)
        yield Turn(
            reading.said, reading.calls, reading.problem, found.text, found.prompt.text, found.tokens,
            found.first_s, found.ended,
        )  # fmt: skip


def _answer(says: str, calls: Sequence[Call]) -> str:
    if says or calls:
        return says
    return _NOTHING.format(", ".join(dict.fromkeys(kind.title for kind in TOOLS.values())))


def closing(steps: Sequence[Step]) -> str:
    """What the router says when its calls are done: results that none of them used, or what failed."""
    failed = next((step for step in steps if step.state in ("failed", "stopped")), None)
    if failed is not None:
        title = TOOLS[failed.tool].title if failed.tool in TOOLS else "A call"
        return f"{title} did not work: {failed.error or 'it was stopped.'} {failed.hint}".strip()
    used = {value for step in steps for value in step.arguments.values() if isinstance(value, str)}
    ends = [step for step in steps if step.state == "done" and step.name not in used]
    if len(ends) == 1:
        return ends[0].told
    return "\n\n".join(f"{TOOLS[step.tool].title}: {step.told}" for step in ends)


def materials_of(
    talk: Sequence[Entry], file: Material | None = None, paths: Mapping[str, Path] | None = None
) -> list[Material]:
    """What calls may name: results of the conversation, then the attached file as ``file_1``.

    Args:
        talk: the conversation.
        file: what is attached to the last message.
        paths: key of a step -> file: steps that came from the page have none of their own.
    """
    known = paths or {}
    found: list[Material] = []
    for step in steps_of(talk):
        if step.material is not None:
            found.append(step.material)
        elif step.state == "done" and step.key in known and step.tool in TOOLS:
            gives = TOOLS[step.tool].gives
            found.append(Material(step.name, gives, path=known[step.key], of=step.tool))
    return [*found, *([file] if file is not None else [])]


def load_router(weights: Weights, placement: Placement) -> Engine:
    """Builds the router over an embedding model's folder."""
    from models.embeddings import load

    return RouterEngine(load(weights, placement))


LOADERS: dict[str, Callable[[Weights, Placement], Engine]] = {
    "router": load_router,
    "transformers": load_causal,
    "causal": load_causal,
}
