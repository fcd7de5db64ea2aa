"""Code of a drawing: a diffusers pipeline with a seeded generator, for one picture, several or a grid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.drawing import STRENGTH, Shot
from models.image_grid import axis, shots
from models.image_pipelines import FLUX_SCHNELL_STEPS, FLUX_SCHNELL_TOKENS
from models.image_plan import counted
from models.snippets.code import Expression, Snippet, literal, snippet
from models.snippets.engine import engine_code
from models.snippets.source import Source
from models.spec import ModelCard

_LOAD = """
pipe = DiffusionPipeline.from_pretrained(
    checkpoint, dtype=getattr(torch, dtype), use_safetensors=True
).to(device)
"""

_FROM_PICTURE = """
start = ImageOps.exif_transpose(Image.open(picture)).convert("RGB")
size = (settings["width"], settings["height"])
start = ImageOps.fit(start, size, Image.Resampling.LANCZOS)  # its middle
pipe = AutoPipelineForImage2Image.from_pipe(pipe)
takes = inspect.signature(pipe.__call__).parameters
settings = {name: value for name, value in settings.items() if name in takes}
settings |= {"image": start, "strength": strength}
"""

_SEEDS = """
images = []
for seed in seeds:  # a picture has a seed of its own; on the CPU, so that it is the same anywhere
    generator = torch.Generator("cpu").manual_seed(seed)
    images.append(pipe(prompt, **settings, generator=generator).images[0])
"""

_GRID = """
images = []
for seed, changed in shots:  # row by row; on the CPU, so that a seed is the same anywhere
    generator = torch.Generator("cpu").manual_seed(seed)
    images.append(pipe(**{"prompt": prompt} | settings | changed, generator=generator).images[0])
"""

#: The pipeline's own loop, for Stable Diffusion with a sampler that adds no noise on the way.
_BY_HAND = """
kind = getattr(torch, dtype)
tokenizer = CLIPTokenizer.from_pretrained(checkpoint, subfolder="tokenizer")
reader = CLIPTextModel.from_pretrained(checkpoint, subfolder="text_encoder", dtype=kind).to(device)
unet = UNet2DConditionModel.from_pretrained(checkpoint, subfolder="unet", dtype=kind).to(device)
vae = AutoencoderKL.from_pretrained(checkpoint, subfolder="vae", dtype=kind).to(device)
scheduler = SCHEDULER.from_pretrained(checkpoint, subfolder="scheduler")


def read(text):
    \"\"\"What the prompt says to the network: (1, tokens, width).\"\"\"
    longest = tokenizer.model_max_length
    tokens = tokenizer(
        text, padding="max_length", truncation=True, max_length=longest, return_tensors="pt"
    )
    return reader(tokens.input_ids.to(device))[0]


images, scale = [], 2 ** (len(vae.config.block_out_channels) - 1)
with torch.inference_mode():
    both = torch.cat([read(negative_prompt), read(prompt)])
    for seed in seeds:
        generator = torch.Generator("cpu").manual_seed(seed)
        shape = (1, unet.config.in_channels, height // scale, width // scale)
        noise = torch.randn(shape, generator=generator, dtype=kind).to(device)
        scheduler.set_timesteps(steps)
        latents = noise * scheduler.init_noise_sigma
        for moment in scheduler.timesteps:
            seen = scheduler.scale_model_input(torch.cat([latents, latents]), moment)
            without, wanted = unet(seen, moment, encoder_hidden_states=both).sample.chunk(2)
            guess = without + guidance * (wanted - without)  # guidance: away from the negative
            latents = scheduler.step(guess, moment, latents).prev_sample
        pixels = vae.decode(latents / vae.config.scaling_factor).sample / 2 + 0.5
        rows = pixels.clamp(0, 1)[0].permute(1, 2, 0).float().cpu().numpy()  # (height, width, 3)
        images.append(Image.fromarray((rows * 255).round().astype("uint8")))
"""

#: Samplers that draw no noise of their own.
_QUIET = (
    "DDIMScheduler", "PNDMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler",
)  # fmt: skip

#: Seed of the code until a run has drawn one by lot and written it into its field.
_ANY_SEED = 0


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: those of the tab's fields, by their names; sides of a grid as they are typed."""
    prompt = str(settings.get("prompt", ""))
    if settings.get("variation"):
        known = {name: settings[name] for name in _ENGINE if settings.get(name) is not None}
        known |= {name: _whole(known[name]) for name in known if name in _WHOLE}
        return (engine_code(card, source, "draw", prompt, known),)
    chosen = {name: settings.get(name, card.defaults.get(name)) for name in _NAMES}
    first = Shot(
        _whole(settings.get("seed", _ANY_SEED)), _steps(chosen, source), _guidance(chosen, source)
    )
    fixed: dict[str, object] = {
        _NAMES[n]: _whole(v) for n, v in chosen.items() if v is not None and n in _SIZES
    }
    fixed |= _taken(first) | _extras(card, source)
    negative = str(settings.get("negative_prompt", "")).strip()
    if negative and not _is_flux(source):
        fixed["negative_prompt"] = negative
    values, body = _shots(settings, first)
    picture = settings.get("source")
    start: dict[str, object] = {}
    if picture:
        start = {"picture": Path(str(picture)).name, "strength": settings.get("strength", STRENGTH)}
    whole = snippet(
        "pipeline",
        _imports(from_picture=bool(picture)),
        {
            "checkpoint": source.checkpoint, **source.placement, "prompt": prompt,
            "settings": _rows(fixed), **start, **values,
        },
        _LOAD + (_FROM_PICTURE if picture else "") + body,
        result="images",
    )  # fmt: skip
    sampler = _plain_sampler(source) if not picture and "seeds" in values else ""
    named = {ours: fixed.get(theirs) for ours, theirs in _NAMES.items()}
    if not sampler or None in named.values() or float(str(named["guidance"])) <= 1:
        return (whole,)
    given = {"prompt": prompt, "negative_prompt": negative, **named, **values}
    return whole, _by_hand({"checkpoint": source.checkpoint, **source.placement, **given}, sampler)


def _by_hand(values: Mapping[str, object], sampler: str) -> Snippet:
    parts = ", ".join(sorted(("AutoencoderKL", "UNet2DConditionModel", sampler)))
    imports = (
        f"import torch\nfrom PIL import Image\nfrom diffusers import {parts}\n"
        "from transformers import CLIPTextModel, CLIPTokenizer"
    )
    body = _BY_HAND.replace("SCHEDULER", sampler)
    return snippet("its networks", imports, values, body, result="images")


def _plain_sampler(source: Source) -> str:
    """The sampler's class where the pipeline is a plain Stable Diffusion; else empty."""
    index = source.file("model_index.json")
    sampler = (index.get("scheduler") or [None, ""])[1]
    plain = index.get("_class_name") == "StableDiffusionPipeline" and sampler in _QUIET
    return str(sampler) if plain else ""


_SIZES = ("width", "height")
#: Our names of settings -> diffusers' names.
_NAMES = {
    "width": "width", "height": "height", "steps": "num_inference_steps",
    "guidance": "guidance_scale",
}  # fmt: skip
_WHOLE = ("width", "height", "steps", "seed", "count", "variation_seed")
#: What ``ImageEngine.draw`` takes of a tab's fields, pictures and grids left out.
_ENGINE = (*_NAMES, "negative_prompt", "seed", "count", "variation", "variation_seed")


def _shots(settings: Mapping[str, object], first: Shot) -> tuple[dict[str, object], str]:
    """The seeds, or what changes from picture to picture of a grid; and the loop over them."""
    sides = [
        axis(str(settings.get(name, "")), str(settings.get(f"{name}_values", "")))
        for name in ("across", "down")
    ]
    named = [side for side in sides if side is not None]
    if not named:
        wanted = counted(first, _whole(settings.get("count", 1)))
        return {"seeds": [shot.seed for shot in wanted]}, _SEEDS
    prompt = str(settings.get("prompt", ""))
    grid = shots(first, named[0], named[1] if len(named) > 1 else None, prompt)
    changed = [(shot.seed, _changed(shot, first)) for shot in grid]
    return {"shots": changed}, _GRID


def _changed(shot: Shot, first: Shot) -> dict[str, object]:
    """What a picture of a grid has otherwise than the first one."""
    words: dict[str, object] = {"prompt": shot.prompt} if shot.prompt else {}
    return {n: v for n, v in _taken(shot).items() if v != _taken(first)[n]} | words


def _whole(value: object) -> int:
    """A number of the page, which may come as a float."""
    return round(float(str(value)))


def _taken(shot: Shot) -> dict[str, object]:
    """Steps and guidance as diffusers names them; what is not known is the pipeline's own."""
    named = {"num_inference_steps": shot.steps, "guidance_scale": shot.guidance}
    return {name: value for name, value in named.items() if value is not None}


def _steps(chosen: Mapping[str, object], source: Source) -> int:
    steps = chosen["steps"]
    if steps is None and _is_unguided(source):
        return FLUX_SCHNELL_STEPS
    return steps if steps is None else _whole(steps)  # type: ignore[return-value]


def _guidance(chosen: Mapping[str, object], source: Source) -> float:
    guidance = chosen["guidance"]
    if _is_unguided(source):
        return 0.0
    return guidance if guidance is None else float(str(guidance))  # type: ignore[return-value]


def _extras(card: ModelCard, source: Source) -> dict[str, object]:
    """Arguments that a pipeline needs for exact sizes, untouched prompts and long ones."""
    longest = card.defaults.get("max_sequence_length")
    if longest is None and _is_unguided(source):
        longest = FLUX_SCHNELL_TOKENS
    found = {} if longest is None else {"max_sequence_length": longest}
    if str(source.file("model_index.json").get("_class_name", "")).startswith("PixArt"):
        size = source.file("transformer/config.json").get("sample_size")
        found |= {"clean_caption": False, "use_resolution_binning": size in (32, 64, 128, 256)}
    return found


def _is_flux(source: Source) -> bool:
    return str(source.file("model_index.json").get("_class_name", "")).startswith("Flux")


def _is_unguided(source: Source) -> bool:
    return source.file("transformer/config.json").get("guidance_embeds") is False


def _rows(settings: Mapping[str, object]) -> Expression:
    rows = "".join(f"    {literal(name)}: {literal(value)},\n" for name, value in settings.items())
    return Expression("{\n" + rows + "}")


def _imports(*, from_picture: bool) -> str:
    classes = (
        "AutoPipelineForImage2Image, DiffusionPipeline" if from_picture else "DiffusionPipeline"
    )
    more = "import inspect\nfrom PIL import Image, ImageOps\n" if from_picture else ""
    return f"{more}import torch\nfrom diffusers import {classes}"
