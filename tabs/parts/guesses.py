"""Slows down who guesses passwords, of the form and of HTTP Basic alike, and nobody else.

All who guess share one line, since visitors of a share link all come from one address. A login that was
right is free from then on, one that was wrong costs one guess however often it is sent: a proxy may
send its own with every request.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

#: Guesses at once, seconds until there is one more, and how long a login waits for its turn.
AT_ONCE, EVERY_S, PATIENCE_S = 20, 3.0, 30.0
#: Logins whose verdict is remembered, as digests.
_MOST = 1_000


class TooMany(Exception):
    """There were too many wrong logins: this one is not looked at.

    Args:
        wait_s: seconds until one would be.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"Too many wrong logins. Try again in {max(1, round(wait_s))} s.")
        self.wait_s = wait_s


class Guesses:
    """How many logins may still be tried.

    Args:
        clock: seconds.
        sleep: waits so many of them.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._spent = clock() - AT_ONCE * EVERY_S  # until when all turns are given away
        self._verdicts: OrderedDict[bytes, str] = OrderedDict()
        self._key = secrets.token_bytes(32)

    def judged(self, login: str, judge: Callable[[str], str]) -> str:
        """Whom a login names; a new one takes a turn, which it gets back when it is right.

        Args:
            login: as it was sent.
            judge: whom it names; empty for nobody.

        Raises:
            TooMany: there is no turn now.
        """
        if not login:
            return ""
        mark = hashlib.blake2b(login.encode("utf-8", "replace"), key=self._key).digest()
        if mark not in self._verdicts:
            self._take(0.0)
            user = self._verdicts[mark] = judge(login)
            if user:
                self.right()
            while len(self._verdicts) > _MOST:
                self._verdicts.popitem(last=False)
        return self._verdicts[mark]

    async def turn(self) -> None:
        """Waits until a login may be tried.

        Raises:
            TooMany: that would take longer than ``PATIENCE_S``.
        """
        await self._sleep(self._take(PATIENCE_S))

    def right(self) -> None:
        """A login that had its turn was right: it was no guess."""
        self._spent -= EVERY_S

    def _take(self, patience_s: float) -> float:
        """Gives a turn away; the seconds until it comes."""
        now = self._clock()
        spent = max(self._spent, now - AT_ONCE * EVERY_S) + EVERY_S
        if spent - now > patience_s:
            raise TooMany(spent - now - patience_s)
        self._spent = spent
        return max(0.0, spent - now)
