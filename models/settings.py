"""Every knob of the process, read once at start from the environment and the command line.

An unknown ``MODELDECK_`` variable or an ill-typed value stops the start with the variable's name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from models import zero_gpu
from models.spec import CAPABILITIES

PREFIX = "MODELDECK_"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 2**10, "MI": 2**20, "GI": 2**30}
#: Variants of a network that can be asked for by name; ``models.variants`` makes them.
VARIANTS = ("openvino-float32", "openvino-bfloat16")
_DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class SettingsError(ValueError):
    """Raised at start for a setting that can't be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """What a person may set. Environment names are the field names with ``MODELDECK_`` in front.

    Attributes:
        host: address to listen on.
        port: TCP port, 1 to 65535.
        share: whether to open a public gradio link; needs ``auth``.
        auth: ``user:password`` pairs, separated by commas; empty for none.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        memory: byte budget for models such as ``6GB`` or ``512MiB``; empty for a measured default.
        offline: never ask the Hub; also on when ``HF_HUB_OFFLINE`` is set.
        models: local folders, ``capability=folder`` separated by commas.
        cache: folder for converted starters.
        queue_size: runs that may wait before newcomers are refused.
        metrics: ``auto`` for Prometheus figures at ``/metrics`` unless strangers use the page, ``on`` or
            ``off``.
        variants: which variant of a network computes on a CPU: ``auto`` for the quickest that decides
            as torch does, ``off`` for torch, ``openvino-float32`` or ``openvino-bfloat16``.
        zero_models: models that a ZeroGPU Space builds at start, ``capability=id`` separated by
            commas; empty for the recommended ones.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    auth: str = ""
    device: str = "auto"
    memory: str = ""
    offline: bool = False
    models: str = ""
    cache: str = "~/.cache/modeldeck"
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
        public = self.share or self.on_space
        return self.metrics == "on" or (self.metrics == "auto" and not public)

    @property
    def auth_pairs(self) -> list[tuple[str, str]]:
        """User and password pairs, for gradio."""
        pairs = [entry.partition(":") for entry in self.auth.split(",") if entry]
        return [(user, password) for user, _, password in pairs]

    @property
    def cache_folder(self) -> Path:
        """Absolute folder for converted starters."""
        return Path(self.cache).expanduser().absolute()

    @property
    def local_models(self) -> list[tuple[str, Path]]:
        """Capability and folder of each model named on the command line."""
        return [(name, Path(folder).expanduser()) for name, folder in _pairs(self.models)]

    @property
    def zero_choice(self) -> dict[str, list[str]]:
        """Capability -> ids of the models that a ZeroGPU Space builds at start."""
        chosen: dict[str, list[str]] = {}
        for capability, model in _pairs(self.zero_models):
            chosen.setdefault(capability, []).append(model)
        return chosen


def parse_bytes(name: str, text: str) -> int:
    """Reads ``6GB``, ``512MiB``, ``1000000`` as bytes (G = 10^9, Gi = 2^30).

    Raises:
        SettingsError: when the text is no positive size.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]I?)?B?\s*", text.upper())
    size = int(float(match[1]) * _UNITS[match[2] or ""]) if match else 0
    if size <= 0:
        raise SettingsError(f"{name}: {text!r} is no size; write for example 6GB or 512MiB.")
    return size


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``MODELDECK_*`` and the Hub's own variables.

    Raises:
        SettingsError: for an unknown variable or a value of the wrong type.
    """
    environ = os.environ if environ is None else environ
    known = {PREFIX + f.name.upper(): f for f in fields(Settings) if "env" not in f.metadata}
    unknown = sorted(k for k in environ if k.startswith(PREFIX) and k not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is no setting; choices: {', '.join(sorted(known))}.")
    values = {f.name: _typed(k, environ[k], str(f.type)) for k, f in known.items() if k in environ}
    if "offline" not in values:
        values["offline"] = _flag("HF_HUB_OFFLINE", environ.get("HF_HUB_OFFLINE", ""))
    where = {"on_space": "SPACE_ID" in environ, "zero_gpu": zero_gpu.wanted(environ)}
    return Settings(**values, **where)  # type: ignore[arg-type]


def _pairs(text: str) -> list[tuple[str, str]]:
    """``name=value`` entries, separated by commas."""
    entries = [entry.partition("=") for entry in text.split(",") if entry]
    return [(name.strip(), value.strip()) for name, _, value in entries]


def _typed(name: str, text: str, kind: str) -> object:
    if kind == "bool":
        return _flag(name, text)
    if kind == "int":
        if not text.strip().isdigit():
            raise SettingsError(f"{name}: {text!r} is no whole number.")
        return int(text)
    return text


def _flag(name: str, text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"", "0", "false", "no", "off"}:
        return False
    raise SettingsError(f"{name}: {text!r} is neither true nor false.")


def _check(settings: Settings) -> None:
    if not 1 <= settings.port <= 65535:
        raise SettingsError(f"port: {settings.port} is not between 1 and 65535.")
    if not _DEVICES.fullmatch(settings.device):
        raise SettingsError(f"device: {settings.device!r}; choices: auto, cpu, cuda, cuda:N, mps.")
    if settings.memory:
        parse_bytes("memory", settings.memory)
    if settings.metrics not in {"auto", "on", "off"}:
        raise SettingsError(f"metrics: {settings.metrics!r}; choices: auto, on, off.")
    if settings.variants not in ("auto", "off", *VARIANTS):
        choices = ", ".join(("auto", "off", *VARIANTS))
        raise SettingsError(f"variants: {settings.variants!r}; choices: {choices}.")
    if any(not user or not password for user, password in settings.auth_pairs):
        raise SettingsError("auth: each entry must be user:password.")
    if settings.share and not settings.auth:
        raise SettingsError("share: a public link needs --auth user:password.")
    _check_capabilities("models", [name for name, _ in settings.local_models])
    _check_capabilities("zero_models", list(settings.zero_choice))
    for _, folder in settings.local_models:
        if not folder.is_dir():
            raise SettingsError(f"models: {str(folder)!r} is no folder; write capability=folder.")


def _check_capabilities(setting: str, names: list[str]) -> None:
    for name in names:
        if name not in CAPABILITIES:
            choices = ", ".join(CAPABILITIES)
            raise SettingsError(f"{setting}: {name!r} is no capability; choices: {choices}.")
