"""Many texts at once: progress, Stop, rows that fail alone, files, and what the page says."""

from __future__ import annotations

import asyncio
import csv
import html
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from models.batch_input import Row, Table, lines_table
from models.batch_output import RowFile, read_rows
from models.errors import AppError, InputError, ModelBroken
from models.rows_ahead import WIDTH
from models.spec import Work
from models.stop import StopToken
from tabs.parts import Deck, batch_rows
from tabs.parts.batch import Second, batch, described
from tabs.parts.batch_rows import Batch
from tabs.parts.batch_run import Plan, gathered, handler, progress
from tabs.parts.batch_table import Done, table_html
from tests.fakes import WAIT_S, Echo, FakeBuilder, FakeDevice, fake_service

EVIL = "<script>alert(1)</script>"
VISIT = SimpleNamespace(session_hash="s")


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=1000))


@pytest.fixture
def service(builder):
    made = fake_service(builder, "org/a")
    yield made
    made.close()


@pytest.fixture
def deck(service):
    with gr.Blocks():
        return Deck(service, gr.HTML())


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with gr.Blocks():
        return SimpleNamespace(files=[gr.DownloadButton(), gr.DownloadButton()])


def shout(text, mark="!"):
    """Shouts; refuses what says "bad", and breaks on what says "broken"."""

    def verb(engine, stop):
        if "bad" in text:
            raise InputError("This is bad.", hint="Be good.")
        if "broken" in text:
            raise ValueError("secret")
        yield Echo(engine.shout(text).text + mark, Work(len(text), "characters"))

    return verb


def columns(result):
    return {"loud": result.text, "length": len(result.text)}


PLAN = Plan("sentiment", shout, columns, ("text",))


def run(
    deck, parts, *, pasted="", path=None, column=None, headed=False, settings=("!",), plan=PLAN
):
    async def collect():
        values = ("org/a", pasted, path, column, headed, *settings)
        return [update async for update in handler(deck, plan, parts.files)(VISIT, *values)]

    return asyncio.run(collect())


def last(updates):
    _, _, _, line, table, as_csv, as_jsonl = updates[-1]
    return line, table, as_csv.get("value"), as_jsonl.get("value")


def test_pasted_lines_become_a_table_and_two_files(deck, parts):
    line, table, as_csv, as_jsonl = last(run(deck, parts, pasted="one\n\ntwo"))
    assert "2 of 2 rows" in line
    assert "ONE!" in table
    assert list(read_rows(Path(as_jsonl)))[1] == {
        "text": "two", "loud": "TWO!", "length": 4, "error": "",
    }  # fmt: skip
    with open(as_csv, encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream))[1] == ["one", "ONE!", "4", ""]


def test_a_file_keeps_its_columns_and_the_chosen_one_is_read(deck, parts, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text,other\n7,one,un\n8,two,deux\n")
    found = run(deck, parts, path=str(path), column="other", headed=True)
    assert [row["loud"] for row in read_rows(Path(last(found)[3]))] == ["UN!", "DEUX!"]
    assert next(read_rows(Path(last(found)[3])))["id"] == "7"


def test_without_a_choice_the_first_row_and_the_column_are_guessed(deck, parts, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,review\n7,fine\n")
    assert "FINE!" in last(run(deck, parts, path=str(path)))[1]


def test_the_tabs_settings_reach_every_row(deck, parts):
    assert "ONE??" in last(run(deck, parts, pasted="one", settings=("??",)))[1]


PAIRED = replace(PLAN, wanted=("question",), second=Second("passage", ("context",)))


def paired(deck, parts, tmp_path, **given):
    path = tmp_path / "rows.csv"
    path.write_text("id,context,question\n1,a long story,who\n2,,where\n")
    found = run(deck, parts, path=str(path), plan=PAIRED, **given)
    return list(read_rows(Path(last(found)[3])))


def test_a_second_column_takes_the_place_of_the_tabs_first_setting(deck, parts, tmp_path):
    rows = paired(
        deck, parts, tmp_path, column="question", headed=True, settings=("context", "of the tab")
    )
    assert rows[0]["loud"] == "WHOa long story"
    assert rows[1]["error"] == "Line 3 has no text in 'context'."


def test_without_a_second_column_the_tabs_own_setting_counts(deck, parts, tmp_path):
    rows = paired(deck, parts, tmp_path, column="question", headed=True, settings=("", "!"))
    assert [row["loud"] for row in rows] == ["WHO!", "WHERE!"]


def test_both_columns_are_guessed_where_the_file_was_not_described_yet(deck, parts, tmp_path):
    assert paired(deck, parts, tmp_path, settings=("", "!"))[0]["loud"] == "WHOa long story"


def test_pasted_questions_are_read_with_the_tabs_own_passage(deck, parts):
    found = run(
        deck, parts, pasted="who", column="question", plan=PAIRED, settings=("context", "!")
    )
    assert "WHO!" in last(found)[1]


def test_a_second_column_is_offered_and_preselected_where_one_is_named_so(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,context,query\n1,a long story,who\n")
    texts, _, _, second = described(str(path), None, ("question", "query"), PAIRED.second)
    assert (texts["value"], second["value"], second["visible"]) == ("query", "context", True)
    assert ("none: the passage of this tab", "") in second["choices"]
    path.write_text("id,query\n1,who\n")
    assert described(str(path), None, ("query",), PAIRED.second)[3]["value"] == ""
    assert described(None, None, (), PAIRED.second)[3]["visible"] is False


def test_a_row_that_fails_has_its_error_in_its_own_cell_and_the_others_go_on(deck, parts):
    line, table, _, as_jsonl = last(run(deck, parts, pasted="one\nbad\nbroken\nfour"))
    rows = list(read_rows(Path(as_jsonl)))
    assert [bool(row["error"]) for row in rows] == [False, True, True, False]
    assert rows[1]["error"] == "Line 2: This is bad. Be good."
    assert "ticket" in rows[2]["error"]
    assert "secret" not in rows[2]["error"]
    assert rows[3]["loud"] == "FOUR!"
    assert "2 failed" in line
    assert "This is bad." in table


def test_a_row_without_a_text_and_a_malformed_one_name_their_lines(deck, parts, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "one"}\n{"text": " "}\n{oops\n{"text": 5}\n')
    rows = list(read_rows(Path(last(run(deck, parts, path=str(path)))[3])))
    assert rows[1]["error"] == "Line 2 has no text in 'text'."
    assert rows[2]["error"].startswith("Line 3 is no JSON")
    assert rows[3]["loud"] == "5!"


def test_stop_keeps_the_rows_that_are_done_and_gives_their_files(deck, parts):
    def stopped_at_the_third(text, mark):
        def verb(engine, stop):
            if text == "r3":
                deck.stop("s", "batch:sentiment")
                stop.check()
            yield engine.shout(text)

        return verb

    pasted = "\n".join(f"r{n}" for n in range(1, 9))
    plan = Plan("sentiment", stopped_at_the_third, columns, ())
    line, _, _, as_jsonl = last(run(deck, parts, pasted=pasted, plan=plan))
    assert "stopped: what was done is kept" in line
    assert "2 of 8 rows" in line
    assert [row["loud"] for row in read_rows(Path(as_jsonl))] == ["R1", "R2"]


def test_a_row_that_was_broken_off_is_not_kept_as_if_it_were_whole(deck, parts):
    def growing(text, mark):
        def verb(engine, stop):
            yield engine.shout("half of it")
            deck.stop("s", "batch:sentiment")
            yield engine.shout("a little more")

        return verb

    line, table, as_csv, _ = last(
        run(deck, parts, pasted="one", plan=Plan("sentiment", growing, columns, ()))
    )
    assert "Stopped before there was a result" in line
    assert table == ""
    assert as_csv is None


def test_other_runs_get_their_turn_between_slices(deck, parts, monkeypatch, service):
    monkeypatch.setattr(batch_rows, "SLICE_S", 0.0)
    line, *_ = last(run(deck, parts, pasted="one\ntwo\nthree"))
    assert "3 of 3 rows" in line
    assert service.registry.residents()[0].hits == 2  # the first of three claims loads


def test_an_engine_that_shares_passes_gets_many_rows_at_once_and_they_keep_their_order(tmp_path):
    together = threading.Barrier(WIDTH, timeout=WAIT_S)

    def meet(text):
        def verb(engine, stop):
            together.wait()  # passes only when as many rows are read at the same time
            return Echo(text)

        return verb

    table = lines_table("\n".join(f"r{n}" for n in range(2 * WIDTH)))
    with RowFile(tmp_path / "a.jsonl", table.columns) as file:
        work = Batch(table, "text", meet, columns, file)
        while work.done < work.total:
            list(work.slice(SimpleNamespace(batched=True), StopToken()))
    assert [row["loud"] for row in read_rows(file.path)] == [
        row.cells["text"] for row in table.rows
    ]


def test_a_model_that_does_not_load_is_one_error_for_all(deck, parts, builder):
    builder.failures["org/a"] = ModelBroken("Weights are broken.")
    line, table, as_csv, _ = last(run(deck, parts, pasted="one\ntwo"))
    assert "Weights are broken." in line
    assert (table, as_csv) == ("", None)


def test_rows_that_all_fail_for_an_unknown_reason_end_the_run(deck, parts):
    pasted = "\n".join(["fine"] + ["broken"] * 40)
    line, _, _, as_jsonl = last(run(deck, parts, pasted=pasted))
    assert "20 of 41 rows" in line
    assert 'role="alert"' in line
    assert len(list(read_rows(Path(as_jsonl)))) == 20


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing to run"),
        ({"pasted": "one", "path": "rows.csv"}, "pasted lines and a file"),
        ({"path": "rows.csv", "column": "gone", "headed": True}, "no column 'gone'"),
        ({"path": "rows.pdf"}, "'.pdf' can't be read"),
    ],
)
def test_input_that_is_refused_stands_in_the_status_line(deck, parts, tmp_path, given, said):
    if "path" in given:
        given = {**given, "path": str(tmp_path / given["path"])}
        (tmp_path / "rows.csv").write_text("id,text\n1,one\n")
    updates = run(deck, parts, **given)
    assert said in html.unescape(last(updates)[0])
    assert updates[-1][0]["interactive"] is True


def test_a_batch_does_not_stop_the_tabs_own_run(deck, parts):
    own = deck.start("s", "sentiment")
    run(deck, parts, pasted="one")
    assert not own.is_set


def test_what_is_drawn_is_escaped_and_limited_and_says_so():
    rows = [Done(n, EVIL, {"label": EVIL, "half": "\ud800"}, EVIL) for n in range(200)]
    drawn = table_html(rows, 4321)
    assert "<script" not in drawn
    assert "The first 200 of 4,321 rows; the files have all." in drawn
    drawn.encode("utf-8")
    assert '<td class="md-number">12,345</td>' in table_html([Done(1, "", {"n": 12_345}, "")], 1)
    assert '<td class="md-number">0.1235</td>' in table_html([Done(1, "", {"n": 0.12345}, "")], 1)
    long = table_html([Done(1, "x" * 10_000, {}, "")], 1)
    assert len(long) < 1500
    assert "Error" not in long


def test_only_the_first_rows_stay_in_memory(tmp_path):
    table = lines_table("\n".join(f"r{n}" for n in range(500)))
    with RowFile(tmp_path / "a.jsonl", table.columns) as file:
        work = Batch(table, "text", shout, columns, file)
        while work.done < work.total:
            list(work.slice(SimpleNamespace(shout=lambda text: Echo(text)), StopToken()))
    assert len(work.shown) == 200
    assert len(list(read_rows(file.path))) == 500


def test_progress_counts_rows_failures_and_time(tmp_path):
    table = Table(("text",), tuple(Row(n, {"text": "x"}) for n in range(1000)), "")
    with RowFile(tmp_path / "a.jsonl", table.columns) as file:
        work = Batch(table, "text", shout, columns, file, done=250, failed=3)
    line = progress(SimpleNamespace(), work, 10.0)
    assert "250 of 1,000 rows, 3 failed, about 30.0 s left" in line
    assert 'value="0.250"' in line


def test_a_chosen_file_is_described_before_it_is_run(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("id;review\n1;Déjà vu.\n2\n".encode("latin-1"))
    column, headed, line = described(str(path), None, ("text", "review"))
    assert (column["value"], column["choices"]) == ("review", ["id", "review"])
    assert headed["value"]
    assert "Windows-1252" in line
    assert "1 row can&#x27;t be run" in line
    assert described(None, None, ())[2] == ""
    path.write_text("")
    assert 'role="alert"' in described(str(path), None, ())[2]


def test_lines_and_a_file_are_not_mixed_up(tmp_path):
    assert len(gathered("a\nb", None, None).rows) == 2
    with pytest.raises(AppError):
        gathered("a", str(tmp_path / "rows.csv"), None)


def test_nothing_of_it_is_public(service):
    with gr.Blocks() as page:
        batch(Deck(service, gr.HTML()), "sentiment", gr.Textbox(), shout, columns)
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}
