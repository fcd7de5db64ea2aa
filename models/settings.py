"""Every knob of the process, read once at start from the environment and the command line.

An unknown ``MODELDECK_`` variable or an ill-typed value stops the start with the variable's name.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from models import selection, zero_gpu
from models.limits import Limits
from models.local_models import LocalModel, lacks, named
from models.logins import logins
from models.places import file_problem, folder_problem
from models.setting_values import SettingsError as SettingsError
from models.setting_values import meant, read
from models.setting_values import parse_bytes as parse_bytes
from models.spec import CAPABILITIES

PREFIX = "MODELDECK_"
#: What one visitor of a public page may do where nobody said otherwise.
PUBLIC = Limits(at_once=2, per_minute=20)
#: Smallest size that makes sense here, in bytes: a smaller one is a number whose unit was forgotten.
_LEAST_BYTES = 10**6
#: Variants of a network that can be asked for by name; ``models.variants`` makes them.
VARIANTS = (
    "openvino-float32", "openvino-bfloat16", "ctranslate2-float32", "ctranslate2-int8",
)  # fmt: skip
_DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
#: What Kubernetes tells every container about each service beside it, one that is called modeldeck or
#: modeldeck-cache among them: where it is.
_SERVICE = re.compile(
    rf"{PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://.+")


@dataclass(frozen=True)
class Settings:
    """What a person may set. Environment names are the field names with ``MODELDECK_`` in front.

    Attributes:
        host: address to listen on, such as ``127.0.0.1``, ``0.0.0.0`` or ``::1``.
        port: TCP port, 1 to 65535.
        mcp: whether MCP clients find tools here, at ``/gradio_api/mcp/``.
        share: whether to open a public gradio link; needs ``auth`` or ``anyone``.
        anyone: whether a public link may do without ``auth``.
        any_model: whether visitors of a public page may type any Hub id; elsewhere everybody may.
        visitor_runs: runs of one visitor at once; 0 for 2 on a public page and no limit elsewhere.
        visitor_rate: runs of one visitor per minute; 0 for 20 on a public page and no limit elsewhere.
        upload: largest file that may be sent, such as ``50MB``; empty for 50MB on a public page and
            500MB elsewhere.
        auth: ``user:password`` pairs, separated by commas, or ``@FILE`` with one on each line; empty for
            none.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        memory: byte budget for models such as ``6GB`` or ``512MiB``; empty for a measured default.
        offline: never ask the Hub; also on when ``HF_HUB_OFFLINE`` is set.
        models: local folders, ``capability=folder`` separated by commas.
        title: name of the page, in its head, its window and its login.
        tabs: tabs that the page has, such as ``ner,translation``; empty for all.
        preload: models that their tabs start with, loaded at start and kept in memory: ``capability=id``, or
            ``capability`` for the tab's own, separated by commas.
        cache: folder for converted starters.
        lock: file that holds Hub models at commits, such as ``models.lock``; made when it is not there.
        queue_size: runs that may wait before newcomers are refused, 1 or more.
        metrics: ``auto`` for Prometheus figures at ``/metrics`` unless strangers use the page, ``on`` or
            ``off``.
        variants: which variant of a network computes on a CPU: ``auto`` for the quickest that decides
            as torch does, ``off`` for torch, or ``openvino-float32``, ``openvino-bfloat16``,
            ``ctranslate2-float32``, ``ctranslate2-int8`` where there is such a one.
        zero_models: models that a ZeroGPU Space builds at start, ``capability=id`` separated by
            commas; empty for the recommended ones.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    mcp: bool = True
    share: bool = False
    anyone: bool = False
    any_model: bool = False
    visitor_runs: int = 0
    visitor_rate: int = 0
    upload: str = ""
    auth: str = ""
    device: str = "auto"
    memory: str = ""
    offline: bool = False
    models: str = ""
    title: str = "Modeldeck"
    tabs: str = ""
    preload: str = ""
    cache: str = "~/.cache/modeldeck"
    lock: str = ""
    queue_size: int = 256
    metrics: str = "auto"
    variants: str = "auto"
    zero_models: str = ""
    on_space: bool = field(default=False, metadata={"env": "SPACE_ID"})
    zero_gpu: bool = field(default=False, metadata={"env": zero_gpu.VARIABLE})

    def __post_init__(self) -> None:
        _check(self)

    @property
    def memory_bytes(self) -> int | None:
        """The budget asked for, in bytes; None to measure."""
        return parse_bytes("memory", self.memory) if self.memory else None

    @property
    def shows_metrics(self) -> bool:
        """Whether ``/metrics`` answers."""
        return self.metrics == "on" or (self.metrics == "auto" and not self.public)

    @property
    def public(self) -> bool:
        """Whether strangers use this app: by a share link or as a Space."""
        return self.share or self.on_space or self.zero_gpu

    @property
    def listen_host(self) -> str:
        """Where to listen: a Space is reached from outside its container."""
        return "0.0.0.0" if self.on_space else self.host  # noqa: S104

    @property
    def locked(self) -> bool:
        """Whether only models on offer may be run, and no Hub id typed in."""
        return self.public and not self.any_model

    @property
    def limits(self) -> Limits:
        """What one visitor may do."""
        usual = PUBLIC if self.public else Limits()
        return Limits(self.visitor_runs or usual.at_once, self.visitor_rate or usual.per_minute)

    @property
    def upload_bytes(self) -> int:
        """Largest file that may be sent, in bytes."""
        return parse_bytes("upload", self.upload or ("50MB" if self.public else "500MB"))

    @property
    def auth_pairs(self) -> list[tuple[str, str]]:
        """User and password pairs, for gradio."""
        return logins(self.auth)

    @property
    def cache_folder(self) -> Path:
        """Absolute folder for converted starters."""
        return Path(self.cache).expanduser().absolute()

    @property
    def lock_file(self) -> Path | None:
        """The file of commits, or None."""
        return Path(self.lock).expanduser().absolute() if self.lock else None

    @property
    def local_models(self) -> list[LocalModel]:
        """The models named on the command line."""
        entries = [(name, Path(folder).expanduser()) for name, folder in _pairs(self.models)]
        return named(entries, public=self.public)

    @property
    def shown_tabs(self) -> tuple[str, ...]:
        """The tabs of the page."""
        return selection.tabs(self.tabs)

    @property
    def preloaded(self) -> tuple[tuple[str, str], ...]:
        """(capability, model id) of what is loaded at start; an empty id is the tab's own model."""
        return selection.preloads(self.preload)

    @property
    def zero_choice(self) -> dict[str, list[str]]:
        """Capability -> ids of the models that a ZeroGPU Space builds at start."""
        chosen: dict[str, list[str]] = {}
        for capability, model in _pairs(self.zero_models):
            chosen.setdefault(capability, []).append(model)
        return chosen


def meanings() -> dict[str, str]:
    """What each setting means, by its name: the docstring of ``Settings``."""
    text = inspect.getdoc(Settings) or ""
    entries = re.findall(r"^    (\w+): (.+?)(?=^    \w+:|\Z)", text, re.M | re.S)
    return {name: " ".join(meaning.split()) for name, meaning in entries}


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``MODELDECK_*`` and the Hub's own variables.

    Raises:
        SettingsError: for an unknown variable or a value of the wrong type.
    """
    told = os.environ if environ is None else environ
    environ = {name: value for name, value in told.items() if not _of_a_service(name, value)}
    known = {PREFIX + f.name.upper(): f for f in fields(Settings) if "env" not in f.metadata}
    _refuse_strangers(environ, known)
    given = {k: f for k, f in known.items() if k in environ}
    said = meanings() if given else {}
    values = {f.name: read(k, environ[k], str(f.type), said[f.name]) for k, f in given.items()}
    if "offline" not in values:
        offline = environ.get("HF_HUB_OFFLINE", "")
        values["offline"] = read("HF_HUB_OFFLINE", offline, "bool", "")
    where = {"on_space": "SPACE_ID" in environ, "zero_gpu": zero_gpu.wanted(environ)}
    return Settings(**values, **where)  # type: ignore[arg-type]


def _of_a_service(name: str, value: str) -> bool:
    """Whether a variable tells where a service is, and sets nothing."""
    if name.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value):
        return True
    return bool(_SERVICE.fullmatch(name))


def _pairs(text: str) -> list[tuple[str, str]]:
    """``name=value`` entries, separated by commas."""
    entries = [entry.partition("=") for entry in text.split(",") if entry]
    return [(name.strip(), value.strip()) for name, _, value in entries]


def _refuse_strangers(environ: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuses variables that are meant for this app and that it has not.

    Those with its name written otherwise, such as ``MODEL_DECK_PORT``, are only those of a setting.
    """
    bare = {_bare(name): name for name in known}
    for name in sorted({*environ} - {*known}):
        if name.startswith(PREFIX):
            raise SettingsError(f"{name} is no setting{meant(name, known, PREFIX)}")
        if _bare(name) in bare:
            raise SettingsError(f"{name} is no setting; did you mean {bare[_bare(name)]}?")


def _bare(name: str) -> str:
    return name.replace("_", "").upper()


#: Settings that are read by modules of their own, which raise ``ValueError``.
_READ: dict[str, Callable[[str], object]] = {
    "auth": logins, "tabs": selection.tabs, "preload": selection.preloads,
}  # fmt: skip


def _check(settings: Settings) -> None:
    if not 1 <= settings.port <= 65535:
        raise SettingsError(f"port: {settings.port} is not between 1 and 65535.")
    if not _DEVICES.fullmatch(settings.device):
        raise SettingsError(f"device: {settings.device!r}; choices: auto, cpu, cuda, cuda:N, mps.")
    for name in ("memory", "upload"):
        _check_size(name, getattr(settings, name))
    if settings.metrics not in {"auto", "on", "off"}:
        raise SettingsError(f"metrics: {settings.metrics!r}; choices: auto, on, off.")
    if settings.variants not in ("auto", "off", *VARIANTS):
        choices = ", ".join(("auto", "off", *VARIANTS))
        raise SettingsError(f"variants: {settings.variants!r}; choices: {choices}.")
    if not settings.title.strip():
        raise SettingsError("title: a page needs a name.")
    for name, reader in _READ.items():
        try:
            reader(getattr(settings, name))
        except ValueError as error:
            raise SettingsError(f"{name}: {error}") from None
    if settings.share and not (settings.auth or settings.anyone):
        raise SettingsError(
            "share: a public link needs --auth user:password, or --anyone to do without."
        )
    for name in ("visitor_runs", "visitor_rate"):
        if getattr(settings, name) < 0:
            raise SettingsError(f"{name}: {getattr(settings, name)} is below 0, which is no limit.")
    if settings.queue_size < 1:
        raise SettingsError(
            f"queue_size: {settings.queue_size} is below 1, so that no run could begin."
        )
    for name, problem in (
        ("lock", file_problem(settings.lock_file, written=not settings.public)),
        ("cache", folder_problem(settings.cache_folder)),
    ):
        if problem:
            raise SettingsError(f"{name}: {problem}")
    _check_capabilities("models", [model.capability for model in settings.local_models])
    _check_capabilities("zero_models", list(settings.zero_choice))
    for name, folder in _pairs(settings.models):
        if not folder or not Path(folder).expanduser().is_dir():
            raise SettingsError(f"models: {folder!r} is no folder; write {name}=folder.")
        if missing := lacks(name, Path(folder).expanduser()):
            raise SettingsError(
                f"models: {folder!r} holds no model for {name}: it has no {missing}."
            )


def _check_size(name: str, text: str) -> None:
    if text and parse_bytes(name, text) < _LEAST_BYTES:
        raise SettingsError(
            f"{name}: {text!r} is {parse_bytes(name, text):,} bytes; write a unit, such as 6GB or 512MiB."
        )


def _check_capabilities(setting: str, names: list[str]) -> None:
    for name in names:
        if name not in CAPABILITIES:
            choices = ", ".join(CAPABILITIES)
            raise SettingsError(f"{setting}: {name!r} is no capability; choices: {choices}.")
