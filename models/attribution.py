"""Which words of a text moved a classifier: by leaving each out, or by integrated gradients.

Leaving out (occlusion): the probability of the label for the text, minus that without the word. It
asks the model about texts that people could write, and costs one pass a word. Integrated gradients
(https://arxiv.org/abs/1703.01365): the label's logit is followed from a text of padding tokens to
the real one along a straight line of embeddings, and its gradients are summed a token at a time; the
parts add up to the whole change, up to ``gap``. Both give signed numbers on different scales.
``models.fewest_words`` is a third way. Knows torch only inside functions; knows no tokenizer's kind and
no page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.errors import InputError
from models.letters import MARKS
from models.sentences import sentences
from models.spec import Work
from models.stop import StopToken
from models.token_words import NO_SPACES
from models.units import counted

METHODS = ("occlusion", "gradients", "fewest")
#: Words that a call weighs at most: each costs a pass of the network.
MAX_WORDS = 300
#: Sentences of a longer text, and tokens that are read for them in all: a minute for a small model on a CPU.
MAX_SENTENCES, MAX_READ = 100, 500_000
#: Texts or points of the path that go through the network at once.
BATCH = 16
#: Points of the path; the paper finds 20 to 300 enough.
STEPS = 32
_LETTER = rf"(?![{NO_SPACES}])\w"
_LETTERS = rf"{_LETTER}(?:{_LETTER}|[{MARKS}])*"
_WORD = re.compile(rf"[{NO_SPACES}][{MARKS}]*|{_LETTERS}(?:['’-]{_LETTERS})*|[^\w\s{NO_SPACES}]+")


@dataclass(frozen=True)
class WordWeight:
    """A word of the text.

    Attributes:
        text: the text's own characters from ``start`` to ``end``.
        start, end: character offsets, end excluded.
        weight: how much it moved the label: up when positive, down when negative; a difference of
            probabilities for occlusion, of logits for gradients. None while it is not known yet, and
            for a word that can't be left out.
    """

    text: str
    start: int
    end: int
    weight: float | None


@dataclass(frozen=True)
class Attribution:
    """The weight of every word for one label.

    Attributes:
        label: the label that was explained.
        score: its probability for the whole text, 0 to 1.
        method: one of ``METHODS``.
        words: every word, in the order of the text.
        done: words weighed, or points of the path passed.
        total: how many there are.
        gap: for gradients, the part of the change that the sum misses, as a share; else 0.
        gone: for the fewest words, numbers of those that were left out, in turn.
        rest_score: for the fewest words, the label's probability without them.
        unit: what the words are: each a ``word``, or a ``sentence`` of a long text.
        partly: whether they are those of a part of the text alone.
    """

    label: str
    score: float
    method: str
    words: tuple[WordWeight, ...]
    done: int
    total: int
    gap: float = 0.0
    gone: tuple[int, ...] = ()
    rest_score: float = 0.0
    unit: str = "word"
    partly: bool = False

    def moved(self, start: int) -> Attribution:
        """The same as that of a part of a text that begins at this character."""
        words = (replace(w, start=w.start + start, end=w.end + start) for w in self.words)
        return replace(self, words=tuple(words), partly=True)

    @property
    def work(self) -> Work:
        """Passes of the network so far; a round of the fewest words is one for each word that was left."""
        rounds = len(self.gone)
        tried = len(self.words) * rounds - rounds * (rounds - 1) // 2
        return Work(tried if self.method == "fewest" else self.done, "passes")


def words_of(text: str) -> list[tuple[int, int]]:
    """Character bounds of words and of runs of punctuation; of each sign where no spaces are written."""
    return [found.span() for found in _WORD.finditer(text)]


def check_words(text: str, tokens: int, most: int) -> None:
    """Whether the words of a text can be weighed.

    Args:
        text: the text.
        tokens: its length.
        most: what the model reads at once.

    Raises:
        InputError: when it is too long, or has no words or too many.
    """
    if tokens > most:
        raise InputError(
            f"The text has {tokens:,} tokens; words are weighed in texts that the model "
            f"reads at once, up to {most:,}.",
            hint="Weigh a part of it.",
        )
    count = len(words_of(text))
    if not 1 <= count <= MAX_WORDS:
        raise InputError(
            f"The text has {count:,} words; 1 to {MAX_WORDS} can be weighed.",
            hint="Weigh a part of it.",
        )


def pieces_of(text: str, tokens: int, most: int) -> tuple[str, list[tuple[int, int]]]:
    """What of a text is left out in turn: its words, or the sentences of one that is too long for that.

    Args:
        text: the text.
        tokens: its length.
        most: what the model reads at once.

    Returns:
        ``word`` or ``sentence``, and the character bounds.

    Raises:
        InputError: when it has too many words, and one sentence or too many of them.
    """
    bounds = words_of(text)
    if tokens <= most and 1 <= len(bounds) <= MAX_WORDS:
        return "word", bounds
    spans = sentences(text)
    if not 2 <= len(spans) <= MAX_SENTENCES or tokens * len(spans) > MAX_READ:
        raise InputError(
            f"The text has {tokens:,} tokens in {counted(len(spans), 'sentence')}: too much to weigh.",
            hint=f"Up to {MAX_WORDS} words are weighed, or 2 to {MAX_SENTENCES} sentences: take a part.",
        )
    return "sentence", spans


def check_method(method: str, methods: Sequence[str]) -> None:
    """Raises ``InputError`` for a method that is none of these."""
    if method not in methods:
        raise InputError(f"No method {method[:40]!r}.", hint=f"Choices: {', '.join(methods)}.")


def check_label(label: str, labels: Sequence[str]) -> None:
    """Raises ``InputError`` for a label that is none of these; empty stands for the best one."""
    if label and label not in labels:
        raise InputError(f"No label {label[:40]!r}.", hint=f"Choices: {', '.join(labels)[:200]}.")


def without(text: str, bounds: Sequence[tuple[int, int]]) -> str:
    """The text with these stretches taken out, and the space that each leaves with it."""
    kept, at = [], 0
    for start, end in sorted(bounds):
        kept.append(text[at:start])
        at = end
        if text[at : at + 1] == " " and (not kept[-1] or kept[-1].endswith((" ", "\n"))):
            at += 1
    return "".join([*kept, text[at:]])


def leave_out(
    text: str,
    label: str,
    score: float,
    probabilities: Callable[[list[str]], list[float]],
    stop: StopToken,
    kept: tuple[int, int] | None = None,
    pieces: tuple[str, Sequence[tuple[int, int]]] | None = None,
) -> Iterator[Attribution]:
    """Occlusion, a batch of words at a time.

    Args:
        text: the whole text.
        label: the label explained.
        score: its probability for the whole text.
        probabilities: texts to the label's probability in each; an empty text is never asked.
        stop: polled between batches.
        kept: characters whose words are not left out, and so have no weight.
        pieces: from ``pieces_of``; words by default.
    """
    unit, bounds = pieces or ("word", words_of(text))
    weights: list[float | None] = [None] * len(bounds)
    first, last = kept or (0, 0)
    for since in range(0, len(bounds), BATCH):
        stop.check()
        group = range(since, min(since + BATCH, len(bounds)))
        rest = {
            i: without(text, [bounds[i]])
            for i in group
            if not (bounds[i][0] < last and bounds[i][1] > first)
        }
        asked = [i for i in rest if rest[i].strip()]
        for i, p in zip(asked, probabilities([rest[i] for i in asked]), strict=True):
            weights[i] = score - p
        words = weighed(text, bounds, weights)
        yield Attribution(label, score, "occlusion", words, group.stop, len(bounds), unit=unit)


def integrated(
    model: Any,
    ids: Sequence[int],
    kept: range,
    blank: int,
    label: int,
    device: str,
    stop: StopToken,
) -> Iterator[tuple[list[float], float, int]]:
    """Integrated gradients of one logit by token.

    Args:
        model: takes ``inputs_embeds`` and ``attention_mask``.
        ids: the framed text.
        kept: positions that are the text; the special tokens stay as they are on the whole path.
        blank: id of the token that stands for nothing, such as [PAD].
        label: index of the logit.
        device: torch device string of the model.
        stop: polled between batches.

    Yields:
        (a weight for every position, the share of the change that their sum misses, points passed);
        the share is exact only with the last.
    """
    import torch

    table = model.get_input_embeddings()
    real = torch.tensor([list(ids)], device=device)
    empty = real.clone()
    empty[0, kept.start : kept.stop] = blank
    with torch.no_grad():
        start, end = table(empty), table(real)  # (1, tokens, width)
    total = torch.zeros_like(end[0], dtype=torch.float32)
    points = (torch.arange(STEPS, device=device) + 0.5) / STEPS  # midpoints of equal parts
    for since in range(0, STEPS, BATCH):
        stop.check()
        share = points[since : since + BATCH, None, None].to(end.dtype)
        path = (start + share * (end - start)).requires_grad_()  # (points, tokens, width)
        logits = model(inputs_embeds=path, attention_mask=torch.ones(path.shape[:2], device=device))
        (slope,) = torch.autograd.grad(logits.logits[:, label].sum(), path)
        total += slope.float().sum(0) / STEPS
        weights = (total * (end - start)[0].float()).sum(-1)  # (tokens,)
        with torch.no_grad():
            ends = torch.cat([start, end])
            mask = torch.ones(ends.shape[:2], device=device)
            low, high = model(inputs_embeds=ends, attention_mask=mask).logits[:, label].float()
        change = float(high - low)
        gap = abs(float(weights.sum()) - change) / max(abs(change), 1e-6)
        yield [float(w) for w in weights], gap, min(since + BATCH, STEPS)


def by_word(
    text: str, offsets: Sequence[tuple[int, int]], weights: Sequence[float]
) -> tuple[WordWeight, ...]:
    """Token weights summed by word; a token counts for the word that its first character is in."""
    bounds = words_of(text)
    sums = [0.0] * len(bounds)
    for (start, end), weight in zip(offsets, weights, strict=True):
        for i, (first, last) in enumerate(bounds):
            if first < max(end, start + 1) and start < last:
                sums[i] += weight
                break
    return weighed(text, bounds, sums)


def weighed(
    text: str, bounds: Sequence[tuple[int, int]], weights: Sequence[float | None]
) -> tuple[WordWeight, ...]:
    """The words of a text with their weights."""
    return tuple(WordWeight(text[a:b], a, b, w) for (a, b), w in zip(bounds, weights, strict=True))
