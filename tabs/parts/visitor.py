"""Who an event or a call comes from, and with whose rights it may ask the Hub.

In this order: a token in the call's own header, the token that this page was given, the sign-in of a
Space; else this machine's own sign-in, and nobody's on a public page.
"""

from __future__ import annotations

import ipaddress
import time
import uuid
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from models.access import MACHINE, NOBODY, Access, Tokens, check_token

#: Header of an API call that carries the caller's own token for that call alone.
TOKEN_HEADER = "x-hub-token"  # noqa: S105 - a header's name


def current_access(tokens: Tokens, *, public: bool) -> Access:
    """The rights of the event or call that is being handled.

    Args:
        tokens: what the pages were given.
        public: whether strangers use this app; this machine's own sign-in is not lent to them.

    Raises:
        InputError: when the call's header holds no token.
    """
    nobody = NOBODY if public else MACHINE
    request = LocalContext.request.get(None)
    if request is None:
        return nobody
    token = _from_header(request) or tokens.of(page_of(request)) or _signed_in(request)
    return Access(token) if token else nobody


def current_visitor() -> tuple[str, str]:
    """Who sent the event or call that is being handled, and the event: what limits are counted by."""
    request = LocalContext.request.get(None)
    event = LocalContext.event_id.get(None) or uuid.uuid4().hex
    if request is None:
        return "this machine", event
    host = request.client.host if request.client else ""
    forwarded = dict(request.headers or {}).get("x-forwarded-for", "").split(",")
    return f"{request.username or ''}@{address([*forwarded, host])}", event


def address(hosts: Sequence[str]) -> str:
    """The network that a request came from.

    Args:
        hosts: what proxies say of each other, the nearest last. Whatever a visitor makes up stands
            before what the first proxy saw, so the last public address is the one to believe.
    """
    for host in reversed(hosts):
        try:
            found = ipaddress.ip_address(host.strip())
        except ValueError:
            continue
        if found.is_global:
            wide = found.version == 6  # one household has a whole /64
            return str(ipaddress.ip_network((found, 64), strict=False)) if wide else str(found)
    return hosts[-1]


def page_of(request: gr.Request) -> str:
    """The browser page, and the user where people log in, as one key."""
    return f"{request.username or ''}\n{request.session_hash or 'no session'}"


def _from_header(request: gr.Request) -> str:
    given = dict(getattr(request, "headers", None) or {}).get(TOKEN_HEADER, "")
    return check_token(given) if given else ""


def account_of(request: gr.Request) -> str:
    """Name of the account that is signed in on a Space; empty without one."""
    return str(_sign_in(request).get("userinfo", {}).get("preferred_username") or "")


def _signed_in(request: gr.Request) -> str:
    """The token of the Hub sign-in of a Space; empty without one."""
    return str(_sign_in(request).get("access_token") or "")


def _sign_in(request: gr.Request) -> dict[str, Any]:
    """What the sign-in left in the visitor's signed cookie; empty once it has expired."""
    scope: Any = getattr(request.request, "scope", None) or {}
    session: dict[str, Any] = scope.get("session") or {}
    info: dict[str, Any] = session.get("oauth_info") or {}
    expired = info.get("expires_at") is not None and info["expires_at"] < time.time()
    return {} if expired else info
