"""Start-up time, and memory before and after the first use of each tab.

``python benchmarks/startup.py`` starts the app as a user does, offline, and prints one row per tab:
seconds of the first call (load and run), seconds of the second, and the process's resident memory.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
from gradio_client import Client, handle_file

ROOT = Path(__file__).resolve().parent.parent
TEXT = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage on the Analytical Engine."
LONG = f"{TEXT} She wrote the first program for it. " * 4


def calls() -> dict[str, list[object]]:
    """Main inputs of every endpoint."""
    recording = sorted((ROOT / "assets" / "examples").glob("*.flac"))[0]
    return {
        "sentiment": ["A warm and funny film."],
        "ner": [TEXT],
        "question_answering": ["Where was Ada Lovelace born?", TEXT],
        "summarization": [LONG],
        "translation": ["The house is small."],
        "text_to_speech": ["Good morning, and welcome."],
        "speech_to_text": [handle_file(str(recording))],
        "image_generation": ["a red apple"],
        "tokenizer": ["Hello world"],
    }


def start() -> tuple[subprocess.Popen[bytes], str, float]:
    """The app on a free port, its address, and the seconds until the first page was complete."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), "--offline"],
        cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/"
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return process, address, time.perf_counter() - began
        except OSError:
            time.sleep(0.05)


def timed(client: Client, name: str, values: list[object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    client.predict(*values, api_name=f"/{name}")
    return time.perf_counter() - began


def main() -> None:
    """Prints the table."""
    process, address, seconds = start()
    try:
        memory = psutil.Process(process.pid)
        print(f"first page after {seconds:.1f} s, {memory.memory_info().rss / 1e6:.0f} MB")
        client = Client(address, verbose=False)
        print(
            f"{'tab':<20}{'first call s':>14}{'second call s':>15}{'MB before':>11}{'MB after':>10}"
        )
        for name, values in calls().items():
            before = memory.memory_info().rss / 1e6
            first, second = timed(client, name, values), timed(client, name, values)
            after = memory.memory_info().rss / 1e6
            print(f"{name:<20}{first:>14.2f}{second:>15.2f}{before:>11.0f}{after:>10.0f}")
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
