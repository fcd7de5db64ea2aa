"""What a picker offers on which machine, which model it recommends, and why."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from models import machine as machine_module
from models.catalog import Catalog, load_catalog
from models.machine import Machine, glimpse_machine, machine_of, nvidia_gpu
from models.offers import fit, need_bytes, offers, reason, recommended
from models.spec import CAPABILITIES, ModelCard
from tests.fakes import FakeDevice, card

LAPTOP = Machine("CPU, 2 cores", 4_000_000_000, has_gpu=False, dtype="float32")
L4 = Machine("NVIDIA L4", 16_800_000_000, has_gpu=True, dtype="bfloat16")


def listed(name, tier, parameters, **more):
    return card(name, tier=tier, parameters=parameters, size_bytes=4 * parameters, **more)


CARDS = [
    card("starter/a", tier="starter"),
    listed("o/small", "cpu", 100_000_000, languages=("en",), licence="mit"),
    listed("o/small-too", "cpu", 100_000_000),
    listed("o/gated", "24gb", 7_000_000_000, gated=True),
    listed(
        "o/big", "24gb", 7_600_000_000, languages=("en", "de", "fr", "it"), licence="apache-2.0"
    ),
    listed("o/huge", "80gb", 14_000_000_000),
]


def names(found):
    return [offer.card.id for offer in found]


def test_the_recommended_model_is_the_first_of_the_highest_tier_that_the_machine_takes():
    assert recommended(CARDS, LAPTOP).id == "o/small"
    assert recommended(CARDS, L4).id == "o/big"
    assert recommended(CARDS, replace(L4, budget_bytes=60_000_000_000)).id == "o/huge"


def test_a_model_that_does_not_fit_or_is_gated_is_not_recommended():
    tight = replace(L4, budget_bytes=15_200_000_000 - 1)  # a card of 24 GB, nearly
    assert recommended(CARDS, tight).id == "o/small"
    assert recommended(CARDS[:1], LAPTOP) is None
    assert recommended([card("o/unknown", tier="cpu")], LAPTOP) is None


def test_the_reason_names_memory_languages_and_licence():
    assert reason(CARDS[1], LAPTOP) == (
        "Recommended for this machine: about 400 MB of 4.0 GB that models may use on CPU, 2 cores; "
        "English; licence mit."
    )
    assert reason(CARDS[4], L4) == (
        "Recommended for this machine: about 15.2 GB of 16.8 GB that models may use on NVIDIA L4; "
        "4 languages; licence apache-2.0."
    )
    unknown = replace(L4, budget_bytes=0)
    assert "about 15.2 GB on NVIDIA L4; 4" in reason(CARDS[4], unknown)


def test_what_is_too_large_or_too_slow_is_said():
    assert fit(CARDS[4], LAPTOP).startswith("Too large for this machine: about 30.4 GB, of 4.0 GB")
    slow = replace(LAPTOP, budget_bytes=64_000_000_000)
    assert fit(CARDS[4], slow) == "Meant for a GPU with 24 GB: it will be slow here."
    assert fit(CARDS[4], L4) == ""
    assert fit(card("o/unknown"), LAPTOP) == ""


def test_a_picker_starts_with_its_default_and_goes_on_with_the_recommended_one():
    found = offers(Catalog(CARDS), "sentiment", LAPTOP)
    assert names(found)[:3] == ["starter/a", "o/small", "o/small-too"]
    assert [offer.card.id for offer in found if offer.recommended] == ["o/small"]
    on_gpu = offers(Catalog(CARDS, L4.tier), "sentiment", L4)
    assert names(on_gpu)[:2] == ["o/big", "starter/a"]
    assert on_gpu[0].recommended
    assert sorted(names(on_gpu)) == sorted(c.id for c in CARDS)


def test_engines_that_use_files_as_they_are_need_what_the_files_have():
    stored = ModelCard("o/x", "speech_to_text", "ctranslate2", "x", size_bytes=5, parameters=100)
    assert need_bytes(stored, "float32") == 5
    assert need_bytes(replace(stored, engine="transformers"), "bfloat16") == 200
    asks = replace(stored, engine="transformers", defaults={"dtype": "float16"})
    assert need_bytes(asks, "float32") == 200


@pytest.mark.parametrize("machine", [LAPTOP, L4, replace(L4, budget_bytes=56_000_000_000)])
def test_the_catalog_has_a_recommendation_for_each_task_that_the_machine_can_do(machine):
    for name in set(CAPABILITIES) - {"tokenizer", "image_generation"}:
        best = recommended(load_catalog().of(name), machine)
        assert best is not None, name
        assert not best.gated
        assert fit(best, machine) == ""
    pictures = recommended(load_catalog().of("image_generation"), machine)
    assert (pictures is not None) == machine.has_gpu
    assert recommended(load_catalog().of("tokenizer"), machine) is None


@pytest.mark.parametrize(
    ("gigabytes", "tier"),
    [
        (4, "cpu"),
        (7.9, "8gb"),
        (12, "8gb"),
        (15.8, "16gb"),
        (24, "24gb"),
        (48, "24gb"),
        (80, "80gb"),
    ],
)
def test_the_tier_follows_from_the_memory_of_the_gpu(gigabytes, tier):
    assert replace(L4, budget_bytes=int(gigabytes * 0.7e9)).tier == tier


def test_a_machine_without_a_gpu_and_a_gpu_of_unknown_size_have_a_tier_too():
    assert LAPTOP.tier == "cpu"
    assert replace(L4, budget_bytes=0).tier == "8gb"


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """Puts a program named nvidia-smi first in the path; called with what it prints."""

    def install(script):
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        nvidia_gpu.cache_clear()

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield install
    nvidia_gpu.cache_clear()


def test_the_drivers_tool_tells_name_and_memory(smi, monkeypatch):
    smi('echo "NVIDIA L4, 23034"')
    assert nvidia_gpu(0) == ("NVIDIA L4", 23034 << 20)
    found = glimpse_machine("cuda:0")
    assert (found.label, found.tier, found.dtype) == ("NVIDIA L4", "24gb", "bfloat16")
    assert glimpse_machine("cuda:0", 6_000_000_000).tier == "8gb"


def test_a_hidden_gpu_is_not_asked_about(smi, monkeypatch):
    smi('for a; do last=$a; done; echo "GPU $last, 8192"')
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-77")
    assert nvidia_gpu(0)[0] == "GPU --id=3"
    assert nvidia_gpu(1)[0] == "GPU --id=GPU-77"


@pytest.mark.parametrize("script", ["exit 9", "echo nonsense", ":"])
def test_a_tool_that_fails_leaves_the_memory_unknown(smi, script):
    smi(script)
    assert nvidia_gpu(0) == ("", 0)
    assert glimpse_machine("cuda").tier == "8gb"


def test_without_a_gpu_the_memory_of_the_machine_counts(monkeypatch):
    monkeypatch.setattr(machine_module, "available_memory_bytes", lambda: 10_000_000_000)
    assert glimpse_machine("cpu").budget_bytes == 7_000_000_000
    assert glimpse_machine("cpu", 5).budget_bytes == 5


def test_once_a_device_was_chosen_it_tells():
    found = machine_of(FakeDevice(100), "auto", 70)
    assert (found.label, found.budget_bytes) == (FakeDevice(100).label, 70)
