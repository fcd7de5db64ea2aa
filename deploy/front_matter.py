"""The settings block at the top of a Space's README, and the Hub's rules for it.

Source: Hub documentation, "Spaces Configuration Reference" and "Adding a Sign-In with HF button".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
SCOPES = {
    "email", "read-billing", "read-repos", "gated-repos", "contribute-repos", "write-repos",
    "manage-repos", "inference-api", "jobs", "webhooks", "write-discussions",
}  # fmt: skip
#: Longest short description that the Hub shows, in characters.
SHORT = 60
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _are_repos(value: object) -> bool:
    return isinstance(value, list) and all(_REPO.fullmatch(str(item)) for item in value)


def _are_files(value: object) -> bool:
    """``org/name``, or with files and a commit after it."""
    return isinstance(value, list) and all(
        _REPO.fullmatch(str(item).split(" ")[0]) and len(str(item).split(" ")) <= 3
        for item in value
    )


def _are_flavours(value: object) -> bool:
    from huggingface_hub import SpaceHardware

    return value in {flavour.value for flavour in SpaceHardware}


#: Field -> what its value must be.
RULES: dict[str, Callable[[Any], bool]] = {
    "title": _is_text,
    "emoji": lambda value: _is_text(value) and not value.isascii(),
    "colorFrom": lambda value: value in COLOURS,
    "colorTo": lambda value: value in COLOURS,
    "sdk": lambda value: value in {"gradio", "docker", "static"},
    "sdk_version": lambda value: (
        isinstance(value, str) and bool(re.fullmatch(r"\d+\.\d+\.\d+", value))
    ),
    "python_version": lambda value: (
        isinstance(value, str) and bool(re.fullmatch(r"3\.\d+(\.\d+)?", value))
    ),
    "app_file": _is_text,
    "fullWidth": _is_flag,
    "pinned": _is_flag,
    "short_description": lambda value: _is_text(value) and len(value) <= SHORT,
    "suggested_hardware": _are_flavours,
    "startup_duration_timeout": lambda value: bool(re.fullmatch(r"\d+(m|h)", str(value))),
    "license": _is_text,
    "models": _are_repos,
    "tags": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "preload_from_hub": _are_files,
    "hf_oauth": _is_flag,
    "hf_oauth_scopes": lambda value: isinstance(value, list) and set(value) <= SCOPES,
    "hf_oauth_expiration_minutes": lambda value: isinstance(value, int) and 0 < value <= 43_200,
}
NEEDED = ("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "app_file")


def read(readme: str) -> dict[str, Any]:
    """The block of a README; empty when it has none."""
    found = re.match(r"---\n(.*?)\n---\n", readme, re.S)
    block = yaml.safe_load(found[1]) if found else {}
    return block if isinstance(block, dict) else {}


def write(block: Mapping[str, Any]) -> str:
    """The block as it stands at the top of a README."""
    return f"---\n{yaml.safe_dump(dict(block), sort_keys=False, allow_unicode=True)}---\n"


def problems(block: Mapping[str, Any]) -> list[str]:
    """What the Hub would refuse or overlook, one sentence each."""
    missing = [f"{name} is missing." for name in NEEDED if name not in block]
    unknown = [f"{name} is no field of a Space." for name in block if name not in RULES]
    wrong = [
        f"{name}: {value!r} is not allowed."
        for name, value in block.items()
        if name in RULES and not RULES[name](value)
    ]
    return [*missing, *unknown, *wrong]
