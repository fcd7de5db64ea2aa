"""Calls a gradio server as its own page does: join the queue, then read the event stream.

Plain sockets of the standard library on kept connections, so that the client costs little beside
the server that is measured on the same cores.
"""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 120.0


class CallFailed(RuntimeError):
    """Raised when the server answers a call with an error; the message is the server's."""


class Caller:
    """One visitor with a session of its own. Not for use by several threads.

    Args:
        address: ``http://host:port``.
    """

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._join, self._read = (
            http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT_S)
            for _ in range(2)
        )
        self._session = uuid.uuid4().hex
        self._endpoints = endpoints(address)

    def call(self, name: str, *values: Any) -> Any:
        """The first output of ``/name``; values that are left out at the end take their defaults.

        Raises:
            CallFailed: when the server says so.
        """
        index, defaults = self._endpoints[name]
        data = [*values, *defaults[len(values) :]]
        body = {"data": data, "fn_index": index, "session_hash": self._session}
        answer = _ask(self._join, "POST", "/gradio_api/queue/join", body)
        text = answer.read()
        if answer.status != 200:
            raise CallFailed(f"{answer.status}: {text[:200]!r}")
        stream = _ask(self._read, "GET", f"/gradio_api/queue/data?session_hash={self._session}")
        output = None
        for line in stream:
            if line.startswith(b"data: "):
                message = json.loads(line[6:])
                if message["msg"] == "process_completed":
                    output = message
        if output is None or not output["success"]:
            raise CallFailed(str(output)[:300])
        return output["output"]["data"][0]

    def number(self, name: str) -> int:
        """What the server calls ``/name`` inside."""
        return self._endpoints[name][0]

    def close(self) -> None:
        """Closes both connections."""
        self._join.close()
        self._read.close()


@lru_cache
def endpoints(address: str) -> dict[str, tuple[int, list[Any]]]:
    """Name of every endpoint -> its number in the page, and the defaults of its arguments."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT_S)
    config = json.loads(_ask(connection, "GET", "/config").read())
    told = json.loads(_ask(connection, "GET", "/gradio_api/info").read())["named_endpoints"]
    connection.close()
    numbers = {d["api_name"]: d["id"] for d in config["dependencies"] if d.get("api_name")}
    found = {}
    for path, about in told.items():
        defaults = [parameter.get("parameter_default") for parameter in about["parameters"]]
        found[path.removeprefix("/")] = (numbers[path.removeprefix("/")], defaults)
    return found


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None
) -> http.client.HTTPResponse:
    """One request; on a new connection where the server has closed the idle one."""
    content = None if body is None else json.dumps(body)
    for _ in range(2):
        try:
            connection.request(method, path, content, {"Content-Type": "application/json"})
            return connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            connection.close()
    raise CallFailed(f"{path}: the server closes every connection")


@contextmanager
def caller(address: str) -> Iterator[Caller]:
    """A visitor for the length of a block."""
    visitor = Caller(address)
    try:
        yield visitor
    finally:
        visitor.close()


def latencies(
    address: str, name: str, values: tuple[Any, ...], calls: int
) -> tuple[list[float], Any]:
    """Milliseconds of each of ``calls`` calls by one visitor, and the last output."""
    spans, output = [], None
    with caller(address) as visitor:
        visitor.call(name, *values)
        for _ in range(calls):
            began = perf_counter()
            output = visitor.call(name, *values)
            spans.append((perf_counter() - began) * 1000)
    return spans, output


def throughput(
    address: str, name: str, values: tuple[Any, ...], clients: int, calls: int
) -> tuple[float, Any]:
    """Calls per second of ``clients`` visitors at once, ``calls`` each, and the outputs as a set."""
    endpoints(address)  # asked once, not by every visitor
    ready = threading.Barrier(clients + 1)
    outputs: set[str] = set()
    errors: list[BaseException] = []

    def visit() -> None:
        try:
            with caller(address) as visitor:
                visitor.call(name, *values)  # the first call of a session sets its state up
                ready.wait()
                for _ in range(calls):
                    outputs.add(json.dumps(visitor.call(name, *values), sort_keys=True))
        except threading.BrokenBarrierError:
            pass  # another visitor failed
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)
            ready.abort()

    threads = [threading.Thread(target=visit) for _ in range(clients)]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):  # why is told below
        ready.wait()
    began = perf_counter()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return clients * calls / (perf_counter() - began), outputs
