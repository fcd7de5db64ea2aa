"""Words of a text tinted by how much they moved a label, to be clicked away one by one."""

from __future__ import annotations

import html
from collections.abc import Set

from models.attribution import Attribution
from models.spec import Ranking
from tabs.parts.markup import note

_STRONGEST = 70  # per cent of the accent colour in the background of the heaviest word
#: The least change of a probability that may be tinted in full: below it, words are paler.
_TELLING = 0.1
_ALIKE = (
    " No single word matters much: the others say the same. Integrated gradients share the whole "
    "score out among them."
)


def words_html(text: str, found: Attribution, dropped: Set[int] = frozenset()) -> str:
    """The user's own text; each word is a button with its weight as colour and in its title."""
    heaviest = max((abs(w.weight or 0.0) for w in found.words), default=0.0)
    heaviest = max(heaviest, _TELLING) if found.method == "occlusion" else heaviest or 1.0
    pieces, at = [], 0
    for number, word in enumerate(found.words):
        pieces.append(html.escape(text[at : word.start]))
        pieces.append(_word(number, word.text, word.weight, heaviest, number in dropped))
        at = word.end
    pieces.append(html.escape(text[at:]))
    return f'<div class="md-words" dir="auto">{"".join(pieces)}</div>' + note(_reading(found))


def _word(number: int, text: str, weight: float | None, heaviest: float, dropped: bool) -> str:
    share = abs(weight or 0.0) / heaviest * _STRONGEST
    side = "md-against" if (weight or 0.0) < 0 else "md-for"
    title = "not weighed yet" if weight is None else f"{weight:+.3f}"
    return (
        f'<button type="button" class="md-word {side}" data-word="{number}" title="{title}" '
        f'aria-pressed="{str(dropped).lower()}" style="--md-share:{share:.0f}%">'
        f"{html.escape(text)}</button>"
    )


def _reading(found: Attribution) -> str:
    """What the colours mean, with the scale that the method has."""
    label, score = found.label, f"{found.score:.1%}"
    if found.done < found.total:
        return f"Pass {found.done} of {found.total}."
    if found.method == "occlusion":
        heaviest = max((abs(w.weight or 0.0) for w in found.words), default=0.0)
        plain = _ALIKE if heaviest < 0.02 else ""
        return (
            f"Green words raise {label!r} ({score}), red ones lower it; a word's number is the "
            f"change of the probability when it is left out, at most {heaviest:.3f}.{plain}"
        )
    return (
        f"Green words raise {label!r} ({score}), red ones lower it, in logits; the words miss "
        f"{found.gap:.1%} of the whole change."
    )


def changes_html(before: Ranking, after: Ranking, dropped: list[str]) -> str:
    """Each label's score with and without the dropped words."""
    new = {score.label: score.score for score in after.scores}
    rows = "".join(
        f"<tr><th>{html.escape(s.label)}</th><td>{s.score:.1%}</td><td>{new[s.label]:.1%}</td>"
        f"<td>{(new[s.label] - s.score) * 100:+.1f}</td></tr>"
        for s in before.scores
    )
    without = ", ".join(html.escape(word) for word in dropped)
    return (
        '<table class="md-changes"><thead><tr><th>label</th><th>as written</th>'
        f"<th>without</th><th>points</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="md-note">Left out: {without}. Click a word again to put it back.</p>'
    )
