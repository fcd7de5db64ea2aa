"""Models of the Hugging Face Hub: ids, facts before a download, the download, and its errors.

Imports huggingface_hub only when the Hub is wanted. A model id from a page is a Hub id, never a path.
"""

from __future__ import annotations

import errno
import fnmatch
import logging
import os
import re
import shutil
import socket
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import (
    AppError,
    HubUnreachable,
    InputError,
    ModelGated,
    ModelNotFound,
    ModelUnsupported,
    NoRoom,
)
from models.loading import Report
from models.spec import ModelCard

log = logging.getLogger(__name__)

#: The Hub's own rule for a repository name: 96 characters of these for each part.
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,95})"
_ID = re.compile(rf"{_PART}/{_PART}")
#: Files that a transformers or diffusers folder needs: tensors, configuration, vocabularies.
NEEDED = (
    "*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.spm",
    "speaker_embeddings/*.npy",  # Bark's voices
)  # fmt: skip
_PICKLED = ("*.bin",)
#: Duplicates of the same weights for other frameworks or uses.
_NEVER = ("*.onnx", "onnx/*", "openvino/*", "*.msgpack", "*.h5", "*.tflite", "original/*", "*.gguf")
_VARIANTS = ("*.fp16.safetensors", "*.non_ema.*", "*.fp16.bin")
#: Left free on the disk after a download, in bytes.
DISK_RESERVE = 500_000_000


def check_id(model: str) -> str:
    """The id, stripped, when it has the form ``org/name``.

    Raises:
        InputError: for a path, an address, or anything else that is no Hub id.
    """
    text = model.strip()
    if _ID.fullmatch(text) and ".." not in text and "--" not in text:
        return text
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    raise InputError(
        f"{shown!r} is no model id.",
        hint="Write a Hub id as org/name, such as openai/whisper-tiny, or choose from the list.",
    )


def hub_answers(timeout_s: float = 1.5) -> bool:
    """Whether the Hub's host (or ``HF_ENDPOINT``) takes a connection within ``timeout_s``."""
    address = urllib.parse.urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    port = address.port or (80 if address.scheme == "http" else 443)
    try:
        with socket.create_connection((address.hostname or "", port), timeout_s):
            return True
    except OSError:
        return False


def download(
    card: ModelCard, revision: str, patterns: tuple[str, ...], report: Report, *, offline: bool
) -> tuple[Path, str]:
    """Fetches what the loader needs into the Hub's cache and returns (folder, commit).

    Args:
        card: the model; ``card.id`` is checked again.
        revision: branch, tag or commit; empty for the default branch.
        patterns: file patterns of the engine; empty for the usual ones.
        report: told the share of bytes that are here.
        offline: use the cache only.

    Raises:
        ModelError: not found, gated, offline, unsupported files.
        NoRoom: the disk can't take the download.
    """
    repo = check_id(card.id)
    from huggingface_hub import HfApi, snapshot_download

    if offline:
        with _explained(repo):
            folder = snapshot_download(repo, revision=revision or None, local_files_only=True)
        return Path(folder), Path(folder).name
    report(None, "asking the Hub")
    with _explained(repo):
        facts = HfApi().model_info(repo, revision=revision or None, files_metadata=True)
        wanted = _choose(facts.siblings or [], patterns)
        total = sum(size for _, size in wanted)
        _check_disk(repo, total)
        log.info("fetching %s at %s, %.0f MB", repo, facts.sha, total / 1e6)
        folder = snapshot_download(
            repo,
            revision=facts.sha,
            allow_patterns=[name for name, _ in wanted],
            tqdm_class=_progress_bar(report, total),
        )
    return Path(folder), str(facts.sha)


def _choose(siblings: Iterable[Any], patterns: tuple[str, ...]) -> list[tuple[str, int]]:
    """File names and sizes to fetch: safetensors where there are any, pickles only where not."""
    sizes = {s.rfilename: s.size or 0 for s in siblings}
    if patterns:
        return [(name, size) for name, size in sizes.items() if _matches(name, patterns)]
    plain = {n: s for n, s in sizes.items() if not _matches(n, (*_NEVER, *_VARIANTS))}
    has_tensors = any(name.endswith(".safetensors") for name in plain)
    wanted = NEEDED if has_tensors else (*NEEDED, *_PICKLED)
    chosen = [(name, size) for name, size in plain.items() if _matches(name, wanted)]
    if (
        any("/" in n and n.endswith(".safetensors") for n, _ in chosen)
        and "model_index.json" in sizes
    ):
        # a diffusers folder: single-file checkpoints at the top repeat the parts below
        chosen = [(n, s) for n, s in chosen if "/" in n or not n.endswith(".safetensors")]
    if not any(name.endswith((".safetensors", ".bin")) for name, _ in chosen):
        raise ModelUnsupported(
            "The repository holds no safetensors and no PyTorch weights.",
            hint="Choose a repository with transformers or diffusers weights.",
        )
    return chosen


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(name, p) or fnmatch.fnmatch(Path(name).name, p) for p in patterns)


def _check_disk(repo: str, total: int) -> None:
    from huggingface_hub.constants import HF_HUB_CACHE

    cache = Path(HF_HUB_CACHE)
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if total + DISK_RESERVE > free:
        raise NoRoom(
            f"{repo} needs {total / 1e9:.1f} GB of disk; {free / 1e9:.1f} GB are free.",
            hint="Delete models from the Hub cache, or choose a smaller one.",
        )


def _progress_bar(report: Report, total: int) -> type:
    """A tqdm class that adds up the bytes of all files and tells ``report``."""
    from huggingface_hub.utils.tqdm import tqdm

    done = [0.0]

    class Bar(tqdm):
        """One file's bar; invisible, it only counts."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._bytes = kwargs.get("unit") == "B"
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> bool | None:
            if self._bytes and total:
                done[0] = min(done[0] + (n or 0), total)
                report(done[0] / total, f"{done[0] / 1e6:.0f} of {total / 1e6:.0f} MB")
            return None

    return Bar


@contextmanager
def _explained(repo: str) -> Iterator[None]:
    """Turns the Hub client's errors into ours."""
    import httpx
    from huggingface_hub import errors

    try:
        yield
    except AppError:
        raise
    except errors.GatedRepoError as error:
        raise ModelGated(
            f"{repo} is gated: its owner wants terms accepted first.",
            hint=f"Accept them on the model's page of the Hub ({repo}), then set HF_TOKEN.",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelNotFound(
            f"{repo} has no such revision.", hint="Check the branch, tag or commit."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelNotFound(
            f"The Hub knows no model {repo}, or it is private.",
            hint="Check the spelling of org/name.",
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise HubUnreachable(
            f"{repo} is not in this machine's cache, and the Hub can't be asked.",
            hint="Go online, leave offline mode, or choose a starter model.",
        ) from error
    except (
        errors.OfflineModeIsEnabled,
        httpx.TransportError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise HubUnreachable(
            f"The Hub did not answer for {repo}.",
            hint="Check the network, or choose a starter model.",
        ) from error
    except errors.HfHubHTTPError as error:
        code = error.response.status_code if error.response is not None else "no"
        raise HubUnreachable(
            f"The Hub answered {code} for {repo}.", hint="Try again in a while."
        ) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NoRoom(
            f"The disk is full; {repo} was not fetched.", hint="Free some space."
        ) from error
