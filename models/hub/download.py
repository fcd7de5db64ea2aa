"""Brings a model's files into the Hub's cache on this disk: resumed, checked, and given up when asked.

The client's own download starts each file anew after a break, checks sizes only, and can't be
cancelled (docs/decisions/0014-our-own-downloads.md). What lies in the cache afterwards is in the
layout that the client documents, so every other program finds it there.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from filelock import FileLock

from models.access import Access
from models.errors import ModelBroken, NoRoom
from models.hub.client import explained
from models.hub.facts import HubFacts, HubFile
from models.hub.transfer import Course, stream
from models.loading import Report
from models.units import size

log = logging.getLogger(__name__)

#: Left free on the disk after a download, in bytes.
DISK_RESERVE = 500_000_000
#: Files that travel at once, and how often the waiting page hears of them, in seconds.
AT_ONCE, TELL_S = 4, 0.2
#: Ending of a file that is not whole yet, beside the whole ones.
PARTIAL = ".modeldeck-partial"
_CHUNK = 1 << 20


def storage_of(repo: str) -> Path:
    """The folder of a model in the Hub's cache, in the client's documented layout."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{repo.replace('/', '--')}"


def fetch(
    facts: HubFacts, wanted: Sequence[HubFile], revision: str, access: Access, report: Report
) -> Path:
    """Brings the wanted files to this disk and returns the snapshot's folder.

    Args:
        facts: the model at its commit.
        wanted: files of it.
        revision: branch or tag that was asked for, to be remembered for offline use; may be empty.
        access: the caller's rights.
        report: told the share of bytes that are here, and in words which file; may raise to give up.

    Raises:
        ModelError: gated, out of reach after several tries, or wrong bytes twice.
        NoRoom: the disk can't take the files.
        Stopped: from ``report``; files that are whole stay, and so do parts, for the next try.
    """
    storage = storage_of(facts.id)
    snapshot = storage / "snapshots" / facts.commit
    missing = [file for file in wanted if not (snapshot / file.name).exists()]
    check_disk(facts.id, storage, sum(file.size for file in missing))
    course = Course(sum(f.size for f in wanted), sum(f.size for f in wanted if f not in missing))
    if missing:
        log.info(
            "fetching %d files of %s at %s, %.0f MB",
            *(len(missing), facts.id, facts.commit[:7], sum(f.size for f in missing) / 1e6),
        )
        with explained(facts.id):
            _all(facts, missing, access, storage, course, report)
    remember(storage, revision, facts.commit)
    return snapshot


def check_disk(repo: str, storage: Path, needed: int) -> None:
    """Refuses a download that the disk can't take.

    Raises:
        NoRoom: with what is needed and what is free.
    """
    free = disk_free(storage)
    if needed and needed + DISK_RESERVE > free:
        raise NoRoom(
            f"{repo} needs {size(needed)} of disk; {size(free)} are free.",
            hint="Delete models from the Hub cache in the Models tab, or choose a smaller one.",
        )


def disk_free(place: Path) -> int:
    """Free bytes of the disk that a folder lies on, or will lie on."""
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def remember(storage: Path, revision: str, commit: str) -> None:
    """Writes which commit a branch or tag meant, as the client does, for asking offline."""
    if revision == commit:
        return
    place = storage / "refs" / (revision or "main")
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_text(commit)
    os.replace(draft, place)


def _all(
    facts: HubFacts, missing: Sequence[HubFile], access: Access, storage: Path,
    course: Course, report: Report,
) -> None:  # fmt: skip
    """Fetches in a few threads while this one tells how it goes; ends all when one fails."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch")
    try:
        running: set[Future[None]] = {
            pool.submit(_one, facts, file, access, storage, course)
            for file in sorted(missing, key=lambda file: -file.size)
        }
        while running:
            done, running = wait(running, TELL_S, FIRST_EXCEPTION)
            for future in done:
                future.result()
            report(course.fraction, course.words(len(running)))
    finally:
        course.give_up()
        pool.shutdown(wait=False, cancel_futures=True)


def _one(facts: HubFacts, file: HubFile, access: Access, storage: Path, course: Course) -> None:
    """One file, from wherever an earlier try left it, checked and linked into the snapshot."""
    blob = storage / "blobs" / file.etag
    lock = storage.parent / ".locks" / storage.name / f"{file.etag}.lock"
    for folder in (blob.parent, lock.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        course.check()
        if blob.exists():
            course.skip(file.size)
        else:
            _checked(facts, file, access, blob, course)
        _link(blob, storage / "snapshots" / facts.commit / file.name)


def _checked(facts: HubFacts, file: HubFile, access: Access, blob: Path, course: Course) -> None:
    partial = blob.with_name(blob.name + PARTIAL)
    for again in (True, False):
        try:
            stream(facts, file, access, partial, course)
        except OSError as error:
            if not isinstance(error, ConnectionError) and error.errno is not None:
                partial.unlink(missing_ok=True)  # a full disk is not helped by half a file on it
            raise
        if digest(partial, file, course) == file.etag:
            os.replace(partial, blob)
            return
        partial.unlink()
        course.skip(-file.size)
        log.warning("%s of %s came with wrong bytes", file.name, facts.id)
        if again:
            course.say(file, f"{file.name} came damaged; fetching it once more")
    raise ModelBroken(
        f"{file.name} of {facts.id} came twice with other bytes than the Hub announced.",
        hint="Something on the way changes files: a proxy or a mirror. Try another network.",
    )


def digest(path: Path, file: HubFile, course: Course | None = None) -> str:
    """What the Hub names a file by: SHA-256 of a large one, git's SHA-1 of a blob otherwise."""
    found = hashlib.sha256() if file.large else hashlib.sha1(usedforsecurity=False)
    if not file.large:
        found.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as stored:
        while piece := stored.read(_CHUNK):
            found.update(piece)
            if course is not None:
                course.check()
    return found.hexdigest()


def _link(blob: Path, place: Path) -> None:
    """Puts a file under its name; a copy where the disk knows no links."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        return
    try:
        place.symlink_to(os.path.relpath(blob, place.parent))
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(blob, place)
