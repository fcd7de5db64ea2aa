"""One text on its way: tokens become snapshots, until the model, a limit or a stop string ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from models.generated_text import Alternative, Generation, Step
from models.generation import Written
from models.sampler import Sampler
from models.sampling import Choice, Rival


class Course:
    """One text on its way.

    Args:
        named: a token with its bytes as text.
        blank: the text before its first token.
        sampler: how tokens are chosen; its stop strings end the text.
        began: when the call began, by ``time.perf_counter``.
    """

    def __init__(
        self,
        named: Callable[[Rival], Alternative],
        blank: Generation,
        sampler: Sampler,
        began: float,
    ) -> None:
        self._named, self._now, self._sampler, self._began = named, blank, sampler, began
        self._steps: list[Step] = []

    def run(self, answers: Iterator[Written]) -> Iterator[Generation]:
        """Snapshots until the text ends."""
        last = Written("", 0)
        for written in answers:
            if written.tokens == last.tokens:  # the last one, which tells how it ended
                last = written
                break
            last = written
            self._add(written)
            if (cut := self._sampler.cut(self._own)) is not None:
                answers.close()  # type: ignore[attr-defined]
                yield replace(self._now, text=self._now.prompt.begun + cut, ended="stop")
                return
            yield self._now
        end = self._step(last.seen) if last.ended else None
        yield replace(self._now, ended=self._reason(last), end=end)

    @property
    def _own(self) -> str:
        """What was written, without the beginning that was given."""
        return self._now.text[len(self._now.prompt.begun) :]

    def _add(self, written: Written) -> None:
        step = self._step(written.seen)
        self._steps += [step] if step else []
        first_s = self._now.first_s or time.perf_counter() - self._began
        self._now = replace(
            self._now, text=self._now.prompt.begun + written.text, steps=tuple(self._steps),
            tokens=written.tokens, first_s=first_s,
        )  # fmt: skip

    def _step(self, seen: object) -> Step | None:
        if not isinstance(seen, Choice):
            return None
        name = self._named
        return Step(name(seen.token), seen.rank, tuple(map(name, seen.rivals)))

    def _reason(self, last: Written) -> str:
        if last.ended:
            return "end"
        if last.tokens < self._now.limit:
            return "loop"
        return "limit" if self._now.limit == self._sampler.max_new_tokens else "window"
