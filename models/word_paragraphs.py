"""Paragraphs of Word documents: their text by style and link, and how another text takes its place.

A paragraph is made of runs, each of one style; links hold runs of their own, and some runs hold no text but
a footnote's mark, a picture or a field. A translation is one text again. Which of its words were bold, or a
link, is found by translating those words by themselves too: where that stands in the text, the style goes.
Links, and what stands at either end of a paragraph ("Note: ..."), otherwise go to about the same part of
it; any other style is left out there. Marks of footnotes and pictures stay, at about the same part too.

Knows the elements of python-docx's paragraphs; knows no languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from models.token_words import NO_SPACES

#: Elements of a run that are text: others make it one that is kept as it is.
_TEXT = frozenset({"rPr", "t", "tab", "br", "cr", "noBreakHyphen"})
#: Properties that are no style: languages and what the spelling checker noted.
_NO_STYLE = frozenset({"lang", "noProof"})


@dataclass(frozen=True, eq=False)
class Stretch:
    """Neighbouring runs of one style, all in one link or in none.

    Attributes:
        text: of all of them.
        start: where it begins in the paragraph's text.
        run: the first of their elements.
        style: what its properties say.
        link: the element of the link; None outside of one.
    """

    text: str
    start: int
    run: Any
    style: str
    link: Any

    @property
    def end(self) -> int:
        """Its end in the paragraph's text."""
        return self.start + len(self.text)


@dataclass(frozen=True, eq=False)
class Parts:
    """A paragraph taken apart.

    Attributes:
        stretches: its text, in order.
        kept: (place in the text, element) of what is no text.
        usual: the stretch whose style most of the text outside of links has; None without text.
    """

    stretches: tuple[Stretch, ...]
    kept: tuple[tuple[int, Any], ...]
    usual: Stretch | None

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(stretch.text for stretch in self.stretches)

    @property
    def marked(self) -> tuple[Stretch, ...]:
        """Stretches that are links, or of another style than the usual one; not where that is all."""
        if self.usual is None or len(self.stretches) < 2:
            return ()
        usual = (self.usual.style, self.usual.link)
        return tuple(s for s in self.stretches if (s.style, s.link) != usual and s.text.strip())


def parts_of(paragraph: Any) -> Parts:
    """Takes a paragraph of python-docx apart."""
    found, kept, at = list[Stretch](), list[tuple[int, Any]](), 0
    for run, link, plain in _runs(paragraph._p):
        if not plain:
            kept.append((at, run))
            continue
        text, style = _text(run), _style(run)
        last = found[-1] if found else None
        if last and (last.style, last.link) == (style, link) and not (kept and kept[-1][0] == at):
            found[-1] = Stretch(last.text + text, last.start, last.run, style, link)
        else:
            found.append(Stretch(text, at, run, style, link))
        at += len(text)
    return Parts(tuple(found), tuple(kept), _usual(found))


def rewrite(paragraph: Any, text: str, said: Sequence[str]) -> None:
    """Puts another text into a paragraph.

    Args:
        paragraph: of python-docx.
        text: the new text.
        said: what each of ``Parts.marked`` is by itself in the new text's language.
    """
    parts = parts_of(paragraph)
    if parts.usual is None:
        return
    owners = _owners(parts, text, said)
    atoms = [(_snapped(text, at, len(parts.text)), run) for at, run in parts.kept]
    cuts = sorted({0, len(text), *(e for s, e, _ in owners), *(s for s, _, _ in owners)}
                  | {at for at, _ in atoms})  # fmt: skip
    new = list[Any]()
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        new += [run for at, run in atoms if at == start]
        if start < end:
            owner = next((o for a, b, o in owners if a <= start < b), parts.usual)
            new.append(_written(paragraph, owner, text[start:end]))
    _exchange(paragraph._p, new)


def _runs(paragraph: Any) -> Iterator[tuple[Any, Any, bool]]:
    """(run, the link that it is in or None, whether it is plain text), in order."""
    in_field = False
    for child in paragraph:
        name = _name(child)
        if name not in ("r", "hyperlink"):
            continue
        for run in [child] if name == "r" else [one for one in child if _name(one) == "r"]:
            marks = [_attribute(e, "fldCharType") for e in run if _name(e) == "fldChar"]
            in_field = in_field or "begin" in marks
            breaks = any(_name(e) == "br" and _attribute(e, "type") for e in run)
            plain = not in_field and not breaks and all(_name(e) in _TEXT for e in run)
            in_field = in_field and "end" not in marks
            yield run, None if name == "r" else child, plain


def _owners(parts: Parts, text: str, said: Sequence[str]) -> list[tuple[int, int, Stretch]]:
    """(start, end, stretch) of the parts of the new text that are not of the usual style, in order."""
    taken, total = list[tuple[int, int, Stretch]](), max(1, len(parts.text))
    left = list[Stretch]()
    for stretch, words in zip(parts.marked, said, strict=True):
        wanted = stretch.start / total * len(text)
        places = [place for place in _places(text, words) if _free(taken, *place)]
        if places:
            start, end = min(places, key=lambda place: abs(place[0] - wanted))
            taken.append((start, end, stretch))
        else:
            left.append(stretch)
    for stretch in left:
        if stretch.link is None and stretch.start and stretch.end < len(parts.text):
            continue
        start, end = (_snapped(text, at, total) for at in (stretch.start, stretch.end))
        if start < end and _free(taken, start, end):
            taken.append((start, end, stretch))
    return sorted(taken, key=lambda one: one[0])


def _places(text: str, words: str) -> list[tuple[int, int]]:
    """Where words stand in a text, marks at their edges aside; inside of others only without spaces there."""
    core = words.strip().strip(".,;:!?\u3002\uff0c")
    if not core:
        return []
    edge = "" if re.search(f"[{NO_SPACES}]", core) else r"\b"
    pattern = (
        f"{edge if core[0].isalnum() else ''}{re.escape(core)}{edge if core[-1].isalnum() else ''}"
    )
    return [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]


def _free(taken: Sequence[tuple[int, int, Stretch]], start: int, end: int) -> bool:
    return not any(a < end and start < b for a, b, _ in taken)


def _snapped(text: str, at: int, total: int) -> int:
    """About the same part of the new text, at the edge of a word."""
    wanted = round(at / max(1, total) * len(text))
    edges = {0, len(text), *(found.end() for found in re.finditer(r"\S+", text))}
    return min(edges, key=lambda edge: abs(edge - wanted))


def _written(paragraph: Any, owner: Stretch, text: str) -> Any:
    """A new run, in a link of its own where its owner is in one."""
    from docx.text.run import Run

    run = deepcopy(owner.run)
    Run(run, paragraph).text = text
    if owner.link is None:
        return run
    link = deepcopy(owner.link)
    for child in list(link):
        link.remove(child)
    link.append(run)
    return link


def _exchange(paragraph: Any, new: Sequence[Any]) -> None:
    """Puts the new elements where the first of the old ones stood, and takes the old ones away."""
    old = list(
        dict.fromkeys(link if link is not None else run for run, link, _ in _runs(paragraph))
    )
    place = paragraph.index(old[0])
    for element in old:
        paragraph.remove(element)
    for offset, element in enumerate(new):
        paragraph.insert(place + offset, element)


def _usual(stretches: Sequence[Stretch]) -> Stretch | None:
    sizes = dict[tuple[str, Any], int]()
    for stretch in stretches:
        key = (stretch.style, stretch.link)
        sizes[key] = sizes.get(key, 0) + len(stretch.text)
    outside = [s for s in stretches if s.link is None] or list(stretches)
    return max(outside, key=lambda s: sizes[s.style, s.link], default=None)


def _text(run: Any) -> str:
    return str(run.text)


def _style(run: Any) -> str:
    properties = next((child for child in run if _name(child) == "rPr"), None)
    if properties is None:
        return ""
    told = [e for e in properties if _name(e) not in _NO_STYLE]
    return "|".join(f"{_name(e)}{sorted(e.attrib.items())}" for e in told)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _attribute(element: Any, name: str) -> str:
    return next((str(v) for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")
