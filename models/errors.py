"""Every error a visitor can meet, as one tree.

    AppError               anything we can explain; ``message`` is the fact, ``hint`` what to do
    |- InputError          the visitor's input is refused: empty, too long, wrong kind
    |- ModelError          a model can't be had or can't do what was asked
    |  |- ModelNotFound    no such id on the Hub, in the catalog or in the named folders
    |  |- ModelGated       the owner wants terms accepted or a token first
    |  |- ModelUnsupported wrong task, architecture or file format for this tab
    |  |- HubUnreachable   the Hub is needed and does not answer, or offline mode forbids it
    |  `- ModelBroken      weights were found but could not be loaded, or failed a check
    |- NoRoom              memory or disk does not suffice
    |- Busy                the queue is full or a wait took too long
    `- Stopped             the visitor pressed Stop: what was done so far is kept

Engines raise them; ``tabs.parts.errors`` is the only place that turns them into a page message.
"""

from __future__ import annotations


class AppError(Exception):
    """An error that can be shown to a visitor as it is.

    Args:
        message: the fact, with the offending value and the limit, as one sentence.
        hint: what the visitor can do about it, as one sentence; may be empty.
        page: address at the Hub where that is done; empty where it is not there.
    """

    def __init__(self, message: str, *, hint: str = "", page: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.page = page

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(AppError):
    """Raised by an engine's verb when the input is empty, too long or of the wrong kind."""


class ModelError(AppError):
    """Raised while a model is looked up, fetched or built; see the children."""


class ModelNotFound(ModelError):
    """Raised when no source knows the model id."""


class ModelGated(ModelError):
    """Raised when the Hub answers that terms must be accepted or a token sent first."""


class ModelUnsupported(ModelError):
    """Raised when a model exists but its task, architecture or files do not fit the tab."""


class HubUnreachable(ModelError):
    """Raised when the Hub is needed and can't be reached, or offline mode is on."""


class ModelBroken(ModelError):
    """Raised when weights fail their checksum or the library can't load them."""


class NoRoom(AppError):
    """Raised when a model or a run does not fit into memory or onto the disk."""


class Busy(AppError):
    """Raised when too many runs wait already, or one waited too long."""


class Stopped(AppError):
    """Raised inside an engine when the stop token of the run is set."""

    def __init__(self, message: str = "Stopped.", *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
