"""What the stand-in serves: repositories with commits, large files by SHA-256, terms and tokens."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Names that the Hub keeps in large-file storage.
_LARGE = (".safetensors", ".bin", ".npy", ".model", ".spm", ".gguf", ".onnx", ".pt", ".ckpt", ".h5")


@dataclass(frozen=True)
class Stored:
    """One file at one commit."""

    content: bytes
    large: bool

    @property
    def git_id(self) -> str:
        """Git's own id of a blob: SHA-1 over a header and the content; of the pointer when large."""
        body = self.pointer if self.large else self.content
        return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pointer(self) -> bytes:
        return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
            self.sha256.encode(), len(self.content),
        )  # fmt: skip

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.git_id


@dataclass
class Repo:
    """One model repository.

    Attributes:
        id: ``org/name``.
        commits: commit hash -> file name -> file; the newest last.
        refs: branch or tag -> commit.
        facts: further fields of the model's description, as the Hub spells them.
        gated: whether terms must be accepted: then only ``readers`` may have files.
        private: whether it exists for ``readers`` only.
        readers: tokens with access.
        was: ids that this repository had before; the Hub redirects from them.
    """

    id: str
    commits: dict[str, dict[str, Stored]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    readers: set[str] = field(default_factory=set)
    was: tuple[str, ...] = ()

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        """Adds a commit on a branch and returns its hash."""
        stored = {n: Stored(c, n.endswith(_LARGE)) for n, c in files.items()}
        seed = json.dumps({n: s.etag for n, s in stored.items()}, sort_keys=True)
        sha = hashlib.sha1(f"{self.id} {len(self.commits)} {seed}".encode()).hexdigest()
        self.commits[sha] = stored
        self.refs[branch] = sha
        return sha

    def resolve(self, revision: str) -> str | None:
        """The commit of a branch, tag or commit."""
        return revision if revision in self.commits else self.refs.get(revision)

    def info(self, sha: str, *, blobs: bool) -> dict[str, Any]:
        """The model's description, as ``/api/models/{id}`` gives it."""
        files = self.commits[sha]
        config = json.loads(files["config.json"].content) if "config.json" in files else {}
        told = {k: config[k] for k in ("architectures", "model_type") if k in config}
        if "tokenizer_config.json" in files:
            told["tokenizer_config"] = json.loads(files["tokenizer_config.json"].content)
        return {
            "_id": sha[:24], "id": self.id, "modelId": self.id, "author": self.id.split("/")[0],
            "sha": sha, "private": self.private, "gated": "manual" if self.gated else False,
            "disabled": False, "downloads": 0, "likes": 0, "tags": [], "cardData": {},
            "lastModified": "2026-01-02T03:04:05.000Z", "createdAt": "2025-01-02T03:04:05.000Z",
            **({"config": told} if told else {}),
            **({"safetensors": counts} if (counts := _parameters(files)) else {}),
            "siblings": [_sibling(name, file, blobs=blobs) for name, file in files.items()],
            "usedStorage": sum(len(file.content) for file in files.values()),
            **self.facts,
        }  # fmt: skip

    def tree(self, sha: str) -> list[dict[str, Any]]:
        """Every file, as ``/api/models/{id}/tree/{revision}?recursive=true`` gives it."""
        return [
            {
                "type": "file", "path": name, "oid": file.git_id, "size": len(file.content),
                **({"lfs": _lfs(file, "oid")} if file.large else {}),
            }
            for name, file in self.commits[sha].items()
        ]  # fmt: skip


def repo_of(name: str, folder: Path, **more: Any) -> Repo:
    """A repository with the files of a folder in one commit."""
    repo = Repo(name, **more)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    repo.commit({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})
    return repo


def _sibling(name: str, file: Stored, *, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": name}
    facts = {"rfilename": name, "size": len(file.content), "blobId": file.git_id}
    return {**facts, **({"lfs": _lfs(file, "sha256")} if file.large else {})}


def _lfs(file: Stored, key: str) -> dict[str, Any]:
    return {key: file.sha256, "size": len(file.content), "pointerSize": len(file.pointer)}


def _parameters(files: dict[str, Stored]) -> dict[str, Any]:
    """Weights by dtype over the top folder's safetensors, as the Hub counts them."""
    counts: dict[str, int] = {}
    for name, file in files.items():
        if not name.endswith(".safetensors") or "/" in name:
            continue
        size = struct.unpack("<Q", file.content[:8])[0]
        header = json.loads(file.content[8 : 8 + size])
        for tensor in (entry for key, entry in header.items() if key != "__metadata__"):
            number = 1
            for side in tensor["shape"]:
                number *= side
            counts[tensor["dtype"]] = counts.get(tensor["dtype"], 0) + number
    return {"parameters": counts, "total": sum(counts.values())} if counts else {}
