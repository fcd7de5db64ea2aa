"""Image engines around tiny random pipelines, one of each architecture, built once for all tests."""

from __future__ import annotations

import numpy as np

from models.image_generation import load
from models.spec import ModelCard, Weights
from tests.models.engines import HERE


def engine(folder, **defaults):
    made = ModelCard("local/tiny", "image_generation", "diffusers", "Tiny", defaults=defaults)
    return load(Weights(made, folder, "r1"), HERE)


def pixels(drawing, index=0):
    return np.asarray(drawing.pictures[index].image).astype(int)
