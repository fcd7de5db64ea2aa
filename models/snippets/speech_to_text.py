"""Code of a transcription: the speech recognition pipeline, Whisper or CTC by hand, faster-whisper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from models.snippets.code import Snippet, snippet
from models.snippets.source import Source
from models.spec import ModelCard

#: Reads any file that FFmpeg reads as (samples,) float32 at 16 kHz, as the app does.
_READ = """
with av.open(recording) as file:
    resampler = av.AudioResampler("flt", "mono", 16_000)
    frames = [*file.decode(audio=0), None]
    blocks = [block.to_ndarray()[0] for frame in frames for block in resampler.resample(frame)]
samples = np.concatenate(blocks)  # (samples,) float32 at 16 kHz
"""

_WHISPER_PIPELINE = """
recogniser = pipeline(
    "automatic-speech-recognition", model=checkpoint, device=device, dtype=dtype
)
result = recogniser(
    {"raw": samples, "sampling_rate": 16_000},
    return_timestamps=timestamps,
    generate_kwargs=options,
)
transcript = result["text"].strip()  # result["chunks"] has the times
"""

_WHISPER = """
processor = AutoProcessor.from_pretrained(checkpoint)
model = AutoModelForSpeechSeq2Seq.from_pretrained(checkpoint, dtype=dtype).to(device).eval()

whole = {"truncation": False, "padding": "longest", "return_attention_mask": True}
inputs = processor(
    samples,
    sampling_rate=16_000,
    return_tensors="pt",
    **(whole if len(samples) > 30 * 16_000 else {}),  # else padded to the window of 30 s
).to(device, model.dtype)
with torch.inference_mode():
    ids = model.generate(**inputs, return_timestamps=True, **options)
transcript = processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
timed = processor.batch_decode(ids, skip_special_tokens=True, decode_with_timestamps=True)[0]
"""

_CTC_PIPELINE = """
recogniser = pipeline(
    "automatic-speech-recognition", model=checkpoint, device=device, dtype=dtype
)
transcript = recogniser({"raw": samples, "sampling_rate": 16_000})["text"]
"""

_CTC = """
processor = AutoProcessor.from_pretrained(checkpoint)
model = AutoModelForCTC.from_pretrained(checkpoint, dtype=dtype).to(device).eval()

inputs = processor(samples, sampling_rate=16_000, return_tensors="pt").to(device, model.dtype)
with torch.inference_mode():
    best = model(**inputs).logits[0].argmax(-1)  # (frames,): a character or nothing, every 20 ms
transcript = processor.decode(best)
"""

_FASTER = """
model = WhisperModel(checkpoint, device=device, compute_type=precision)
segments, facts = model.transcribe(
    samples,
    language=language,
    task=task,
    beam_size=1,
    word_timestamps=words,
    condition_on_previous_text=False,
    vad_filter=True,  # silence is not heard, as in the app
)
segments = list(segments)  # each with start, end and text
transcript = " ".join(segment.text.strip() for segment in segments)
"""

_CONVERT = """
beside = ["tokenizer.json", "preprocessor_config.json"]
TransformersConverter(checkpoint, copy_files=beside).convert("ctranslate2", force=True)
"""

_CTC_NAMES = re.compile(r"wav2vec2|hubert|wavlm|mms-1b", re.IGNORECASE)


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``recording`` (only its name is told), ``language``, ``task``, ``timestamps``."""
    named = Path(str(settings.get("recording") or "recording.wav")).name
    wanted = {"language": settings.get("language") or None, "task": settings.get("task")}
    words = settings.get("timestamps") in (True, "word")
    values = {"checkpoint": source.checkpoint, **source.placement}
    if card.engine == "ctranslate2":
        return (replace(_faster(source, named, wanted, words=words), variant=source.variant),)
    if is_ctc(card, source):
        return _levels(
            {**values, "recording": named}, _CTC_PIPELINE, _CTC, "AutoModelForCTC, AutoProcessor"
        )
    options = {n: v for n, v in wanted.items() if v} if is_multilingual(card, source) else {}
    values |= {"options": options, "recording": named}
    timed = {**values, "timestamps": "word" if words else True}
    imports = "AutoModelForSpeechSeq2Seq, AutoProcessor"
    whole, _ = _levels(timed, _WHISPER_PIPELINE, _WHISPER, imports)
    _, by_hand = _levels(values, _WHISPER_PIPELINE, _WHISPER, imports)
    return (*_as_it_ran(source, named, wanted, words=words), whole, by_hand)


def is_ctc(card: ModelCard, source: Source) -> bool:
    """Whether the model names characters frame by frame, by its configuration or else its name."""
    names = source.config.get("architectures") or []
    return any("CTC" in str(n) for n in names) if names else bool(_CTC_NAMES.search(card.id))


def is_multilingual(card: ModelCard, source: Source) -> bool:
    """Whether a Whisper is told language and task."""
    stated = source.file("generation_config.json").get("is_multilingual")
    return not card.id.endswith(".en") if stated is None else bool(stated)


def _levels(
    values: Mapping[str, object], pipe: str, by_hand: str, classes: str
) -> tuple[Snippet, Snippet]:
    reading = "import av\nimport numpy as np\n"
    return (
        snippet(
            "pipeline", f"{reading}from transformers import pipeline", values, _READ + pipe,
            result="transcript",
        ),
        snippet(
            "processor and model", f"{reading}import torch\nfrom transformers import {classes}",
            values, _READ + by_hand, result="transcript",
        ),
    )  # fmt: skip


def _faster(
    source: Source, named: str, wanted: Mapping[str, object], *, words: bool,
    title: str = "faster-whisper", convert: str = "", precision: str = "",
) -> Snippet:  # fmt: skip
    on_cpu = not source.device.startswith("cuda")
    values = {
        "checkpoint": source.checkpoint,
        **source.pin,
        "device": "cpu" if on_cpu else "cuda",
        "precision": precision or ("int8" if on_cpu else "float16"),
        "recording": named,
        "language": wanted["language"],
        "task": wanted["task"] or "transcribe",
        "words": words,
    }
    imports = "import av\nimport numpy as np\nfrom faster_whisper import WhisperModel"
    body = _FASTER
    if convert:
        imports += "\nfrom ctranslate2.converters import TransformersConverter"
        body = convert + _FASTER.replace("WhisperModel(checkpoint", 'WhisperModel("ctranslate2"')
    return snippet(title, imports, values, _READ + body, result="transcript")


def _as_it_ran(
    source: Source, named: str, wanted: Mapping[str, object], *, words: bool
) -> tuple[Snippet, ...]:
    """The level with Whisper in CTranslate2; none where torch computes."""
    library, _, precision = source.variant.partition(" ")
    if library != "ctranslate2":
        return ()
    found = _faster(
        source, named, wanted, words=words, title="as it ran: CTranslate2", convert=_CONVERT,
        precision=precision,
    )  # fmt: skip
    return (replace(found, variant=source.variant),)
