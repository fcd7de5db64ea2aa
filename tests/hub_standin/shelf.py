"""Tiny random models of every architecture that the tabs load, as repositories for the stand-in.

Names are made up, so that nobody takes their answers for those of the real models.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hub_standin.repos import Repo, repo_of
from tests.models import audio_checkpoints as audio
from tests.models import checkpoints as plain
from tests.models import embedding_checkpoints as vectors
from tests.models import image_checkpoints as image
from tests.models import music_checkpoints as music
from tests.models import text_checkpoints as text


@dataclass(frozen=True)
class Shelved:
    """One model of the shelf.

    Attributes:
        name: ``org/name``.
        capability: the tab that runs it.
        task: the Hub's name of its task.
        make: writes it into a folder.
        library: which library it is for.
    """

    name: str
    capability: str
    task: str
    make: Callable[[Path], Any]
    library: str = "transformers"


def _bert(head: str, **config: object) -> Callable[[Path], Any]:
    return lambda folder: plain.tiny_bert(folder, f"BertFor{head}", **config)


def _causal(family: str) -> Callable[[Path], Any]:
    return lambda folder: text.tiny_causal(folder, family)


def _image(name: str) -> Callable[[Path], Any]:
    return lambda folder: image.tiny_pipeline(name, folder)


def _vectors(folder: Path) -> Any:
    plain.tiny_bert(folder, "BertModel")
    vectors.add_pooling(folder, "cls")


_MOODS: dict[int, str] = {0: "negative", 1: "neutral", 2: "positive"}
_NLI: dict[int, str] = {0: "contradiction", 1: "neutral", 2: "entailment"}
_ENTITIES: dict[int, str] = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}
SHELF = (
    Shelved("tiny/bert-moods", "sentiment", "text-classification",
            _bert("SequenceClassification", id2label=_MOODS)),
    Shelved("tiny/bert-nli", "zero_shot", "zero-shot-classification",
            _bert("SequenceClassification", id2label=_NLI)),
    Shelved("tiny/bert-entities", "ner", "token-classification",
            _bert("TokenClassification", id2label=_ENTITIES)),
    Shelved("tiny/bert-answers", "question_answering", "question-answering",
            _bert("QuestionAnswering")),
    Shelved("tiny/bart-summaries", "summarization", "summarization", text.tiny_bart),
    Shelved("tiny/t5-summaries", "summarization", "summarization", text.tiny_t5),
    Shelved("tiny/pegasus-summaries", "summarization", "summarization", text.tiny_pegasus),
    Shelved("tiny/llama-chat", "summarization", "text-generation", text.tiny_llama),
    *(Shelved(f"tiny/{family.lower()}-chat", "summarization", "text-generation", _causal(family))
      for family in text.CAUSAL if family != "Llama"),
    Shelved("tiny/llama-writer", "text_generation", "text-generation", text.tiny_llama),
    Shelved("tiny/opus-mt-en-pt", "translation", "translation", text.tiny_marian),
    Shelved("tiny/m2m100", "translation", "translation", text.tiny_m2m100),
    Shelved("tiny/nllb", "translation", "translation", text.tiny_nllb),
    Shelved("tiny/vits-voice", "text_to_speech", "text-to-speech", audio.tiny_vits),
    Shelved("tiny/bark-voice", "text_to_speech", "text-to-speech", audio.tiny_bark),
    Shelved("tiny/csm-voice", "text_to_speech", "text-to-speech", audio.tiny_csm),
    Shelved("tiny/whisper", "speech_to_text", "automatic-speech-recognition", audio.tiny_whisper),
    Shelved("tiny/wav2vec2", "speech_to_text", "automatic-speech-recognition",
            audio.tiny_wav2vec2),
    Shelved("tiny/musicgen", "music", "text-to-audio", music.tiny_musicgen),
    Shelved("tiny/ace-step", "music", "text-to-audio", music.tiny_ace_step, "diffusers"),
    Shelved("tiny/bert-vectors", "embeddings", "sentence-similarity", _vectors),
    Shelved("tiny/stable-diffusion", "image_generation", "text-to-image",
            _image("stable_diffusion"), "diffusers"),
    Shelved("tiny/stable-diffusion-xl", "image_generation", "text-to-image",
            _image("stable_diffusion_xl"), "diffusers"),
    Shelved("tiny/flux", "image_generation", "text-to-image", _image("flux"), "diffusers"),
)  # fmt: skip
#: One model for each capability.
ONE_EACH = {
    **{shelved.capability: shelved.name for shelved in reversed(SHELF)},
    "tokenizer": "tiny/bert-moods",
}


def repo(shelved: Shelved, **more: Any) -> Repo:
    """Makes a model of the shelf and wraps it as a repository."""
    facts = {
        "pipeline_tag": shelved.task, "library_name": shelved.library, "downloads": 1234,
        "tags": ["license:apache-2.0", shelved.task],
        "cardData": {"license": "apache-2.0", "language": ["en"]},
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="shelf-") as name:
        folder = Path(name)
        shelved.make(folder)
        return repo_of(shelved.name, folder, facts=facts, **more)


def shelf(*names: str) -> list[Repo]:
    """The repositories of these names, or of all."""
    return [repo(shelved) for shelved in SHELF if not names or shelved.name in names]
