"""Questions with answers from a parsed sentence: who, what, when, where, how many, what kind.

Knows spaCy's labels (OntoNotes entities, CLEAR dependencies) and English word order. Does not know
passages or training: it takes one sentence and the name of the thing the text is about.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.starter.train.question_forms import PATTERNS, SAME
from models.starter.train.question_grammar import (
    MAX_ANSWER_TOKENS,
    Clause,
    active,
    answer_tokens,
    clauses,
    inverted,
    object_text,
    objects,
    phrase,
    tail_of,
)

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_TIME_WORDS = {
    "in", "on", "during", "since", "until", "from", "around", "by", "before", "after", "at",
}  # fmt: skip
_PLACE_WORDS = {"in", "at", "near", "from", "on", "to", "into", "through"}
_PLACES = {"GPE", "LOC", "FAC"}
_PEOPLE_NOUNS = frozenset([
    "man", "woman", "person", "people", "actor", "actress", "writer", "author", "poet", "king",
    "queen", "emperor", "president", "scientist", "physicist", "chemist", "philosopher", "artist",
    "painter", "composer", "singer", "musician", "politician", "leader", "general", "player",
    "explorer", "engineer", "inventor", "mathematician", "director", "architect", "statesman",
    "novelist",
])  # fmt: skip
_MAX_QUESTION_WORDS = 22


@dataclass(frozen=True)
class Question:
    """A question and its answer's character offsets in the document of the parsed sentence."""

    text: str
    start: int
    end: int
    kind: str


def questions(
    sentence: Span, title: str, source: random.Random, *, person: bool = False
) -> list[Question]:
    """All questions that the sentence answers.

    Args:
        sentence: parsed, with entities.
        title: what "he", "she" and "it" stand for.
        source: chooses wording; the same state gives the same questions.
        person: whether the title is a person's name.
    """
    found: list[Question] = []
    asked = [q for clause in clauses(sentence, title) for q in _of_clause(clause, source)]
    for question in [*asked, *_of_patterns(sentence, title, source)]:
        text = _reworded(re.sub(r"\s+([,.'’%)])", r"\1", " ".join(question.text.split())), source)
        if person:
            text = re.sub(
                r"^what (was|is) (?=" + re.escape(title.split()[0]) + ")", r"who \1 ", text
            )
        answer = sentence.doc.text[question.start : question.end]
        if 3 <= len(text.split()) <= _MAX_QUESTION_WORDS and answer.lower() not in text.lower():
            found.append(
                Question(
                    text[0].upper() + text[1:] + "?", question.start, question.end, question.kind
                )
            )
    return found


def _of_clause(clause: Clause, source: random.Random) -> Iterator[Question]:
    if any(t.dep_ == "neg" or t.lower_ in {"not", "never", "no"} for t in clause.verb.children):
        return
    yield from _of_subject(clause, source)
    for child in clause.verb.children:
        if child.dep_ in {"dobj", "attr", "oprd"}:
            yield from _of_object(clause, child, source)
        elif child.dep_ == "prep":
            yield from _of_preposition(clause, child, source)
        elif child.dep_ == "agent":
            for name in objects(child):
                wh = _wh(name, source)
                yield _ask(clause, name, f"{wh} {active(clause)}", "agent", tail="")
                yield _ask(
                    clause,
                    name,
                    f"{wh} {inverted(clause)} by",
                    "agent",
                    tail=tail_of(clause, child, source),
                )
        elif child.dep_ == "npadvmod" and child.ent_type_ == "DATE":
            yield _ask(
                clause,
                child,
                f"when {inverted(clause)}",
                "date",
                tail=tail_of(clause, child, source),
            )


def _of_subject(clause: Clause, source: random.Random) -> Iterator[Question]:
    subject = clause.subject_token
    if subject is None or len(answer_tokens(subject)) > MAX_ANSWER_TOKENS:
        return
    verb = " ".join([*(aux.text for aux in clause.auxiliaries), clause.verb.text])
    tail = tail_of(clause, subject, source, keep_all=True)
    if len(tail.split()) < 3:
        return
    yield _ask(clause, subject, f"{_wh(subject, source)} {verb}", "subject", tail=tail)


def _of_object(clause: Clause, child: Token, source: random.Random) -> Iterator[Question]:
    tail = tail_of(clause, child, source)
    if clause.verb.lemma_ == "be" and child.dep_ == "attr":
        wh = "who" if clause.subject_token is None and child.lemma_ in _PEOPLE_NOUNS else "what"
        yield _ask(
            clause, child, f"{wh} {clause.verb.text} {clause.subject}", "definition", tail=""
        )
        for prep in (
            c for c in child.children if c.dep_ == "prep" and c.lower_ in {"in", "of", "by", "from"}
        ):
            yield from _inside(clause, child, prep, source)
        return
    for number in (c for c in child.children if c.dep_ == "nummod"):
        yield _ask(
            clause,
            number,
            f"how many {phrase(child, without=number)} {inverted(clause)}",
            "number",
            tail=tail,
        )
    yield _ask(clause, child, f"{_wh(child, source)} {inverted(clause)}", "object", tail=tail)
    for kind in (c for c in child.children if c.dep_ in {"amod", "compound"} and c.i < child.i):
        if source.random() < 0.15:
            yield _ask(
                clause, kind, f"what kind of {child.text} {inverted(clause)}", "kind", tail=tail
            )


def _of_preposition(clause: Clause, prep: Token, source: random.Random) -> Iterator[Question]:
    tail = tail_of(clause, prep, source)
    if prep.lower_ in {"because", "due"}:
        for target in (t for of in prep.children for t in objects(of)):
            yield _ask(clause, target, f"why {inverted(clause)}", "reason", tail=tail)
    for target in objects(prep):
        entity = target.ent_type_
        asked = inverted(clause)
        if entity in {"DATE", "TIME"} and prep.lower_ in _TIME_WORDS:
            wh = source.choice(
                [
                    "when",
                    "when",
                    "when",
                    "in what year" if target.text.isdigit() else "when",
                    "what year" if target.text.isdigit() else "when",
                ]
            )
            yield _ask(clause, target, f"{wh} {asked}", "date", tail=tail)
        elif entity in _PLACES and prep.lower_ in _PLACE_WORDS:
            wh = (
                "from where"
                if prep.lower_ == "from"
                else source.choice(
                    [
                        "where",
                        "where",
                        "where",
                        "in what place",
                        "in which country" if entity == "GPE" else "where",
                    ]
                )
            )
            yield _ask(clause, target, f"{wh} {asked}", "place", tail=tail)
        elif entity in {"QUANTITY", "MONEY", "PERCENT"}:
            yield _ask(clause, target, f"how much {asked} {prep.text}", "number", tail="")
        elif entity != "CARDINAL" and (prep.lower_ not in _TIME_WORDS or source.random() < 0.4):
            wh = _wh(target, source)
            yield _ask(
                clause,
                target,
                f"{wh} {asked} {object_text(clause)} {prep.text}",
                "preposition",
                tail="",
            )


def _inside(clause: Clause, child: Token, prep: Token, source: random.Random) -> Iterator[Question]:
    """Questions on a detail of "X is a Y in Z": where, whose, of what."""
    for target in objects(prep):
        be, subject, noun = clause.verb.text, clause.subject, child.text
        if prep.lower_ == "in" and target.ent_type_ in _PLACES:
            wh = source.choice(
                [
                    f"where {be} {subject}",
                    f"where {be} {subject} located",
                    f"in which country {be} {subject}",
                ]
            )
            yield _ask(clause, target, wh, "place", tail="")
        elif prep.lower_ == "by":
            yield _ask(
                clause,
                target,
                f"{_wh(target, source)} {be} the {noun} {subject} by",
                "agent",
                tail="",
            )
            yield _ask(clause, target, f"who made {subject}", "agent", tail="")
        elif prep.lower_ == "of":
            head = phrase(child, without=prep)
            yield _ask(clause, target, f"what {be} {subject} {head} of", "preposition", tail="")


def _ask(clause: Clause, target: Token, text: str, kind: str, *, tail: str) -> Question:
    tokens = answer_tokens(target)
    last = tokens[-1]
    return Question(f"{text} {tail}", tokens[0].idx, last.idx + len(last.text), kind)


def _wh(token: Token, source: random.Random) -> str:
    """The question word for a noun: by entity, else by the noun itself."""
    label = token.ent_type_
    if label == "PERSON" or token.lemma_.lower() in _PEOPLE_NOUNS:
        return source.choice(
            ["who", "who", "who", "which person"] if label == "PERSON" else ["who"]
        )
    if label == "GPE":
        return source.choice(["which country", "which place", "which city", "what", "what"])
    if label in {"LOC", "FAC"}:
        return source.choice(["what", "which place", "what place"])
    if label == "ORG":
        return source.choice(["what", "which organization", "what group", "which company", "who"])
    if label == "NORP":
        return source.choice(["which people", "who", "what"])
    if label == "DATE":
        return (
            source.choice(["what year", "which date", "when"]) if token.text.isdigit() else "when"
        )
    if label in {"LANGUAGE", "EVENT", "WORK_OF_ART"}:
        return source.choice(
            [
                "what",
                "which " + {"LANGUAGE": "language", "EVENT": "event", "WORK_OF_ART": "work"}[label],
            ]
        )
    return "what"


def _of_patterns(sentence: Span, title: str, source: random.Random) -> Iterator[Question]:
    """Everyday questions on facts that encyclopedias state in set phrases."""
    for pattern, kind, forms in PATTERNS:
        for match in re.finditer(pattern, sentence.text):
            start = sentence.start_char + match.start(1)
            yield Question(
                source.choice(forms).format(t=title), start, start + len(match[1].rstrip()), kind
            )


def _reworded(text: str, source: random.Random) -> str:
    """Now and then another word for the same thing, so that words alone do not find the answer."""
    for pattern, others in SAME:
        if source.random() < 0.4:
            text = re.sub(pattern, source.choice(others), text, count=1)
    return text
