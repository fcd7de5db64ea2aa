"""The plain values that describe a model: what it is, where it lies, where it runs, what it did.

Knows no torch and no gradio; everything here is frozen and safe to share between threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

#: The capabilities, in the order of the page. A name is a tab module, an engine module and an
#: HTTP endpoint at once.
CAPABILITIES = (
    "sentiment",
    "zero_shot",
    "ner",
    "question_answering",
    "summarization",
    "translation",
    "text_generation",
    "text_to_speech",
    "speech_to_text",
    "image_generation",
    "music",
    "tokenizer",
    "embeddings",
    "assistant",
)
#: Engines with a runtime of their own, which runs on the CPU whatever the device is -> its precision.
CPU_ENGINES = {"spacy": "float32", "bergamot": "float32", "hibari": "float32", "piper": "float32"}


@dataclass(frozen=True)
class ModelCard:
    """One row of the catalog: a model as data, before a byte of it is read.

    Attributes:
        id: ``starter/NAME`` for weights that come with packages, ``local/NAME`` for a folder named
            on the command line, ``org/name`` for the Hub.
        capability: one of ``CAPABILITIES``.
        engine: key into ``models.<capability>.LOADERS``: which loader understands the files.
        title: short human name for the picker.
        licence: SPDX id or the licence's own name, as its owner states it.
        languages: ISO 639-1 codes the model is good for; empty when it does not matter.
        size_bytes: weights on disk; 0 when unknown.
        parameters: number of weights; 0 when unknown.
        gated: whether the Hub asks for terms to be accepted.
        original: for a starter, the model that the weights really are (Hub id or name).
        notes: one or two sentences: what it is good at and what it gets wrong.
        defaults: per-model settings of the tab (steps, guidance, ...), applied and explained.
        tier: least hardware it is recommended for: ``starter``, ``cpu``, or a GPU with ``8gb``,
            ``16gb``, ``24gb`` or ``80gb``.
        network: for a starter, id of the one that has the same network in memory for several tasks;
            empty where it has its own.
    """

    id: str
    capability: str
    engine: str
    title: str
    licence: str = "unknown"
    languages: tuple[str, ...] = ()
    size_bytes: int = 0
    parameters: int = 0
    gated: bool = False
    original: str = ""
    notes: str = ""
    defaults: dict[str, object] = field(default_factory=dict, hash=False)
    tier: str = "cpu"
    network: str = ""

    @property
    def is_starter(self) -> bool:
        """Whether the weights are here without a network."""
        return self.id.startswith("starter/")

    @property
    def is_hub(self) -> bool:
        """Whether the Hub is where it comes from."""
        return "/" in self.id and not self.id.startswith(("starter/", "local/"))


@dataclass(frozen=True)
class Weights:
    """A model's files on this disk, checked and ready for a loader.

    Attributes:
        card: the model.
        folder: absolute folder with the files; for most engines a standard Hugging Face folder.
        revision: commit hash on the Hub, or ``package version`` for a starter.
        plain: whether the network is to be built without a quicker variant beside it.
    """

    card: ModelCard
    folder: Path
    revision: str
    plain: bool = False


@dataclass(frozen=True)
class Placement:
    """Where and how a model is to be built, with the reason, which the page and the log show.

    Attributes:
        device: torch device string: ``cpu``, ``cuda:0``, ``mps``.
        dtype: torch dtype name without the prefix: ``float32``, ``bfloat16``, ``float16``.
        reason: one sentence for a person.
    """

    device: str
    dtype: str
    reason: str


@dataclass(frozen=True)
class Work:
    """How much a run did, for the throughput in the metrics line.

    Attributes:
        amount: how many ``unit`` were done, > 0 when anything was done.
        unit: plural noun: ``tokens``, ``characters``, ``seconds of audio``, ``images``, ``steps``.
        first_s: seconds until the first of them, where a person waits for that; else 0.
    """

    amount: float
    unit: str
    first_s: float = 0.0


class Scored(Protocol):
    """A label and its score, 0 to 1."""

    @property
    def label(self) -> str:
        """The label."""
        ...

    @property
    def score(self) -> float:
        """Its score."""
        ...


class Ranking(Protocol):
    """A result that is labels with scores."""

    @property
    def scores(self) -> Sequence[Scored]:
        """Every label, best first."""
        ...


class Result(Protocol):
    """What every engine's result has in common."""

    @property
    def work(self) -> Work:
        """The amount of work behind the result."""
        ...


class Engine(Protocol):
    """What the registry knows of an engine: nothing but how it shares.

    Attributes:
        reentrant: True when several threads may call the verb at once; diffusers pipelines and
            schedulers hold per-run state and are not.
        memory_bytes: what the built model occupies on its device: the sum over parameters and
            buffers for torch, the size of the weight files for other runtimes.
    """

    reentrant: bool
    memory_bytes: int
