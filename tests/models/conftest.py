"""Engines that several test modules share, each built once."""

from __future__ import annotations

import pytest

from tests.models.image_checkpoints import PIPELINES, tiny_pipeline
from tests.models.image_engines import engine


@pytest.fixture(scope="session")
def engines(tmp_path_factory):
    """An image engine of every architecture, by name."""
    return {
        name: engine(tiny_pipeline(name, tmp_path_factory.mktemp(name)), width=64, height=64)
        for name in PIPELINES
    }


@pytest.fixture
def tiny(engines):
    """The image engine of the commonest architecture."""
    return engines["stable_diffusion"]
