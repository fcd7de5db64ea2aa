"""Code of a speech, sentence by sentence: hibari, VITS and MMS; the other families by the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.chapters import chapters
from models.sentences import chunks, sentences
from models.snippets.code import LONGEST, Expression, Snippet, snippet
from models.snippets.engine import engine_code
from models.snippets.source import Source
from models.spec import ModelCard
from models.speech_english import sayable
from models.speech_english_voice import EnglishVoice
from models.speech_hibari import LEARNT, VOICES

_SEED = """
def nth_seed(number):
    \"\"\"Each sentence has a seed of its own, so that equal ones do not sound equal.\"\"\"
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


"""

_HIBARI = f"""
speaker = Hibari(g2p=G2P(british=british))

{_SEED}sound = []
for number, sentence in enumerate(sentences):
    noise = np.random.default_rng(nth_seed(number))
    for phonemes in speaker.phonemize(sentence):
        if any(map(str.isalpha, phonemes)):
            sound.append(speaker.from_ids(speaker.ids(phonemes), speed, noise))
samples, sample_rate = np.concatenate(sound), speaker.sample_rate
"""

#: What the British accent needs more: its sounds as the nearest that the network learnt.
_NEAREST = """
            for british_sound, nearest in learnt:
                phonemes = phonemes.replace(british_sound, nearest)
"""

_VITS_PIPELINE = """
speaker = pipeline("text-to-speech", model=checkpoint, device=device, dtype=dtype)
rate = speaker.model.config.speaking_rate * speed

{_SEED}sound = []
for number, sentence in enumerate(sentences):
    if not any(map(str.isalpha, sentence)):
        continue  # nothing to say
    torch.manual_seed(nth_seed(number))
    spoken = speaker(sentence, forward_params={"speaking_rate": rate, "speaker_id": voice})
    sound.append(np.ravel(spoken["audio"]))
samples, sample_rate = np.concatenate(sound), spoken["sampling_rate"]
""".replace("{_SEED}", _SEED)

_VITS = f"""
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = VitsModel.from_pretrained(checkpoint, dtype=dtype).to(device).eval()
rate = model.config.speaking_rate * speed

{_SEED}sound = []
for number, sentence in enumerate(sentences):
    if not any(map(str.isalpha, sentence)):
        continue  # nothing to say
    inputs = tokenizer(sentence, return_tensors="pt").to(device)
    torch.manual_seed(nth_seed(number))
    with torch.inference_mode():
        output = model(**inputs, speaking_rate=rate, speaker_id=voice)
    sound.append(output.waveform[0].float().cpu().numpy())
samples, sample_rate = np.concatenate(sound), model.config.sampling_rate
"""

#: Seed of the code where the tab draws one by lot.
_ANY_SEED = 0


def snippets(
    card: ModelCard, source: Source, settings: Mapping[str, object]
) -> tuple[Snippet, ...]:
    """Settings: ``text``, ``voice``, ``speed``, ``seed``."""
    text, voice = str(settings.get("text", "")), str(settings.get("voice", ""))
    speed = float(str(settings.get("speed", 1.0)))
    chosen = settings.get("seed")
    seed = _ANY_SEED if chosen is None else round(float(str(chosen)))
    hibari, kind = card.engine == "hibari", source.config.get("model_type")
    vits = kind == "vits" or (kind is None and "mms-tts" in card.id)
    if len(text) > LONGEST or chapters(text) or not (hibari or vits):
        given = {"voice": voice, "speed": speed, "seed": seed}
        return (engine_code(card, source, "speak", text, given),)
    drawn = Expression(f"{seed}  # the run draws its own by lot")
    values: dict[str, object] = {"seed": drawn if chosen is None else seed, "speed": speed}
    if hibari:
        return (_hibari({**values, "sentences": [sayable(p) for p in parts(text)]}, voice),)
    many = re.fullmatch(r"speaker (\d+)", voice)
    values |= {"voice": int(many[1]) if many else None, "sentences": parts(text)}
    return _vits({"checkpoint": source.checkpoint, **source.placement, **values})


def parts(text: str) -> list[str]:
    """The text as the engine says it: sentences, cut further where one is too long."""
    found = []
    for start, end in sentences(text):
        sentence = text[start:end]
        cuts = chunks(sentence, lambda piece: len(piece) <= EnglishVoice.longest)
        found += [sentence[a:b] for a, b in cuts]
    return found


def _hibari(values: Mapping[str, object], voice: str) -> Snippet:
    british = VOICES.get(voice, next(iter(VOICES.values())))
    imports = "import numpy as np\nfrom hibari import Hibari\nfrom hibari.g2p import G2P"
    model: dict[str, object] = {"british": british}
    code = _HIBARI
    if british:
        model["learnt"] = list(LEARNT)
        spoken = "if any(map(str.isalpha, phonemes)):\n"
        code = code.replace(spoken, spoken + _NEAREST.lstrip("\n"))
    return snippet("hibari", imports, {**model, **values}, code, result="samples")


def _vits(values: Mapping[str, object]) -> tuple[Snippet, ...]:
    imports = "import numpy as np\nimport torch\nfrom transformers import "
    return (
        snippet("pipeline", imports + "pipeline", values, _VITS_PIPELINE, result="samples"),
        snippet(
            "tokenizer and model", imports + "AutoTokenizer, VitsModel", values, _VITS,
            result="samples",
        ),
    )  # fmt: skip
