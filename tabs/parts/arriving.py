"""What arrives for a component, before gradio reads it: what it can't read is mended or refused in our words.

Gradio itself fails without a word to whoever sent it: on a number that was emptied in a slider's box, and on
a file that is only named.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.errors import InputError
from tabs.parts.errors import page_error

_FILES = (gr.Audio, gr.File, gr.Image)
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
    return value


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
