"""``python -m benchmarks [--full] [--only NAME ...] [--write [--anew]] [--list]``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import LONGER, NEEDS_GPU, ORDER
from benchmarks.again import Seen
from benchmarks.facts import busy_share, machine
from benchmarks.harness import Effort
from benchmarks.processes import ROOT, end
from benchmarks.report import as_json, plain_table, read_runs, rows_of, write
from models.device import has_gpu

#: Longest time one benchmark may take, in seconds.
LIMIT_S = {False: 300, True: 1800}
#: Libraries keep their bars and reports to themselves.
QUIET = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}
#: Busier than this before the start, and the figures say little.
BUSY = 0.15


def main() -> int:
    """Runs what was asked, each in a process of its own, and prints the table."""
    options = parse()
    if options.list:
        for name in ORDER:
            print(f"{name:<20} {import_module(f'benchmarks.{name}').TITLE}")
        return 0
    if options.into:
        measure(options.only[0], Effort(options.full), options.into)
        return 0
    seen = Seen()
    names = options.only or _usual(options.full)
    failed = [name for name in names if not one(name, options, seen)]
    print(f"\n{seen.told()}")
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


def _usual(full: bool) -> list[str]:
    """What runs when nothing is named."""
    left_out = frozenset() if full else LONGER
    lacking = frozenset() if has_gpu("auto") else NEEDS_GPU
    return [name for name in ORDER if name not in left_out | lacking]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--full", action="store_true", help="more rounds, for figures to keep")
    parser.add_argument("--only", nargs="+", choices=ORDER, metavar="NAME", help="these alone")
    parser.add_argument("--write", action="store_true", help="keep the figures; then make docs")
    parser.add_argument("--anew", action="store_true", help="keep no earlier runs: code changed")
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def one(name: str, options: argparse.Namespace, seen: Seen) -> bool:
    """One benchmark in a fresh process; False when it broke or its two sides disagreed."""
    busy = busy_share()
    print(f"\n== {import_module(f'benchmarks.{name}').TITLE} ({name})", flush=True)
    if busy > BUSY:
        print(f"   the machine is busy ({busy:.0%}): only ratios mean something, if at all")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "benchmarks", "--only", name, "--into", str(into)]
        longer = ["--full"] if options.full else []
        code = run_child([*command, *longer], LIMIT_S[options.full])
        if code:
            print(f"   broke with code {code}")
            return False
        run: dict[str, Any] = json.loads(into.read_text("utf-8"))
    seconds = time.perf_counter() - began
    rows = rows_of(run)
    effort = "full" if options.full else "short"
    kept = read_runs().get(name, {})
    runs = kept.get("runs", {}) if kept.get("effort") == effort and not options.anew else {}
    seen.add(rows, runs)
    print(plain_table(rows, runs))
    print(f"   {seconds:.0f} s", flush=True)
    if options.write:
        write(name, {"date": f"{datetime.now(UTC):%Y-%m-%d}", "effort": effort, "busy_before": round(busy, 2),
                     "machine": machine(), **run}, anew=options.anew)  # fmt: skip
    return all("DIFFER" not in row.outputs for row in rows)


def run_child(command: list[str], limit_s: float) -> int:
    """The exit code of a child, or -1 after ``limit_s`` seconds: it and its servers end with it."""
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **QUIET})
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        print(f"   not done after {limit_s:.0f} s")
        return -1
    finally:
        end(child)


def measure(name: str, effort: Effort, into: Path) -> None:
    """In the fresh process: the rows of one benchmark, into a file."""
    module = import_module(f"benchmarks.{name}")
    rows = as_json(module.measure(effort))
    into.write_text(json.dumps({"title": module.TITLE, "rows": rows}), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
