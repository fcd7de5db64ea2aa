"""The lines of spans stand out from the page and from each other, whatever colours somebody sees."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from tabs.parts.look import ASSETS

#: Linear RGB as seen without one of the three kinds of cones: Machado, Oliveira, Fernandes 2009.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    ),
    "deuteranopia": np.array(
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    ),
    "tritanopia": np.array(
        [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]
    ),
}
#: Linear sRGB to CIE XYZ, and the white of D65.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2: from 1 to 21."""
    dark, light = sorted((XYZ @ linear(colour))[1] for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(seen):
    """CIE L*a*b* of linear RGB; a distance of 2.3 is just noticed."""
    x, y, z = np.cbrt(np.clip(XYZ @ np.clip(seen, 0, 1), 0, None) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def colours(theme):
    """The paper and the eight lines of a theme, ``:root`` or ``.dark``."""
    rules = [
        re.search(
            rf"^{re.escape(theme)} {{(.+?)}}", (ASSETS / "css" / name).read_text(), re.M | re.S
        )
        for name in ("base.css", "spans.css")
    ]
    found = dict(re.findall(r"(--md-[\w-]+): (#\w{6})", "".join(rule[1] for rule in rules)))
    return found["--md-paper"], [found[f"--md-edge-{n}"] for n in range(1, 9)]


@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_every_line_has_the_contrast_that_graphics_need(theme):
    paper, lines = colours(theme)
    assert min(contrast(line, paper) for line in lines) >= 3


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_any_two_lines_are_told_apart(theme, sight):
    seen = [lab(SIGHTS[sight] @ linear(line)) for line in colours(theme)[1]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 10
