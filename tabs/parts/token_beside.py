"""Two tokenizers on the tab's text: tokens beside each other, and where both cut."""

from __future__ import annotations

from models.tokens import Tokenization
from models.units import counted
from tabs.parts.differences import grid, sentence
from tabs.parts.markup import figures, note
from tabs.parts.token_view import chips_html

#: Tokens of each that are drawn.
BESIDE = 600


def side_html(result: Tokenization) -> str:
    """The counts and the tokens beside those of another tokenizer."""
    left = len(result.tokens) - BESIDE
    rest = note(f"{counted(left, 'more token')}, not drawn.") if left > 0 else ""
    pairs = [
        ("tokens", f"{len(result.tokens):,}"),
        ("characters per token", f"{result.characters_per_token:.2f}"),
        ("unknown", f"{result.unknown:,}"),
    ]
    tokens = chips_html(result.tokens[:BESIDE])
    return f'{figures(pairs)}<div class="md-token-view">{tokens}</div>{rest}'


def tokens_apart_html(first: Tokenization, second: Tokenization) -> str:
    """Which tokenizer needs fewer tokens, and how many cuts of the text both make."""
    a, b = len(first.tokens), len(second.tokens)
    least, most = sorted((a, b))
    name = "first" if a < b else "second"
    said = (
        "Both need as many tokens."
        if a == b
        else f"The {name} needs {counted(least, 'token')}, the other {most:,} "
        f"({most / max(least, 1):.2f} times as many)."
    )
    cuts = [{token.end for token in result.tokens} - {0, result.characters}
            for result in (first, second)]  # fmt: skip
    rows = [
        ["Cuts inside the text", f"{len(cuts[0]):,}", f"{len(cuts[1]):,}"],
        ["Of them made by both", *[f"{len(cuts[0] & cuts[1]):,}"] * 2],
        ["Vocabulary", f"{first.vocabulary:,}", f"{second.vocabulary:,}"],
    ]
    return sentence(said) + grid(["", "First", "Second"], rows, ours=True)
