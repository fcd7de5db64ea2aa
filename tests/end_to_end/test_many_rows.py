"""Ten thousand rows through the sentiment starter: bad rows named, files whole, memory flat."""

from __future__ import annotations

import asyncio
import csv
import re
import time
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import psutil
import pytest

from models.batch_output import read_rows
from models.service import make_service
from models.settings import Settings
from tabs import sentiment
from tabs.parts import Deck
from tabs.parts.batch_run import Plan, handler
from tabs.parts.batch_table import score_columns

pytestmark = [pytest.mark.slow, pytest.mark.starter, pytest.mark.timeout(1200)]
ROWS = 10_000
#: Rows that can't be run: (line in the file, what stands there).
BAD = {3_002: "7,too,many", 6_002: "8,   "}
#: Most that the process may grow by while the rows are read, after the first tenth, in bytes.
GROWTH = 60_000_000


def lines():
    yield "id,review"
    for line in range(2, ROWS + 2):
        yield BAD.get(
            line, f"{line},Film {line} was good but its end was a little too long for me."
        )


async def last_of(updates, watch):
    """The last update; notes the process's memory at each that tells of a tenth of the rows or more."""
    memory, last = psutil.Process().memory_info, None
    async for update in updates:
        last = update
        done = re.search(r"([\d,]+) of [\d,]+ rows", str(update[3]))
        if done and int(done[1].replace(",", "")) >= ROWS // 10:
            watch.append(memory().rss)
    return last


def test_ten_thousand_rows_stream_to_a_file_in_flat_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    path = tmp_path / "reviews.csv"
    path.write_text("\n".join(lines()))
    service = make_service(Settings(offline=True, variants="off"))  # no exchange half way
    with gr.Blocks():
        deck, buttons = Deck(service, gr.HTML()), [gr.DownloadButton(), gr.DownloadButton()]
    plan = Plan("sentiment", sentiment.verb, score_columns, ("review",))
    model = service.catalog.of("sentiment")[0].id
    visit, watch = SimpleNamespace(session_hash="s"), []
    began = time.perf_counter()
    run = handler(deck, plan, buttons)(visit, model, "", str(path), "review", True)
    last = asyncio.run(last_of(run, watch))
    seconds = time.perf_counter() - began
    service.close()

    *_, line, _, as_csv, as_jsonl = last
    rows = list(read_rows(Path(as_jsonl["value"])))
    grown = max(watch) - watch[0]
    print(f"\n{ROWS:,} rows in {seconds:.1f} s: {ROWS / seconds:.0f} rows/s; "
          f"{watch[0] / 1e6:.0f} MB, grown by {grown / 1e6:.1f} MB; {line}")  # fmt: skip
    assert len(rows) == ROWS
    wrong = {n + 2: row["error"] for n, row in enumerate(rows) if row["error"]}
    assert sorted(wrong) == sorted(BAD)
    assert wrong[3_002].startswith("Line 3,002 has 3 cells")
    assert wrong[6_002] == "Line 6,002 has no text in 'review'."
    assert [row["id"] for row in rows[:2]] == ["2", "3"]
    assert all(row["label"] for row in rows if not row["error"])
    with open(as_csv["value"], encoding="utf-8-sig", newline="") as stream:
        assert sum(1 for _ in csv.reader(stream)) == ROWS + 1
    assert grown < GROWTH
