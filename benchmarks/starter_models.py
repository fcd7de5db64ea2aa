"""The starter weights as folders and engines, for both sides of a benchmark."""

from __future__ import annotations

from pathlib import Path

from models.settings import from_environment
from models.sources import starter_folder
from models.starter import starters


def folder(name: str) -> Path:
    """The standard Hugging Face folder of ``starter/NAME``, made on first use."""
    return starter_folder(starters()[f"starter/{name}"], from_environment().cache_folder)
