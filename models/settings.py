"""Every knob of the process, read once at start from the environment and the command line.

An unknown ``MODELDECK_`` variable or an ill-typed value stops the start with the variable's name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from models.spec import CAPABILITIES

PREFIX = "MODELDECK_"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 2**10, "MI": 2**20, "GI": 2**30}
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
    on_space: bool = field(default=False, metadata={"env": "SPACE_ID"})

    def __post_init__(self) -> None:
        _check(self)

    @property
    def memory_bytes(self) -> int | None:
        """The budget asked for, in bytes; None to measure."""
        return parse_bytes("memory", self.memory) if self.memory else None

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
        entries = [entry.partition("=") for entry in self.models.split(",") if entry]
        return [(name.strip(), Path(folder).expanduser()) for name, _, folder in entries]


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
    known = {PREFIX + f.name.upper(): f for f in fields(Settings) if f.name != "on_space"}
    unknown = sorted(k for k in environ if k.startswith(PREFIX) and k not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is no setting; choices: {', '.join(sorted(known))}.")
    values = {f.name: _typed(k, environ[k], str(f.type)) for k, f in known.items() if k in environ}
    if "offline" not in values:
        values["offline"] = _flag("HF_HUB_OFFLINE", environ.get("HF_HUB_OFFLINE", ""))
    return Settings(**values, on_space="SPACE_ID" in environ)  # type: ignore[arg-type]


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
    if any(not user or not password for user, password in settings.auth_pairs):
        raise SettingsError("auth: each entry must be user:password.")
    if settings.share and not settings.auth:
        raise SettingsError("share: a public link needs --auth user:password.")
    for capability, folder in settings.local_models:
        if capability not in CAPABILITIES:
            choices = ", ".join(CAPABILITIES)
            raise SettingsError(f"models: {capability!r} is no capability; choices: {choices}.")
        if not folder.is_dir():
            raise SettingsError(f"models: {str(folder)!r} is no folder; write capability=folder.")
