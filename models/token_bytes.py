"""What bytes a token stands for: byte-level alphabets, byte fallback, word pieces.

Pure functions over token strings; knows neither transformers nor a file.
"""

from __future__ import annotations

import re
from functools import cache

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")


@cache
def byte_alphabet() -> dict[str, int]:
    """GPT-2's printable stand-in for each byte -> the byte (openai/gpt-2, encoder.py)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    stand_ins = {chr(byte): byte for byte in printable}
    return stand_ins | {chr(256 + index): byte for index, byte in enumerate(hidden)}


def spelled(data: bytes) -> str:
    """Bytes in GPT-2's printable alphabet, as byte-level vocabularies write them."""
    letters = {byte: letter for letter, byte in byte_alphabet().items()}
    return "".join(letters[byte] for byte in data)


def token_bytes(token: str, *, byte_level: bool) -> bytes:
    """The bytes behind one vocabulary entry.

    Args:
        token: as the vocabulary spells it.
        byte_level: whether the vocabulary spells bytes in GPT-2's alphabet.
    """
    if byte_level:
        alphabet = byte_alphabet()
        if all(letter in alphabet for letter in token):
            return bytes(alphabet[letter] for letter in token)
        return token.encode()
    if match := _BYTE_TOKEN.fullmatch(token):
        return bytes([int(match[1], 16)])
    return token.replace("\u2581", " ").encode("utf-8", "replace")


def readable(data: bytes) -> str:
    """Text where the bytes are whole characters, else the bytes in hex such as ``\\xf0\\x9f``."""
    return data.decode("utf-8", "backslashreplace")


def is_text(data: bytes) -> bool:
    """Whether the bytes are whole characters."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
