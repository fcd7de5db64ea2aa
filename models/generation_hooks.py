"""What transformers' ``generate`` is handed: who hears of each token, who ends it, who chooses.

For answers that are written alone; those of many callers go through ``models.decoding``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from models.decoding_answers import Answer, Told
from models.stop import StopToken

#: A tail that repeats itself this often, over at least this many tokens, is a loop.
LOOP_TIMES, LOOP_TOKENS = 4, 16


class Streamer:
    """Hands each new token on; ``generate`` first puts the prompt, which is skipped."""

    def __init__(self, report: Callable[[Told], None]) -> None:
        self._report, self._began = report, False

    def put(self, value: Any) -> None:
        """One call per token, after one for the prompt."""
        if not self._began:
            self._began = True
            return
        for token in value.flatten().tolist():
            self._report(Told(int(token), 1))

    def end(self) -> None:
        """Nothing to flush."""


class Chosen:
    """A logits processor that leaves ``generate`` no other token than the answer's own choice."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        self._answer.choose(scores, 1)
        forced = torch.full_like(scores, -float("inf"))
        forced[:, self._answer.written[-1]] = 0.0
        return forced


class Halt:
    """A stopping criterion: Stop was pressed, or the answer runs in circles."""

    def __init__(self, stop: StopToken, prompt: int) -> None:
        self._stop, self._prompt = stop, prompt

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        answer = input_ids[0, self._prompt :].tolist()
        done = self._stop.is_set or loops(answer)
        return torch.full((len(input_ids),), done, device=input_ids.device, dtype=torch.bool)


class Pressed:
    """A stopping criterion: Stop was pressed."""

    def __init__(self, stop: StopToken) -> None:
        self._stop = stop

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        rows = len(input_ids)
        return torch.full((rows,), self._stop.is_set, device=input_ids.device, dtype=torch.bool)


def loops(ids: Sequence[int]) -> bool:
    """Whether the end of the sequence is one n-gram again and again."""
    for size in range(1, len(ids) // LOOP_TIMES + 1):
        times = max(LOOP_TIMES, -(-LOOP_TOKENS // size))
        tail = list(ids[-size * times :])
        if len(tail) == size * times and tail == tail[-size:] * times:
            return True
    return False
