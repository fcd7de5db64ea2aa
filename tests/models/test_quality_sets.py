"""The hand-written evaluation sets, and how they are scored; no model is loaded."""

from __future__ import annotations

import json

import pytest

from models.starter.quality import assistant, ner, text_generation, zero_shot
from models.starter.quality.ner import Sentence, Tally, trimmed
from models.tool_calls import Call
from models.tools import TOOLS
from models.zero_shot import Classification, LabelFit


def test_entities_of_the_checked_set_stand_where_they_say() -> None:
    rows = [json.loads(line) for line in ner.CHECKED.read_text("utf-8").splitlines()]
    assert len(rows) == 200
    assert len({row["text"] for row in rows}) == 200
    for row in rows:
        end = 0
        for entity in row["entities"]:
            assert row["text"][entity["start"] : entity["end"]] == entity["text"]
            assert entity["start"] >= end
            assert entity["label"] in {"PER", "ORG", "LOC", "MISC", "DATE"}
            end = entity["end"]


def test_every_label_of_the_checked_set_has_at_least_forty_entities() -> None:
    labels = [label for sentence in ner.checked() for *_, label in sentence.spans]
    assert all(labels.count(name) >= 40 for name in ("PER", "ORG", "LOC", "MISC", "DATE"))


def test_the_zero_shot_sets_have_no_text_and_no_label_in_common() -> None:
    first, held_out = zero_shot.cases(zero_shot.CHECKED), zero_shot.cases(zero_shot.HELD_OUT)
    assert (len(first), len(held_out)) == (116, 180)
    texts = [case.text for case in (*first, *held_out)]
    assert len(set(texts)) == len(texts)
    known, new = (
        {label for case in cases for label in case.choices} for cases in (first, held_out)
    )
    assert known & new == set()
    assert all(case.true <= set(case.choices) and 1 <= len(case.true) <= 2 for case in held_out)


def test_the_best_label_counts_in_one_set_and_the_threshold_in_the_other() -> None:
    class Engine:
        """Thinks that what stands first fits, and nothing else."""

        def classify(self, text: str, labels: tuple[str, ...], **_: object) -> list[Classification]:
            scores = [LabelFit(label, float(not i), "", ()) for i, label in enumerate(labels)]
            return [Classification(tuple(scores), True, "", 1, 1, 1, 1)]

    def case(*true: str) -> zero_shot.Case:
        return zero_shot.Case("x", "topics", frozenset(true), ("a", "b"))

    given = [case("a"), case("b"), case("a", "b")]
    assert zero_shot.right(Engine(), given) == {"right": 66.7, "topics": 66.7}
    found = zero_shot.several(Engine(), given)
    assert (found["precision"], found["recall"]) == (66.7, 50.0)


@pytest.mark.parametrize(
    ("text", "start", "end", "kept"),
    [
        ("near the Danube", 5, 15, "Danube"),
        ("Apple's offices", 0, 7, "Apple"),
        ("the “Ninth Symphony” of", 0, 20, "Ninth Symphony"),
        ("The Hague", 0, 9, "Hague"),
        ("An Bord", 0, 2, "An"),
    ],
)
def test_articles_quotes_and_possessives_do_not_count(
    text: str, start: int, end: int, kept: str
) -> None:
    a, b, _ = trimmed(text, (start, end, "ORG"))
    assert text[a:b] == kept


def test_a_span_counts_only_with_both_ends_and_the_label_right() -> None:
    sentence = Sentence("Ada Lovelace left London", frozenset({(0, 12, "PER"), (18, 24, "LOC")}))
    tally = ner.tallies(lambda _: [(0, 3, "PER"), (18, 24, "LOC")], [sentence])
    assert tally["all"] == Tally(found=2, there=2, right=1)
    assert tally["all"].f1 == 50.0
    assert tally["PER"].f1 == 0.0
    assert tally["LOC"].f1 == 100.0


def test_requests_to_the_assistant_are_of_four_kinds_and_call_tools_that_are_there() -> None:
    first, held_out = assistant.cases(assistant.CHECKED), assistant.cases(assistant.HELD_OUT)
    assert (len(first), len(held_out)) == (52, 68)
    asks = [case.ask for case in (*first, *held_out)]
    assert len(set(asks)) == len(asks)
    assert {case.kind for case in held_out} == set(assistant.KINDS)
    for case in (*first, *held_out):
        assert len(case.calls) == {"one": 1, "none": 1, "impossible": 0}.get(
            case.kind, len(case.calls)
        )
        for call in case.calls:
            TOOLS[call.name].model_validate(call.arguments)


def test_a_plan_is_right_with_its_tools_and_with_their_arguments() -> None:
    asked = assistant.Case("one", "x", (Call("draw", {"description": "a red apple"}),))
    right, near = (
        Call("draw", {"description": "A red apple."}),
        Call("draw", {"description": "red"}),
    )
    assert assistant.calls_right(asked, [right])
    assert assistant.tools_right(asked, [near])
    assert not assistant.calls_right(asked, [near])
    assert not assistant.tools_right(asked, [right, right])
    chat = assistant.Case("none", "x", (Call("ask_chat", {"message": "x"}),))
    assert assistant.calls_right(chat, [])
    found = assistant.scored([asked, chat], [[near], []])
    assert (found["tools"], found["calls"], found["one call"]) == (100.0, 50.0, 0.0)


def test_chat_questions_are_of_three_kinds_and_told_right_from_wrong() -> None:
    cases = text_generation.questions()
    assert len({case.ask for case in cases}) == len(cases) == 60
    assert {case.kind for case in cases} == set(text_generation.KINDS)
    first = cases[0]
    assert first.right("It is Paris.")
    assert not first.right("It is Parisian cheese.")
    found = text_generation.scored(cases[:2], ["Paris", "Kyoto"])
    assert found == {"facts": 50.0, "sums": 0.0, "instructions": 0.0}
