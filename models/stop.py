"""The stop token of a run: one flag, set by the visitor's Stop and read by the engine's loop."""

from __future__ import annotations

import threading

from models.errors import Stopped


class StopToken:
    """A flag that one thread sets and another polls. Thread-safe, can't be unset.

    Args:
        user: who the run is for, such as a browser's session: users take turns. A run that names
            nobody is a user of its own.
    """

    def __init__(self, user: str = "") -> None:
        self._event = threading.Event()
        self.user = user

    def set(self) -> None:
        """Asks the run to end at its next check."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether Stop was asked for."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises ``Stopped`` when Stop was asked for; call it between two units of work."""
        if self._event.is_set():
            raise Stopped


class PartToken(StopToken):
    """The stop token of one run among several: set by that run's end, or with the whole.

    Args:
        whole: the token that Stop sets; it stays as it is when a part ends.
    """

    def __init__(self, whole: StopToken) -> None:
        super().__init__(whole.user)
        self._whole = whole

    @property
    def is_set(self) -> bool:
        """Whether this run is to end."""
        return super().is_set or self._whole.is_set

    def check(self) -> None:
        """Raises ``Stopped`` when this run is to end."""
        if self.is_set:
            raise Stopped


#: For callers that never stop: tests, scripts, engines called without a token.
NEVER = StopToken()
