"""``/health`` for whoever restarts the app, and ``/metrics`` for Prometheus, beside the page.

Both are plain routes of the page's server: no event, no queue, nothing that a visitor sees.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from models.health import examine
from models.metrics import CONTENT_TYPE, prometheus_text
from models.service import Service

_OFF = "Metrics are off on a page that strangers use. Start the app with MODELDECK_METRICS=on to have them."


def monitored(service: Service) -> dict[str, Any]:
    """Arguments for the page's server: the two routes, and the watch over its event loop."""
    lag = service.lag

    async def health(request: Request) -> Response:
        found = examine(service, lag)
        body = {
            "status": "ok" if found.well else "unhealthy",
            "reasons": list(found.reasons),
            "oldest_wait_s": round(found.oldest_wait_s, 3),
            "event_loop_lag_s": round(found.loop_lag_s, 3),
        }
        return JSONResponse(body, 200 if found.well else 503, {"Cache-Control": "no-store"})

    async def metrics(request: Request) -> Response:
        if not service.settings.shows_metrics:
            return PlainTextResponse(_OFF, 404)
        if not _may_read(request, service.settings.auth_pairs):
            asks = {"WWW-Authenticate": 'Basic realm="Modeldeck"'}
            return PlainTextResponse("Log in as for the page.", 401, asks)
        return Response(prometheus_text(service, lag), 200, {"Content-Type": CONTENT_TYPE})

    @asynccontextmanager
    async def watch(_: Any) -> AsyncIterator[None]:
        async with lag.watching():
            yield

    return {"routes": [Route("/health", health), Route("/metrics", metrics)], "lifespan": watch}


def _may_read(request: Request, pairs: list[tuple[str, str]]) -> bool:
    """Whether the caller is logged in to the page, or sends one of its users as HTTP Basic."""
    if not pairs:
        return True
    page = request.app
    cookies = (f"access-token-{page.cookie_id}", f"access-token-unsecure-{page.cookie_id}")
    if any(request.cookies.get(name, "") in page.tokens for name in cookies):
        return True
    user, password = _basic(request.headers.get("authorization", ""))
    sent = f"{user}:{password}".encode()
    return any(secrets.compare_digest(sent, f"{u}:{p}".encode()) for u, p in pairs)


def _basic(header: str) -> tuple[str, str]:
    """User and password of an ``Authorization: Basic`` header; empty when it is none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
