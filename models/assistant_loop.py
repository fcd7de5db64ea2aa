"""Runs a conversation with tools: the planner's turn, the calls in it, the planner's turn again, an answer.

Every run, the planner's and each tool's, goes the way of a tab's: same registry, queue, limits and
metrics. The loop is bounded, ends at Stop with everything that is done, and a tool that fails is an
outcome like another. Results only ever go back as data: calls are read from what a planner wrote.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

from models.assistant import Turn, materials_of, next_turn
from models.assistant_talk import Entry, Said, Step, Talk, next_number
from models.errors import AppError, Stopped
from models.spec import Work
from models.stop import PartToken, StopToken
from models.tool import FileTool, Tool
from models.tool_arguments import Material, prepared
from models.tool_calls import Call
from models.updates import Metrics, Snapshot, Update

#: Calls in answer to one message, and turns of the planner: more is a loop that leads nowhere.
MAX_STEPS, MAX_TURNS = 8, 10


class Runs(Protocol):
    """Runs a verb of a capability; ``models.service.Service.stream`` with the caller's rights."""

    def __call__(
        self, capability: str, model: str, verb: Any, stop: StopToken
    ) -> AsyncIterator[Update]:
        """Progress, then snapshots."""
        ...


@dataclass(frozen=True)
class Exchange:
    """What has happened since the person's message.

    Attributes:
        talk: the conversation before, the message and everything since, the answer included.
        turn: the planner's turn, as far as it is; None before the first.
        turns: turns of the planner that are done.
        ended: why it ended: ``answer``, ``steps`` (too many), ``stopped``, ``failed``; empty before.
        error: what made the planner fail; None when it did not.
    """

    talk: Talk
    turn: Turn | None = None
    turns: tuple[Turn, ...] = ()
    ended: str = ""
    error: AppError | None = None

    @property
    def work(self) -> Work:
        """Steps that were called."""
        done = sum(isinstance(one, Step) and one.state != "skipped" for one in self.since)
        return Work(done, "steps")

    @property
    def since(self) -> Talk:
        """What came after the last message of the person."""
        places = [
            i for i, one in enumerate(self.talk) if isinstance(one, Said) and one.role == "user"
        ]
        return self.talk[places[-1] + 1 :] if places else self.talk

    @property
    def answer(self) -> str:
        """The answer; empty while there is none."""
        last = self.talk[-1] if self.talk else None
        return last.content if isinstance(last, Said) and last.role == "assistant" else ""


@dataclass
class Course:
    """One message on its way to its answer.

    Attributes:
        runs: how a verb is run.
        model: the planner's id.
        talk: the conversation; the person's message stands last.
        stop: ends everything.
        folder: makes a new folder for the files of a step.
        file: what is attached to the message.
        paths: key of a step -> its file, for earlier results.
        most: calls before it is ended.
        models: capability -> id of the model that its tools run; the default one of those left out.
    """

    runs: Runs
    model: str
    talk: Talk
    stop: StopToken
    folder: Callable[[], Path]
    file: Material | None = None
    paths: Mapping[str, Path] = field(default_factory=dict)
    most: int = MAX_STEPS
    models: Mapping[str, str] = field(default_factory=dict)
    _now: Exchange = field(init=False)
    _metrics: Metrics | None = field(default=None, init=False)
    _began: float = field(default_factory=time.perf_counter, init=False)
    _load_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._now = Exchange(self.talk)

    async def updates(self) -> AsyncIterator[Update]:
        """Progress of every run, and snapshots of the ``Exchange``, the last one ``final``.

        Raises:
            AppError: when the planner fails before anything is done.
            Stopped: when Stop was pressed before.
        """
        try:
            for _ in range(MAX_TURNS):
                async for update in self._turn():
                    yield update
                if self._now.ended:
                    break
            else:
                self._now = replace(self._now, ended="steps")
        except AppError as error:
            if len(self._now.talk) == len(self.talk):
                raise
            ended = "stopped" if isinstance(error, Stopped) else "failed"
            self._now = replace(self._now, ended=ended, error=error)
        yield self._snapshot(final=True)

    async def _turn(self) -> AsyncIterator[Update]:
        """The planner's next turn and its calls."""
        now, turn = self._now, cast(Turn | None, None)
        verb = next_turn(now.talk, self._materials())
        async for update in self._run("assistant", self.model, verb):
            if isinstance(update, Snapshot):
                turn, self._metrics = update.value, update.metrics
                self._now = replace(now, turn=turn)
                yield self._snapshot()
            else:
                yield update
        if turn is None or (self.stop.is_set and not turn.said):
            raise Stopped
        self._now = replace(now, turn=None, turns=(*now.turns, turn))
        if self.stop.is_set:  # the half of an answer is kept
            self._add(Said("assistant", turn.said))
            self._now = replace(self._now, ended="stopped")
            return
        if turn.problem:
            self._add(self._unreadable(turn))
        elif not turn.calls:
            self._add(Said("assistant", turn.said))
            self._now = replace(self._now, ended="answer")
            return
        async for update in self._calls(turn):
            yield update
        if turn.said and turn.choices and turn.calls:  # the router lacks something for a later wish
            self._add(Said("assistant", turn.said))
            self._now = replace(self._now, ended="answer")

    async def _calls(self, turn: Turn) -> AsyncIterator[Update]:
        lost = set[str]()
        for call in turn.calls:
            number = next_number(self._now.talk)
            if self.stop.is_set:
                self._now = replace(self._now, ended="stopped")
                return
            if self._called() >= self.most:
                self._now = replace(self._now, ended="steps")
                return
            step = Step(number, call.name, call.arguments, key=uuid.uuid4().hex)
            if missing := _names(call) & lost:
                reason = f"It needs {', '.join(sorted(missing))}, which did not come."
                self._add(replace(step, state="skipped", error=reason))
                lost.add(step.name)
                continue
            self._add(step)
            async for update in self._step(call, step):
                yield update
            last = self._now.talk[-1]
            if isinstance(last, Step) and last.state != "done":
                lost.add(step.name)

    async def _step(self, call: Call, step: Step) -> AsyncIterator[Update]:
        """One call: its arguments checked, its run followed, its outcome noted."""
        yield self._snapshot()
        metrics: Metrics | None = None
        try:
            tool = prepared(call.name, call.arguments, self._materials())
            model = self.models.get(tool.capability, "")
            async for update in self._run(tool.capability, model, tool.verb()):
                if isinstance(update, Snapshot):
                    metrics = update.metrics
                    self._change(_grown(step, tool, update))
                    yield Snapshot(self._now, metrics)
                else:
                    yield update
            found = self._now.talk[-1]
            if isinstance(found, Step):
                self._change(await asyncio.to_thread(self._finished, found, tool))
        except AppError as error:
            state = "stopped" if isinstance(error, Stopped) else "failed"
            failed = replace(step, state=state, error=error.message, hint=error.hint)
            self._change(_billed(failed, metrics))
        yield self._snapshot()

    def _finished(self, step: Step, tool: Tool) -> Step:
        """A step whose run has ended, with its file on the disk where it is one."""
        state = "stopped" if self.stop.is_set else "done"
        told, result = tool.told(step.result), step.result
        if not isinstance(tool, FileTool):
            return replace(step, state=state, told=told, text=tool.text_of(result))
        if tool.gives == "image" and not result.pictures:
            raise Stopped
        folder = self.folder()
        folder.mkdir(parents=True, exist_ok=True)
        return replace(step, state=state, told=told, text="", path=tool.write(result, folder))

    async def _run(self, capability: str, model: str, verb: Any) -> AsyncIterator[Update]:
        """A run whose end does not end the others, but which ends with the whole."""
        updates = cast(Any, self.runs(capability, model, verb, PartToken(self.stop)))
        async with aclosing(updates):
            async for update in updates:
                if isinstance(update, Snapshot) and update.final:
                    self._load_s += update.metrics.load_s
                yield update

    def _materials(self) -> list[Material]:
        return materials_of(self._now.talk, self.file, self.paths)

    def _called(self) -> int:
        return sum(isinstance(one, Step) and one.state != "skipped" for one in self._now.since)

    def _unreadable(self, turn: Turn) -> Step:
        number = next_number(self._now.talk)
        hint = (
            'Write one call again, as {"name": ..., "arguments": {...}}, or answer without a call.'
        )
        return Step(number, "", {"written": turn.written}, "failed", error=turn.problem, hint=hint)

    def _add(self, entry: Entry) -> None:
        self._now = replace(self._now, talk=(*self._now.talk, entry))

    def _change(self, step: Step) -> None:
        self._now = replace(self._now, talk=(*self._now.talk[:-1], step))

    def _snapshot(self, *, final: bool = False) -> Snapshot[Exchange]:
        """The exchange as it stands; what it cost is the whole time, the planner's model named."""
        metrics = self._metrics or _NONE
        if final:
            run_s = time.perf_counter() - self._began - self._load_s
            work = self._now.work
            metrics = replace(
                metrics, run_s=max(run_s, 0.0), load_s=self._load_s, amount=work.amount, unit=work.unit,
                first_s=0.0, peak_bytes=0, batch_rows=0.0,
            )  # fmt: skip
        return Snapshot(self._now, metrics, final, final and self.stop.is_set)


_NONE = Metrics("", "", "", "", "", 0.0, 0.0, 0.0, 0.0, "steps", 0)


def _grown(step: Step, tool: Tool, update: Snapshot[Any]) -> Step:
    """A step with its result so far."""
    text = tool.text_of(update.value) if tool.gives == "text" and tool.carries else ""
    return _billed(replace(step, result=update.value, text=text), update.metrics)


def _billed(step: Step, metrics: Metrics | None) -> Step:
    if metrics is None:
        return step
    return replace(step, model=metrics.model, title=metrics.title, seconds=metrics.run_s)


def _names(call: Call) -> set[str]:
    """Names of results that a call asks for."""
    found: list[Any] = []
    for value in call.arguments.values():
        found += value if isinstance(value, list) else [value]
    return {one for one in found if isinstance(one, str) and one.startswith("result_")}
