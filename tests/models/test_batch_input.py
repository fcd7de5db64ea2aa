"""Many texts in and out: how a file is read, what is said of it, and what a spreadsheet gets."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import batch_input
from models.batch_csv import sniff
from models.batch_input import (
    Row,
    Table,
    cell_text,
    guess_column,
    lines_table,
    read_table,
)
from models.batch_output import RowFile, read_rows, write_csv
from models.errors import InputError
from models.spreadsheets import guarded


def table(tmp_path, content, name="rows.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, **options)


def cells(found):
    return [list(row.cells.values()) for row in found.rows]


def test_pasted_lines_are_rows_with_their_own_line_numbers():
    found = lines_table("\ufeffone\r\n\n  two  \rthree\n")
    assert found.columns == ("text",)
    assert [(row.line, row.cells["text"]) for row in found.rows] == [
        (1, "one"),
        (3, "two"),
        (4, "three"),
    ]


def test_a_unicode_line_separator_does_not_cut_a_pasted_line():
    assert len(lines_table("one\u2028still one").rows) == 1


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    text = "\n".join(separator.join(row) for row in [("id", "text"), ("1", "A b."), ("2", "C d.")])
    found = table(tmp_path, text)
    assert found.columns == ("id", "text")
    assert cells(found) == [["1", "A b."], ["2", "C d."]]
    assert found.headed


def test_commas_in_sentences_do_not_win_over_the_semicolon_between_columns():
    assert sniff("id;text\n1;Good, really.\n2;Bad, long, dull.\n3;Fine.\n") == ";"


def test_a_separator_inside_quotes_is_text():
    assert sniff('id,text\n1,"a; b; c"\n2,"d; e"\n') == ","


def test_a_quoted_cell_keeps_its_line_breaks_and_later_rows_their_line_numbers(tmp_path):
    found = table(tmp_path, 'id,text\n1,"two\nlines"\n2,one\n')
    assert cells(found) == [["1", "two\nlines"], ["2", "one"]]
    assert [row.line for row in found.rows] == [2, 4]


def test_rows_of_a_wrong_width_are_named_by_line_and_the_others_are_kept(tmp_path):
    found = table(tmp_path, "id,text\n1,good\n2,too,many\n3\n4,fine\n")
    assert [row.problem for row in found.rows] == [
        "",
        "Line 3 has 3 cells; the table has 2 columns. Put a text with a comma in it between quotation marks.",
        "Line 4 has 1 cell; the table has 2 columns.",
        "",
    ]


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_line(tmp_path):
    found = table(tmp_path, 'id,text\n1,good\n2,"never closed\n3,swallowed\n')
    assert found.rows[0].problem == ""
    assert "Line 3: a quotation mark" in found.rows[1].problem


def test_a_mark_inside_a_quoted_cell_is_told_in_words(tmp_path):
    found = table(tmp_path, 'id,text\n1,"so" said\n2,good\n')
    assert found.rows[0].problem == (
        "Line 2: a quotation mark stands inside a quoted text, where it is written twice."
    )
    assert not found.rows[1].problem


def test_the_line_that_tells_excel_the_separator_is_no_row(tmp_path):
    found = table(tmp_path, "\ufeffsep=;\r\nid;text\r\n1;Good, really.\r\n")
    assert found.columns == ("id", "text")
    assert [(row.line, row.cells["text"]) for row in found.rows] == [(3, "Good, really.")]


def test_the_commas_in_a_single_column_of_texts_are_part_of_the_texts(tmp_path):
    found = table(tmp_path, 'review\nGood, really.\n"Bad, long, dull."\nFine.\n')
    assert found.columns == ("review",)
    assert cells(found) == [["Good, really."], ["Bad, long, dull."], ["Fine."]]
    assert not any(row.problem for row in found.rows)


def test_a_line_over_a_table_does_not_make_the_table_a_column(tmp_path):
    found = table(tmp_path, "Export of 2 May\nid,text\n1,a\n2,b\n3,c\n")
    assert all("the table has 1 column." in row.problem for row in found.rows[1:])


def test_a_file_without_names_gets_numbers_for_names(tmp_path):
    found = table(tmp_path, "1,I liked it.\n2,I did not.\n")
    assert not found.headed
    assert found.columns == ("column 1", "column 2")
    assert len(found.rows) == 2


def test_the_guess_about_the_first_row_can_be_overruled(tmp_path):
    content = "happy,sad\nfine,bad\n"
    assert table(tmp_path, content).headed
    assert len(table(tmp_path, content, headed=False).rows) == 2
    assert table(tmp_path, "1,A.\n2,B.\n", headed=True).columns == ("1", "A.")


def test_a_single_column_of_sentences_loses_no_first_sentence(tmp_path):
    assert len(table(tmp_path, "I liked it\nI did not like it\n").rows) == 2


def test_columns_of_the_same_name_and_without_one_stay_apart(tmp_path):
    assert table(tmp_path, "text,text,\na,b,c\n").columns == ("text", "text (2)", "column 3")


@pytest.mark.parametrize(
    ("columns", "guessed"),
    [
        (("id", "Review", "stars"), "Review"),
        (("content", "text"), "text"),
        (("id", "tweet_text", "note"), "tweet_text"),
        (("a", "b"), "b"),
    ],
)
def test_the_column_of_texts_is_guessed_by_name_then_by_length(columns, guessed):
    row = Row(2, {name: "long words" if name == "b" else "x" for name in columns})
    assert guess_column(Table(columns, (row,), "")) == guessed


@pytest.mark.parametrize(
    ("codec", "told"),
    [
        ("utf-8", "Read as UTF-8."),
        ("big5", "Read as Big5. If letters"),
        ("utf-16", "Read as UTF-16."),
    ],
)
def test_a_table_says_in_which_encoding_it_was_read(tmp_path, codec, told):
    content = "編號,評論\n1,這家餐廳的服務很好。\n2,東西太貴了，不推薦。\n".encode(codec)
    found = table(tmp_path, content)
    assert found.columns == ("編號", "評論")
    assert told in found.reading


def test_jsonl_keeps_values_and_names_bad_lines(tmp_path):
    lines = ['{"text": "Good.", "n": 1}', "", "{oops", '"bare"', "[1]", '{"text": null, "x": [1]}']
    found = table(
        tmp_path, "\n".join([*lines, '{"n": NaN}', '{"n": 1e999}', "[" * 100_000]), "rows.jsonl"
    )
    assert found.columns == ("text", "n", "x")
    assert found.rows[0].cells == {"text": "Good.", "n": 1}
    assert [row.line for row in found.rows if row.problem] == [3, 5, 7, 8, 9]
    assert found.rows[2].cells == {"text": "bare"}
    assert cell_text(found.rows[4].cells["text"]) == ""
    assert cell_text(found.rows[4].cells["x"]) == "[1]"


def test_a_text_file_is_one_text_a_line(tmp_path):
    assert cells(table(tmp_path, "a, b\nc\n", "rows.TXT")) == [["a, b"], ["c"]]


def test_limits_are_said_with_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(batch_input, "MAX_ROWS", 3)
    assert len(table(tmp_path, "text\na\nb\nc\n").rows) == 3
    for name, content in [("a.csv", "text\na\nb\nc\nd\n"), ("a.txt", "a\n" * 4)]:
        with pytest.raises(InputError, match="more than 3 rows"):
            table(tmp_path, content, name)
    monkeypatch.setattr(batch_input, "MAX_BYTES", 1_000_000)
    with pytest.raises(InputError, match=r"2\.0 MB; the limit is 1 MB"):
        table(tmp_path, "x" * 2_000_000)
    with pytest.raises(InputError, match="300 columns"):
        table(tmp_path, ",".join(["x"] * 300) + "\n")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "empty"),
        ("a.csv", "text\n", "nothing to run"),
        ("a.txt", " \n", "nothing to run"),
        ("a.jsonl", "[1]\n", "No line"),
        ("a.xlsx", "x", "'.xlsx' can't be read"),
        ("noending", "x", "can't be read"),
    ],
)
def test_files_with_nothing_to_run_are_refused(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        table(tmp_path, content, name)


def test_a_cell_longer_than_the_librarys_own_limit_is_read(tmp_path):
    long = "word " * 40_000
    assert table(tmp_path, f"id,text\n1,{long}\n").rows[0].cells["text"] == long


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_gets_a_quote_in_front(text):
    assert guarded(text) == f"'{text}"


def test_results_follow_the_original_columns_and_never_replace_one(tmp_path):
    with RowFile(tmp_path / "out.jsonl", ["text", "label", "error"]) as file:
        file.add({"text": "a", "label": "mine", "error": 0}, {"label": "good", "score": -0.5})
        file.add({"text": "b"}, {}, "Line 3: no.")
        columns = file.columns
    assert columns == ["text", "label", "error", "label (2)", "score", "error (2)"]
    first, second = read_rows(file.path)
    assert first == {
        "text": "a", "label": "mine", "error": 0, "label (2)": "good", "score": -0.5,
        "error (2)": "",
    }  # fmt: skip
    assert second == {"text": "b", "error (2)": "Line 3: no."}
    write_csv(file.path, columns, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[1] == ["a", "mine", "0", "good", "-0.5", ""]
    assert rows[2] == ["b", "", "", "", "", "Line 3: no."]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20))
def test_a_csv_that_we_write_is_read_back_as_it_was(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("round")
    with RowFile(folder / "a.jsonl", ["id", "text"]) as file:
        for left, right in rows:
            file.add({"id": left, "text": right}, {"label": "x"})
    write_csv(file.path, file.columns, folder / "a.csv")
    found = read_table(folder / "a.csv")
    assert found.columns == ("id", "text", "label", "error")
    assert [(row.cells["id"], row.cells["text"]) for row in found.rows] == [
        (guarded(left), guarded(right)) for left, right in rows
    ]
    assert not any(row.problem for row in found.rows)


def test_jsonl_that_we_write_is_read_back_with_its_types(tmp_path):
    with RowFile(tmp_path / "a.jsonl", ["text"]) as file:
        file.add({"text": "half \ud800 of a pair"}, {"score": 0.25})
    assert [row.cells for row in read_table(file.path).rows] == [
        {"text": "half ? of a pair", "score": 0.25, "error": ""}
    ]
    assert json.loads(file.path.read_text("utf-8"))["score"] == 0.25
