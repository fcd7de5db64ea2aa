"""One file over the network: from where the last try ended, patient with a busy Hub, and countable."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from models.access import Access
from models.errors import AppError, HubUnreachable, Stopped
from models.hub.client import endpoint, headers, is_busy, wait_of
from models.hub.facts import HubFacts, HubFile
from models.units import size

log = logging.getLogger(__name__)

#: Tries in a row that bring no byte before a file is given up, and the pauses between, in seconds.
TRIES, PAUSES_S = 5, (0.5, 1.0, 2.0, 4.0)
#: Longest pause that the Hub may ask for, and all its pauses together, in seconds.
MAX_PAUSE_S, PATIENCE_S = 60, 300


class Course:
    """How far a download is, over all its files and threads; and the wish to end it.

    Args:
        total: bytes of all files.
        here: bytes of those that need no transfer.
    """

    def __init__(self, total: int, here: int = 0) -> None:
        self._total, self._here = total, here
        self._mutex, self._over = threading.Lock(), threading.Event()
        self._file = ""
        self._said: dict[str, str] = {}

    @property
    def fraction(self) -> float | None:
        """Share of the bytes that are here."""
        return min(self._here / self._total, 1.0) if self._total else None

    def words(self, files_left: int) -> str:
        """Where it stands: a message while there is one, else the file and the total."""
        with self._mutex:
            if self._said:
                return next(iter(self._said.values()))
            left = f", {files_left} files to go" if files_left > 1 else ""
            file = f" ({self._file})" if self._file else ""
            return f"{size(self._here)} of {size(self._total)}{file}{left}"

    def add(self, count: int, file: HubFile, have: int) -> None:
        """Notes bytes that came, of a file of which ``have`` are here now."""
        with self._mutex:
            self._here += count
            self._said.pop(file.name, None)
            share = f" {have / file.size:.0%}" if file.size else ""
            self._file = f"{file.name}{share}"

    def skip(self, count: int) -> None:
        """Notes bytes that were here already, or, below 0, that have to come again."""
        with self._mutex:
            self._here += count

    def say(self, file: HubFile, message: str) -> None:
        """Shows a message until the file's next byte comes."""
        with self._mutex:
            self._said[file.name] = message

    def give_up(self) -> None:
        """Ends every transfer at its next byte or pause."""
        self._over.set()

    def check(self) -> None:
        """Raises ``Stopped`` once the download was given up."""
        if self._over.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Waits, unless the download is given up meanwhile."""
        if self._over.wait(seconds):
            raise Stopped


def stream(facts: HubFacts, file: HubFile, access: Access, partial: Path, course: Course) -> None:
    """Appends to ``partial`` until it has the file's size.

    A broken connection is taken up where it broke; a Hub that asks to wait is waited for, up to
    ``PATIENCE_S`` in all.

    Raises:
        HubUnreachable: after ``TRIES`` tries without a byte.
        huggingface_hub.errors.HfHubHTTPError: refused.
        OSError: the disk does not take it.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    course.skip(_size(partial))
    fruitless, waited = 0, 0
    while (have := _size(partial)) < file.size or not partial.exists():
        try:
            _request(facts, file, access, partial, course)
        except (httpx2.TransportError, _Short) as error:
            fruitless = 0 if _size(partial) > have else fruitless + 1
            if fruitless >= TRIES:
                raise _broke_off(facts, file, partial) from error
            log.info("%s of %s broke off (%s); going on", file.name, facts.id, error)
            course.say(file, f"the connection broke; going on with {file.name}")
            course.pause(PAUSES_S[min(fruitless, len(PAUSES_S)) - 1] if fruitless else 0.0)
        except HfHubHTTPError as error:
            asked, fruitless = wait_of(error), fruitless + 1
            waited += asked
            patient = asked <= MAX_PAUSE_S and waited <= PATIENCE_S
            if not is_busy(error) or not patient or (fruitless >= TRIES and not asked):
                raise
            pause = asked or PAUSES_S[min(fruitless, len(PAUSES_S)) - 1]
            course.say(file, f"the Hub is busy; trying again in {pause:g} s")
            course.pause(pause)


class _Short(Exception):
    """Raised when a body ended before its announced end."""


def _request(facts: HubFacts, file: HubFile, access: Access, partial: Path, course: Course) -> None:
    """One answer of the Hub, written as it comes."""
    import httpx2
    from huggingface_hub import constants, hf_hub_url, utils

    client: Any = utils
    have = _size(partial)
    address = hf_hub_url(facts.id, file.name, revision=facts.commit, endpoint=endpoint())
    patience = httpx2.Timeout(constants.HF_HUB_DOWNLOAD_TIMEOUT)
    asked = {**headers(access), "Accept-Encoding": "identity"}  # ranges count bytes as they are
    if have:
        asked["Range"] = f"bytes={have}-"
    with client.get_session().stream("GET", address, headers=asked, timeout=patience) as answer:
        if answer.status_code == 416:  # more is here than there is: it can't be this file's
            course.skip(-have)
            partial.unlink()
            return
        if answer.is_error:
            answer.read()
        client.hf_raise_for_status(answer)
        if have and answer.status_code == 200:  # the whole file again
            course.skip(-have)
            partial.unlink()
        _write(answer, file, partial, course)
    if _size(partial) < file.size:
        raise _Short(f"{_size(partial)} of {file.size} bytes")


def _write(answer: Any, file: HubFile, partial: Path, course: Course) -> None:
    with partial.open("ab") as out:
        for piece in answer.iter_bytes():
            course.check()
            out.write(piece)
            course.add(len(piece), file, out.tell())
            if out.tell() > file.size:
                raise _Short("more bytes than announced")


def _broke_off(facts: HubFacts, file: HubFile, partial: Path) -> AppError:
    return HubUnreachable(
        f"{file.name} of {facts.id} broke off at {size(_size(partial))} of "
        f"{size(file.size)}, {TRIES} times in a row.",
        hint="What came is kept: the next try goes on from there. Check the network.",
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
