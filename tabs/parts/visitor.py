"""Who an event or a call comes from, and with whose rights it may ask the Hub.

In this order: a token in the call's own header, the token that this page was given, the sign-in of a
Space; else this machine's own sign-in, and nobody's on a public page.
"""

from __future__ import annotations

import time
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


def page_of(request: gr.Request) -> str:
    """The browser page, and the user where people log in, as one key."""
    return f"{request.username or ''}\n{request.session_hash or 'no session'}"


def _from_header(request: gr.Request) -> str:
    given = dict(getattr(request, "headers", None) or {}).get(TOKEN_HEADER, "")
    return check_token(given) if given else ""


def _signed_in(request: gr.Request) -> str:
    """The token of the Hub sign-in of a Space; empty without one."""
    scope: Any = getattr(request.request, "scope", None) or {}
    session: dict[str, Any] = scope.get("session") or {}
    info = session.get("oauth_info") or {}
    if info.get("expires_at") is not None and info["expires_at"] < time.time():
        return ""
    return str(info.get("access_token") or "")
