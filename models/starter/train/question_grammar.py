"""What a question is made of: a parsed sentence's clauses, and their words in another order.

Knows spaCy's CLEAR dependencies and English word order; which questions are asked is in
``models.starter.train.questions``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_SUBJECTS = {"nsubj", "nsubjpass"}
_AUXILIARIES = {"aux", "auxpass"}
_KEPT = {
    "dobj", "attr", "acomp", "xcomp", "ccomp", "oprd", "agent", "prt", "dative", "neg", "pcomp",
}  # fmt: skip
_OPTIONAL = {"prep", "advmod", "npadvmod"}
_CUT = {"relcl", "appos", "acl", "advcl", "parataxis", "conj", "cc", "punct"}
_PAST = {
    "written": "wrote", "known": "knew", "given": "gave", "taken": "took", "begun": "began", "seen": "saw",
    "drawn": "drew", "chosen": "chose", "driven": "drove", "grown": "grew", "shown": "showed", "sung": "sang",
    "spoken": "spoke", "broken": "broke", "overthrown": "overthrew", "overseen": "oversaw", "eaten": "ate",
}  # fmt: skip
#: Tokens of the longest answer.
MAX_ANSWER_TOKENS = 12


@dataclass(frozen=True)
class Clause:
    """A verb with its subject (as words for the question, and as the tokens it stands on)."""

    verb: Token
    subject: str
    subject_token: Token | None
    auxiliaries: tuple[Token, ...]
    plural: bool


def clauses(sentence: Span, title: str) -> Iterator[Clause]:
    """Each finite verb with its subject; ``title`` stands for "he", "she" and "it"."""
    for verb in sentence:
        if verb.pos_ not in {"VERB", "AUX"} or verb.dep_ in _AUXILIARIES:
            continue
        subject = next((child for child in verb.children if child.dep_ in _SUBJECTS), None)
        auxiliaries = tuple(
            child for child in verb.children if child.dep_ in _AUXILIARIES and child.i < verb.i
        )
        if subject is None and verb.dep_ == "conj" and verb.head.pos_ in {"VERB", "AUX"}:
            subject = next((child for child in verb.head.children if child.dep_ in _SUBJECTS), None)
            if verb.tag_ in {"VBN", "VB", "VBG"} and not auxiliaries:
                auxiliaries = tuple(
                    child for child in verb.head.children if child.dep_ in _AUXILIARIES
                )
        if verb.dep_ == "acl" and verb.tag_ == "VBN" and verb.head.pos_ in {"NOUN", "PROPN"}:
            head = verb.head
            words = _named(head, title)
            yield Clause(verb, words, None, (), head.tag_ in {"NNS", "NNPS"} and words != title)
        elif subject is not None and (verb.tag_ in {"VBD", "VBZ", "VBP"} or auxiliaries):
            if subject.tag_ in {"WDT", "WP"} and verb.dep_ == "relcl":
                words = _named(verb.head, title)
                plural = verb.head.tag_ in {"NNS", "NNPS"} and words != title
                yield Clause(verb, words, None, auxiliaries, plural)
            elif subject.pos_ == "PRON" and subject.lower_ in {"he", "she", "it"}:
                yield Clause(verb, title, None, auxiliaries, False)
            elif subject.pos_ != "PRON":
                plural = subject.tag_ in {"NNS", "NNPS"} or any(
                    c.dep_ == "conj" for c in subject.children
                )
                yield Clause(verb, phrase(subject), subject, auxiliaries, plural)


def answer_tokens(token: Token) -> list[Token]:
    """The entity around the token, or its noun phrase up to a relative clause, a comma or a list."""
    doc = token.doc
    entity = next((e for e in doc.ents if e.start <= token.i < e.end), None)
    if entity is not None and entity.root == token:
        start = entity.start + (entity[0].lower_ in {"the", "a", "an"} and len(entity) > 1)
        return list(doc[start : entity.end])
    kept = [t for t in token.subtree if not _is_cut(t, token)]
    run = [token]
    for t in reversed([t for t in kept if t.i < token.i]):
        if t.i == run[0].i - 1:
            run.insert(0, t)
    for t in (t for t in kept if t.i > token.i):
        if t.i == run[-1].i + 1 and len(run) < MAX_ANSWER_TOKENS:
            run.append(t)
    while len(run) > 1 and run[-1].pos_ in {"ADP", "PUNCT", "CCONJ", "DET", "SCONJ"}:
        run.pop()
    while len(run) > 1 and run[0].pos_ in {"PUNCT", "CCONJ"}:
        run.pop(0)
    return run


def _is_cut(token: Token, top: Token) -> bool:
    """Whether the token hangs under a clause or list item below `top`; compounds' hyphens stay."""
    while token != top:
        if token.dep_ in _CUT and not (
            token.dep_ == "punct" and token.text in {"-", "–", "'", '"'}
        ):
            return True
        token = token.head
    return False


def phrase(token: Token, without: Token | None = None) -> str:
    """The token's noun phrase as words, clauses cut, `without` one branch."""
    dropped = set(without.subtree) if without is not None else set()
    kept = [t for t in token.subtree if not _is_cut(t, token) and t not in dropped]
    if len(kept) > 10:
        kept = [
            t
            for t in kept
            if t == token
            or (t.head == token and t.dep_ in {"det", "amod", "compound", "poss", "nummod"})
        ]
    words = (
        [kept[0].text if kept[0].ent_type_ or kept[0].pos_ == "PROPN" else kept[0].lower_]
        if kept
        else []
    )
    for before, here in pairwise(kept):
        gap = " " if before.whitespace_ or here.i > before.i + 1 else ""
        words.append(gap + here.text)
    return "".join(words)


def _named(head: Token, title: str) -> str:
    """Words for the noun that a relative clause is about: the title where the noun defines it."""
    if head.dep_ == "attr" and head.head.lemma_ == "be":
        subject = next((c for c in head.head.children if c.dep_ in _SUBJECTS), None)
        if (
            subject is None
            or subject.pos_ == "PRON"
            or subject.text in title
            or title in phrase(subject)
        ):
            return title
        return phrase(subject)
    words = phrase(head)
    return re.sub(r"^(a|an) ", "the ", words, flags=re.IGNORECASE)


def inverted(clause: Clause) -> str:
    """Auxiliary, subject and verb in the order of a question."""
    verb = clause.verb
    if clause.auxiliaries:
        first, *others = clause.auxiliaries
        return " ".join(
            [first.text, clause.subject, *(aux.text for aux in others), verb.text, _particle(verb)]
        )
    if verb.lemma_ == "be":
        return f"{verb.text} {clause.subject}"
    if verb.dep_ == "acl" or verb.tag_ == "VBN":
        return f"{'were' if clause.plural else 'was'} {clause.subject} {verb.text}"
    do = "did" if verb.tag_ == "VBD" else "do" if clause.plural else "does"
    return " ".join([do, clause.subject, verb.lemma_, _particle(verb)])


def active(clause: Clause) -> str:
    """The passive's active past: "directed the film"."""
    past = (
        clause.verb.text
        if clause.verb.text.endswith("ed")
        else _PAST.get(clause.verb.lower_, clause.verb.text)
    )
    return f"{past} {clause.subject}"


def _particle(verb: Token) -> str:
    return " ".join(child.text for child in verb.children if child.dep_ == "prt")


def object_text(clause: Clause) -> str:
    """The verb's object as words; empty when it has none."""
    found = next((c for c in clause.verb.children if c.dep_ in {"dobj", "acomp", "oprd"}), None)
    return phrase(found) if found is not None else ""


def tail_of(
    clause: Clause, left_out: Token, source: random.Random, *, keep_all: bool = False
) -> str:
    """What follows the verb, the answer's branch left out, side remarks dropped now and then."""
    parts: list[str] = []
    for child in clause.verb.children:
        if child == left_out or child.dep_ == "prt":
            continue
        kept = child.dep_ in _KEPT and child.i > clause.verb.i
        optional = (
            child.dep_ in _OPTIONAL
            and child.i > clause.verb.i
            and source.random() < (0.75 if keep_all else 0.4)
        )
        if kept or optional:
            parts.append(phrase(child))
    return " ".join(parts[:3])


def objects(prep: Token) -> list[Token]:
    """The nouns behind a preposition; no pronouns, for they answer nothing."""
    return [
        child
        for child in prep.children
        if child.dep_ == "pobj" and child.pos_ != "PRON" and child.tag_ != "WDT"
    ]
