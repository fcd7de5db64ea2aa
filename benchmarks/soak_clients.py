"""The visitors of a soak: ordinary calls of every tab, and those who break off, cancel or ask wrongly."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.gradio_calls import Caller, CallFailed
from benchmarks.processes import ROOT

#: Of a hundred visits, so many break off in the middle, and so many ask for what can't be had.
BREAK_OFF, ASK_WRONGLY = 8, 4
#: What an error that the visitor caused says; anything else is the app's own.
VISITORS_OWN = ("is not offered here",)
_STORY = (
    "Ada Lovelace was born in London in 1815 and worked with Charles Babbage on the Analytical "
    "Engine. She wrote notes that describe a method to compute Bernoulli numbers. The engine was "
    "never built, yet her notes are seen as the first program. "
)


@dataclass(frozen=True)
class Visit:
    """One kind of call: the endpoint, its arguments by name, how often it is drawn."""

    name: str
    values: dict[str, Any]
    weight: int = 1

    @property
    def label(self) -> str:
        """The task and the model, or that the input is a hard one."""
        return f"{self.name} {self.values.get('model', '(hard)')}"


@dataclass
class Tally:
    """What the visitors met; written by many threads under ``mutex``."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    broken_off: int = 0
    own_errors: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    mutex: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        """How many calls were answered."""
        return sum(map(len, self.seconds.values()))

    def answer(self, name: str, seconds: float) -> None:
        """A call was answered."""
        with self.mutex:
            self.seconds.setdefault(name, []).append(seconds)

    def error(self, name: str, text: str) -> None:
        """A call ended in an error."""
        with self.mutex:
            if any(words in text for words in VISITORS_OWN):
                self.own_errors += 1
            else:
                self.errors[f"{name}: {text[:300]}"] += 1


def visits(
    recording: dict[str, Any], foreign: dict[str, Any], models: dict[str, list[str]]
) -> list[Visit]:
    """Every starter of every tab; short inputs mostly, long ones and a language it lacks now and then."""
    inputs: dict[str, dict[str, Any]] = {
        "sentiment": {"text": "I love this wonderful little film."},
        "zero_shot": {"text": _STORY, "labels": ["science", "sport", "travel", "money"]},
        "ner": {"text": _STORY * 4},
        "question_answering": {"question": "Where was Ada Lovelace born?", "context": _STORY * 3},
        "summarization": {"text": _STORY * 4},
        "translation": {"text": "The house is small and the garden is beautiful."},
        "text_generation": {"prompt": "Name three fruits.", "max_new_tokens": 40},
        "text_to_speech": {"text": "The quick brown fox jumps over the lazy dog."},
        "speech_to_text": {"audio": recording},
        "image_generation": {"prompt": "a red apple"},
        "music": {"prompt": "a lively jig in D major", "seconds": 10},
        "tokenizer": {"text": _STORY},
        "assistant": {"message": 'Translate into Portuguese: "The house is small."'},
        "embeddings": {"texts": [_STORY, "The engine was never built.", "A recipe for soup."]},
    }
    found = [
        Visit(task, {**values, "model": model}, weight=4)
        for task, values in inputs.items()
        for model in models[task]
        if model.startswith("starter/")
    ]
    return [
        *found,
        Visit("ner", {"text": _STORY * 100}),
        Visit("sentiment", {"text": _STORY * 100}),
        Visit("speech_to_text", {"audio": foreign}),
    ]


class Visitor:
    """One client of the soak, in a thread of its own.

    Args:
        address: of the server.
        choices: what it may ask.
        signatures: endpoint -> its arguments and their defaults, in order.
        tally: where it notes what it met.
        seed: what it draws from.
    """

    def __init__(
        self,
        address: str,
        choices: Sequence[Visit],
        signatures: dict[str, dict[str, Any]],
        tally: Tally,
        seed: int,
    ) -> None:
        self._address, self._choices, self._signatures = address, choices, signatures
        self._tally, self._draw = tally, random.Random(seed)  # noqa: S311 - no secret

    def visit_until(self, end: Callable[[], bool]) -> None:
        """Calls, one after the other, until told to end."""
        caller = Caller(self._address)
        weights = [choice.weight for choice in self._choices]
        while not end():
            choice = self._draw.choices(self._choices, weights)[0]
            kind = self._draw.randrange(100)
            if kind < BREAK_OFF:
                self._break_off(choice)
            elif kind < BREAK_OFF + ASK_WRONGLY:
                self._call(caller, Visit(choice.name, {**choice.values, "model": "starter/none"}))
            else:
                self._call(caller, choice)
        caller.close()

    def _call(self, caller: Caller, choice: Visit) -> None:
        began = time.monotonic()
        try:
            caller.call(choice.name, *self._arguments(choice))
        except CallFailed as error:
            self._tally.error(choice.name, str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._tally.error(choice.name, f"{type(error).__name__}: {error}")
            caller.close()
        else:
            self._tally.answer(choice.label, time.monotonic() - began)

    def _break_off(self, choice: Visit) -> None:
        """Joins the queue, listens for a moment and is gone: half of them cancel first."""
        place, session = urlsplit(self._address), uuid.uuid4().hex
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        probe = Caller(self._address)
        number = probe.number(choice.name)
        probe.close()
        body = {"data": self._arguments(choice), "fn_index": number, "session_hash": session}
        headers = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/gradio_api/queue/join", json.dumps(body), headers)
            event = json.loads(connection.getresponse().read()).get("event_id")
            connection.request("GET", f"/gradio_api/queue/data?session_hash={session}")
            connection.getresponse().read(1)
            time.sleep(self._draw.uniform(0, 0.5))  # somewhere in the middle of the run
            if self._draw.random() < 0.5:
                cancel = {"session_hash": session, "fn_index": number, "event_id": event}
                _post(self._address + "/gradio_api/cancel", cancel)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._tally.error(choice.name, f"breaking off: {type(error).__name__}: {error}")
        finally:
            connection.close()
        with self._tally.mutex:
            self._tally.broken_off += 1

    def _arguments(self, choice: Visit) -> list[Any]:
        return list({**self._signatures[choice.name], **choice.values}.values())


def signatures(address: str) -> dict[str, dict[str, Any]]:
    """Endpoint -> argument -> default, in order, as the server tells."""
    with urllib.request.urlopen(address + "/gradio_api/info") as answer:  # noqa: S310 - our own server
        told = json.load(answer)["named_endpoints"]
    return {
        name.lstrip("/"): {p["parameter_name"]: p.get("parameter_default") for p in e["parameters"]}
        for name, e in told.items()
    }


def upload(address: str, path: Path) -> dict[str, Any]:
    """Hands a file to the server; what a call passes for it."""
    edge = uuid.uuid4().hex
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n\r\n'
    )
    body = head.encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        address + "/gradio_api/upload",
        body,
        {"Content-Type": f"multipart/form-data; boundary={edge}"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        where = json.load(answer)[0]
    return {"path": where, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def recording(name: str) -> Path:
    """A recording of this repository."""
    return ROOT / "assets" / "examples" / f"{name}.flac"


def _post(url: str, body: Any) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own server
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        answer.read()
