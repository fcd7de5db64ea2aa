"""A small HTTP proxy before the stand-in, which alone knows where ``hub.test`` is.

It forwards plain requests as a proxy does (their line has the whole address) and notes what passes by.
Tunnels, which carry TLS, are noted and refused: nobody here has a certificate for ``hub.test``.
"""

from __future__ import annotations

import http.client
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.hub_standin.running import running

NAME = "hub.test"
#: Headers that belong to one hop.
_HOP = {"proxy-connection", "connection", "keep-alive", "transfer-encoding", "proxy-authorization"}


class Proxy(ThreadingHTTPServer):
    """The proxy.

    Attributes:
        hub: host and port of the stand-in.
        secret: what ``Proxy-Authorization`` must be; None to let everybody through.
        log: (method, address) of every request.
    """

    daemon_threads = True

    def __init__(self, hub: str, secret: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub, self.secret = urllib.parse.urlsplit(hub).netloc, secret
        self.log: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def proxying(hub: str, secret: str | None = None) -> Iterator[Proxy]:
    """A running proxy."""
    with running(Proxy(hub, secret)) as proxy:
        yield proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_: Any) -> None:
        """Says nothing; ``Proxy.log`` has it all."""

    def do_CONNECT(self) -> None:
        self.server.log.append(("CONNECT", self.path))
        self._send(502, b"", {})

    def do_HEAD(self) -> None:
        self._forward()

    def do_GET(self) -> None:
        self._forward()

    def _forward(self) -> None:
        self.server.log.append((self.command, self.path))
        if self.server.secret not in (None, self.headers.get("proxy-authorization")):
            self._send(407, b"", {"Proxy-Authenticate": "Basic"})
            return
        asked = urllib.parse.urlsplit(self.path)
        there = self.server.hub if asked.hostname == NAME else asked.netloc
        sent = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        link = http.client.HTTPConnection(there, timeout=10)
        link.request(self.command, self.path.partition(asked.netloc)[2], headers=sent)
        answer = link.getresponse()
        body = answer.read()
        told = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
        self._send(answer.status, body, {**told, "Via": "1.1 proxy.test"})
        link.close()

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
