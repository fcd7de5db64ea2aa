"""Logging in without the form of the page: a script or an MCP client sends a user as HTTP Basic.

Gradio knows a visitor by the cookie that its form sets, which few scripts and no MCP client can fill in, and
asks nobody who calls its MCP server. Here a request with a user and password gets that cookie before gradio
sees it, so that one login opens the page, its endpoints, files and figures; and tools want one as well
(decision 71). Who guesses is slowed down here too, at the form as well (``tabs.parts.guesses``).
"""

from __future__ import annotations

import base64
import binascii
import html
import secrets
from collections.abc import Sequence
from typing import Any

import gradio as gr
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabs.parts.events import AT_ONCE
from tabs.parts.guesses import Guesses, TooMany

#: What paths hold that gradio does not guard: of the MCP server, and of ``tabs.parts.openai_api``.
GUARDED: tuple[str, ...] = ("/gradio_api/mcp", "/v1/")
#: What the path of an endpoint's call holds.
_CALLS = "/gradio_api/"
#: Header of the calls that the MCP server itself makes of the page.
INSIDE_HEADER = "x-modeldeck-inside"
#: Whom gradio takes such a call for where it brings nobody's login along, as its first one does.
_INSIDE = "mcp"
#: What a request without a login is answered where one is needed.
ASKS = {"WWW-Authenticate": 'Basic realm="Modeldeck"'}
_REFUSED = "Log in as for the page: send one of its users as HTTP Basic."


class Logins:
    """The users of a page, and the cookies of those who come without its form.

    Args:
        pairs: users with their passwords.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = [(f"{user}:{password}".encode(), user) for user, password in pairs]
        self._cookies = {user: secrets.token_urlsafe(32) for user in (_INSIDE, *dict(pairs))}
        #: Proves that a call comes from this process.
        self.inside = secrets.token_urlsafe(32)

    def user(self, header: str) -> str:
        """Whom an ``Authorization`` header names with the right password; empty for nobody.

        Clients of OpenAI's API send ``Bearer user:password``, having been given that as their key.
        """
        sent = _sent(header)
        matches = [user for pair, user in self._pairs if secrets.compare_digest(sent, pair)]
        return matches[0] if matches else ""

    def cookie(self, user: str, page: Any) -> str:
        """A cookie that gradio knows the user by from now on.

        Args:
            user: one of the page, or the empty name for the page itself.
            page: the server of the launched page.
        """
        token = self._cookies[user or _INSIDE]
        page.tokens[token] = user or _INSIDE  # anew: who logs out ends all that he has
        return f"{_names(page)[0]}={token}"


class BasicLogin:
    """Turns the HTTP Basic login of a request into gradio's cookie, and asks for a login before any tool."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        self._app, self._logins, self._guesses = app, logins, Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "POST" and scope["path"].rstrip("/").endswith("/login"):
            await self._by_form(scope, receive, send)
            return
        headers, page = Headers(scope=scope), scope["app"]
        user, refused, guarded = "", PlainTextResponse(_REFUSED, 401, ASKS), GUARDED
        try:
            user = self._guesses.judged(headers.get("authorization", ""), self._logins.user)
        except TooMany as error:  # gradio would call a login that was not looked at a wrong one
            refused, guarded = _later(error), (*GUARDED, _CALLS)
        known = bool(user) or logged_in(headers, page)
        inside = headers.get(INSIDE_HEADER, "").encode()
        if not known and any(path in scope["path"] for path in guarded):
            await refused(scope, receive, send)
            return
        if user or (not known and secrets.compare_digest(inside, self._logins.inside.encode())):
            cookie = self._logins.cookie(user, page)
            scope = {**scope, "headers": _with_cookie(scope["headers"], cookie)}
        await self._app(scope, receive, send)

    async def _by_form(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets gradio look at what its form sends, one guess at a time once there were many."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self._guesses.right()
            await send(message)

        try:
            await self._guesses.turn()
        except TooMany as error:
            await _later(error)(scope, receive, send)
            return
        await self._app(scope, receive, told)


def _later(error: TooMany) -> PlainTextResponse:
    return PlainTextResponse(str(error), 429, {"Retry-After": str(max(1, round(error.wait_s)))})


def logged_in(headers: Headers, page: Any) -> bool:
    """Whether a request brings gradio's cookie of somebody who is logged in.

    Args:
        headers: of the request.
        page: the server of the launched page.
    """
    return user_of(headers, page) is not None


def user_of(headers: Headers, page: Any) -> str | None:
    """Who is logged in, by gradio's cookie; None for nobody. The arguments are those of ``logged_in``."""
    cookies = cookie_parser(headers.get("cookie", ""))
    known = [page.tokens.get(cookies.get(name, "")) for name in _names(page)]
    return next((user for user in known if user is not None), None)


def log_out(page: gr.Blocks) -> None:
    """Adds the link that logs whoever is looking out, at this place of the page."""
    link = gr.HTML("", elem_classes=["md-leave-slot"])

    def draw(request: gr.Request) -> str:
        return leave_html(request.username)

    page.load(draw, None, link, **AT_ONCE)


def leave_html(user: str | None) -> str:
    """The link with which somebody logs out; empty where nobody is logged in."""
    if not user:
        return ""
    name = html.escape(user)
    return f'<a class="md-leave" href="logout?all_session=false">Log out <bdi>{name}</bdi></a>'


def _names(page: Any) -> tuple[str, str]:
    """Gradio's two cookies: that of https, which it looks for first, and that of http."""
    return f"access-token-{page.cookie_id}", f"access-token-unsecure-{page.cookie_id}"


def _with_cookie(headers: Sequence[tuple[bytes, bytes]], cookie: str) -> list[tuple[bytes, bytes]]:
    """The headers with one more cookie, the last, which counts before an earlier one of its name."""
    sent = [value for name, value in headers if name == b"cookie"]
    rest = [(name, value) for name, value in headers if name != b"cookie"]
    return [*rest, (b"cookie", b"; ".join([*sent, cookie.encode()]))]


def _sent(header: str) -> bytes:
    """``user:password`` of an ``Authorization`` header; empty when it holds none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() == "bearer":
        return encoded.strip().encode()
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""
