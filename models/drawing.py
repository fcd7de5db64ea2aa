"""What is drawn, as plain values: settings within their ranges, finished pictures, progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from models.errors import InputError
from models.image_png import ImageSettings
from models.spec import Work

#: Longest prompt in characters; no text encoder in use reads more than 512 tokens of it.
MAX_CHARACTERS = 10_000
MAX_STEPS, MAX_COUNT, MAX_GUIDANCE = 200, 8, 30.0
#: How much of a source picture is redrawn where nobody says: kept in outline, new in detail.
STRENGTH = 0.6


@dataclass(frozen=True)
class Shot:
    """What differs between the pictures of one drawing.

    Attributes:
        seed: of the noise that the picture starts from.
        steps: denoising steps.
        guidance: scale of the guidance.
        variation: share of ``variation_seed``'s noise mixed in, 0 to 1.
        variation_seed: of the other noise; says nothing at variation 0.
        prompt: what was asked for, where it differs from the drawing's; empty where it does not.
    """

    seed: int
    steps: int
    guidance: float
    variation: float = 0.0
    variation_seed: int = 0
    prompt: str = ""


@dataclass(frozen=True)
class Picture:
    """A finished image.

    Attributes:
        image: PIL, RGB.
        shot: makes it again, with the other settings of its drawing.
        duration_s: seconds it took.
        blocked: the model's own safety checker replaced it by black.
    """

    image: Image.Image
    shot: Shot
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
        shots: one for each picture asked for, in their order.
        model: model id.
        revision: commit or package version of the weights.
        strength: how much of the source picture is redrawn; 0 without one.
        source: first digits of the source picture's SHA-256; empty without one.
        across: what the columns of a grid stand for; empty when it is none.
        down: what the rows of a grid stand for.
        safety_checker: whether the model's own safety checker looks at every picture.
        memory: how the model lies in memory and why, as one sentence.
        loras: LoRA weights that act on the model, each with its scale.
        warnings: what was not done as asked, in sentences.
        pictures: the finished ones.
        step: steps done of the picture in progress; 0 between pictures.
        steps_total: steps of that picture, as its sampler counts them.
        left_s: seconds that the rest is likely to take; None while nothing is known.
        preview: that picture as far as it can be seen, or None.
    """

    prompt: str
    negative_prompt: str
    width: int
    height: int
    shots: tuple[Shot, ...]
    model: str
    revision: str
    strength: float = 0.0
    source: str = ""
    across: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    safety_checker: bool = False
    memory: str = ""
    loras: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    step: int = 0
    steps_total: int = 0
    left_s: float | None = None
    preview: Image.Image | None = None

    @property
    def count(self) -> int:
        """Pictures asked for."""
        return len(self.shots)

    @property
    def first(self) -> Shot:
        """The shot of the first picture."""
        return self.shots[0]

    @property
    def work(self) -> Work:
        """Denoising steps done so far."""
        finished = sum(picture.shot.steps for picture in self.pictures)
        return Work(finished * (self.strength or 1) + self.step, "steps")

    def settings(self, picture: Picture) -> ImageSettings:
        """What makes one of the pictures again."""
        shot = picture.shot
        return ImageSettings(
            shot.prompt or self.prompt, self.negative_prompt, self.width, self.height, shot.steps,
            shot.guidance, shot.seed, self.model, self.revision, shot.variation, shot.variation_seed,
            self.strength, self.source,
        )  # fmt: skip


def time_left(per_step_s: float, step: int, total: int, later: Sequence[Shot], now: Shot) -> float:
    """Seconds until the last picture, at the pace of this one.

    Args:
        per_step_s: seconds a step took so far.
        step: steps done of this picture.
        total: steps of this picture as its sampler counts them.
        later: the shots that come after it.
        now: its own shot.
    """
    counted = total / now.steps  # samplers of second order count twice, a source picture skips some
    return per_step_s * (total - step + sum(shot.steps for shot in later) * counted)


def known_concepts(prompt: str, concepts: tuple[str, ...]) -> list[str]:
    """The concepts that a prompt names, as whole words; a plural ``s`` is forgiven."""
    words = " ".join("".join(c if c.isalnum() else " " for c in prompt.lower()).split())
    padded = f" {words} "
    return [c for c in concepts if f" {c.lower()} " in padded or f" {c.lower()}s " in padded]


def check_text(prompt: str, negative_prompt: str) -> None:
    """Raises ``InputError`` for an empty prompt and for texts over ``MAX_CHARACTERS``."""
    if not prompt.strip():
        raise InputError("There is no prompt.", hint="Say what to draw.")
    for name, text in (("prompt", prompt), ("negative prompt", negative_prompt)):
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                f"The {name} has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}.",
                hint="Shorten it: image models read a few hundred tokens at most.",
            )
