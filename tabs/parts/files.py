"""Files that a handler writes for a download button or a player."""

from __future__ import annotations

import html
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
from gradio.components.base import Component
from gradio.processing_utils import save_bytes_to_cache

from models.spreadsheets import file_bytes


def waiting_buttons(
    labels: Iterable[str], look: str, min_width: int | None = 80
) -> list[gr.DownloadButton]:
    """Adds a row of buttons for files that a run will write.

    They are disabled until then, and not hidden: a hidden one would lose its file.

    Args:
        labels: of the buttons.
        look: class of the row.
        min_width: of a button, in pixels; gradio's own when None.
    """
    with gr.Row(elem_classes=[look]):
        return [
            gr.DownloadButton(label, size="sm", min_width=min_width, interactive=False)
            for label in labels
        ]


def handed_out(
    buttons: Iterable[gr.DownloadButton],
    files: Iterable[tuple[str, str | bytes]],
    *,
    ready: bool = True,
) -> list[Any]:
    """Updates that put a file behind each button.

    Args:
        buttons: from ``waiting_buttons``.
        files: name and content for each.
        ready: whether the buttons can be pressed now.
    """
    return [
        gr.update(value=offer(button, name, content), interactive=ready)
        for button, (name, content) in zip(buttons, files, strict=True)
    ]


def offer(button: Component, name: str, content: str | bytes) -> str:
    """Writes a file into gradio's cache, which serves it and deletes it in time.

    A CSV gets a byte order mark; see ``models.spreadsheets``.

    Args:
        button: the component that will hand it out.
        name: file name with its extension.
        content: the file; a text becomes UTF-8.

    Returns:
        The path, to be the component's value.
    """
    if isinstance(content, str):
        content = file_bytes(name, content)
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
