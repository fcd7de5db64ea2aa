"""A button that fills a text box from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from models.documents import KINDS, read_pages
from models.errors import AppError
from tabs.parts.events import PRIVATE


def document_button(target: gr.Textbox, slot: gr.Row) -> None:
    """Adds "From a file" to a row of the page; what the file says goes into ``target``.

    A file that can't be read leaves the text as it is and says why.
    """
    with slot:
        button = gr.UploadButton(
            "From a file", size="sm", file_types=list(KINDS), elem_classes=["md-tool"],
            min_width=90, scale=0,
        )  # fmt: skip

    def read(path: str | None) -> Any:
        if not path:
            return gr.skip()
        try:
            pages = read_pages(Path(path))
        except AppError as error:
            gr.Warning(str(error), title="Not read")
            return gr.skip()
        if pages.told:
            gr.Info(pages.told, title=Path(path).name)
        return pages.text

    button.upload(read, button, target, **PRIVATE)
