"""What ``models.music`` asks of a music model: to make a piece, sketch by sketch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from models.stop import StopToken

if TYPE_CHECKING:
    from models.music_score import Score


@dataclass(frozen=True)
class Abilities:
    """What a model takes, and its settings where nobody chose any.

    Attributes:
        sample_rate: of its sound, in Hz.
        channels: 1 for mono, 2 for stereo.
        seconds: length of a piece where nobody chose one.
        max_seconds: longest piece that it can make at once.
        temperature: its own; None where it can't be set.
        guidance: its own, how closely it keeps to the prompt; None where it has none.
        steps: its own number of denoising steps; None for a model that writes one thing after the other.
    """

    sample_rate: int
    channels: int
    seconds: float
    max_seconds: float
    temperature: float | None = 1.0
    guidance: float | None = None
    steps: int | None = None


@dataclass(frozen=True)
class Wish:
    """A checked request, with everything filled in.

    Attributes:
        prompt: as it was given, not blank.
        seconds: ``models.music.MIN_SECONDS`` to the model's longest.
        seed: 0 to ``models.ranges.MAX_SEED``.
        temperature: above 0; 1 where the model can't have it set.
        guidance: 1 (off) to ``models.music.MAX_GUIDANCE``; 1 where the model has none.
        steps: denoising steps, 1 to ``models.music.MAX_STEPS``; 0 where the model has none.
    """

    prompt: str
    seconds: float
    seed: int
    temperature: float = 1.0
    guidance: float = 1.0
    steps: int = 0


@dataclass(frozen=True)
class Sketch:
    """What a ``Composer`` has made so far.

    Attributes:
        samples: all sound so far, (samples,) float32 for one channel or (samples, channels), about -1
            to 1; may be empty at first. A later sketch begins with the same sound; only the last one
            may hold a version of the whole that differs by what a codec sees ahead of a cut.
        step: steps done: tokens, notes.
        steps: of the whole piece, as far as that is known.
        score: the notes so far; None for a model that makes sound without notes.
        understood: words of the prompt that the model acts on, as they stand there; empty, with
            ``ignored``, for a model that reads the whole prompt as text.
        ignored: words of the prompt that it can't act on.
        warnings: what was not done as asked, in whole sentences.
    """

    samples: NDArray[np.float32] = field(repr=False)
    step: int
    steps: int
    score: Score | None = None
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Composer(Protocol):
    """A music model of any family.

    Attributes:
        reentrant: whether several threads may compose at once.
        memory_bytes: what it occupies on its device.
        can: what it takes.
    """

    reentrant: bool
    memory_bytes: int
    can: Abilities

    def working_bytes(self, wish: Wish) -> int:
        """What a run takes beside the model while it goes on, at most: caches mostly; 0 for little."""
        ...

    def compose(self, wish: Wish, stop: StopToken) -> Iterator[Sketch]:
        """Makes a piece of ``wish.seconds``; the last sketch is the whole.

        It polls ``stop`` at every step and, when it is set, yields what is done once more if that has
        grown and then raises ``Stopped`` (``stop.check()``); a run keeps its last snapshot. Dice are its
        own, from ``wish.seed``: torch's global generator is everybody's.
        """
        ...
