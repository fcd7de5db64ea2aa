"""The assistant tab: a request in plain words, done with this app's own tabs as tools, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import gradio as gr

from models.assistant import Turn, materials_of, next_turn
from models.assistant_files import SOUNDS, attached
from models.assistant_loop import MAX_STEPS, Course
from models.assistant_talk import Said, Talk, read
from models.documents import KINDS
from models.errors import InputError
from models.runs import Update, Verb
from models.stop import StopToken
from models.tool_arguments import Material
from tabs.parts import Deck, Job, empty, model_picker, note, run_bar, send_to, wire
from tabs.parts.assistant_endpoint import assistant_endpoint
from tabs.parts.assistant_open import open_in_tabs
from tabs.parts.assistant_plan import turn_html
from tabs.parts.assistant_shown import LIFE_S, Kept, Showing, connect_turns, paths_of
from tabs.parts.assistant_tools import tool_models, usual
from tabs.parts.assistant_view import talk_html
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import word_diff_html
from tabs.parts.events import AT_ONCE
from tabs.parts.files import new_folder
from tabs.parts.look import ASSETS
from tabs.parts.run import SENDS, session_of

NAME = "assistant"
TITLE = "Assistant"
ABOUT = (
    "Does what you ask for with the other tabs as its tools, and shows every call and its result."
)

_RECORDING = str(ASSETS / "examples" / "austen-leisure.flac")
_FERRY = (
    "The ferry to Sella will run all night from May on. The town council decided this on Tuesday after "
    "fishermen had asked for it for years. A ticket costs four euros, and bicycles travel free. Two "
    "more sailors are to be hired. Some neighbours fear the noise of the engines."
)
EXAMPLES: list[tuple[str, list[Any]]] = [
    ("Hear and translate",
     ["Transcribe this recording, then translate it into Portuguese.", _RECORDING, ""]),
    ("Shorten and read aloud",
     [f"Summarize this text in one sentence and read it aloud:\n\n{_FERRY}", None, ""]),
    ("Names and mood",
     ['Find the names in "Ada loved her weeks in Lisbon with Grace Hopper." Is it positive or negative?',
      None, ""]),
    ("A picture", ["Draw a sunflower.", None, ""]),
    ("What it can't do", ["Book a table for two at eight.", None, ""]),
]  # fmt: skip
_FACTS = (
    "How the request was planned appears here: what was compared, or what the model read and wrote."
)


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-assistant-tab"]):
        with gr.Column():
            message = gr.Textbox(
                label="Message", lines=3, max_lines=14,
                placeholder="Say what to do: transcribe this recording and summarize it. Enter sends.",
                elem_classes=[SENDS],
            )  # fmt: skip
            file = gr.File(
                label="Recording or text", height=150,
                file_types=[*SOUNDS, *KINDS], type="filepath", elem_classes=["md-drop"],
            )  # fmt: skip
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Send")
            most = gr.Slider(
                1, MAX_STEPS, MAX_STEPS, step=1, label="Most steps", elem_classes=["md-later"],
                info="Calls of tools in answer to one message.",
            )  # fmt: skip
            model = model_picker(deck, NAME)
            chosen = tool_models(deck)
        with gr.Column():
            transcript = gr.HTML(
                talk_html(()), max_height=680, autoscroll=True,
                js_on_load="modeldeck.turns(element, trigger)",
            )  # fmt: skip
            facts = gr.HTML(empty(_FACTS))
            talk = gr.Textbox("", visible=False, label="Conversation")
            said = gr.Textbox("", visible=False, label="Answer")
    kept = gr.State({}, time_to_live=LIFE_S)

    def job(
        message: str, file: str | None, talk: str | None, most: float, model: str,
        kept: dict[str, Kept], chosen: dict[str, str],
    ) -> Job:  # fmt: skip
        given = attached(file)
        if given and given.told:
            gr.Info(given.told, title=given.of)
        asked = (*read(talk), said_by(message, given))
        show = Showing(given, kept, transcript)
        course = partial(
            _course, deck, model, {**usual(deck), **chosen}, asked, given, kept,
            partial(new_folder, transcript), int(most),
        )  # fmt: skip
        return Job(model, next_turn(asked), show.growing, show.final, course)

    deck.accept(NAME, "text", message)
    deck.accept(NAME, "audio", file)
    with bar.tools:
        new = gr.Button(
            "New conversation", size="sm", elem_classes=["md-tool"], min_width=120, scale=0
        )
    send_to(deck, NAME, bar.tools, "text", said, "answer")
    shown = [message, talk, transcript, facts, said, kept]
    wire(
        deck, NAME, bar, job, [message, file, talk, most, model, kept, chosen], shown,
        examples=EXAMPLES, example_inputs=[message, file, talk], slot=examples,
        content=[message, file, talk],
    )  # fmt: skip

    blank = ["", talk_html(()), empty(_FACTS), ""]

    def begin(request: gr.Request) -> list[Any]:
        deck.drop(session_of(request), NAME, [gr.skip(), *blank, gr.skip()])
        return ["", None, "", *blank]

    new.click(begin, None, [message, file, bar.status, *shown[1:-1]], **AT_ONCE)
    connect_turns(deck, message, talk, transcript, kept)
    open_in_tabs(deck, transcript, talk, file, kept)

    gr.HTML(note("A comparison and many requests only plan: none of the tools is run there."))
    compare(
        deck, NAME, [message, talk, file], first_turn, lambda turn, *_: turn_html(turn), differences
    )
    batch(
        deck,
        NAME,
        model,
        batch_verb,
        columns,
        noun="request",
        wanted=("request", "message", "text"),
    )
    code_view(deck, NAME, bar, {"message": message, "talk": talk, "file": file}, model)
    assistant_endpoint(deck, NAME)


def said_by(message: str, given: Material | None) -> Said:
    """The person's message; raises ``InputError`` when it is empty."""
    if not message.strip():
        raise InputError("There is no message.", hint="Write one, or choose an example.")
    return Said("user", message, given.of if given else "", given.kind if given else "")


def _course(
    deck: Deck, model: str, models: dict[str, str], asked: Talk, given: Material | None,
    kept: dict[str, Kept], folder: Any, most: int, stop: StopToken,
) -> AsyncIterator[Update]:  # fmt: skip
    """The run of one message: the planner and every tool, each through the service."""
    return Course(
        deck.stream, model, asked, stop, folder, given, paths_of(kept), most, models
    ).updates()


def first_turn(message: str, talk: str | None, file: str | None) -> Verb[Turn]:
    """What one of two planners would call first; nothing of it is run."""
    given = attached(file)
    entries = (*read(talk), said_by(message, given))
    return next_turn(entries, materials_of(entries, given))


def differences(first: Turn, second: Turn, *_: Any) -> str:
    """What differs between two plans."""
    return word_diff_html(plan_text(first), plan_text(second))


def plan_text(turn: Turn) -> str:
    """The calls of a turn, one a line; its words where it calls nothing."""
    lines = [
        f"{call.name}({', '.join(f'{name}={value!r}' for name, value in call.arguments.items())})"
        for call in turn.calls
    ]
    return "\n".join(lines) or turn.said


def batch_verb(text: str) -> Verb[Turn]:
    """One row: a request by itself; its calls are planned and not run."""
    return next_turn((Said("user", text),))


def columns(turn: Turn) -> dict[str, str | float]:
    """A plan as columns of a table: the tools, the calls, and what is said beside them."""
    return {
        "tools": " > ".join(call.name for call in turn.calls),
        "calls": plan_text(turn) if turn.calls else "",
        "says": turn.said,
        "problem": turn.problem,
    }
