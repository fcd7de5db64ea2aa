"""Code of a piece of music: MusicGen by pipeline and by model, diffusers' pipelines, others by the engine."""

from __future__ import annotations

from collections.abc import Mapping

from models.snippets.code import Expression, Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.source import Source
from models.spec import ModelCard

_TOKENS = """
codec, writer = MODEL.config.audio_encoder, MODEL.config.decoder
frames = round(seconds * codec.sampling_rate / codec.hop_length)
# each codebook is written a step after the one before
tokens = frames + writer.num_codebooks // writer.audio_channels - 1
MODEL.audio_encoder.float()  # half of a sample's bits would be heard as noise
"""

_PIPELINE = (
    """
composer = pipeline("text-to-audio", model=checkpoint, device=device, dtype=dtype)
"""
    + _TOKENS.replace("MODEL", "composer.model").lstrip("\n")
    + """
torch.manual_seed(seed)
settings = {**settings, "do_sample": True, "max_new_tokens": tokens}
made = composer(prompt, generate_kwargs=settings)
sound, sample_rate = np.atleast_2d(made["audio"]), made["sampling_rate"]  # (channels, samples)
"""
)

_MODEL = (
    """
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = MusicgenForConditionalGeneration.from_pretrained(checkpoint, dtype=getattr(torch, dtype))
model = model.to(device).eval()
"""
    + _TOKENS.replace("MODEL", "model").lstrip("\n")
    + """
inputs = tokenizer(prompt, return_tensors="pt").to(device)
torch.manual_seed(seed)
with torch.inference_mode():
    made = model.generate(**inputs, **settings, do_sample=True, max_new_tokens=tokens)
sound, sample_rate = made[0].float().cpu().numpy(), codec.sampling_rate  # (channels, samples)
"""
)

_DIFFUSION = """
pipe = DiffusionPipeline.from_pretrained(
    checkpoint, dtype=getattr(torch, dtype), use_safetensors=True
).to(device)
generator = torch.Generator("cpu").manual_seed(seed)  # so that a seed is the same anywhere
made = pipe(prompt=prompt, **settings, generator=generator).audios[0]
sound, sample_rate = made.float().cpu().numpy(), pipe.vae.config.sampling_rate  # (channels, samples)
"""

#: Seed of the code where the tab draws one by lot.
_ANY_SEED = 0


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``prompt``, ``seconds``, ``seed``, ``temperature``, ``guidance``, ``steps``."""
    prompt = str(settings.get("prompt", ""))
    numbers = {n: float(str(settings[n])) for n in _NUMBERS if settings.get(n) is not None}
    chosen = settings.get("seed")
    seed = _ANY_SEED if chosen is None else round(float(str(chosen)))
    drawn = seed if chosen is not None else Expression(f"{seed}  # the run draws its own by lot")
    index = source.file("model_index.json")
    given = {"checkpoint": source.checkpoint, **source.placement, "prompt": prompt, "seed": drawn}
    if index or card.engine == "diffusers":
        return (_diffusion(given, numbers, str(index.get("_class_name", ""))),)
    if card.engine == "transformers":
        return _musicgen(given, numbers, card)
    whole = {"steps": round(numbers.pop("steps"))} if "steps" in numbers else {}
    return (engine_code(card, source, "compose", prompt, {**numbers, **whole, "seed": seed}),)


_NUMBERS = ("seconds", "temperature", "guidance", "steps")
#: Length of a piece where nobody chose one, as the engines have it.
_SECONDS = 10.0


def _musicgen(
    given: dict[str, object], numbers: dict[str, float], card: ModelCard
) -> tuple[Snippet, ...]:
    own = {"guidance_scale": "guidance", "temperature": "temperature"}
    settings = {theirs: numbers[ours] for theirs, ours in own.items() if ours in numbers}
    seconds = numbers.get("seconds", float(str(card.defaults.get("seconds", _SECONDS))))
    values = {**given, "seconds": seconds, "settings": settings}
    imports = "import torch\nfrom transformers import "
    classes = "AutoTokenizer, MusicgenForConditionalGeneration"
    return (
        snippet(
            "pipeline", f"import numpy as np\n{imports}pipeline", values, _PIPELINE, result="sound"
        ),
        snippet("tokenizer and model", imports + classes, values, _MODEL, result="sound"),
    )


def _diffusion(given: dict[str, object], numbers: dict[str, float], kind: str) -> Snippet:
    names = {
        "seconds": "duration" if kind.startswith("StableAudio3") else "audio_duration",
        "steps": "num_inference_steps", "guidance": "guidance_scale",
    }  # fmt: skip
    settings: dict[str, object] = {names[n]: v for n, v in numbers.items() if n in names}
    if "steps" in numbers:
        settings["num_inference_steps"] = round(numbers["steps"])
    imports = "import torch\nfrom diffusers import DiffusionPipeline"
    return snippet("pipeline", imports, {**given, "settings": settings}, _DIFFUSION, result="sound")
