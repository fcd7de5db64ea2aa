"""What may come next after a text, and how temperature bends it: numbers for a person who looks on.

Pure arithmetic over the scores of one step; knows no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.generated_text import Alternative
from models.spec import Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Temperatures that are compared, and tokens named at each.
TEMPERATURES, NAMED = (0.3, 0.7, 1.0, 1.5, 2.0), 5
#: Share of the probability that "so many tokens" stands for.
SHARE = 0.9


@dataclass(frozen=True)
class Warmth:
    """The next token at one temperature, without any other rule.

    Attributes:
        temperature: what the scores are divided by.
        shares: (piece, probability) of the ``NAMED`` likeliest tokens.
        entropy: how open it is, in bits: 0 for a single token, 1 for two equally likely ones.
        nucleus: least number of tokens that together have the probability ``SHARE``.
    """

    temperature: float
    shares: tuple[tuple[str, float], ...]
    entropy: float
    nucleus: int


@dataclass(frozen=True)
class Outlook:
    """What may come next.

    Attributes:
        alternatives: the likeliest tokens, before and after the sampler.
        warmths: the same distribution at several temperatures.
        read: tokens of the text before.
    """

    alternatives: tuple[Alternative, ...]
    warmths: tuple[Warmth, ...]
    read: int

    @property
    def work(self) -> Work:
        """Tokens read."""
        return Work(self.read, "tokens")


def outlook(
    logits: NDArray[np.float32],
    alternatives: Iterable[Alternative],
    piece: Callable[[int], str],
    read: int,
) -> Outlook:
    """Puts it together.

    Args:
        logits: (vocabulary,) of the network.
        alternatives: see ``Outlook``.
        piece: the text of a token's id.
        read: see ``Outlook``.
    """
    order: Any = logits.argsort()[::-1]
    names = [piece(int(i)) for i in order[:NAMED]]
    warmths = (warmth(logits[order], temperature, names) for temperature in TEMPERATURES)
    return Outlook(tuple(alternatives), tuple(warmths), read)


def warmth(ordered: NDArray[np.float32], temperature: float, names: Iterable[str]) -> Warmth:
    """The distribution at one temperature.

    Args:
        ordered: (vocabulary,) float32 scores of all tokens, the largest first.
        temperature: above 0.
        names: pieces of the first tokens.
    """
    import numpy as np

    scaled = (ordered.astype(np.float64) - float(ordered[0])) / temperature
    shares = np.exp(scaled) / np.exp(scaled).sum()
    entropy = -float((shares * np.log2(np.maximum(shares, 1e-300))).sum())
    nucleus = int((shares.cumsum() < SHARE).sum()) + 1
    named = tuple((name, float(share)) for name, share in zip(names, shares, strict=False))
    return Warmth(temperature, named, entropy, min(nucleus, len(ordered)))
