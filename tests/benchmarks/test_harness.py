"""The harness: turns, ratios pair by pair, floors that can be missed, outputs that must agree."""

from __future__ import annotations

import sys
import urllib.request
from importlib import import_module

import psutil
import pytest

from benchmarks import ORDER
from benchmarks.__main__ import run_child
from benchmarks.harness import (
    Effort,
    Figure,
    Sample,
    Side,
    alone,
    at_most,
    close,
    equal,
    exactly,
    percentile,
    replayed,
    times,
    turns,
    versus,
)  # fmt: skip
from benchmarks.processes import elsewhere, served
from benchmarks.report import as_json, cells, markdown, plain_table, read_runs, rows_of, write


class Scripted:
    """A side whose rounds give the values told, and which writes down that it was asked."""

    def __init__(self, name: str, values: list[float], log: list[str], output: object = 1) -> None:
        self._name, self._values, self._log, self._output = name, iter(values), log, output

    def side(self) -> Side:
        return Side(self._name, self.round)

    def round(self) -> Sample:
        self._log.append(self._name)
        return Sample(next(self._values), self._output)


def measured(ours, peer, *, outputs=(1, 1), rounds=2, **options):
    log: list[str] = []
    options = {"unit": "ms", "warm": 0, **options}
    row = versus(
        "a case", Scripted("A", ours, log, outputs[0]).side(), Scripted("B", peer, log, outputs[1]).side(),
        rounds=rounds, **options,
    )  # fmt: skip
    return row, log


def test_both_sides_take_turns_and_the_warm_pair_does_not_count():
    row, log = measured([99, 1, 3], [99, 4, 6], warm=1)
    assert log == ["A", "B"] * 3
    assert row.ours == Figure(2, 1, 3)
    assert row.peer == Figure(5, 4, 6)


def test_the_ratio_is_taken_pair_by_pair():
    row, _ = measured([1, 10], [4, 20])
    assert row.ratio == Figure(3, 2, 4)


def test_a_greater_throughput_is_better():
    row, _ = measured([100, 100], [50, 25], higher_is_better=True)
    assert row.ratio == Figure(3, 2, 4)


@pytest.mark.parametrize(
    ("floor", "met"),
    [(times(2), True), (times(2.1), False), (at_most(10), True), (at_most(9, "ms"), False),
     (exactly(10), True), (exactly(11), False), (None, None)],
)  # fmt: skip
def test_a_floor_is_met_or_missed(floor, met):
    row, _ = measured([10, 10], [20, 20], floor=floor)
    assert row.met is met


def test_a_count_that_is_right_only_on_the_median_misses_an_exact_floor():
    row = alone("loads", Scripted("A", [1, 1, 2], []).round, unit="loads", rounds=3, warm=0,
                floor=exactly(1))  # fmt: skip
    assert row.met is False


def test_outputs_that_differ_fail_the_row_whatever_the_ratio():
    row, _ = measured([1, 1], [50, 50], outputs=("cat", "dog"), floor=times(2))
    assert row.met is False
    assert "DIFFER" in row.outputs
    assert "dog" in row.outputs


def test_a_row_that_compares_nothing_says_so():
    row, _ = measured([1, 1], [2, 2], outputs=(1, 2), same=None)
    assert row.outputs == "not compared"


def test_numbers_agree_within_a_tolerance_and_a_nan_never_does():
    assert close(0.1)([0.5, [0.25]], [0.5, [0.3]]) == "within 0.05"
    with pytest.raises(Exception, match="largest difference"):
        close(0.01)([0.5], [0.6])
    with pytest.raises(Exception, match="largest difference"):
        close(0.01)([float("nan")], [0.6])
    with pytest.raises(Exception, match="has 1 numbers"):
        close(0.01)([1.0], [1.0, 2.0])
    assert equal("a", "a") == "equal"


def test_rows_that_share_a_peer_are_measured_in_the_same_turns():
    log: list[str] = []
    sides = [Scripted(name, [9, n, n + 1], log).side() for n, name in enumerate("ABP")]
    first, second, peer = turns(sides, rounds=2)
    assert log == ["A", "B", "P"] * 3
    assert [sample.value for sample in peer] == [2, 3]
    for mine, ratio in ((first, 2), (second, 1)):
        row = versus(
            "a case", replayed("ours", mine), replayed("P", peer), unit="ms", rounds=2, warm=0
        )
        assert row.ratio.low >= ratio
        assert row.peer == Figure(2.5, 2, 3)


def test_percentiles_are_ones_that_were_measured():
    assert percentile([5, 1, 3, 2, 4], 50) == 3
    assert percentile(range(1, 101), 99) == 99


def test_effort_chooses_the_number_of_rounds():
    assert (Effort().of(3, 9), Effort(full=True).of(3, 9)) == (3, 9)


def test_rows_survive_the_results_file_and_other_benchmarks_stay(tmp_path):
    row, _ = measured([1, 3], [4, 6], floor=times(2), note="as written")
    path = tmp_path / "results.json"
    run = {"date": "2030-01-02", "effort": "full", "machine": {"processor": "one"}, "title": "T"}
    write("a", {**run, "rows": as_json([row])}, path)
    write("b", {**run, "rows": []}, path)
    kept = read_runs(path)
    assert rows_of(kept["a"]) == [row]
    text = markdown(kept)
    assert "Measured 2030-01-02, full runs, on one: a, b." in text
    assert (
        "| a case | 2 ms (1 to 3) | B: 5 ms (4 to 6) | 3 (2 to 4)x | - | 2x | met; outputs equal |"
        in text
    )
    assert "- a case: as written." in text
    assert "3 (2 to 4)x" in plain_table([row])


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.00123456, "0.00123 ms"), (12.345, "12.3 ms"), (1234.5, "1,234 ms"), (0, "0 ms")],
)
def test_figures_show_three_digits_that_count(value, shown):
    row, _ = measured([value, value], [1, 1])
    assert cells(row)[1] == shown


@pytest.mark.parametrize("name", ORDER)
def test_every_benchmark_has_a_title_and_measures(name):
    module = import_module(f"benchmarks.{name}")
    assert module.TITLE
    assert callable(module.measure)


def test_every_committed_figure_belongs_to_a_benchmark_that_exists():
    assert set(read_runs()) <= set(ORDER)


def test_a_server_is_waited_for_and_ends_with_the_block():
    with served("-m", "http.server", "{port}", "--bind", "127.0.0.1") as server:
        assert urllib.request.urlopen(server.address).status == 200
        assert server.memory_mb > 1
    assert not psutil.pid_exists(server.pid)


def test_a_server_that_dies_says_why():
    with (
        pytest.raises(RuntimeError, match="no such thing"),
        served("-c", "raise SystemExit('no such thing')"),
    ):
        pass


def test_a_benchmark_that_takes_too_long_ends_with_the_servers_it_started(tmp_path):
    told, limit_s = tmp_path / "pid", 0.5
    child = (
        "import subprocess, sys, time, pathlib\n"
        "server = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"draft = pathlib.Path({str(told)!r} + '.draft')\n"
        "draft.write_text(str(server.pid))\n"
        f"draft.rename({str(told)!r})\n"
        "time.sleep(60)"
    )
    while not told.exists():  # a busy machine starts the two of them later
        assert run_child([sys.executable, "-S", "-c", child], limit_s) == -1
        limit_s *= 2
    assert not psutil.pid_exists(int(told.read_text()))


def test_load_comes_from_another_process():
    with elsewhere() as there:
        assert there.submit(sys.getrefcount, None).result() > 0
        import os

        assert there.submit(os.getpid).result() != os.getpid()
