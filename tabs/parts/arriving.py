"""What arrives for a component, before gradio reads it: what it can't read is mended or refused in our words.

Gradio itself fails without a word to whoever sent it: on a number that was emptied in a slider's box, and on
a file that is only named.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio as gr

from models.errors import InputError
from tabs.parts.errors import page_error

_FILES = (gr.Audio, gr.File, gr.Image)
#: What stands before a file's path in its address.
_SERVED = "/gradio_api/file="
#: Characters of a refused value that are repeated.
_QUOTED = 60
_HOW = (
    'With gradio_client pass handle_file("name"). Over HTTP send the file to /gradio_api/upload and pass '
    '{"path": "...", "meta": {"_type": "gradio.FileData"}} with the path that it answers.'
)


def readable(block: Any, value: Any) -> Any:
    """The value, or what is meant by it.

    Args:
        block: the component as the page was built: that of a session that has changed forgets its value.
        value: as it was sent.

    Raises:
        gr.Error: when the component takes files and this is none that was sent here.
    """
    if isinstance(block, gr.Slider) and value is None:
        return block.value
    if isinstance(block, _FILES) and not _is_file(value):
        raise page_error(
            InputError(
                f"{block.label}: {str(value)[:_QUOTED]!r} is no file that was sent.", hint=_HOW
            )
        )
    return _here(block, value) if isinstance(block, _FILES) else value


def _here(block: Any, value: Any) -> Any:
    """A file of this app that is named by its address, as tools and endpoints answer it, is not fetched.

    Gradio would, and refuses to ask a machine of one's own network, such as this one.
    """
    if isinstance(value, list):
        return [_here(block, one) for one in value]
    address = _address(value)
    place = Path(unquote(address.partition(_SERVED)[2])) if _SERVED in address else None
    if place is None or not place.is_relative_to(block.GRADIO_CACHE) or not place.is_file():
        return value
    return {**value, "path": str(place), "url": None}


def _address(value: Any) -> str:
    """Where a file lies that is to be fetched; empty for one that was sent, and for none."""
    place = str(value.get("path") or "") if isinstance(value, dict) else ""
    return place if place.startswith(("http://", "https://")) else ""


def not_fetched(inputs: Sequence[Any]) -> gr.Error | None:
    """For a file that could not be fetched from its address; None where none was to be."""
    every = [one for value in inputs for one in (value if isinstance(value, list) else [value])]
    found = next(filter(None, map(_address, every)), "")
    if not found:
        return None
    hint = "Name a file that is open to everybody on the internet, or send it: see the API page."
    return page_error(InputError(f"{found[:_QUOTED]!r} can't be fetched.", hint=hint))


def _is_file(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_file, value))
    if value is None:
        return True
    mark = value.get("meta") if isinstance(value, dict) else None
    return isinstance(mark, dict) and mark.get("_type") == "gradio.FileData"


def not_sent() -> gr.Error:
    """For a path of this machine that is no file that was sent here."""
    return page_error(InputError("That file was not sent to this app.", hint=_HOW))
