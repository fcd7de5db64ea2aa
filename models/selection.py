"""What the owner of a page chose for it: which tabs it has, and which models are in memory from the start."""

from __future__ import annotations

from models.spec import CAPABILITIES

#: The tabs in the order of the page: the capabilities, then views of what is there, which have no engine.
TABS = (*CAPABILITIES, "models")


def tabs(text: str) -> tuple[str, ...]:
    """The tabs of a page, in the page's own order; all where none is named.

    Args:
        text: names with commas between them.

    Raises:
        ValueError: for a name that is no tab.
    """
    named = [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in TABS:
            raise ValueError(f"there is no tab {name!r}; choices: {', '.join(TABS)}.")
    return tuple(name for name in TABS if name in named) if named else TABS


def preloads(text: str) -> tuple[tuple[str, str], ...]:
    """(capability, model id) of what is loaded at start; an empty id stands for the tab's own model.

    Args:
        text: ``capability=id`` or ``capability`` with commas between them.

    Raises:
        ValueError: for what is no capability, or an id with a revision.
    """
    pairs = [entry.partition("=") for entry in text.split(",") if entry.strip()]
    found = [(name.strip(), model.strip()) for name, _, model in pairs]
    for name, model in found:
        if name not in CAPABILITIES:
            raise ValueError(f"{name!r} is no capability; choices: {', '.join(CAPABILITIES)}.")
        if "@" in model:
            raise ValueError(f"{model!r} names a revision; a file given to --lock holds those.")
    return tuple(found)
