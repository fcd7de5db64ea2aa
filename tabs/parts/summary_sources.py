"""Where a summary stands in its text: its sentences over the text, and what of them was copied."""

from __future__ import annotations

import html
from collections.abc import Sequence

from models.sentences import Span
from models.summarization import Summary
from models.summary_checks import RUN, copied_spans
from models.summary_sources import Trace, Traced, trace
from models.units import counted
from tabs.parts.markup import note

#: Characters of a text that is drawn whole under its summary; of a longer one, this much at both
#: ends of what lies between the sources is.
DRAWN, AROUND = 40_000, 500
#: What the underlined words are.
COPIED = f"Underlined: stretches of at least {RUN} words that stand in the text as they are."


def sources_html(text: str, result: Summary) -> str:
    """The summary's sentences as buttons over the text; ``assets/js/summary.js`` marks the sources."""
    found = trace(result.text, text, result.sources)
    if not found.sentences:
        return ""
    # where sentences were chosen all of it is copied
    copied = () if result.method == "extractive" else copied_spans(result.text, text)
    buttons = "".join(
        f"<li>{_sentence_button(result.text, number, sentence, copied)}</li>"
        for number, sentence in enumerate(found.sentences)
    )
    limit = (
        note(
            f"Only the first {found.compared:,} sentences of the text were compared, of {found.total:,}."
        )
        if found.total > found.compared
        else ""
    )
    return (
        '<section class="md-sources"><h4>Where it stands in the text</h4>'
        f'<ol dir="auto">{buttons}</ol>{note(COPIED) if copied else ""}'
        '<p class="md-note md-sources-note" role="status">Choose a sentence to see its sources.</p>'
        f'<div class="md-source-text" dir="auto" tabindex="0">{_source_html(text, found)}</div>{limit}'
        "</section>"
    )


def _sentence_button(
    summary: str, number: int, sentence: Traced, copied: Sequence[Span] = ()
) -> str:
    """A sentence of the summary; its ``data-note`` is what is said once it is chosen."""
    start = sentence.start + 2 * summary.startswith("- ", sentence.start)
    lost = "" if sentence.sources else ' class="md-sourceless"'
    shown = _underlined(summary, start, sentence.end, copied)
    return (
        f'<button type="button" data-sentence="{number}" aria-pressed="false"{lost} '
        f'data-note="{html.escape(sources_note(sentence))}">{shown}</button>'
    )


def _underlined(summary: str, start: int, end: int, copied: Sequence[Span]) -> str:
    """A piece of the summary with the words that it copied underlined."""
    pieces, at = list[str](), start
    for first, last in copied:
        first, last = max(first, start), min(last, end)
        if first < last:
            pieces.append(html.escape(summary[at:first]))
            pieces.append(f'<span class="md-copied">{html.escape(summary[first:last])}</span>')
            at = last
    return "".join([*pieces, html.escape(summary[at:end])])


def sources_note(sentence: Traced) -> str:
    """One sentence on how well the sources of a sentence hold it."""
    if not sentence.sources:
        return "No sentence of the text shares enough words with this one: check it."
    if sentence.sources[0].score == 1.0 and len(sentence.sources) == 1:
        return "It stands in the text word for word, or nearly so."
    shares = " and ".join(f"{source.score:.0%}" for source in sentence.sources)
    noun = "sentence holds" if len(sentence.sources) == 1 else "sentences hold"
    return (
        f"{len(sentence.sources)} {noun} {shares} of its words, rare ones counting more: "
        "likely sources, found by words alone."
    )


def _source_html(text: str, found: Trace) -> str:
    """The text with the sources of all sentences as marks; of a long text, the parts around them."""
    owners: dict[Span, list[int]] = {}
    for number, sentence in enumerate(found.sentences):
        for source in sentence.sources:
            owners.setdefault((source.start, source.end), []).append(number)
    pieces, at = [], 0
    for (start, end), numbers in sorted(owners.items()):
        pieces.append(_between(text, at, start))
        of = " ".join(map(str, numbers))
        pieces.append(
            f'<mark data-of="{of}">{_between(text, start, end, "of this sentence")}</mark>'
        )
        at = end
    return "".join([*pieces, _between(text, at, len(text))])


def _between(text: str, start: int, end: int, what: str = "without a source") -> str:
    """A piece of the text; the middle of a long one is left out where the text is too long to draw."""
    if len(text) <= DRAWN or end - start <= 2 * AROUND:
        return html.escape(text[start:end])
    hidden = end - start - 2 * AROUND
    return (
        f"{html.escape(text[start : start + AROUND])}"
        f'<em translate="yes">[{counted(hidden, "character")} {what}, not drawn]</em>'
        f"{html.escape(text[end - AROUND : end])}"
    )
