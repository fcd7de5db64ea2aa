"""What a diffusers pipeline takes, from the headers of its files: only the parts that are loaded count."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from models.access import MACHINE, NOBODY
from models.device import tensor_bytes
from models.errors import NoRoom
from models.hub.desk import HubDesk
from models.hub.facts import HubFacts, HubFile, ask
from models.hub.parts import Part, named_parts
from models.hub.preflight import Room, judge
from models.image_generation import estimate_bytes, load, parts
from models.image_memory import WORKSPACE_BYTES, device_need, memory_mode
from models.safetensors_header import folder_bytes, part_bytes
from models.spec import ModelCard, Placement, Weights
from tests.hub.conftest import BEN
from tests.hub_standin import repo_of
from tests.models.engines import HERE
from tests.models.image_checkpoints import tiny_pipeline

CARD = ModelCard("org/drawer", "image_generation", "diffusers", "Drawer")
GIGA = 10**9


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pipeline with what real ones carry along: half precision, another decoder, one file of all."""
    made = tiny_pipeline("stable_diffusion", tmp_path_factory.mktemp("pipeline"))
    unet = made / "unet" / "diffusion_pytorch_model.safetensors"
    half = {name: tensor.astype(np.float16) for name, tensor in load_file(unet).items()}
    save_file(half, unet.with_name("diffusion_pytorch_model.fp16.safetensors"))
    (made / "vae_1_0").mkdir()
    vae = made / "vae" / "diffusion_pytorch_model.safetensors"
    (made / "vae_1_0" / vae.name).write_bytes(vae.read_bytes())
    (made / "all-in-one.safetensors").write_bytes(unet.read_bytes())
    return made


@pytest.fixture(scope="module")
def built_bytes(folder):
    """What the built pipeline really has in its tensors."""
    engine = load(Weights(CARD, folder, ""), HERE)
    return sum(tensor_bytes(part) for part in parts(engine._pipe))


@pytest.fixture
def drawer(hub, folder):
    """The pipeline at the stand-in."""
    return hub.add(repo_of("org/drawer", folder, facts={"pipeline_tag": "text-to-image"}))


def test_a_folder_on_this_disk_is_sized_by_the_parts_that_load(folder, built_bytes):
    # headers tell no buffers: the built pipeline has a few bytes more
    assert folder_bytes(folder, "float32") == pytest.approx(built_bytes, rel=0.01)
    assert folder_bytes(folder, "bfloat16") * 2 == folder_bytes(folder, "float32")
    found = part_bytes(folder, "float32")
    assert {name for name, count in found.items() if count} == {"unet", "vae", "text_encoder"}
    assert part_bytes(folder / "unet", "float32") == {}


def test_the_hub_is_asked_for_headers_and_not_for_weights(hub, folder, drawer):
    facts = ask("org/drawer", "", MACHINE)
    assert facts.memory_bytes("float32") == folder_bytes(folder, "float32")
    assert facts.memory_bytes("bfloat16") * 2 == facts.memory_bytes("float32")
    assert facts.largest_part_bytes("float32") == max(part_bytes(folder, "float32").values())
    assert facts.parameters * 4 == facts.memory_bytes("float32")
    for needless in ("fp16", "vae_1_0", "all-in-one"):
        assert hub.asked(needless) == 0


def test_only_the_parts_that_load_are_fetched(drawer):
    desk, room = HubDesk(), Room(10**12, 10**12, "float32")
    spec = desk.admit(CARD, "", MACHINE, (), room)
    place = desk.fetch(spec, (), lambda *_: None)
    assert {path.name for path in place.iterdir()} >= {"unet", "vae", "text_encoder", "scheduler"}
    assert not (place / "vae_1_0").exists()
    assert not (place / "all-in-one.safetensors").exists()
    assert not list(place.rglob("*fp16*"))
    assert load(Weights(CARD, place, ""), HERE).memory_bytes > 0


def test_without_the_headers_the_sizes_of_the_files_have_to_do(hub, drawer):
    hub.fault("status", "/resolve/", code=404, times=-1)
    facts = ask("org/drawer", "", MACHINE)
    assert facts.parts == ()
    assert judge(facts, "image_generation", (), Room(10**12, 0, "float32")).memory_bytes > 0


def test_a_gated_pipeline_is_described_without_its_headers(hub, folder):
    hub.add(repo_of("org/gated", folder, gated=True, readers={BEN}))
    facts = ask("org/gated", "", NOBODY)
    assert not facts.readable
    assert facts.parts == ()


def test_an_index_names_what_has_a_library_and_a_class():
    index = {
        "_class_name": "X", "_name_or_path": ["a"], "unet": ["diffusers", "UNet2DConditionModel"],
        "safety_checker": [None, None], "requires_safety_checker": True,
    }  # fmt: skip
    assert named_parts(index) == ("unet",)
    assert named_parts([]) == named_parts({}) == ()


def judged(budget, beside):
    """The verdict on a pipeline of FLUX.1-schnell's sizes: 23.8, 9.5 and 0.2 GB in bfloat16."""
    sizes = {"transformer": 11_900_000_000, "text_encoder_2": 4_760_000_000, "vae": 84_000_000}
    files = (HubFile("model_index.json", 9, "", large=False),
             HubFile("transformer/model.safetensors", 9, "0" * 64, large=True))  # fmt: skip
    found = tuple(Part(name, {"BF16": number}) for name, number in sizes.items())
    facts = HubFacts("o/flux", "o/flux", "c" * 40, licence="mit", files=files, parts=found)
    return judge(facts, "image_generation", (), Room(10**13, budget, "bfloat16", beside))


def test_a_pipeline_that_is_too_large_for_the_gpu_may_take_turns_on_it():
    assert judged(40 * GIGA, 64 * GIGA).remarks == ()
    turns = judged(28 * GIGA, 64 * GIGA)
    assert turns.problem is None
    assert "its parts take turns on the GPU, which is slower" in turns.remarks[0]
    layers = judged(16 * GIGA, 64 * GIGA)
    assert layers.problem is None
    assert "layers take turns, many times slower" in layers.remarks[0]


@pytest.mark.parametrize("beside", [0, 30 * GIGA])
def test_without_the_memory_to_wait_in_it_is_refused(beside):
    assert isinstance(judged(16 * GIGA, beside).problem, NoRoom)


def test_what_stays_on_the_gpu_is_what_is_reserved():
    sizes = [24 * GIGA, 9 * GIGA, GIGA]
    assert device_need(sizes, 34 * GIGA) == 34 * GIGA
    assert device_need(sizes, 24 * GIGA + WORKSPACE_BYTES) == 24 * GIGA
    assert device_need(sizes, 24 * GIGA) == 0
    assert device_need([], GIGA) == 0


def test_an_engine_is_charged_for_what_lies_on_the_gpu():
    whole, largest = 34 * GIGA, 24 * GIGA
    assert memory_mode(whole, largest, 40 * GIGA).device_bytes == whole
    assert memory_mode(whole, largest, 28 * GIGA).device_bytes == largest
    assert memory_mode(whole, largest, 16 * GIGA).device_bytes == 0


def test_the_estimate_for_a_gpu_asks_for_its_size(folder):
    weights, gpu = Weights(CARD, folder, ""), Placement("cuda:0", "bfloat16", "")
    whole = folder_bytes(folder, "bfloat16")
    assert estimate_bytes(weights, gpu, lambda device: whole) == whole
    assert estimate_bytes(weights, gpu, lambda device: whole - 1) == 0
    assert estimate_bytes(weights, HERE) == 2 * whole
