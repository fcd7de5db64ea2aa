"""What clients of OpenAI's API may send as JSON, as far as it is done here."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from models.errors import InputError
from models.sampler import Sampler

#: Fields that change nothing of an answer.
_IDLE = frozenset({"user", "metadata", "store", "safety_identifier", "prompt_cache_key"})
#: Values that ask for what is done anyway, by the field.
_USUAL: dict[str, tuple[Any, ...]] = {
    "n": (1,), "frequency_penalty": (0,), "presence_penalty": (0,), "logprobs": (False,),
    "stream": (False,), "stream_format": ("audio",), "response_format": ({"type": "text"},),
    "tool_choice": ("none", "auto"),
    "parallel_tool_calls": (True, False), "quality": ("auto", "standard"), "background": ("auto", "opaque"),
}  # fmt: skip
_USUAL_LENGTH = Sampler().max_new_tokens


class Body(BaseModel):
    """A request: the fields of its kind, and others only where they change nothing."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model: str = ""

    def check(self) -> None:
        """Refuses what is asked for and not done here.

        Raises:
            InputError: names the field.
        """
        for name, value in (self.model_extra or {}).items():
            usual = _USUAL.get(name, ())
            if name not in _IDLE and value not in (None, [], {}, "") and value not in usual:
                raise InputError(f"{name[:60]!r} is not done here.", hint="Leave it out.")


class Chat(Body):
    """A conversation to be answered.

    Attributes:
        model: a model on offer or of the Hub; the tab's own when empty.
        messages: each with ``role`` and ``content``, a text or parts of kind text.
        max_tokens: longest answer; ``max_completion_tokens`` is its newer name.
        stream: whether the answer comes while it is written.
        stream_options: with ``include_usage``: a last piece counts the tokens.
    """

    messages: list[dict[str, Any]]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: dict[str, Any] | None = None

    @property
    def counts(self) -> bool:
        """Whether a last piece shall count the tokens."""
        return bool((self.stream_options or {}).get("include_usage"))

    @property
    def sampler(self) -> Sampler:
        """The sampler with these settings, the page's own where they are left out."""
        given = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        longest = self.max_completion_tokens or self.max_tokens or _USUAL_LENGTH
        stops = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        chosen: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
        return Sampler(**chosen, max_new_tokens=longest, stops=stops)

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The messages with their contents as texts."""
        return [
            {**one, "role": "system" if one.get("role") == "developer" else one.get("role"),
             "content": _text(one.get("content"))}
            for one in self.messages
        ]  # fmt: skip


class Speak(Body):
    """A text to be spoken.

    Attributes:
        voice: of the model; its first one when empty.
        response_format: of the file.
    """

    input: str
    voice: str = ""
    speed: float = 1.0
    response_format: Literal["mp3", "wav", "flac"] = "mp3"


class Draw(Body):
    """Pictures to be drawn.

    Attributes:
        n: pictures; those after the first have the seeds that follow its own.
        size: ``WIDTHxHEIGHT`` in pixels; the model's own when ``auto``.
        response_format: how each comes; the address of a file would be one that somebody keeps.
        negative_prompt: of our own, as are ``steps``, ``guidance`` and ``seed``: see ``/image_generation``.
    """

    prompt: str
    n: int = 1
    size: str = "auto"
    response_format: Literal["b64_json"] = "b64_json"
    output_format: Literal["png"] = "png"
    negative_prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None

    @property
    def wish(self) -> dict[str, Any]:
        """Arguments of an engine's ``draw``."""
        width, height = self._sides()
        given = {"negative_prompt": self.negative_prompt, "steps": self.steps, "seed": self.seed}
        return {
            **given,
            "guidance": self.guidance,
            "width": width,
            "height": height,
            "count": self.n,
        }

    def _sides(self) -> tuple[int | None, int | None]:
        if self.size == "auto":
            return None, None
        sides = re.fullmatch(r"(\d{1,5})x(\d{1,5})", self.size)
        if sides is None:
            raise InputError(
                f"There is no size {self.size[:40]!r}.",
                hint="Write pixels, such as 512x512, or auto.",
            )
        return int(sides[1]), int(sides[2])


class Vectors(Body):
    """Texts to be turned into vectors.

    Attributes:
        role: of our own: which prefix of the model stands before each, see ``/embeddings``.
    """

    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    role: str = "alike"


def _text(content: Any) -> Any:
    """A message's content as one text; what is none is left for the conversation's own check."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
             for part in content]  # fmt: skip
    if None in parts:
        raise InputError("A message holds more than text.", hint="Send texts only.")
    return "\n".join(map(str, parts))
