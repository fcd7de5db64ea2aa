"""What is drawn, as plain values: settings within their ranges, finished pictures, progress."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from PIL import Image

from models.errors import InputError
from models.image_png import ImageSettings
from models.spec import Work

#: Longest prompt in characters; no text encoder in use reads more than 512 tokens of it.
MAX_CHARACTERS = 10_000
MAX_STEPS, MAX_COUNT, MAX_GUIDANCE = 200, 8, 30.0
#: Seeds are 0 up to this, which every other image tool accepts too.
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class Picture:
    """A finished image.

    Attributes:
        image: PIL, RGB.
        seed: makes it again, with the other settings of its drawing.
        duration_s: seconds it took.
        blocked: the model's own safety checker replaced it by black.
    """

    image: Image.Image
    seed: int
    duration_s: float
    blocked: bool = False


@dataclass(frozen=True)
class Drawing:
    """What was drawn so far.

    Attributes:
        prompt: as given.
        negative_prompt: as used; empty where the model takes none.
        width: pixels of each image.
        height: pixels of each image.
        steps: denoising steps asked for.
        guidance: scale in use; 0 where the model has none.
        seed: of the first picture; the next ones count up.
        count: pictures asked for.
        model: model id.
        revision: commit or package version of the weights.
        warnings: what was not done as asked, in sentences.
        pictures: the finished ones.
        step: steps done of the picture in progress; 0 between pictures.
        steps_total: steps of that picture, as its sampler counts them.
        preview: that picture as far as it can be seen, or None.
    """

    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    guidance: float
    seed: int
    count: int
    model: str
    revision: str
    warnings: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    step: int = 0
    steps_total: int = 0
    preview: Image.Image | None = None

    @property
    def work(self) -> Work:
        """Denoising steps done so far."""
        return Work(len(self.pictures) * self.steps + self.step, "steps")

    def settings(self, picture: Picture) -> ImageSettings:
        """What makes one of the pictures again."""
        return ImageSettings(
            self.prompt, self.negative_prompt, self.width, self.height, self.steps, self.guidance,
            picture.seed, self.model, self.revision,
        )  # fmt: skip


def known_concepts(prompt: str, concepts: tuple[str, ...]) -> list[str]:
    """The concepts that a prompt names, as whole words; a plural ``s`` is forgiven."""
    words = " ".join("".join(c if c.isalnum() else " " for c in prompt.lower()).split())
    padded = f" {words} "
    return [c for c in concepts if f" {c.lower()} " in padded or f" {c.lower()}s " in padded]


def check_text(prompt: str, negative_prompt: str) -> None:
    """Refuses an empty prompt and texts over ``MAX_CHARACTERS``."""
    if not prompt.strip():
        raise InputError("There is no prompt.", hint="Say what to draw.")
    for name, text in (("prompt", prompt), ("negative prompt", negative_prompt)):
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                f"The {name} has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}.",
                hint="Shorten it: image models read a few hundred tokens at most.",
            )


def within(name: str, value: float, low: float, high: float) -> float:
    """The value when it lies in the range; ``InputError`` with the range when not."""
    if not low <= value <= high:  # also refuses NaN
        raise InputError(
            f"{name.capitalize()}: {value:,} is not between {low:,} and {high:,}.",
            hint="Change it, or leave it empty for the model's default.",
        )
    return value


def seed_or_lot(seed: int | None) -> int:
    """The seed, or one drawn by lot."""
    return secrets.randbelow(MAX_SEED + 1) if seed is None else seed
