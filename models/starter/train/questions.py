"""Questions with answers from a parsed sentence: who, what, when, where, how many, what kind.

Knows spaCy's labels (OntoNotes entities, CLEAR dependencies) and English word order. Does not know
passages or training: it takes one sentence and the name of the thing the text is about.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from models.starter.train.question_forms import PATTERNS, SAME

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_SUBJECTS = {"nsubj", "nsubjpass"}
_AUXILIARIES = {"aux", "auxpass"}
_KEPT = {
    "dobj",
    "attr",
    "acomp",
    "xcomp",
    "ccomp",
    "oprd",
    "agent",
    "prt",
    "dative",
    "neg",
    "pcomp",
}
_OPTIONAL = {"prep", "advmod", "npadvmod"}
_CUT = {"relcl", "appos", "acl", "advcl", "parataxis", "conj", "cc", "punct"}
_TIME_WORDS = {
    "in",
    "on",
    "during",
    "since",
    "until",
    "from",
    "around",
    "by",
    "before",
    "after",
    "at",
}
_PLACE_WORDS = {"in", "at", "near", "from", "on", "to", "into", "through"}
_PLACES = {"GPE", "LOC", "FAC"}
_PEOPLE_NOUNS = frozenset(
    [
        "man",
        "woman",
        "person",
        "people",
        "actor",
        "actress",
        "writer",
        "author",
        "poet",
        "king",
        "queen",
        "emperor",
        "president",
        "scientist",
        "physicist",
        "chemist",
        "philosopher",
        "artist",
        "painter",
        "composer",
        "singer",
        "musician",
        "politician",
        "leader",
        "general",
        "player",
        "explorer",
        "engineer",
        "inventor",
        "mathematician",
        "director",
        "architect",
        "statesman",
        "novelist",
    ]
)
_MAX_ANSWER_TOKENS = 12
_MAX_QUESTION_WORDS = 22


@dataclass(frozen=True)
class Question:
    """A question and its answer's character offsets in the document of the parsed sentence."""

    text: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class _Clause:
    """A verb with its subject (as words for the question, and as the tokens it stands on)."""

    verb: Token
    subject: str
    subject_token: Token | None
    auxiliaries: tuple[Token, ...]
    plural: bool


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
    asked = [q for clause in _clauses(sentence, title) for q in _of_clause(clause, source)]
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


def _clauses(sentence: Span, title: str) -> Iterator[_Clause]:
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
            yield _Clause(verb, words, None, (), head.tag_ in {"NNS", "NNPS"} and words != title)
        elif subject is not None and (verb.tag_ in {"VBD", "VBZ", "VBP"} or auxiliaries):
            if subject.tag_ in {"WDT", "WP"} and verb.dep_ == "relcl":
                words = _named(verb.head, title)
                plural = verb.head.tag_ in {"NNS", "NNPS"} and words != title
                yield _Clause(verb, words, None, auxiliaries, plural)
            elif subject.pos_ == "PRON" and subject.lower_ in {"he", "she", "it"}:
                yield _Clause(verb, title, None, auxiliaries, False)
            elif subject.pos_ != "PRON":
                plural = subject.tag_ in {"NNS", "NNPS"} or any(
                    c.dep_ == "conj" for c in subject.children
                )
                yield _Clause(verb, _phrase(subject), subject, auxiliaries, plural)


def _of_clause(clause: _Clause, source: random.Random) -> Iterator[Question]:
    if any(t.dep_ == "neg" or t.lower_ in {"not", "never", "no"} for t in clause.verb.children):
        return
    yield from _of_subject(clause, source)
    for child in clause.verb.children:
        if child.dep_ in {"dobj", "attr", "oprd"}:
            yield from _of_object(clause, child, source)
        elif child.dep_ == "prep":
            yield from _of_preposition(clause, child, source)
        elif child.dep_ == "agent":
            for name in _objects(child):
                wh = _wh(name, source)
                yield _ask(clause, name, f"{wh} {_active(clause)}", "agent", tail="")
                yield _ask(
                    clause,
                    name,
                    f"{wh} {_inverted(clause)} by",
                    "agent",
                    tail=_tail(clause, child, source),
                )
        elif child.dep_ == "npadvmod" and child.ent_type_ == "DATE":
            yield _ask(
                clause,
                child,
                f"when {_inverted(clause)}",
                "date",
                tail=_tail(clause, child, source),
            )


def _of_subject(clause: _Clause, source: random.Random) -> Iterator[Question]:
    subject = clause.subject_token
    if subject is None or len(_answer_tokens(subject)) > _MAX_ANSWER_TOKENS:
        return
    verb = " ".join([*(aux.text for aux in clause.auxiliaries), clause.verb.text])
    tail = _tail(clause, subject, source, keep_all=True)
    if len(tail.split()) < 3:
        return
    yield _ask(clause, subject, f"{_wh(subject, source)} {verb}", "subject", tail=tail)


def _of_object(clause: _Clause, child: Token, source: random.Random) -> Iterator[Question]:
    tail = _tail(clause, child, source)
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
            f"how many {_phrase(child, without=number)} {_inverted(clause)}",
            "number",
            tail=tail,
        )
    yield _ask(clause, child, f"{_wh(child, source)} {_inverted(clause)}", "object", tail=tail)
    for kind in (c for c in child.children if c.dep_ in {"amod", "compound"} and c.i < child.i):
        if source.random() < 0.15:
            yield _ask(
                clause, kind, f"what kind of {child.text} {_inverted(clause)}", "kind", tail=tail
            )


def _of_preposition(clause: _Clause, prep: Token, source: random.Random) -> Iterator[Question]:
    tail = _tail(clause, prep, source)
    if prep.lower_ in {"because", "due"}:
        for target in (t for of in prep.children for t in _objects(of)):
            yield _ask(clause, target, f"why {_inverted(clause)}", "reason", tail=tail)
    for target in _objects(prep):
        entity = target.ent_type_
        asked = _inverted(clause)
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
                f"{wh} {asked} {_object_text(clause)} {prep.text}",
                "preposition",
                tail="",
            )


def _inside(
    clause: _Clause, child: Token, prep: Token, source: random.Random
) -> Iterator[Question]:
    """Questions on a detail of "X is a Y in Z": where, whose, of what."""
    for target in _objects(prep):
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
            head = _phrase(child, without=prep)
            yield _ask(clause, target, f"what {be} {subject} {head} of", "preposition", tail="")


def _ask(clause: _Clause, target: Token, text: str, kind: str, *, tail: str) -> Question:
    tokens = _answer_tokens(target)
    last = tokens[-1]
    return Question(f"{text} {tail}", tokens[0].idx, last.idx + len(last.text), kind)


def _answer_tokens(token: Token) -> list[Token]:
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
        if t.i == run[-1].i + 1 and len(run) < _MAX_ANSWER_TOKENS:
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


def _phrase(token: Token, without: Token | None = None) -> str:
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
            or title in _phrase(subject)
        ):
            return title
        return _phrase(subject)
    words = _phrase(head)
    return re.sub(r"^(a|an) ", "the ", words, flags=re.IGNORECASE)


def _inverted(clause: _Clause) -> str:
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


def _active(clause: _Clause) -> str:
    """The passive's active past: "directed the film"."""
    past = (
        clause.verb.text
        if clause.verb.text.endswith("ed")
        else _PAST.get(clause.verb.lower_, clause.verb.text)
    )
    return f"{past} {clause.subject}"


_PAST = {
    "written": "wrote", "known": "knew", "given": "gave", "taken": "took", "begun": "began", "seen": "saw",
    "drawn": "drew", "chosen": "chose", "driven": "drove", "grown": "grew", "shown": "showed", "sung": "sang",
    "spoken": "spoke", "broken": "broke", "overthrown": "overthrew", "overseen": "oversaw", "eaten": "ate",
}  # fmt: skip


def _particle(verb: Token) -> str:
    return " ".join(child.text for child in verb.children if child.dep_ == "prt")


def _object_text(clause: _Clause) -> str:
    found = next((c for c in clause.verb.children if c.dep_ in {"dobj", "acomp", "oprd"}), None)
    return _phrase(found) if found is not None else ""


def _tail(
    clause: _Clause, left_out: Token, source: random.Random, *, keep_all: bool = False
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
            parts.append(_phrase(child))
    return " ".join(parts[:3])


def _objects(prep: Token) -> list[Token]:
    return [
        child
        for child in prep.children
        if child.dep_ == "pobj" and child.pos_ != "PRON" and child.tag_ != "WDT"
    ]


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
