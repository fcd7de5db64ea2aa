"""The router: requests taken apart, arguments out of their words, tools by the nearest examples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.assistant import Turn, closing, materials_of, next_turn
from models.assistant_request import take_apart
from models.assistant_router import RouterEngine, examples, verbs
from models.assistant_slots import Bench, Lacking, filled
from models.assistant_talk import Said, Step
from models.errors import InputError
from models.stop import NEVER
from models.tool_arguments import Material
from models.tool_calls import Call
from models.tools import TOOLS

AUDIO = Material("file_1", "audio", path=Path("/cache/a.wav"), of="a.wav")
DOCUMENT = Material("file_1", "text", "A long text.", of="a.txt")
#: What makes the stand-in think of a tool, the strongest first.
CUES = {
    "translate": ("translate", "portuguese", "spanish", "german", "english", "french"),
    "transcribe": ("transcribe", "recording", "audio", "said"), "speak": ("aloud", "hear", "voice", "say"),
    "summarize": ("summar", "gist", "shorter"), "draw": ("draw", "picture", "paint", "sketch"),
    "rate_sentiment": ("positive", "mood", "sentiment"), "find_entities": ("names", "entities"),
    "none": ("pizza", "weather", "taxi"), "ask_chat": ("capital", "joke", "poem"), "aside": ("here is",),
}  # fmt: skip


@dataclass
class Embedded:
    """Vectors as the engine gives them."""

    vectors: Any


class CueEmbedder:
    """A vector says which cues of ``CUES`` a text has; the first line that fits wins."""

    memory_bytes = 7

    def embed(self, texts: Any, *, stop: Any) -> Any:
        rows = []
        for text in texts:
            row = [float(any(cue in text.lower() for cue in cues)) for cues in CUES.values()]
            first = row.index(1.0) if 1.0 in row else len(row)
            rows.append([float(i == first) for i in range(len(row) + 1)])
        yield Embedded(np.array(rows, np.float32))


@pytest.fixture(scope="module")
def router():
    return RouterEngine(CueEmbedder())


def calls(router, message, *materials, number=1):
    found = router.plan(message, materials, number)
    return [(call.name, call.arguments) for call in found.calls]


def test_every_tool_has_examples_and_no_example_is_a_measured_request():
    assert {*examples()} == {*TOOLS, "none", "aside"}
    folder = Path(__file__).resolve().parents[1] / "quality"
    asked = "".join(
        (folder / f"assistant_{name}.jsonl").read_text() for name in ("checked", "held_out")
    )
    assert [text for texts in examples().values() for text in texts if f'"{text}"' in asked] == []


@pytest.mark.parametrize(
    ("message", "wishes", "quotes", "body"),
    [
        ('Translate "Hello, then go" to French.', ["Translate the text to French."], ["Hello, then go"], ""),
        ("Summarize this: A. Then B.", ["Summarize this"], [], "A. Then B."),
        ("Summarize this\n\nOne. Two and three.", ["Summarize this"], [], "One. Two and three."),
        ("One long line of text. It is\nShorten it", ["Shorten it"], [], "One long line of text. It is"),
        ("Transcribe it, then translate it and read it aloud.",
         ["Transcribe it", "translate it", "read it aloud."], [], ""),
        ("Is it positive? It was fine and sunny", ["Is it positive?"], [], "It was fine and sunny"),
        ('Find names in "Ada left." Is it positive?', ["Find names in the text.", "Is it positive?"],
         ["Ada left."], ""),
        ("Find people and places in it", ["Find people and places in it"], [], ""),
        ("Don't say 'no way' to me", ["Don't say the text to me"], ["no way"], ""),
        ("Read this: \u201cA: b\u201d", ["Read this"], [], "A: b"),
    ],
)  # fmt: skip
def test_a_request_is_taken_apart_by_its_form(message, wishes, quotes, body):
    found = take_apart(message, verbs())
    assert [found.spoken(wish) for wish in found.wishes] == wishes
    assert (list(found.quotes), found.body) == (quotes, body)


def test_the_words_behind_a_colon_are_the_question_where_a_text_is_attached():
    found = take_apart("Look into it: who signed?", verbs(), attached="text")
    assert found.body == ""
    assert found.wishes == ("Look into it: who signed?",)


def slots(tool, wish, message="", *materials, made=()):
    request = take_apart(message or wish, verbs())
    bench = Bench(
        request, materials, 1 + len(made), [(f"result_{i}", t) for i, t in enumerate(made, 1)]
    )
    return filled(tool, request.wishes[0] if not message else wish, bench).arguments


@pytest.mark.parametrize(
    ("tool", "wish", "given"),
    [
        ("translate", "Translate good day to Portuguese", {"text": "good day", "language": "Portuguese"}),
        ("translate", "How do you say thank you in french?", {"text": "thank you", "language": "French"}),
        ("speak", "Say hello there aloud", {"text": "hello there"}),
        ("draw", "Can you draw me a red apple?", {"description": "a red apple"}),
        ("draw", "I'd like a picture of two cats", {"description": "two cats"}),
        ("draw", "a green tree", {"description": "a green tree"}),
        ("classify", 'Is "It rains" about sport, the weather or music?',
         {"text": "It rains", "labels": ["sport", "weather", "music"]}),
        ("classify", 'Label "Help!" urgent or not urgent',
         {"text": "Help!", "labels": ["urgent", "not urgent"]}),
        ("summarize", 'Sum up "A. B." in one sentence', {"text": "A. B.", "length": "short"}),
        ("summarize", 'Make a long summary of "A. B."', {"text": "A. B.", "length": "long"}),
        ("answer_question", 'According to "It rained.", what happened?',
         {"question": "what happened?", "text": "It rained."}),
        ("compare_meaning", 'Compare "a" with "b"', {"texts": ["a", "b"]}),
        ("ask_chat", 'What does "carpe diem" mean?', {"message": 'What does "carpe diem" mean?'}),
    ],
)  # fmt: skip
def test_arguments_are_spans_of_the_request(tool, wish, given):
    assert slots(tool, wish) == given


def test_it_means_the_newest_text_and_the_text_means_what_was_brought():
    body = "Do it: A text"
    assert slots("speak", "read it aloud", body, made=("translate",)) == {"text": "result_1"}
    assert slots("speak", "read the text aloud", body, made=("translate",)) == {"text": "A text"}
    assert slots("summarize", "summarize it", body, made=("find_entities",)) == {"text": "A text"}
    assert slots("speak", "read them out", body, made=("find_entities",)) == {"text": "result_1"}
    earlier = Material("result_4", "text", "Bonjour")
    assert slots("speak", "say it", "", earlier) == {"text": "result_4"}
    assert slots("transcribe", "write it down", "", made=("speak",)) == {"recording": "result_1"}


@pytest.mark.parametrize(
    ("tool", "wish", "argument"),
    [
        ("translate", "translate it into French", "text"),
        ("translate", 'translate "Hello"', "language"),
        ("classify", 'sort "Hello"', "labels"),
        ("transcribe", "transcribe the recording", "recording"),
        ("compare_meaning", 'compare "a"', "texts"),
        ("draw", "draw it", "description"),
        ("answer_question", 'look into "x"', "question"),
    ],
)
def test_what_is_lacking_is_asked_for(tool, wish, argument):
    with pytest.raises(Lacking) as lacking:
        slots(tool, wish)
    assert lacking.value.argument == argument
    assert lacking.value.asks.strip()


def test_steps_go_on_with_each_other(router):
    found = calls(
        router, "Transcribe it, then translate it into German and read it aloud.", AUDIO, number=4
    )
    assert found == [
        ("transcribe", {"recording": "file_1"}),
        ("translate", {"text": "result_4", "language": "German"}),
        ("speak", {"text": "result_5"}),
    ]


def test_a_text_that_is_only_spoken_is_transcribed_first(router):
    assert [name for name, _ in calls(router, "Is it positive?", AUDIO)] == [
        "transcribe",
        "rate_sentiment",
    ]
    assert [name for name, _ in calls(router, "Tell me a joke of it", AUDIO)] == ["transcribe"]


def test_what_no_tool_does_calls_none_and_says_so(router):
    found = router.plan("Order a pizza")
    assert found.calls == ()
    turn = next_turn((Said("user", "Order a pizza"),))(router, NEVER)
    assert turn.calls == ()
    assert "None of the tools here does that" in turn.said
    assert turn.work.unit == "wishes"


def test_a_wish_that_is_like_no_example_calls_nothing(router):
    assert router.plan("xyzzy").calls == ()


def test_words_beside_the_wish_are_left_out(router):
    assert calls(router, "Here is a thing. Draw a cat.") == [("draw", {"description": "a cat"})]


def test_the_first_wishes_are_done_before_it_asks_for_what_is_lacking(router):
    turn = next_turn((Said("user", 'Translate "Hi" into French, then sketch it'),))(router, NEVER)
    assert [call.name for call in turn.calls] == ["translate"]
    assert turn.said == "Image generation: What shall the picture show?"


def test_the_choice_tells_wish_scores_and_nearest_example(router):
    (choice,) = router.plan('Translate "Hi" into French').choices
    assert choice.wish == "Translate the text into French"
    assert choice.scores[0] == ("translate", 1.0)
    assert choice.example in examples()["translate"]
    assert choice.call == Call("translate", {"text": "Hi", "language": "French"})


@pytest.mark.parametrize(
    ("message", "said"), [("  ", "no message"), ("a" * 200_001, "200,001 characters")]
)
def test_nothing_and_too_much_are_refused(router, message, said):
    with pytest.raises(InputError, match=said):
        router.plan(message)


def test_the_router_ends_with_the_results_that_none_used_or_with_what_failed():
    done = Step(1, "translate", {}, "done", told="Olá")
    spoken = Step(2, "speak", {"text": "result_1"}, "done", told="1 second.")
    rated = Step(3, "rate_sentiment", {"text": "hi"}, "done", told="positive 90%")
    assert closing([done, spoken]) == "1 second."
    assert closing([done, spoken, rated]) == "Text to speech: 1 second.\n\nSentiment: positive 90%"
    failed = Step(2, "speak", {}, "failed", error="No voice.", hint="Choose one.")
    assert closing([done]) == "Olá"
    assert closing([done, failed]) == "Text to speech did not work: No voice. Choose one."
    talk = (Said("user", "x"), done)
    assert next_turn(talk)(RouterEngine(CueEmbedder()), NEVER) == Turn("Olá")


def test_files_and_results_can_be_named_wherever_they_come_from():
    talk = (
        Step(1, "translate", {}, "done", text="Olá"), Step(2, "speak", {}, "done", key="k"),
        Step(3, "speak", {}, "done", key="lost"), Step(4, "draw", {}, "failed"),
    )  # fmt: skip
    found = materials_of(talk, DOCUMENT, {"k": Path("/cache/b.wav")})
    assert [(one.name, one.kind) for one in found] == [
        ("result_1", "text"), ("result_2", "audio"), ("file_1", "text"),
    ]  # fmt: skip
