"""What the Hub says of a model at one commit, and a memory of it for a few minutes."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.access import Access
from models.errors import AppError, HubUnreachable, ModelGated
from models.hub.client import ASK_S, api, explained, get, patiently
from models.hub.parts import INDEX, Part, count

log = logging.getLogger(__name__)

#: How long an answer holds, in seconds, and how many are kept.
FRESH_S, KEPT = 300.0, 512
#: Bytes of one weight by the Hub's name of its type; F8 variants and booleans take one.
_DTYPE_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}
#: The file of a chat template, beside the tokenizer's configuration or instead of an entry in it.
_TEMPLATE = "chat_template.jinja"
_TARGET_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class HubFile:
    """One file of a repository.

    Attributes:
        name: path inside the repository, with slashes.
        size: bytes.
        etag: what names it in the Hub's cache: SHA-256 when ``large``, else git's SHA-1 of a blob.
        large: whether it lies in large-file storage.
    """

    name: str
    size: int
    etag: str
    large: bool


@dataclass(frozen=True)
class HubFacts:
    """A model as the Hub describes it.

    Attributes:
        id: its name now.
        asked: the name that was asked for; another one when the model has moved.
        commit: the revision as a commit.
        task: the Hub's name of its task, such as ``text-classification``; may be empty.
        library: ``transformers``, ``diffusers``, ...; may be empty.
        architectures: classes that its configuration names.
        classes: what it sorts into, in lower case; empty while nobody has looked.
        licence: as its owner states it; ``unknown`` when not.
        languages: ISO codes that its owner states.
        gated: whether the owner wants terms accepted first.
        readable: whether the one who asked may have its files.
        private: whether only some know of it.
        own_code: whether the repository brings code of its own, which is never run.
        chats: whether it has a chat template.
        files: everything in it.
        weights: number of weights by type in its safetensors, as the Hub counted them.
        parts: of a diffusers pipeline, those that are loaded, with their weights; empty for others.
        downloads: in the last month.
    """

    id: str
    asked: str
    commit: str
    task: str = ""
    library: str = ""
    architectures: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    licence: str = "unknown"
    languages: tuple[str, ...] = ()
    gated: bool = False
    readable: bool = True
    private: bool = False
    own_code: bool = False
    chats: bool = False
    files: tuple[HubFile, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict, hash=False)
    downloads: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def restricted(self) -> bool:
        """Whether only some callers may use it, so that nobody may share another's copy."""
        return self.gated or self.private

    @property
    def parameters(self) -> int:
        """Number of weights; 0 when nobody has counted them."""
        return sum(sum(part.weights.values()) for part in self.parts) or sum(self.weights.values())

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names of a pipeline's parts that are loaded; empty for other models."""
        return tuple(part.name for part in self.parts)

    def memory_bytes(self, dtype: str) -> int:
        """Bytes of the weights once floats are cast to ``dtype``; 0 when not counted."""
        in_parts = sum(_cast_bytes(part.weights, dtype) for part in self.parts)
        return in_parts or _cast_bytes(self.weights, dtype)

    def largest_part_bytes(self, dtype: str) -> int:
        """The same for the largest part of a pipeline; 0 for other models."""
        return max((_cast_bytes(part.weights, dtype) for part in self.parts), default=0)


class FactsBook:
    """Answers of the Hub by model, revision and caller.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._mutex = clock, threading.Lock()
        self._kept: OrderedDict[tuple[str, str, str], tuple[HubFacts, float]] = OrderedDict()

    def of(
        self,
        repo: str,
        revision: str,
        access: Access,
        later: Callable[[Callable[[], HubFacts]], object] | None = None,
    ) -> HubFacts:
        """The facts of a model; an older answer when the Hub is out of reach.

        Blocks on the network for up to ``ASK_S`` seconds, unless an older answer will do.

        Args:
            repo: ``org/name``.
            revision: branch, tag or commit; empty for the default branch.
            access: the caller's rights.
            later: runs a call in some thread; with it, an older answer of a model that is open to
                everybody is given at once and the Hub is asked behind it.

        Raises:
            ModelError: why the Hub does not say.
        """
        key = (repo, revision, access.identity)
        with self._mutex:
            known = self._kept.get(key)
            if known and self._clock() - known[1] < FRESH_S:
                return known[0]
            if known and later is not None and not known[0].restricted:
                self._kept[key] = (known[0], self._clock())
                later(lambda: self._ask(repo, revision, access))
                return known[0]
        try:
            return self._ask(repo, revision, access)
        except HubUnreachable:
            if known:
                return known[0]
            raise

    def _ask(self, repo: str, revision: str, access: Access) -> HubFacts:
        facts = ask(repo, revision, access)
        with self._mutex:
            for key in ((repo, revision), (repo, facts.commit)):
                self._kept[*key, access.identity] = (facts, self._clock())
                self._kept.move_to_end((*key, access.identity))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return facts

    def commit(self, repo: str, revision: str) -> str:
        """The commit that the last answer gave for a model that is open to everybody; empty without one."""
        with self._mutex:
            answers = [
                facts for key, (facts, _) in self._kept.items() if key[:2] == (repo, revision)
            ]
        return next((facts.commit for facts in answers if not facts.restricted), "")

    def forget(self, repo: str) -> None:
        """Drops what is known of a model, so that the next question goes to the Hub."""
        with self._mutex:
            for key in [key for key in self._kept if key[0] == repo]:
                del self._kept[key]


def _cast_bytes(weights: Mapping[str, int], dtype: str) -> int:
    total = 0
    for kind, number in weights.items():
        floats = kind in ("F64", "F32", "F16", "BF16")
        total += number * (_TARGET_BYTES[dtype] if floats else _DTYPE_BYTES.get(kind, 1))
    return total


def ask(repo: str, revision: str, access: Access) -> HubFacts:
    """Asks the Hub for a model's description and, for a gated one, whether its files may be had.

    Raises:
        ModelError: not found, no such revision, out of reach.
    """
    with explained(repo):
        info = patiently(
            lambda: api(access).model_info(
                repo, revision=revision or None, files_metadata=True, timeout=ASK_S
            )
        )
    readable = not info.gated or _may_read(info.id, access)
    facts = _facts(info, repo, readable=readable)
    names = [file.name for file in facts.files]
    if not readable or INDEX not in names:
        return facts
    return replace(facts, parts=_counted(facts, names, access))


def _counted(facts: HubFacts, names: list[str], access: Access) -> tuple[Part, ...]:
    """The parts of a pipeline; none when the Hub does not tell: file sizes then have to do."""
    from huggingface_hub.errors import SafetensorsParsingError

    try:
        with explained(facts.id):
            return count(facts.id, facts.commit, names, access)
    except (AppError, SafetensorsParsingError, ValueError) as error:
        log.warning("the parts of %s are not counted: %s", facts.id, error)
        return ()


def _may_read(repo: str, access: Access) -> bool:
    try:
        with explained(repo):
            get(f"/api/models/{repo}/auth-check", access)
    except ModelGated:
        return False
    return True


def _facts(info: Any, asked: str, *, readable: bool) -> HubFacts:
    config = info.config or {}
    tags, files = list(info.tags or ()), tuple(map(_file, info.siblings or ()))
    return HubFacts(
        id=info.id,
        asked=asked,
        commit=str(info.sha),
        task=info.pipeline_tag or "",
        library=info.library_name or "",
        architectures=tuple(config.get("architectures") or ()),
        licence=_licence(info, tags),
        languages=_languages(info),
        gated=bool(info.gated),
        readable=readable,
        private=bool(info.private),
        own_code="custom_code" in tags or "auto_map" in config,
        chats=has_template(files, config.get("tokenizer_config")),
        files=files,
        weights=dict(info.safetensors.parameters) if info.safetensors else {},
        downloads=info.downloads or 0,
    )


def has_template(files: Iterable[HubFile], tokenizer: object) -> bool:
    """Whether a model has a chat template: a file of its own, or an entry in its tokenizer's configuration.

    Args:
        files: everything in the repository.
        tokenizer: what ``tokenizer_config.json`` holds, as far as it is known.
    """
    stated = isinstance(tokenizer, Mapping) and tokenizer.get("chat_template")
    return bool(stated) or any(file.name == _TEMPLATE for file in files)


def _licence(info: Any, tags: list[str]) -> str:
    stated = getattr(info.card_data, "license", None) if info.card_data else None
    tagged = next((t.removeprefix("license:") for t in tags if t.startswith("license:")), "")
    named = getattr(info.card_data, "license_name", None) if stated == "other" else None
    found = named or stated or tagged or "unknown"
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _languages(info: Any) -> tuple[str, ...]:
    stated = getattr(info.card_data, "language", None) if info.card_data else None
    return (stated,) if isinstance(stated, str) else tuple(map(str, stated or ()))


def _file(sibling: Any) -> HubFile:
    large = sibling.lfs is not None
    etag = sibling.lfs.sha256 if large else sibling.blob_id
    size = sibling.lfs.size if large else sibling.size
    return HubFile(sibling.rfilename, int(size or 0), str(etag or ""), large)
