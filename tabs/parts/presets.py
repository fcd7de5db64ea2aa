"""Named settings of a tab: a few that come with it, and the visitor's own, kept in the browser.

The visitor's presets never lie on the server: they come with each click from the browser's storage,
so they are data from a stranger, and each value is checked like one of a link.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.components import Component

from models.errors import AppError, InputError
from models.units import counted
from tabs.parts.errors import alert
from tabs.parts.events import PRIVATE
from tabs.parts.files import offer
from tabs.parts.markup import note
from tabs.parts.values import ByModel, fitted_by_model

#: Characters of a name, presets of a tab, and bytes of a file of them.
MAX_NAME, MAX_COUNT, MAX_BYTES = 40, 50, 100_000
#: What a file of presets says it is.
KIND = "modeldeck presets"
#: The storage is readable by the page alone; a key made anew at each start would only lose what is in it.
_KEY = "modeldeck"

Values = dict[str, Any]
Own = dict[str, Values]


class Changed(NamedTuple):
    """What a click made of the visitor's presets: all of them, the one that is chosen, what is said."""

    own: Own
    chosen: str | None
    told: str


@dataclass(frozen=True)
class Presets:
    """What presets of a tab are: its settings by name, those that come with it, and menus by model."""

    capability: str
    settings: Mapping[str, Component]
    shipped: Mapping[str, Mapping[str, Any]]
    by_model: ByModel = field(default_factory=dict)

    def choices(self, own: Own) -> list[tuple[str, str]]:
        """The menu: what comes with the tab, then the visitor's own by name."""
        given = [(f"{name} (comes with the tab)", name) for name in self.shipped]
        return [*given, *((name, name) for name in sorted(own, key=str.casefold))]

    def applied(self, name: str, own: Own) -> tuple[list[Any], str]:
        """Updates of the settings, and what is said; a value that does not fit is left out and named."""
        values = self.shipped.get(name) or own.get(name)
        if values is None:
            return [gr.skip()] * len(self.settings), ""
        updates, problems = [], list[str]()
        for key, part in self.settings.items():
            update = gr.skip()
            if key in values:
                try:
                    model = str(values.get("model", ""))
                    update = fitted_by_model(part, key, str(values[key]), model, self.by_model)
                except InputError as error:
                    problems.append(str(error))
            updates.append(update)
        said = f"{name}: {', '.join(f'{key} {value}' for key, value in values.items())}."
        return updates, note(" ".join([said, *problems]))

    def saved(self, name: str | None, own: Own, values: list[Any]) -> Changed:
        """Adds the settings as they stand now, or puts them in the place of those of that name.

        Raises:
            InputError: for a name that is empty, too long or taken by the tab, or one too many.
        """
        plain = " ".join((name or "").split())
        if not plain or len(plain) > MAX_NAME:
            raise InputError(
                f"A name has 1 to {MAX_NAME} characters; this one has {len(plain)}.",
                hint="Write another one.",
            )
        if plain in self.shipped:
            raise InputError(f"{plain!r} comes with the tab.", hint="Choose another name.")
        # None: that part of the page was never opened, so nobody has set it
        held = {k: v for k, v in zip(self.settings, values, strict=True) if v is not None}
        return Changed(checked({**own, plain: held}), plain, f"{plain} is saved.")

    def deleted(self, chosen: str | None, own: Own) -> Changed:
        """Takes one away.

        Raises:
            InputError: when it is none of the visitor's own.
        """
        if chosen not in own:
            raise InputError("Choose a preset of your own first.", hint="Others stay.")
        rest = {name: values for name, values in own.items() if name != chosen}
        return Changed(rest, None, f"{chosen} is deleted.")

    def imported(self, path: str | None, own: Own) -> Changed:
        """Adds those of a file; of two with one name the file's stays.

        Raises:
            InputError: see ``read``.
        """
        if not path:
            raise InputError("There is no file.", hint="Choose an exported one.")
        found = self.read(Path(path))
        return Changed(
            checked({**own, **found}), None, f"Imported: {counted(len(found), 'preset')}."
        )

    def file(self, own: Own) -> str:
        """The visitor's presets as JSON."""
        return json.dumps(
            {"kind": KIND, "tab": self.capability, "presets": own}, indent=1, ensure_ascii=False
        )

    def read(self, path: Path) -> Own:
        """The presets in a file of ``file``.

        Raises:
            InputError: when it is too large, no such file, or one of another tab.
        """
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"The file has more than {MAX_BYTES:,} bytes.", hint="Export it anew.")
        try:
            found = json.loads(path.read_text("utf-8"))
        except (ValueError, RecursionError) as error:
            raise InputError("The file is no JSON.", hint="Choose an exported one.") from error
        if not isinstance(found, dict) or found.get("kind") != KIND:
            raise InputError("The file holds no presets of Modeldeck.", hint="Export some first.")
        if found.get("tab") != self.capability:
            raise InputError(
                f"The presets are of the tab {str(found.get('tab'))[:40]!r}.",
                hint="Import them there.",
            )
        return checked(found.get("presets"))


def checked(own: object) -> Own:
    """The visitor's presets from the browser or a file, which may hold anything.

    Raises:
        InputError: when they are no presets, or too many.
    """
    fits = isinstance(own, dict) and all(
        isinstance(name, str) and 0 < len(name) <= MAX_NAME and isinstance(values, dict)
        and all(isinstance(v, (str, int, float)) for v in values.values())
        for name, values in own.items()
    )  # fmt: skip
    if not fits or not isinstance(own, dict):
        raise InputError("These presets are damaged.", hint="Delete or export them anew.")
    if len(own) > MAX_COUNT:
        raise InputError(f"{MAX_COUNT} presets are the most.", hint="Delete some first.")
    return own


def stored(capability: str) -> gr.BrowserState:
    """The visitor's presets of a tab, in the browser's storage.

    It stands outside any accordion: one that was never opened would deliver nothing.
    """
    return gr.BrowserState({}, storage_key=f"modeldeck-presets-{capability}", secret=_KEY)


class _Controls(NamedTuple):
    menu: gr.Dropdown
    name: gr.Textbox
    save: gr.Button
    delete: gr.Button
    export: gr.DownloadButton
    load: gr.UploadButton
    said: gr.HTML


def presets(what: Presets, opened: gr.Accordion, store: gr.BrowserState) -> None:
    """Adds the menu, and what saves, deletes, exports and imports, at this place of the page.

    Args:
        what: of which tab.
        opened: the accordion around it; the menu is filled when it opens.
        store: from ``stored``.
    """
    _connect(what, opened, store, _drawn())


def _drawn() -> _Controls:
    tool: dict[str, Any] = {
        "size": "sm", "min_width": 70, "scale": 0, "elem_classes": ["md-tool"],
    }  # fmt: skip
    with gr.Row(elem_classes=["md-abreast"]):
        menu = gr.Dropdown(
            [], value=None, label="Preset", min_width=200, scale=3, elem_classes=["md-as-is"]
        )
        name = gr.Textbox(
            label="Name for these settings", max_length=MAX_NAME, min_width=200, scale=3
        )
    with gr.Row(elem_classes=["md-tools"]):
        save = gr.Button("Save", **{**tool, "elem_classes": ["md-tool", "md-part-run"]})
        delete = gr.Button("Delete", **tool)
        export = gr.DownloadButton("Export", interactive=False, **tool)
        load = gr.UploadButton("Import", file_types=[".json"], **tool)
    said = gr.HTML(note("Kept in this browser only. Texts and files are not part of a preset."))
    return _Controls(menu, name, save, delete, export, load, said)


def _connect(what: Presets, opened: gr.Accordion, store: gr.BrowserState, part: _Controls) -> None:
    settings = list(what.settings.values())

    def menus(own: Own, chosen: str | None = None) -> list[Any]:
        file = offer(part.export, f"modeldeck-{what.capability}-presets.json", what.file(own))
        return [
            gr.update(choices=what.choices(own), value=chosen),
            gr.update(value=file, interactive=bool(own)),
        ]

    def fill(own: Own) -> list[Any]:
        try:
            return [*menus(checked(own)), gr.skip()]
        except AppError as error:
            return [*menus({}), alert(error)]

    def choose(chosen: str | None, own: Own) -> list[Any]:
        updates, told = what.applied(chosen or "", own)
        return [*updates, told]

    def tried(change: Callable[..., Changed], *values: Any) -> list[Any]:
        """Store, menu, export and message after a change, or why there is none."""
        try:
            own, chosen, told = change(*values)
        except AppError as error:
            return [gr.skip(), gr.skip(), gr.skip(), alert(error)]
        return [own, *menus(own, chosen), note(told)]

    def keep(name: str | None, own: Own, *values: Any) -> list[Any]:
        return tried(what.saved, name, own, list(values))

    def drop(chosen: str | None, own: Own) -> list[Any]:
        return tried(what.deleted, chosen, own)

    def take(path: str | None, own: Own) -> list[Any]:
        return tried(what.imported, path, own)

    sinks = [store, part.menu, part.export, part.said]
    opened.expand(fill, store, sinks[1:], **PRIVATE)
    part.menu.input(choose, [part.menu, store], [*settings, part.said], **PRIVATE)
    part.save.click(keep, [part.name, store, *settings], sinks, **PRIVATE)
    part.delete.click(drop, [part.menu, store], sinks, **PRIVATE)
    part.load.upload(take, [part.load, store], sinks, **PRIVATE)
