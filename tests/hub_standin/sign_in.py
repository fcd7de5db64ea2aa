"""A stand-in for the Hub's sign-in: OpenID Connect as far as a Space uses it, with real signatures.

Whoever comes to be signed in is named by ``who``, without a password. What it gives out is noted, so that
a test can look for it where it must not be.
"""

from __future__ import annotations

import json
import secrets
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwk, jwt

from tests.hub_standin.running import running

CLIENT, SECRET = "modeldeck-space", "a secret of the Space"


class SignIn(ThreadingHTTPServer):
    """The provider; ``address`` goes into ``OPENID_PROVIDER_URL``.

    Attributes:
        who: name of the account that is signed in next.
        tokens: account -> access token.
        scopes: what was asked for at the last sign-in.
    """

    daemon_threads = True

    def __init__(self, tokens: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.who, self.tokens, self.scopes = "", tokens, ""
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, tuple[str, str]] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up early is no news."""


@contextmanager
def signing_in(**tokens: str) -> Iterator[SignIn]:
    """A running provider that knows these accounts."""
    with running(SignIn(tokens)) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SignIn

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        asked = urllib.parse.urlsplit(self.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(asked.query).items()}
        here = self.server.address
        if asked.path == "/.well-known/openid-configuration":
            self._json(
                {"issuer": here, "authorization_endpoint": f"{here}/oauth/authorize",
                 "token_endpoint": f"{here}/oauth/token", "jwks_uri": f"{here}/oauth/jwks",
                 "userinfo_endpoint": f"{here}/oauth/userinfo",
                 "id_token_signing_alg_values_supported": ["RS256"]}
            )  # fmt: skip
        elif asked.path == "/oauth/jwks":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        elif asked.path == "/oauth/authorize":
            self._authorize(query)
        else:
            self._json({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        code = self.server.codes.pop(form.get("code", [""])[0], None)
        if self.path != "/oauth/token" or code is None:
            self._json({"error": "invalid_grant"}, 400)
            return
        self._tokens(*code)

    def _authorize(self, query: dict[str, str]) -> None:
        code = secrets.token_urlsafe(12)
        self.server.codes[code] = (self.server.who, query.get("nonce", ""))
        self.server.scopes = query.get("scope", "")
        back = urllib.parse.urlsplit(query["redirect_uri"])
        more = urllib.parse.urlencode({"code": code, "state": query["state"]})
        target = back._replace(query="&".join(filter(None, [back.query, more]))).geturl()
        self._send(302, b"", {"Location": target})

    def _tokens(self, who: str, nonce: str) -> None:
        now = int(time.time())
        claims = {
            "iss": self.server.address, "aud": CLIENT, "sub": who, "iat": now, "exp": now + 3600,
            "nonce": nonce, "preferred_username": who, "name": who, "profile": who, "picture": "",
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.server.key)
        self._json(
            {"access_token": self.server.tokens[who], "token_type": "bearer", "expires_in": 3600,
             "scope": self.server.scopes, "id_token": signed}
        )  # fmt: skip

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
