"""Previews, metadata, memory modes and the generator around a call with callbacks."""

from __future__ import annotations

import struct
import threading
import zlib
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image

from models.errors import InputError
from models.image_memory import WORKSPACE_BYTES, choose, memory_mode, settle
from models.image_parameters import read_any
from models.image_png import ImageSettings, png_bytes, read_settings
from models.stepwise import Left, stepwise

SETTINGS = ImageSettings(
    "ein <b>Apfel</b> 🍎", "blur", 64, 48, 20, 4.5, 7, "starter/small-drawings", "r1"
)


def chunk(kind, content, length=None):
    size = len(content) if length is None else length
    return struct.pack(">I", size) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_settings_survive_the_png_and_the_pixels_too():
    image = Image.new("RGB", (64, 48), "red")
    content = png_bytes(image, SETTINGS)
    assert read_settings(content) == SETTINGS
    again = Image.open(BytesIO(content))
    assert again.tobytes() == image.tobytes()
    assert "Seed: 7, Size: 64x48" in again.info["parameters"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GIF89a", "no PNG"),
        (b"", "no PNG"),
        (png(chunk(b"IEND", b"")), "carries no settings"),
        (png(chunk(b"tEXt", b"modeldeck\0{}")), "damaged"),
        (png(chunk(b"tEXt", b"modeldeck\0not json")), "damaged"),
        (png(chunk(b"tEXt", b"modeldeck\0" + b"[" * 90_000)), "damaged"),
        (png(chunk(b"tEXt", b"modeldeck\0", length=2**31)), "carries no settings"),
        (
            png(chunk(b"zTXt", b"modeldeck\0\0" + zlib.compress(b"0" * 10**7))),
            "carries no settings",
        ),
        (png(*[chunk(b"tIME", b"")] * 5000), "carries no settings"),
    ],
)
def test_a_hostile_or_foreign_file_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        read_settings(content)


LINES = (
    "a castle,\nby night\nNegative prompt: blur,\nfog\nSteps: 25, Sampler: Euler a, CFG scale: 6.5, "
    'Seed: 4294967295, Size: 512x768, Model: dream_v8, Lora hashes: "a: 1, b: 2", Denoising strength: 0.4'
)
SWARM = (
    '{"sui_image_params": {"prompt": "a castle", "negativeprompt": "fog", "model": "dream", "seed": 9, '
    '"steps": 25, "cfgscale": 6.5, "width": 512, "height": 768}, "sui_extra_data": {}}'
)


def international(text):
    return chunk(b"iTXt", b"parameters\0\0\0\0\0" + text.encode())


def test_settings_of_another_tool_are_read_from_its_line():
    found = read_any(png(chunk(b"tEXt", b"parameters\0" + LINES.encode("latin-1"))))
    assert (found.prompt, found.negative_prompt) == ("a castle,\nby night", "blur,\nfog")
    assert (found.width, found.height, found.steps, found.guidance) == (512, 768, 25, 6.5)
    assert (found.seed, found.model, found.strength) == (4294967295, "dream_v8", 0.4)
    assert found.revision == ""


def test_settings_of_another_tool_may_be_json_and_hold_any_script():
    found = read_any(png(international(SWARM.replace("a castle", "一座城堡"))))
    assert (found.prompt, found.negative_prompt, found.model) == ("一座城堡", "fog", "dream")
    assert (found.width, found.height, found.steps, found.seed) == (512, 768, 25, 9)


def test_our_own_settings_come_before_the_line_for_other_tools():
    assert read_any(png_bytes(Image.new("RGB", (64, 48)), SETTINGS)) == SETTINGS


@pytest.mark.parametrize(
    "text",
    [
        "a castle", "", "{", '{"sui_image_params": 3}', "[" * 90_000, "{" * 90_000,
        LINES.replace("Size: 512x768", "Size: large"), LINES.replace("Seed: 4294967295, ", ""),
        LINES.replace("6.5", "nan"), LINES.replace("25", "9" * 5000),
    ],
)  # fmt: skip
def test_settings_that_can_not_be_read_are_refused(text):
    with pytest.raises(InputError, match="of another tool that can't be read"):
        read_any(png(chunk(b"tEXt", b"parameters\0" + text.encode())))


@pytest.mark.parametrize(("field", "value"), [("width", "64"), ("seed", 1.5), ("steps", True)])
def test_settings_of_a_wrong_type_are_refused(field, value):
    import json
    from dataclasses import asdict

    text = json.dumps({**asdict(SETTINGS), field: value}).encode()
    with pytest.raises(InputError, match="damaged"):
        read_settings(png(chunk(b"tEXt", b"modeldeck\0" + text)))


GB = 1_000_000_000


@pytest.mark.parametrize(
    ("weights", "largest", "free", "mode"),
    [
        (7 * GB, 5 * GB, 24 * GB, "resident"),
        (34 * GB, 24 * GB, 80 * GB, "resident"),
        (34 * GB, 24 * GB, 32 * GB, "model offload"),
        (34 * GB, 24 * GB, 16 * GB, "sequential offload"),
        (GB, GB, GB + WORKSPACE_BYTES, "resident"),
    ],
)
def test_the_fastest_memory_mode_that_fits_is_chosen_with_its_figures(weights, largest, free, mode):
    chosen = memory_mode(weights, largest, free)
    assert chosen.name == mode
    assert "GB" in chosen.reason


class RecordingPipe:
    """Writes down what it is told; has an autoencoder that does the same."""

    def __init__(self):
        self.calls = []
        self.vae = SimpleNamespace(enable_tiling=lambda: self.calls.append("tiling"))

    def to(self, device):
        self.calls.append(f"to {device}")

    def enable_model_cpu_offload(self, device):
        self.calls.append(f"model offload {device}")

    def enable_sequential_cpu_offload(self, device):
        self.calls.append(f"sequential offload {device}")


@pytest.mark.parametrize(
    ("device", "free", "calls"),
    [
        ("cpu", 0, ["to cpu"]),
        ("cuda:0", 90 * GB, ["to cuda:0"]),
        ("cuda:0", 30 * GB, ["tiling", "model offload cuda:0"]),
        ("cuda:0", 8 * GB, ["tiling", "sequential offload cuda:0"]),
    ],
)
def test_a_pipeline_is_laid_out_by_what_its_device_has_free(device, free, calls):
    pipe = RecordingPipe()
    settle(pipe, choose([24 * GB, 10 * GB], device, lambda _: free), device)
    assert pipe.calls == calls


SCHEDULERS = ["DDIMScheduler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_believed_picture_is_the_one_that_a_perfect_model_aims_at(name):
    import diffusers
    import torch

    from models.image_previews import believed, shares

    more = {"clip_sample": False} if name.startswith("DDIM") else {}
    scheduler = getattr(diffusers, name)(**more)
    scheduler.set_timesteps(8)
    torch_generator = torch.Generator().manual_seed(0)
    picture, noise = torch.randn(2, 1, 4, 4, 4, generator=torch_generator)
    share, noisy = shares(scheduler, 0)
    before = share * picture + noisy * noise
    aimed = noise - picture if name.startswith("Flow") else noise
    after = scheduler.step(aimed, scheduler.timesteps[0], before, return_dict=False)[0]
    assert torch.allclose(believed(scheduler, 0, before, after), picture, atol=1e-3)
    assert believed(scheduler, 7, before, after) is None


def test_the_linear_preview_is_fitted_to_the_models_own_autoencoder():
    import torch

    from models.image_previews import fit

    mix = torch.tensor([[1.0, 0.2, 0.0], [0.0, 1.0, 0.3], [0.1, 0.0, 1.0], [0.5, 0.5, 0.5]])

    def encode(image):
        small = torch.nn.functional.avg_pool2d(image, 2)
        latents = torch.einsum("lc,bchw->blhw", mix, small) + 0.7
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))

    class Config(SimpleNamespace):
        def get(self, name):
            return getattr(self, name, None)

    vae = SimpleNamespace(
        config=Config(block_out_channels=(8, 8), scaling_factor=0.5, shift_factor=0.1),
        encode=encode, dtype=torch.float32, device="cpu",
    )  # fmt: skip
    colour = torch.tensor([0.5, -0.25, 0.75])
    latent = (mix @ colour + 0.7 - 0.1) * 0.5
    assert torch.allclose(torch.cat([latent, torch.ones(1)]) @ fit(vae), colour, atol=0.05)


def test_items_come_in_order_and_an_error_comes_after_them():
    def call(report):
        report(1)
        report(2)
        raise ValueError("three")

    seen, items = [], stepwise(call)
    with pytest.raises(ValueError, match="three"):
        seen.extend(items)
    assert next(items, "over") == "over"


def test_closing_the_generator_ends_the_call_at_its_next_report():
    ended = []

    def call(report):
        try:
            for number in range(10**9):
                report(number)
        except Left:
            ended.append(True)
            raise

    items = stepwise(call)
    assert next(items) == 0
    items.close()
    assert ended == [True]


def test_calls_that_follow_each_other_find_a_thread_that_was_used_before():
    seen = set()
    for _ in range(20):
        list(stepwise(lambda report: report(seen.add(threading.get_ident()))))
    assert len(seen) < 10  # one, but for one that is not yet back when the next call comes
