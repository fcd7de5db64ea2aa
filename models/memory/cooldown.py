"""Failures that are remembered for a while, so that a broken model isn't loaded on every click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.errors import AppError, HubUnreachable, ModelBroken, ModelNotFound
from models.loading import Key

#: Seconds during which a failed load is answered with the same error: doubles with each failure in
#: a row.
COOLDOWN_S, COOLDOWN_MAX_S = 10.0, 300.0
_MENDS_SLOWLY = (ModelBroken, ModelNotFound, HubUnreachable)


@dataclass(frozen=True)
class _Failure:
    error: AppError
    until: float
    streak: int


class Cooldown:
    """What the last load of each model ended with. Guarded by the mutex of the books.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[Key, _Failure] = {}

    def remember(self, key: Key, error: AppError) -> None:
        """Starts a cooldown for failures that a second try at once would only repeat."""
        if isinstance(error, _MENDS_SLOWLY):
            before = self._failures.get(key)
            streak = before.streak + 1 if before else 1
            wait = min(COOLDOWN_S * 2 ** (streak - 1), COOLDOWN_MAX_S)
            self._failures[key] = _Failure(error, self._clock() + wait, streak)

    def forget(self, key: Key) -> None:
        """After a load that succeeded."""
        self._failures.pop(key, None)

    def check(self, key: Key) -> None:
        """Raises the last failure again while its cooldown lasts."""
        failure = self._failures.get(key)
        if failure is not None and self._clock() < failure.until:
            raise failure.error
