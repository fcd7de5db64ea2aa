"""``/health`` for whoever restarts the app, and ``/metrics`` for Prometheus, beside the page.

Both are plain routes of the page's server: no event, no queue, nothing that a visitor sees.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from models.health import examine
from models.metrics import CONTENT_TYPE, prometheus_text
from models.service import Service
from tabs.parts.logging_in import ASKS, logged_in

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
        if service.settings.auth and not logged_in(request.headers, request.app):
            return PlainTextResponse("Log in as for the page.", 401, ASKS)
        return Response(prometheus_text(service, lag), 200, {"Content-Type": CONTENT_TYPE})

    @asynccontextmanager
    async def watch(_: Any) -> AsyncIterator[None]:
        async with lag.watching():
            yield

    return {"routes": [Route("/health", health), Route("/metrics", metrics)], "lifespan": watch}
