"""Words of a text tinted by how much they moved a label, to be clicked away one by one."""

from __future__ import annotations

import html
from collections.abc import Sequence, Set

from models.attribution import Attribution, WordWeight
from models.spec import Ranking
from models.units import counted_of
from tabs.parts.markup import note

_STRONGEST = 70  # per cent of the accent colour in the background of the heaviest word
#: Per cent from which a word that lowers the label is told from one that does nothing.
_TOLD = 1
#: The least change of a probability that may be tinted in full: below it, words are paler.
_TELLING = 0.1
#: Below this change of the probability a word says hardly anything.
_LITTLE = 0.02
_PARTLY = "Only words of the part around the answer are weighed, which the model reads at once."
#: What is said where leaving out tells little; and what to try then, where it is offered.
ALIKE = "No single word matters much: the others say the same."
ALIKE_TRY = (
    "No single word matters much: the others say the same. Integrated gradients share the whole "
    "score out among them."
)


def words_html(
    text: str, found: Attribution, dropped: Set[int] = frozenset(), alike: str = ALIKE
) -> str:
    """The user's own text; each word is a button with its weight as colour and in its title.

    Args:
        text: whose words they are.
        found: their weights.
        dropped: numbers of those that are left out.
        alike: what is said where leaving out tells little.
    """
    heaviest = max((abs(w.weight or 0.0) for w in found.words), default=0.0)
    heaviest = max(heaviest, _TELLING) if found.method == "occlusion" else heaviest or 1.0
    pieces, at = [], 0
    for number, word in enumerate(found.words):
        pieces.append(html.escape(text[at : word.start]))
        none = "not weighed" if found.done >= found.total or found.gone else "not weighed yet"
        title = none if word.weight is None else f"{word.weight:+.3f}"
        pieces.append(_word(number, word, title, heaviest, number in dropped))
        at = word.end
    pieces.append(html.escape(text[at:]))
    told = [
        _reading(found),
        *([alike] if _hardly(found) else []),
        *([_PARTLY] if found.partly else []),
    ]
    drawn = f'<div class="md-words" dir="auto">{"".join(pieces)}</div>'
    return drawn + "".join(map(note, told))


def _hardly(found: Attribution) -> bool:
    """Whether leaving out single words tells little."""
    if found.method != "occlusion" or found.unit != "word" or found.done < found.total:
        return False
    return max((abs(w.weight or 0.0) for w in found.words), default=0.0) < _LITTLE


def _word(number: int, word: WordWeight, title: str, heaviest: float, dropped: bool) -> str:
    share = abs(word.weight or 0.0) / heaviest * _STRONGEST
    side = "md-against" if (word.weight or 0.0) < 0 and share >= _TOLD else "md-for"
    return (
        f'<button type="button" class="md-word {side}" data-word="{number}" title="{title}" '
        f'aria-pressed="{str(dropped).lower()}" style="--md-share:{share:.0f}%">'
        f"{html.escape(word.text)}</button>"
    )


def _reading(found: Attribution) -> str:
    """What the colours mean, with the scale that the method has."""
    label, score = found.label, f"{found.score:.1%}"
    if found.method == "fewest":
        return _fewest(found)
    if found.done < found.total:
        return f"Pass {found.done} of {found.total}."
    if found.method == "occlusion":
        heaviest = max((abs(w.weight or 0.0) for w in found.words), default=0.0)
        if found.unit == "sentence":
            return (
                f"The text is too long for single words. Green sentences raise {label!r} ({score}), red ones "
                "lower it; a sentence's number is the change of the probability when it is left out, at most "
                f"{heaviest:.3f}."
            )
        return (
            f"Green words raise {label!r} ({score}), red ones lower it; a word's number is the "
            f"change of the probability when it is left out, at most {heaviest:.3f}."
        )
    return (
        f"Green words raise {label!r} ({score}), red ones lower it, in logits; the words miss "
        f"{found.gap:.1%} of the whole change."
    )


def _fewest(found: Attribution) -> str:
    """How many words are left, what the model says of them, and whether more may go."""
    left = counted_of(len(found.words) - len(found.gone), len(found.words), "word")
    if found.done < found.total:
        return f"{left} left, and still {found.label!r} ({found.rest_score:.1%})."
    return (
        f"{left} are enough: without the others the model still says {found.label!r} "
        f"({found.rest_score:.1%}; {found.score:.1%} of the whole text). They went one by one, each time the "
        "one that is needed least."
    )


def changes_html(before: Ranking, after: Ranking, dropped: list[str]) -> str:
    """Each label's score with and without the dropped words."""
    new = {score.label: score.score for score in after.scores}
    rows = "".join(
        f"<tr><th>{html.escape(s.label)}</th><td>{s.score:.1%}</td><td>{new[s.label]:.1%}</td>"
        f"<td>{(new[s.label] - s.score) * 100:+.1f}</td></tr>"
        for s in before.scores
    )
    return (
        '<table class="md-changes"><thead><tr><th>label</th><th>as written</th>'
        f"<th>without</th><th>points</th></tr></thead><tbody>{rows}</tbody></table>{left_out_html(dropped)}"
    )


def left_out_html(dropped: Sequence[str]) -> str:
    """One line on the words that are left out."""
    without = ", ".join(html.escape(word) for word in dropped)
    return f'<p class="md-note">Left out: {without}. Click a word again to put it back.</p>'
