"""Colours of drawings: which one a drawing has, and the same drawing in another.

Knows: hues and the eight colour words. Does not know: where drawings come from.
"""

import numpy as np
import numpy.typing as npt

Rgba = npt.NDArray[np.uint8]  # (..., 4)

# Hue in degrees, saturation and value multipliers that make the word true.
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (358.0, 1.0, 1.0),
    "orange": (28.0, 1.0, 1.0),
    "yellow": (50.0, 1.0, 1.1),
    "green": (125.0, 1.0, 0.85),
    "blue": (218.0, 1.0, 1.0),
    "purple": (278.0, 0.9, 0.95),
    "pink": (330.0, 0.6, 1.15),
    "brown": (24.0, 0.8, 0.55),
}
SATURATED = 0.25  # least saturation and value of a pixel that carries a colour


def to_hsv(rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Convert (..., 3) RGB in [0, 1] to hue in degrees, saturation and value in [0, 1]."""
    high, low = rgb.max(-1), rgb.min(-1)
    span = np.maximum(high - low, 1e-6)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(
        high == r, (g - b) / span, np.where(high == g, 2 + (b - r) / span, 4 + (r - g) / span)
    )
    saturation = np.where(high > 0, (high - low) / np.maximum(high, 1e-6), 0)
    return np.stack([(hue * 60) % 360, saturation, high], -1).astype(np.float32)


def to_rgb(hsv: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Invert `to_hsv`."""
    hue, saturation, value = hsv[..., 0] / 60, hsv[..., 1], hsv[..., 2]
    channels = []
    for n in (5, 3, 1):
        k = (n + hue) % 6
        channels.append(value - value * saturation * np.clip(np.minimum(k, 4 - k), 0, 1))
    return np.stack(channels, -1).astype(np.float32)


def main_hue(rgba: Rgba) -> tuple[float, float]:
    """Find the hue that most of a drawing's saturated pixels share.

    Returns:
        The hue in degrees, and the share in [0, 1] of the drawn pixels that carry
        it (within 30 degrees). The share is 0 for a drawing with no colour.
    """
    hsv = to_hsv(rgba[..., :3].astype(np.float32) / np.float32(255))
    drawn = rgba[..., 3] > 128
    mask = drawn & (hsv[..., 1] > SATURATED) & (hsv[..., 2] > SATURATED)
    if not mask.any():
        return 0.0, 0.0
    counts = np.bincount((hsv[..., 0][mask] // 10).astype(int) % 36, minlength=36)
    smooth = sum(np.roll(counts, shift) for shift in (-1, 0, 1))
    hue = float(np.argmax(smooth)) * 10 + 5
    near = np.abs((hsv[..., 0] - hue + 180) % 360 - 180) < 30
    return hue, float((near & mask).sum() / max(1, drawn.sum()))


def recolour(rgba: Rgba, colour: str) -> Rgba:
    """Turn a drawing's main hue into the named colour; leave its other hues alone."""
    target, saturate, brighten = COLOURS[colour]
    hue, _ = main_hue(rgba)
    hsv = to_hsv(rgba[..., :3].astype(np.float32) / np.float32(255))
    offset = (hsv[..., 0] - hue + 180) % 360 - 180
    mask = (np.abs(offset) < 45) & (hsv[..., 1] > 0.12)
    painted = hsv.copy()
    painted[..., 0] = (target + offset * 0.25) % 360
    painted[..., 1] = np.clip(np.maximum(hsv[..., 1], 0.45) * saturate, 0, 1)
    painted[..., 2] = np.clip(np.maximum(hsv[..., 2], 0.55) * brighten, 0, 1)
    out = rgba.copy()
    out[..., :3] = np.where(mask[..., None], (to_rgb(painted) * 255).round(), rgba[..., :3])
    return out


def colour_name(hue: float) -> str:
    """Name the colour of a saturated, bright pixel by its hue in degrees."""
    bands = (
        (15, "red"),
        (40, "orange"),
        (68, "yellow"),
        (170, "green"),
        (250, "blue"),
        (300, "purple"),
    )
    return next((name for end, name in bands if hue < end), "pink" if hue < 345 else "red")
