"""The HTTP side of the stand-in: routes, rights, ranges, redirects and faults."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.hub_standin.faults import Fault, Faults
from tests.hub_standin.repos import Repo, Stored
from tests.hub_standin.running import running

_RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_MODEL = re.compile(
    r"/api/models/([^/]+/[^/]+)(?:/(revision|tree|refs|auth-check)(?:/([^/]+))?)?/?"
)


class HubStandIn(ThreadingHTTPServer):
    """The server; ``address`` goes into ``HF_ENDPOINT``.

    Attributes:
        repos: what it serves, by id.
        users: token -> user name.
        faults: what goes wrong.
        unstall: ends every stall at once.
        log: (method, path, whether a token came with it) of every request.
    """

    daemon_threads = True

    def __init__(self, repos: Iterable[Repo] = (), port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.repos = {repo.id: repo for repo in repos}
        self.users: dict[str, str] = {}
        self.faults = Faults()
        self.unstall = threading.Event()
        self.log: list[tuple[str, str, bool]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up early is part of many tests."""

    def add(self, repo: Repo) -> Repo:
        self.repos[repo.id] = repo
        return repo

    def fault(self, kind: str, path: str = "", **more: Any) -> None:
        self.faults.add(Fault(kind, path, **more))

    def asked(self, part: str, method: str = "GET") -> int:
        """How many requests of a method had ``part`` in their path."""
        return sum(m == method and part in path for m, path, _ in self.log)

    def moved(self, name: str) -> Repo | None:
        return next((repo for repo in self.repos.values() if name in repo.was), None)


@contextmanager
def serving(*repos: Repo) -> Iterator[HubStandIn]:
    """A running stand-in."""
    with running(HubStandIn(repos)) as hub:
        yield hub


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: HubStandIn

    def log_message(self, *_: Any) -> None:
        """Says nothing; ``HubStandIn.log`` has it all."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        path, self.query = urllib.parse.unquote(address.path), urllib.parse.parse_qs(address.query)
        self.server.log.append((self.command, self.path, bool(self._token)))
        self.fault = self.server.faults.take(self.command, self.path)
        if self.fault and self.fault.kind == "status":
            self._error(self.fault.code, "", "told to fail", self.fault.headers)
        elif path == "/api/models":
            self._json(self._search())
        elif path == "/api/whoami-v2":
            self._whoami()
        elif path.startswith("/cdn/"):
            self._from_cdn(path)
        elif found := _MODEL.fullmatch(path):
            self._model(*found.groups())
        elif found := _RESOLVE.fullmatch(path):
            self._resolve(*found.groups())
        else:
            self._error(404, "", "no such page")

    # ---- rights -----------------------------------------------------------------------------

    @property
    def _token(self) -> str:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ")

    def _repo(self, name: str) -> Repo | None:
        """The repository, when it may be known; else the answer is given here."""
        if self._token and self._token not in self.server.users:
            self._error(401, "", "Invalid credentials in Authorization header")
            return None
        repo = self.server.repos.get(name)
        if repo is None and (now := self.server.moved(name)):
            self._send(307, b"", {"Location": self.path.replace(name, now.id, 1)})
            return None
        if repo is None or (repo.private and self._token not in repo.readers):
            self._error(404 if self._token else 401, "RepoNotFound", "Repository not found")
            return None
        return repo

    def _may_read(self, repo: Repo) -> bool:
        if not repo.gated or self._token in repo.readers:
            return True
        known = bool(self._token)
        self._error(403 if known else 401, "GatedRepo", f"Access to model {repo.id} is restricted")
        return False

    def _commit(self, repo: Repo, revision: str | None) -> str | None:
        sha = repo.resolve(revision or "main")
        if sha is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha

    # ---- answers ----------------------------------------------------------------------------

    def _search(self) -> list[dict[str, Any]]:
        words = self.query.get("search", [""])[0].lower()
        tags = {*self.query.get("filter", []), *self.query.get("pipeline_tag", [])}
        found = [
            repo
            for repo in self.server.repos.values()
            if words in repo.id.lower()
            and not (repo.private and self._token not in repo.readers)
            and tags <= {repo.facts.get("pipeline_tag", ""), *repo.facts.get("tags", ())}
        ]
        found.sort(key=lambda repo: -repo.facts.get("downloads", 0))
        limit = int(self.query.get("limit", ["100"])[0])
        return [self._short(repo.info(repo.refs["main"], blobs=False)) for repo in found[:limit]]

    def _short(self, info: dict[str, Any]) -> dict[str, Any]:
        """What a search tells: by default little, else what ``expand`` asks for."""
        wanted = self.query.get("expand") or [
            "downloads", "likes", "tags", "pipeline_tag", "private", "library_name",
        ]  # fmt: skip
        return {"id": info["id"], **{key: info[key] for key in wanted if key in info}}

    def _whoami(self) -> None:
        name = self.server.users.get(self._token)
        if name is None:
            self._error(401, "", "Invalid username or password.")
        else:
            self._json({"type": "user", "id": name, "name": name, "fullname": name, "orgs": []})

    def _model(self, name: str, part: str | None, revision: str | None) -> None:
        repo = self._repo(name)
        if repo is None:
            return
        if part == "auth-check":
            if self._may_read(repo):
                self._json({})
            return
        if part == "refs":
            refs = [
                {"name": n, "ref": f"refs/heads/{n}", "targetCommit": c}
                for n, c in repo.refs.items()
            ]
            self._json({"branches": refs, "tags": [], "converts": []})
            return
        sha = self._commit(repo, revision)
        if sha is not None and part == "tree":
            self._json(repo.tree(sha))
        elif sha is not None:
            self._json(repo.info(sha, blobs="blobs" in self.query))

    def _resolve(self, name: str, revision: str, file_name: str) -> None:
        repo = self._repo(name)
        if repo is None or not self._may_read(repo) or not (sha := self._commit(repo, revision)):
            return
        file = repo.commits[sha].get(file_name)
        told = {"X-Repo-Commit": sha}
        if file is None:
            self._error(404, "EntryNotFound", f"{file_name} does not exist", told)
        elif file.large:
            place = f"/cdn/{repo.id}/{sha}/{file.sha256}/{file_name}"
            linked = {"X-Linked-Size": str(len(file.content)), "X-Linked-ETag": f'"{file.etag}"'}
            self._send(302, b"", {**told, **linked, "Location": f"{self.server.address}{place}"})
        else:
            self._file(file, {**told, "ETag": f'"{file.etag}"'})

    def _from_cdn(self, path: str) -> None:
        """Large files, as the Hub's own storage serves them: no rights are asked for again."""
        _, _, org, name, sha, _, file_name = path.split("/", 6)
        file = self.server.repos[f"{org}/{name}"].commits[sha][file_name]
        self._file(file, {"ETag": f'"{file.etag}"'})

    def _file(self, file: Stored, headers: dict[str, str]) -> None:
        body, status = file.content, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range") or "")
        if asked:
            start, end = int(asked[1]), int(asked[2] or len(body) - 1) + 1
            if start >= len(body):
                self._send(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            place = f"bytes {start}-{min(end, len(body)) - 1}/{len(body)}"
            headers, status = {**headers, "Content-Range": place}, 206
            body = body[start:end]
        if self.fault and self.fault.kind == "corrupt" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        self._send(status, body, {"Accept-Ranges": "bytes", **headers})

    # ---- wire -------------------------------------------------------------------------------

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(
        self, status: int, code: str, message: str, more: dict[str, str] | None = None
    ) -> None:
        headers = {
            "X-Error-Message": message,
            **({"X-Error-Code": code} if code else {}),
            **(more or {}),
        }
        body = json.dumps({"error": message}).encode()
        self._send(status, body, {"Content-Type": "application/json", **headers})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self._body(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _body(self, body: bytes) -> None:
        fault = self.fault
        if fault is None or fault.kind not in {"break", "stall", "slow"}:
            self.wfile.write(body)
        elif fault.kind == "slow":
            step = max(1, fault.rate // 20)
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                self.wfile.flush()
                time.sleep(step / fault.rate)
        else:
            self.wfile.write(body[: fault.after])
            self.wfile.flush()
            if fault.kind == "stall":
                self.server.unstall.wait(fault.seconds)
            self.close_connection = True
