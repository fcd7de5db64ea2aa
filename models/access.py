"""Whose rights a model of the Hub is fetched with, and the tokens that visitors lend for a session.

A token lives in this process's memory only, for as long as its page is open. It is never written to
a disk, a log, an error, a link or a page: ``repr`` leaves it out, and what tells two visitors apart
is a keyed digest whose key dies with the process.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from models.errors import InputError

_KEY = secrets.token_bytes(32)
#: Form of the Hub's access tokens; OAuth's are JSON web tokens, hence the dots and the length.
_TOKEN = re.compile(r"hf_[A-Za-z0-9_.\-]{8,4000}")
#: How long a token that is not used is kept, in seconds, and for how many pages at once.
TOKEN_LIFE_S, MAX_TOKENS = 12 * 3600.0, 10_000


@dataclass(frozen=True)
class Access:
    """The rights of one caller at the Hub.

    Attributes:
        token: a visitor's own token; empty to ask as nobody; None for what this machine is logged
            in with, which is lent to nobody on a public page.
    """

    token: str | None = field(default=None, repr=False)

    @property
    def identity(self) -> str:
        """What tells callers apart: equal for equal tokens, and no way back to the token."""
        if not self.token:
            return "machine" if self.token is None else "nobody"
        return hashlib.blake2b(self.token.encode(), key=_KEY, digest_size=12).hexdigest()

    @property
    def header(self) -> str | bool | None:
        """The value that huggingface_hub takes as ``token``: False sends none at all."""
        return False if self.token == "" else self.token


#: Asks with the token that this machine is logged in with, if there is one.
MACHINE = Access(None)
#: Asks without any token.
NOBODY = Access("")


def check_token(text: str) -> str:
    """The token, stripped, when it has the form of one.

    Raises:
        InputError: for anything else; the message does not repeat what was given.
    """
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise InputError(
            "That is no access token of the Hub: those start with hf_ and have no spaces.",
            hint="Make one of the kind Read in your settings at the Hub, and paste it whole.",
        )
    return token


class Tokens:
    """Tokens by page session; the oldest leaves when there are too many, each after half a day unused.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._mutex = clock, threading.Lock()
        self._kept: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def keep(self, session: str, token: str) -> None:
        """Remembers a session's token; an empty one is forgotten.

        Raises:
            InputError: when it is no token.
        """
        checked = check_token(token) if token.strip() else ""
        with self._mutex:
            self._kept.pop(session, None)
            if checked:
                self._kept[session] = (checked, self._clock())
            while len(self._kept) > MAX_TOKENS:
                self._kept.popitem(last=False)

    def of(self, session: str) -> str:
        """The session's token; empty when it gave none or left it unused for too long."""
        with self._mutex:
            token, used = self._kept.pop(session, ("", 0.0))
            if not token or self._clock() - used > TOKEN_LIFE_S:
                return ""
            self._kept[session] = (token, self._clock())
            return token

    def forget(self, session: str) -> None:
        """Drops the session's token."""
        with self._mutex:
            self._kept.pop(session, None)
