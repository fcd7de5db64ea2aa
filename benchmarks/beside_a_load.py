"""What one model's users feel while others load: this app against ``transformers serve``.

One user has the same recording transcribed over and over; meanwhile somebody asks for language
models that the server has not seen. Each side is held against its own idle time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.gradio_calls import caller
from benchmarks.harness import Disagree, Effort, Row, Sample, Side, at_most, percentile, versus
from benchmarks.processes import ROOT, elsewhere, served
from benchmarks.starter_models import folder

TITLE = "One model's users while others load"
RECORDING = ROOT / "assets" / "examples" / "austen-married.flac"
_HEARS, _LOADED = "starter/whisper-tiny.en", "smollm2-135m"
_PEER = "transformers serve"
_SERVE = "from transformers.cli.transformers import app; app()"
_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Phase:
    """One round: milliseconds of each transcription, idle and while others loaded, and its text."""

    idle: list[float]
    loading: list[float]
    text: str

    @property
    def ratio(self) -> float:
        """The 99th percentile while loading, of the idle one."""
        return percentile(self.loading, 99) / percentile(self.idle, 99)


def measure(effort: Effort) -> Iterator[Row]:
    """The same Whisper, the same SmolLM2 files and the same recording on both sides."""
    rounds, calls, loads = effort.of(2, 5), effort.of(4, 24), effort.of(1, 3)
    command = ("-c", _SERVE, "serve", "--host", "127.0.0.1", "--port", "{port}")
    with copies(2 * loads * (rounds + 1)) as folders:
        local = ",".join(f"summarization={path}" for path in folders)
        with (
            served(
                "-m", "benchmarks.whole_app", "--port", "{port}", "--offline", "--models", local
            ) as ours,
            served(*command, page="/health", environ={"HF_HUB_OFFLINE": "1"}) as peer,
            elsewhere() as there,
        ):
            unseen = iter(folders)

            def one(phase: Callable[..., Phase], address: str) -> Sample:
                new = [str(next(unseen)) for _ in range(loads)]
                done = there.submit(phase, address, calls, new).result()
                return Sample(done.ratio, done.text)

            yield versus(
                "p99 while others load, over idle p99",
                Side("this app", lambda: one(our_phase, ours.address)),
                Side(_PEER, lambda: one(peer_phase, peer.address)),
                unit="times", rounds=rounds, floor=at_most(2, "times"), same=same_words,
                warm=effort.of(0, 1),
                note=f"Whisper tiny.en on 6 s of speech, while {loads} copies of SmolLM2 135M load",
            )  # fmt: skip


def our_phase(address: str, calls: int, unseen: list[str]) -> Phase:
    """One round of this app, in the load process."""
    uploaded = httpx.post(
        f"{address}/gradio_api/upload", files={"files": (RECORDING.name, RECORDING.read_bytes())}
    ).json()[0]
    recording = {
        "path": uploaded,
        "meta": {"_type": "gradio.FileData"},
        "orig_name": RECORDING.name,
    }
    with caller(address) as user, caller(address) as other:

        def load(path: str) -> None:
            other.call("load", "summarization", f"local/{Path(path).name}")

        def hear() -> str:
            return str(user.call("speech_to_text", recording, _HEARS)["text"])

        return _phase(hear, load, calls, unseen)


def peer_phase(address: str, calls: int, unseen: list[str]) -> Phase:
    """One round of ``transformers serve``: a model loads when it is first asked for a token."""
    whisper, recording = str(folder(_HEARS.removeprefix("starter/"))), RECORDING.read_bytes()
    with httpx.Client(base_url=address, timeout=_TIMEOUT_S) as client:

        def hear() -> str:
            files, form = {"file": (RECORDING.name, recording)}, {"model": whisper}
            answer = client.post("/v1/audio/transcriptions", files=files, data=form)
            return str(answer.raise_for_status().json()["text"])

        def load(path: str) -> None:
            body = {"model": path, "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
            httpx.post(
                f"{address}/v1/chat/completions", json=body, timeout=_TIMEOUT_S
            ).raise_for_status()

        return _phase(hear, load, calls, unseen)


def _phase(
    hear: Callable[[], str], load: Callable[[str], None], calls: int, unseen: list[str]
) -> Phase:
    text = hear()
    idle = [_ms(hear) for _ in range(calls)]
    failed: list[BaseException] = []

    def load_all() -> None:
        try:
            for path in unseen:
                load(path)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    loader = threading.Thread(target=load_all)
    loader.start()
    loading = [_ms(hear)]
    while loader.is_alive():
        loading.append(_ms(hear))
    loader.join()
    if failed:
        raise failed[0]
    return Phase(idle, loading, text)


def same_words(ours: str, peer: str) -> str:
    """The same words, whatever their spacing and punctuation."""
    mine, theirs = (
        "".join(c for c in text.lower() if c.isalnum() or c == " ").split() for text in (ours, peer)
    )
    if mine != theirs:
        raise Disagree(f"ours {ours!r}, peer {peer!r}")
    return "same words"


@contextmanager
def copies(count: int) -> Iterator[list[Path]]:
    """So many folders of the same language model, which share its files on disk."""
    source = folder(_LOADED)
    with tempfile.TemporaryDirectory(dir=source.parent) as root:
        made = [Path(root) / f"copy-{number}" for number in range(count)]
        for path in made:
            shutil.copytree(source, path, copy_function=os.link)
        yield made


def _ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000
