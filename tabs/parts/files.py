"""Files that a handler writes for a download button or a player."""

from __future__ import annotations

import html
import uuid
from pathlib import Path
from urllib.parse import quote

from gradio.components.base import Component
from gradio.processing_utils import save_bytes_to_cache

from models.spreadsheets import file_bytes


def offer(button: Component, name: str, content: str) -> str:
    """Writes a UTF-8 file into gradio's cache, which serves it and deletes it in time.

    A CSV gets a byte order mark; see ``models.spreadsheets``.

    Args:
        button: the component that will hand it out.
        name: file name with its extension.
        content: the file.

    Returns:
        The path, to be the component's value.
    """
    return offer_bytes(button, name, file_bytes(name, content))


def offer_bytes(button: Component, name: str, content: bytes) -> str:
    """The same for bytes."""
    return str(save_bytes_to_cache(content, name, button.GRADIO_CACHE))


def new_folder(component: Component) -> Path:
    """Path for a folder in gradio's cache, not made yet, for files that are written over time.

    Gradio serves what lies there; add each path to ``component.temp_files``, so that it deletes it.
    """
    return Path(component.GRADIO_CACHE).resolve() / uuid.uuid4().hex


def address(path: Path) -> str:
    """Where the page finds a file of gradio's cache, ready for an HTML attribute.

    It is relative to the page, as the page's own scripts are: right behind a proxy's path, too.
    """
    return html.escape(f"gradio_api/file={quote(path.as_posix())}")
