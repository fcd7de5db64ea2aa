"""The last runs of a tab: what was asked, of which model, with which settings, and the result again.

They lie in the session's state on the server, which nobody else's page can read, end with the page
or an hour after the last run, and are bounded in number and size. Nothing is written to a disk.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.runs import Snapshot
from tabs.parts.events import PRIVATE
from tabs.parts.metrics import final, seconds
from tabs.parts.values import PLAIN

#: Runs of a tab that are kept, and bytes of their inputs and results together.
MOST, MOST_BYTES = 12, 4_000_000
#: How long the session's state lives, and gradio keeps the files in it, in seconds.
LIFE_S = 3600
#: Characters of an input that the list shows, and settings that it names.
SHOWN, NAMED = 90, 5
_EMPTY = "The runs of this tab appear here; a click shows one again."


@dataclass(frozen=True)
class Entry:
    """One run.

    Attributes:
        number: counts up; names the run for the page.
        ended: when, in seconds since 1970.
        title: the model's human name.
        run_s: seconds inside the verb.
        excerpt: the beginning of what was asked.
        settings: those that differ from the tab's own, as text.
        inputs: a value for each input of the run.
        shown: a value for each output; None where that was too large to keep.
        line: the status line.
    """

    number: int
    ended: float
    title: str
    run_s: float
    excerpt: str
    settings: str
    inputs: tuple[Any, ...]
    shown: tuple[Any, ...] | None
    line: str


@dataclass(frozen=True)
class History:
    """The components of the list, and what of a run is its content."""

    inputs: Sequence[Component]
    outputs: Sequence[Component]
    content: Sequence[Component]
    state: gr.State
    keep: gr.Checkbox
    listing: gr.HTML
    clear: gr.Button
    _now: Callable[[], float] = field(default=time.time)

    def noted(
        self,
        kept: list[Entry],
        values: Sequence[Any],
        snapshot: Snapshot[Any],
        shown: Sequence[Any],
    ) -> list[Any]:
        """The state and the list with one more run in front."""
        entry = Entry(
            number=kept[0].number + 1 if kept else 1,
            ended=self._now(),
            title=snapshot.metrics.title,
            run_s=snapshot.metrics.run_s,
            excerpt=excerpt((part, v) for part, v in zip(self.inputs, values, strict=True)
                            if part in self.content and part.visible is not False),
            settings=settings_text(self.inputs, self._used(values, shown), self.content),
            inputs=tuple(values),
            shown=tuple(map(_own, shown)),
            line=final(snapshot),
        )  # fmt: skip
        runs = trimmed([entry, *kept])
        return [runs, listing_html(runs)]

    def _used(self, values: Sequence[Any], shown: Sequence[Any]) -> list[Any]:
        """The inputs with the numbers that the run wrote back, such as a seed drawn by lot."""
        written: dict[Component, Any] = {
            part: value
            for part, value in zip(self.outputs, shown, strict=True)
            if isinstance(part, gr.Number) and isinstance(value, (int, float))
        }
        return [written.get(part, v) for part, v in zip(self.inputs, values, strict=True)]

    def restorable(self) -> list[tuple[int, Component]]:
        """(place, component) of the inputs that a run is put back into: not what outputs fill."""
        return [
            (place, part)
            for place, part in enumerate(self.inputs)
            if part not in self.outputs and not isinstance(part, gr.State)
        ]

    def age_s(self, entry: Entry) -> float:
        """Seconds since a run."""
        return self._now() - entry.ended

    def again(self, entry: Entry) -> list[Any]:
        """Values of ``restorable`` inputs and of the outputs that bring a run back."""
        before = [
            part.value if entry.inputs[place] is None and isinstance(part, PLAIN)
            else entry.inputs[place]
            for place, part in self.restorable()
        ]  # fmt: skip
        after = tuple(map(_own, entry.shown or (gr.skip(),) * len(self.outputs)))
        # a state that a run reads and writes, such as the pictures of a visit, has grown since
        grown = [isinstance(part, gr.State) and part in self.inputs for part in self.outputs]
        return [*before, *(gr.skip() if old else v for old, v in zip(grown, after, strict=True))]


def _own(update: Any) -> Any:
    """The same update as an object of its own: gradio takes the value out of those it has sent."""
    return dict(update) if isinstance(update, dict) else update


def history(
    inputs: Sequence[Component], outputs: Sequence[Component], content: Sequence[Component]
) -> History:
    """Adds the list of last runs at this place of the page; ``connect_history`` wires it.

    Args:
        inputs: of the tab's run.
        outputs: that its result fills.
        content: those of the inputs that are the visitor's own text or file, the rest being settings.
    """
    listing = gr.HTML(
        listing_html([]), js_on_load="modeldeck.runOnClick(element, trigger)",
        elem_classes=["md-history"],
    )  # fmt: skip
    with gr.Row(elem_classes=["md-part-bar"]):
        keep = gr.Checkbox(
            True, label="Keep the last runs", container=False, min_width=150,
            info="Until this page is closed, in this session only.",
        )  # fmt: skip
        clear = gr.Button("Clear", size="sm", min_width=80, scale=0)
    return History(
        inputs, outputs, content, gr.State([], time_to_live=LIFE_S), keep, listing, clear
    )


def connect_history(found: History, status: gr.HTML) -> None:
    """Wires the list: a click brings a run back, the tick and the button forget."""

    def show(kept: list[Entry], place: gr.EventData) -> list[Any]:
        entry = next((e for e in kept if e.number == int(place.run)), None)
        if entry is None:
            return [gr.skip()] * (len(found.restorable()) + len(found.outputs) + 1)
        if found.age_s(entry) > LIFE_S:
            entry = replace(entry, shown=None)
        return [*found.again(entry), told(entry)]

    def forget() -> list[Any]:
        return [[], listing_html([])]

    def turned(keep: bool) -> list[Any]:
        return [gr.skip(), gr.skip()] if keep else forget()

    sinks: list[Component] = [part for _, part in found.restorable()]
    found.listing.select(show, found.state, [*sinks, *found.outputs, status], **PRIVATE)
    found.clear.click(forget, None, [found.state, found.listing], **PRIVATE)
    found.keep.input(turned, found.keep, [found.state, found.listing], **PRIVATE)


def told(entry: Entry) -> str:
    """The status line of a run that is shown again."""
    lost = (
        ": its result was too large to keep, or its files are gone" if entry.shown is None else ""
    )
    return f'{entry.line}<p class="md-note">One of the last runs, shown again{lost}.</p>'


def trimmed(runs: Sequence[Entry]) -> list[Entry]:
    """The newest runs within the limits; a result that is too large by itself is left out of its run."""
    kept, room = list[Entry](), MOST_BYTES
    for entry in runs[:MOST]:
        if not kept and mass(entry.inputs) + mass(entry.shown) > MOST_BYTES:
            entry = replace(entry, shown=None)
        room -= mass(entry.inputs) + mass(entry.shown)
        if room < 0:
            break
        kept.append(entry)
    return kept


def mass(value: Any) -> int:
    """About how many bytes a value takes: texts by their characters, pictures by their pixels."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(mass(k) + mass(v) for k, v in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return sum(map(mass, value)) + 8 * len(value)
    if is_dataclass(value) and not isinstance(value, type):
        return mass(vars(value)) if hasattr(value, "__dict__") else 64
    pixels = getattr(value, "size", None)
    return pixels[0] * pixels[1] * 3 if isinstance(pixels, tuple) and len(pixels) == 2 else 16


def excerpt(asked: Iterable[tuple[Component, Any]]) -> str:
    """The beginning of what was asked, on one line; of a file its name.

    Args:
        asked: components with their values; a text that looks like a path is a text.
    """
    given = [(part, v) for part, v in asked if isinstance(v, str) and v.strip()]
    line = " | ".join(
        " ".join(v.split()) if isinstance(part, PLAIN) else Path(v).name for part, v in given
    )
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."


def settings_text(
    inputs: Sequence[Component], values: Sequence[Any], content: Sequence[Component]
) -> str:
    """The settings that differ from those that the tab starts with, the model aside."""
    changed = [
        f"{part.label}: {_name(part, value)}"
        for part, value in zip(inputs, values, strict=True)
        if isinstance(part, PLAIN) and part not in content and "md-picker" not in part.elem_classes
        and value not in (None, "") and value != part.value
    ]  # fmt: skip
    rest = f", {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    return ", ".join(changed[:NAMED]) + rest


def _name(part: Component, value: Any) -> str:
    names = {choice: name for name, choice in getattr(part, "choices", None) or ()}
    shown = names.get(value, value) if isinstance(value, (str, int, float)) else value
    return ("yes" if shown else "no") if isinstance(shown, bool) else str(shown)[:40]


def clock(moment: float) -> str:
    """The time of day in UTC; ``assets/js/history.js`` turns it into the visitor's own."""
    moment_utc = time.gmtime(moment)
    return (
        f'<time datetime="{time.strftime("%Y-%m-%dT%H:%M:%SZ", moment_utc)}">'
        f"{time.strftime('%H:%M', moment_utc)} UTC</time>"
    )


def listing_html(runs: Sequence[Entry]) -> str:
    """The runs as buttons, the newest first; ``assets/js/history.js`` tells which was clicked."""
    if not runs:
        return f'<p class="md-note">{_EMPTY}</p>'
    return f'<ol class="md-runs">{"".join(map(_row, runs))}</ol>'


def _row(entry: Entry) -> str:
    facts = [entry.title, seconds(entry.run_s), entry.settings]
    line = html.escape(" · ".join(fact for fact in facts if fact))
    asked = html.escape(entry.excerpt or "nothing written")
    return (
        f'<li><button type="button" data-run="{entry.number}"><span dir="auto">{asked}</span>'
        f"<small>{clock(entry.ended)} · {line}</small></button></li>"
    )
