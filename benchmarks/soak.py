"""All tabs under load for a long time, with less memory than their models need.

    python -m benchmarks.soak [--minutes 20] [--clients 32] [--share 0.6]

The real app with its starter models in a process of its own. First every starter is loaded once, with
memory for all, to learn what they need together; then a second server gets a share of that and serves
visitors of every tab, some of whom break off in the middle, cancel, or ask for models that are not
there. At the end: no error that a visitor did not cause, nothing held or leaked, every evicted model
freed, the ledger against real memory, and no growth: of a line through what the emptied process takes
after each part of the time, for a single look is up to 50 MB off, by the free pieces between what is used.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import linear_regression, median
from typing import Any

from benchmarks.gradio_calls import caller
from benchmarks.processes import Server, served
from benchmarks.soak_clients import Tally, Visit, Visitor, recording, signatures, upload, visits

#: Growth of the emptied process from the first to the last part that counts as none, in megabytes.
GROWTH_MB = 30
#: How far the ledger may be off what the process takes for its models, in percent.
LEDGER_PERCENT = 2
#: How often the ledger is held against it.
LEDGER_LOOKS = 3
#: Parts of the time, after each of which the process is emptied.
PARTS = 5
#: Parts of the same length before them, until the rare visits have come too and several loads have met.
WARM_UP = 2
#: How often memory is looked at, in seconds.
LOOK_S = 5.0


@dataclass
class Report:
    """What was found; ``failed`` names what should not have been."""

    lines: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def tell(self, line: str) -> None:
        """A line for the reader."""
        self.lines.append(line)
        print(line, flush=True)

    def demand(self, held: bool, line: str) -> None:
        """A line, and whether it is as it should be."""
        self.tell(f"{'ok    ' if held else 'FAILED'} {line}")
        if not held:
            self.failed.append(line)


def main() -> int:
    """Runs the soak and tells how it went; 1 when something was not as it should be."""
    options = parse()
    report = Report()
    with server() as first:
        choices = choices_of(first)
        needed = load_each(first, choices)
        report.tell(f"all models of the tour need {needed / 1e6:.0f} MB")
    budget = int(needed * options.share)
    report.tell(f"{options.clients} clients, {options.minutes:g} min, budget {budget / 1e6:.0f} MB")
    with server("--memory", str(budget)) as second:
        soak(second, options, report)
    if report.failed:
        print(f"\n{len(report.failed)} not as they should be")
    return 1 if report.failed else 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=20.0, help="after the warm-up")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--share", type=float, default=0.6, help="of the memory that all need")
    return parser.parse_args()


@contextmanager
def server(*arguments: str) -> Iterator[Server]:
    """The app with its facts."""
    command = ("-m", "benchmarks.soak_server", "--port", "{port}", "--offline", *arguments)
    with served(*command) as started:
        yield started


def choices_of(started: Server) -> list[Visit]:
    """What visitors may ask of this server."""
    english, spanish = (
        upload(started.address, recording(name))
        for name in ("austen-married", "spanish-conference")
    )
    return visits(english, spanish, ask(started, "models", "")["offered"])


def load_each(started: Server, choices: list[Visit]) -> int:
    """Bytes charged once every model was used."""
    tour(started, choices)
    return int(ask(started, "facts")["charged_bytes"])


def tour(started: Server, choices: list[Visit]) -> None:
    """Every kind of visit once, one after the other."""
    tally, known = Tally(), signatures(started.address)
    for choice in choices:
        left = iter((False, True))
        Visitor(started.address, [choice], known, tally, seed=QUIET_SEED).visit_until(
            lambda left=left: next(left)  # type: ignore[misc]
        )
    if tally.errors:
        raise RuntimeError(f"the tour failed: {dict(tally.errors)}")


def soak(started: Server, options: argparse.Namespace, report: Report) -> None:
    """The long part: visitors until the time is over, then the reckoning."""
    choices, tally = choices_of(started), Tally()
    known = signatures(started.address)
    tour(started, choices)
    settled(started)
    emptied_bytes = [ask(started, "unload_all")["resident_bytes"]]
    oldest = 0.0
    for part in range(WARM_UP + PARTS):
        oldest = max(oldest, _crowd(started, choices, known, tally, options, part))
        last = settled(started)
        emptied = ask(started, "unload_all")
        emptied_bytes.append(emptied["resident_bytes"])
        print(
            f"after part {part + 1}: {emptied_bytes[-1] / 1e6:.0f} MB emptied, "
            f"{emptied['in_use'] / 1e6:.0f} in use by C, {emptied['objects']:,} objects of Python",
            flush=True,
        )
    _reckon(report, tally, last, emptied, oldest)
    _growth(report, emptied_bytes)
    thawed = ask(started, "thaw")
    report.tell(
        f"garbage among what was set aside: {thawed['garbage']:,} objects, "
        f"{(emptied_bytes[-1] - thawed['resident_bytes']) / 1e6:.0f} MB"
    )
    _hold_against_real_memory(started, choices, report)


def _crowd(
    started: Server,
    choices: list[Visit],
    known: dict[str, dict[str, Any]],
    tally: Tally,
    options: argparse.Namespace,
    part: int,
) -> float:
    """All visitors for one part of the time; the longest wait for memory that was seen, in seconds."""
    oldest, stop_at = 0.0, time.monotonic() + options.minutes * 60 / PARTS
    threads = [
        threading.Thread(
            target=Visitor(
                started.address, choices, known, tally, part * options.clients + number
            ).visit_until,
            args=(lambda: time.monotonic() > stop_at,),
        )
        for number in range(options.clients)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(LOOK_S)
        oldest = max(oldest, ask(started, "facts")["oldest_in_line_s"])
    return oldest


def _growth(report: Report, emptied_bytes: list[int]) -> None:
    """What the emptied process took before and after each part of the time, warm-up included."""
    grown = growth(emptied_bytes[-PARTS:]) / 1e6
    each = ", ".join(f"{taken / 1e6:.0f}" for taken in emptied_bytes)
    report.demand(
        grown < GROWTH_MB,
        f"growth after warm-up {grown:+.0f} MB (emptied, before and after each part: {each} MB)",
    )


def growth(values: Sequence[float]) -> float:
    """How much the straight line through equally spaced values rises from the first to the last."""
    return linear_regression(range(len(values)), values).slope * (len(values) - 1)


def _reckon(
    report: Report, tally: Tally, last: dict[str, Any], emptied: dict[str, Any], oldest: float
) -> None:
    report.tell(f"answered {tally.answered}, by task and model: median and slowest seconds")
    for name, seconds in sorted(tally.seconds.items()):
        report.tell(f"    {name:50} {len(seconds):5} {median(seconds):7.1f} {max(seconds):7.1f}")
    report.tell(f"broke off {tally.broken_off}, asked wrongly {tally.own_errors}")
    report.tell(
        f"loads {last['loads']}, evictions {last['evictions']}, longest line {oldest:.1f} s"
    )
    report.demand(
        not tally.errors, f"errors that no visitor caused: {dict(tally.errors) or 'none'}"
    )
    report.demand(not last["holds"], f"holds when all is quiet: {last['holds']}")
    report.demand(not emptied["leaked"], f"leaked: {emptied['leaked'] or 'none'}")
    report.demand(
        not emptied["alive"], f"alive although evicted: {sorted(emptied['alive']) or 'none'}"
    )
    report.demand(not emptied["charged_bytes"], f"charged when empty: {emptied['charged_bytes']}")


def _hold_against_real_memory(started: Server, choices: list[Visit], report: Report) -> None:
    """Loads what fits once more, and holds the ledger against what the process takes for it.

    Weights that are mapped take memory as they are read: a model is charged for all of them, so that the
    ledger lies between what is resident and what is resident or mapped. Emptied and full are looked at
    alike, after all garbage was collected, and several times, for free pieces make one look uncertain.
    """
    charged, real, mapped = 0, 0, 0
    for _ in range(LEDGER_LOOKS):
        ask(started, "unload_all")
        bare = ask(started, "thaw")
        tour(started, choices)
        settled(started)
        full = ask(started, "thaw")
        charged += full["charged_bytes"]
        real += full["resident_bytes"] - bare["resident_bytes"]
        mapped += full["untouched_bytes"] - bare["untouched_bytes"]
    least, most = (charged / taken * 100 - 100 for taken in (real, real + mapped))
    charged_mb, real_mb, mapped_mb = (n / LEDGER_LOOKS / 1e6 for n in (charged, real, mapped))
    report.demand(
        least >= -LEDGER_PERCENT and most <= LEDGER_PERCENT,
        f"ledger {charged_mb:.0f} MB against {real_mb:.0f} MB of real memory: {least:+.1f} %; against that "
        f"and {mapped_mb:.0f} MB of weights that nobody has read yet: {most:+.1f} % "
        f"({len(full['models'])} models)",
    )


def settled(started: Server) -> dict[str, Any]:
    """The facts once nothing runs any more."""
    deadline = time.monotonic() + 180
    while (facts := ask(started, "facts"))["pending"] or facts["holds"] or facts["in_line"]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    return facts


def ask(started: Server, name: str, *values: Any) -> dict[str, Any]:
    """One call of an endpoint that answers an object."""
    with caller(started.address) as visitor:
        answer: dict[str, Any] = visitor.call(name, *values)
        return answer


#: A seed whose first draw is an ordinary call.
QUIET_SEED = 1

if __name__ == "__main__":
    sys.exit(main())
