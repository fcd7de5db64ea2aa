"""What counts as a model id. An id from a page or a call is a name at the Hub, never a path."""

from __future__ import annotations

import re

from models.errors import InputError

#: The Hub's own rule for a repository name: 96 characters of these for each part.
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,95})"
_ID = re.compile(rf"{_PART}/{_PART}")
#: A branch, a tag, a commit or a reference such as ``refs/pr/3``.
_REVISION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,98}[A-Za-z0-9])?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def check_id(model: str) -> str:
    """The id, stripped, when it has the form ``org/name``.

    Raises:
        InputError: for a path, an address, or anything else that is no Hub id.
    """
    text = model.strip()
    if _ID.fullmatch(text) and ".." not in text and "--" not in text:
        return text
    raise InputError(
        f"{_short(text)!r} is no model id.",
        hint="Write a Hub id as org/name, such as openai/whisper-tiny, or choose from the list.",
    )


def split_id(model: str) -> tuple[str, str]:
    """Id and revision of ``org/name`` or ``org/name@revision``; the revision is empty without one.

    Raises:
        InputError: when either part has another form.
    """
    name, at, revision = model.strip().partition("@")
    repo = check_id(name)
    if at and (not _REVISION.fullmatch(revision) or ".." in revision or "//" in revision):
        raise InputError(
            f"{_short(revision)!r} is no revision.",
            hint=f"Write {repo}@ and a branch, a tag or a commit.",
        )
    return repo, revision


def is_commit(revision: str) -> bool:
    """Whether a revision is a whole commit hash, which never changes its meaning."""
    return bool(_COMMIT.fullmatch(revision))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
