"""Who may log in: ``user:password`` pairs, as a setting names them or as lines of a file.

A command line is read by everybody on the machine and grows long with thirty people; a file is neither.
"""

from __future__ import annotations

from pathlib import Path

#: What a setting begins with that names a file.
FILE = "@"
#: Largest file of logins, in bytes; a thousand people need a twentieth of it.
MAX_BYTES = 1_000_000


def logins(text: str) -> list[tuple[str, str]]:
    """The (user, password) pairs behind a setting.

    Args:
        text: ``user:password`` pairs with commas between them, or ``@FILE`` with one on each line of a UTF-8
            file, where empty lines and those that begin with ``#`` mean nothing. A password may hold
            colons, in a file commas too.

    Raises:
        ValueError: what is wrong, in words that quote no password.
    """
    if not text.startswith(FILE):
        entries = [entry for entry in text.split(",") if entry]
        return [_pair(entry, f"entry {number}") for number, entry in enumerate(entries, start=1)]
    path = Path(text.removeprefix(FILE)).expanduser()
    found = [
        _pair(line, f"line {number} of {path}")
        for number, line in enumerate(_lines(path), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not found:
        raise ValueError(f"{path} names nobody; write user:password on a line.")
    twice = {user for place, (user, _) in enumerate(found) if user in dict(found[:place])}
    if twice:
        raise ValueError(f"{path} names {min(twice)} more than once.")
    return found


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path} has more than {MAX_BYTES:,} bytes.")
        return path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no UTF-8 text.") from None


def _pair(entry: str, where: str) -> tuple[str, str]:
    user, _, password = entry.partition(":")
    if not user.strip() or not password:
        raise ValueError(f"{where} must be user:password.")
    return user.strip(), password
