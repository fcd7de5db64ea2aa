"""What the generator learns from a drawing: placed on white, in colours, with captions.

Knows: how a drawing is moved, flipped, recoloured and named. Does not know: packages, networks.
"""

import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.starter.train.image_colours import COLOURS, Rgba, main_hue, recolour
from models.starter.train.image_corpus import SIZE, Concept, Drawing

Rgb = npt.NDArray[np.uint8]  # (64, 64, 3)


def can_recolour(drawing: Drawing, concept: Concept) -> bool:
    """Say whether "a blue ..." would be true of the recoloured drawing: enough of it has one hue."""
    return not concept.fixed and main_hue(drawing.pixels)[1] >= 0.35


def place(rgba: Rgba, rng: random.Random, *, still: bool = False) -> Rgb:
    """Put a drawing on white: flipped or not, 84-97 % of the side, moved by up to 2 pixels.

    Args:
        rgba: The drawing.
        rng: Source of the choices.
        still: Put it in the middle at 92 %, unflipped.
    """
    side = 59 if still else rng.randint(54, 62)
    image = (
        Image.fromarray(rgba)
        .convert("RGBa")
        .resize((side, side), Image.Resampling.BICUBIC)
        .convert("RGBA")
    )
    if not still and rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    ground = Image.new("RGBA", (SIZE, SIZE), "white")
    slack = SIZE - side
    dx, dy = (0, 0) if still else (rng.randint(-1, 1), rng.randint(-1, 1))
    left, top = slack // 2 + dx, slack // 2 + dy
    ground.alpha_composite(image, (min(max(left, 0), slack), min(max(top, 0), slack)))
    return np.asarray(ground.convert("RGB"))


def with_article(phrase: str) -> str:
    """Put "a" or "an" before a phrase ("scissors", "glasses" and the like get none)."""
    if phrase.split()[-1] in {"scissors", "glasses", "grapes", "cherries"}:
        return phrase
    return f"{'an' if phrase[0] in 'aeiou' and not phrase.startswith('uni') else 'a'} {phrase}"


TEMPLATES = (
    "{a}", "{a}", "{a}", "{a}", "{bare}", "{the}", "a picture of {a}", "a drawing of {a}",
    "{a} on a white background", "an icon of {a}", "a cartoon of {a}", "a cute {bare}",
)  # fmt: skip


def caption(word: str, colour: str | None, rng: random.Random) -> str:
    """Write one caption for a concept, with its colour word when it has one.

    One in twelve also holds a made-up word, so that the model learns to pass over
    words that it has never seen.
    """
    bare = f"{colour} {word}" if colour else word
    text = rng.choice(TEMPLATES).format(a=with_article(bare), the=f"the {bare}", bare=bare)
    if rng.random() < 1 / 12:
        nonsense = "".join(
            rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 6))
        )
        words = text.split()
        words.insert(rng.randint(0, len(words)), nonsense)
        text = " ".join(words)
    return text


@dataclass(frozen=True)
class Example:
    """One picture the generator learns from, and what may be said of it."""

    picture: Rgb
    concept: int
    colour: str | None


def variants(
    drawing: Drawing, concept: Concept, plain: int, coloured: int, seed: int
) -> list[Example]:
    """Make a drawing's examples: `plain` placings as drawn, `coloured` in each colour word.

    The seed and the drawing alone decide the result.
    """
    rng = random.Random(f"{seed} {drawing.package.archive} {drawing.emoji}")  # noqa: S311
    made = [Example(place(drawing.pixels, rng), drawing.concept, None) for _ in range(plain)]
    if can_recolour(drawing, concept):
        for colour in COLOURS:
            painted = recolour(drawing.pixels, colour)
            made += [Example(place(painted, rng), drawing.concept, colour) for _ in range(coloured)]
    return made
