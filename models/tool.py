"""What a tool is that a model may call: checked arguments, what runs, and what is told of the result.

A tool is a class of arguments: its docstring tells a model what it does, its fields what it takes. The
JSON schema that chat templates want is made from that, and so is the check of what a model has written.
``verb`` is what a tab would ask of the same engine; ``told`` is the result in a few words, for the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from models.runs import Verb

_TEXT = "The text itself, or the name of a text: file_1 or result_1."
Text = Annotated[str, Field(min_length=1, description=_TEXT)]


class Tool(BaseModel, ABC):
    """The arguments of one tool, checked.

    Attributes:
        capability: whose engine runs.
        title: what the page calls a step of it.
        takes_texts, takes_recordings: arguments that may be the name of a text, and that must be the
            name of a recording.
        gives: what the result is: ``text``, ``audio`` or ``image``.
        carries: whether the text of its result is a text to go on with, rather than facts about one.
        writes: whether it only writes, as the planner itself may be able to.
    """

    model_config = ConfigDict(extra="forbid")
    capability: ClassVar[str]
    title: ClassVar[str]
    takes_texts: ClassVar[tuple[str, ...]] = ("text",)
    takes_recordings: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[str] = "text"
    carries: ClassVar[bool] = False
    writes: ClassVar[bool] = False

    @abstractmethod
    def verb(self) -> Verb[Any]:
        """What is asked of the engine."""

    @classmethod
    def told(cls, result: Any) -> str:
        """The result as a short text: its own, unless a tool says otherwise."""
        return str(result.text)

    @classmethod
    def text_of(cls, result: Any) -> str:
        """The text that a later call gets which names this result."""
        return cls.told(result)


class FileTool(Tool):
    """A tool whose result is a file: sound or a picture."""

    @classmethod
    @abstractmethod
    def write(cls, result: Any, folder: Path) -> Path:
        """Writes the file into a folder; where it is."""
