"""Observed sizes: believed when they agree, kept for the next process, never a reason to fail."""

from __future__ import annotations

import json
import sys

import pytest

from models.memory.sizes import SizeBook
from models.registry import Registry
from tests.fakes import FakeBuilder, FakeDevice, spec


def test_an_exact_device_is_believed_at_once_and_a_process_at_the_second_time():
    book = SizeBook()
    book.observe("a", 70)
    assert (book.typical("a", exact=True), book.typical("a", exact=False)) == (70, None)
    book.observe("a", 50)
    assert book.typical("a", exact=False) == 50


def test_a_load_into_free_pieces_makes_no_model_smaller():
    book = SizeBook()
    for size in (47, 36, 48, 47, 83):
        book.observe("a", size)
    assert book.typical("a", exact=False) == 47


def test_a_load_that_also_imported_libraries_is_no_observation(monkeypatch):
    device = FakeDevice(limit=100, exact=False)
    builder = FakeBuilder(device, sizes={"a": 30})
    registry = Registry(builder, lambda: device)
    imports = iter([40, 0, 0, 0])

    def overhead(_):
        count = next(imports)
        device.used += 5 + count
        for number in range(count):
            monkeypatch.setitem(sys.modules, f"imported_{number}", sys)

    builder.on_build = overhead
    for _ in range(3):
        with registry.claim(spec("a")):
            pass
        registry.unload(spec("a").key)
    with registry.claim(spec("a")):
        assert registry.charged_bytes() == 35
    registry.close()


def test_a_figure_below_one_byte_is_no_measurement():
    book = SizeBook()
    book.observe("a", -3)
    assert book.typical("a", exact=True) is None


def test_sizes_outlive_the_process(tmp_path):
    SizeBook(tmp_path / "deep" / "sizes.json").observe("a", 70)
    assert SizeBook(tmp_path / "deep" / "sizes.json").typical("a", exact=True) == 70


def test_figures_of_another_way_of_measuring_are_dropped(tmp_path):
    file = tmp_path / "sizes.json"
    file.write_text('{"a": [90, 90]}')  # as it was written before there were several ways
    assert SizeBook(file).typical("a", exact=False) is None
    for size in (50, 60):
        SizeBook(file).observe("a", size)
    assert SizeBook(file).typical("a", exact=False) == 50
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "way": kept["way"] + 1}))
    assert SizeBook(file).typical("a", exact=False) is None


@pytest.mark.parametrize("sizes", ["[1, 2]", '{"a": 7}', '{"a": ["x", -1]}', "{"])
@pytest.mark.parametrize("whole", ["", "[1, 2]", '{"way": WAY, "sizes": SIZES}'])
def test_a_damaged_file_is_no_reason_to_fail(tmp_path, whole, sizes):
    file = tmp_path / "sizes.json"
    SizeBook(file).observe("b", 1)
    way = json.loads(file.read_text())["way"]
    file.write_text(whole.replace("WAY", str(way)).replace("SIZES", sizes))
    book = SizeBook(file)
    assert book.typical("a", exact=True) is None
    book.observe("a", 5)
    assert book.typical("a", exact=True) == 5


def test_a_folder_that_can_not_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("")
    book = SizeBook(tmp_path / "file" / "sizes.json")
    book.observe("a", 5)
    assert book.typical("a", exact=True) == 5


def test_a_model_that_took_more_than_its_files_say_is_charged_for_it_at_the_next_load():
    device = FakeDevice(limit=100)
    builder = FakeBuilder(device, sizes={"a": 30})
    registry = Registry(builder, lambda: device)

    def overhead(_):
        device.used += 12  # a runtime's own buffers

    builder.on_build = overhead
    with registry.claim(spec("a")):
        pass
    assert registry.charged_bytes() == 42
    registry.unload(spec("a").key)
    with registry.claim(spec("a")):
        assert registry.charged_bytes() == 42
    registry.close()
