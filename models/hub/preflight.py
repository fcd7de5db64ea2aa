"""Whether a model of the Hub can be used here, judged before a byte of its weights is fetched.

Pure: everything that is asked of the Hub, the disk and the device comes in as values.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.errors import AppError, ModelUnsupported, NoRoom
from models.hub.client import gated, largest_file
from models.hub.download import DISK_RESERVE
from models.hub.facts import HubFacts, HubFile
from models.hub.files import choose, only_pickled
from models.hub.parts import INDEX
from models.hub.search import TASKS
from models.image_memory import WORKSPACE_BYTES
from models.units import size
from models.zero_shot_labels import entailment_places

#: Classes that a capability's loaders build, as its configuration names them.
ARCHITECTURES: dict[str, tuple[str, ...]] = {
    "sentiment": ("*ForSequenceClassification",),
    "zero_shot": ("*ForSequenceClassification",),
    "ner": ("*ForTokenClassification",),
    "question_answering": ("*ForQuestionAnswering",),
    "summarization": ("*ForConditionalGeneration", "*ForCausalLM"),
    "translation": ("MarianMTModel", "M2M100ForConditionalGeneration", "*ForCausalLM"),
    "text_generation": ("*ForCausalLM", "*LMHeadModel"),
    "text_to_speech": (
        "VitsModel",
        "SpeechT5ForTextToSpeech",
        "BarkModel",
        "CsmForConditionalGeneration",
    ),
    "speech_to_text": ("WhisperForConditionalGeneration", "*ForCTC"),
    "music": ("MusicgenForConditionalGeneration",),
    "embeddings": ("*Model", "*ForMaskedLM", "*ForCausalLM", "*ForPreTraining"),
    "assistant": ("*ForCausalLM", "*LMHeadModel"),
}
#: Tasks of models whose classes have the names of others: that read sound or pictures, or write.
_WRITES = frozenset(("", "summarization", "translation", "text-generation", "text2text-generation"))
_SHARED_NAMES = {
    "summarization": _WRITES,
    "translation": _WRITES,
    "text_generation": _WRITES,
    "assistant": _WRITES,
    "embeddings": frozenset(("", "sentence-similarity", "feature-extraction", "fill-mask")),
}
#: What the classes of a capability's models must hold: raises ``ValueError`` with a phrase on what is wrong.
CLASS_RULES: dict[str, Callable[[Sequence[str]], object]] = {"zero_shot": entailment_places}
_WEIGHTS = (".safetensors", ".bin", ".onnx", ".npz")


@dataclass(frozen=True)
class Room:
    """What this machine can take.

    Attributes:
        disk_free: free bytes where the Hub's cache lies.
        budget_bytes: what all models together may use; 0 when not known yet.
        dtype: torch dtype name that the model will be read in.
        offload_bytes: host memory in which the parts of a pipeline may wait for their turn on the
            device; 0 where the device has no memory of its own.
    """

    disk_free: int
    budget_bytes: int
    dtype: str
    offload_bytes: int = 0


@dataclass(frozen=True)
class Preflight:
    """The verdict.

    Attributes:
        facts: what the Hub says.
        wanted: files that a loader needs; empty when that can't be said.
        missing_bytes: what has to be fetched.
        memory_bytes: about what the built model takes; 0 when unknown.
        problem: why it can't be used, with what to do; None when it can.
        remarks: what else a person should know, as short sentences.
    """

    facts: HubFacts
    wanted: tuple[HubFile, ...] = ()
    missing_bytes: int = 0
    memory_bytes: int = 0
    problem: AppError | None = None
    remarks: tuple[str, ...] = ()


def judge(
    facts: HubFacts,
    capability: str,
    patterns: tuple[str, ...],
    room: Room,
    here: frozenset[str] = frozenset(),
) -> Preflight:
    """Looks at everything that can be known without the weights.

    Args:
        facts: the model.
        capability: the tab that wants it.
        patterns: files that its engine needs; empty for the usual ones.
        room: disk, memory and dtype.
        here: names of files that are on this disk already.
    """
    try:
        check_task(facts, capability, patterns)
        wanted = tuple(choose(facts.files, patterns, facts.loaded))
        _check_kind(facts, capability, wanted)
    except ModelUnsupported as problem:
        return Preflight(facts, problem=problem, remarks=_remarks(facts, ()))
    missing = sum(file.size for file in wanted if file.name not in here)
    memory = _memory(facts, wanted, capability, room.dtype)
    return Preflight(
        facts,
        wanted,
        missing,
        memory,
        _no_go(facts, missing, memory, room) or _too_large(facts, wanted, here),
        (*_remarks(facts, wanted), *_pace(facts, memory, room)),
    )


def check_task(facts: HubFacts, capability: str, patterns: tuple[str, ...]) -> None:
    """Refuses a model of another task, by the classes it names; by its task where those are shared.

    Args:
        facts: what the Hub says of the model.
        capability: one of ``models.spec.CAPABILITIES``.
        patterns: files that the engine needs; where it names them, as a tokenizer does, any
            architecture will do.

    Raises:
        ModelUnsupported: with the tab that it is for, where there is one.
    """
    accepted, names = ARCHITECTURES.get(capability), facts.architectures
    sounds = facts.task in TASKS["music"]  # a pipeline's task says what it makes
    if capability == "image_generation":
        if _is_pipeline(facts.files) and not sounds:
            return
    elif capability == "music" and _is_pipeline(facts.files):
        if sounds:
            return
    elif accepted is None or patterns or not names:
        return
    else:
        fits = any(fnmatch.fnmatch(name, kind) for name in names for kind in accepted)
        if fits and facts.task in _SHARED_NAMES.get(capability, (facts.task,)):
            return _check_classes(facts, capability)
    raise _other_task(facts, capability)


def _is_pipeline(files: Sequence[HubFile]) -> bool:
    return any(file.name == INDEX for file in files)


def _check_classes(facts: HubFacts, capability: str) -> None:
    """Refuses a classifier that sorts into the wrong things, where it is known into what."""
    if capability not in CLASS_RULES or not facts.classes:
        return
    try:
        CLASS_RULES[capability](facts.classes)
    except ValueError as why:
        raise ModelUnsupported(
            f"{facts.id} can't be used for {capability.replace('_', ' ')}: {why}.",
            hint=f"Choose one for {' or '.join(TASKS[capability])}.",
        ) from why


def _other_task(facts: HubFacts, capability: str) -> ModelUnsupported:
    is_what = facts.task or ", ".join(facts.architectures) or facts.library or "something else"
    own = (name for name, tasks in TASKS.items() if tasks[:1] == (facts.task,))
    home = next(own, "")
    wants = " or ".join(TASKS[capability])
    if capability == "image_generation" and facts.task in TASKS[capability]:
        is_what += ", not in diffusers' folder layout"
    where = (
        f"Use it under {home.replace('_', ' ')}, or choose"
        if home and home != capability
        else "Choose"
    )
    return ModelUnsupported(
        f"{facts.id} is a model for {is_what}, and {capability.replace('_', ' ')} can't use it.",
        hint=f"{where} one for {wants}.",
    )


def _check_kind(facts: HubFacts, capability: str, wanted: Sequence[HubFile]) -> None:
    """Refuses files that the capability's loader would refuse after the download."""
    if only_pickled(wanted) and (capability == "image_generation" or _is_pipeline(wanted)):
        raise ModelUnsupported(
            f"{facts.id} has pickled weights only.", hint="Choose a version with safetensors."
        )
    if capability == "tokenizer" and not any(
        file.name.startswith(("tokenizer", "vocab", "spiece")) or file.name.endswith(".model")
        for file in wanted
    ):
        raise ModelUnsupported(
            f"{facts.id} has no tokenizer in it.",
            hint="Choose a repository with a tokenizer.json, often the model it was made from.",
        )


def _no_go(facts: HubFacts, missing: int, memory: int, room: Room) -> AppError | None:
    if not facts.readable:
        return gated(facts.id)
    if missing and missing + DISK_RESERVE > room.disk_free:
        return NoRoom(
            f"{facts.id} needs {size(missing)} of disk; {size(room.disk_free)} are free.",
            hint="Delete models from the Hub cache in the Models tab, or choose a smaller one.",
        )
    if room.budget_bytes and memory > room.budget_bytes and not _in_turns(facts, memory, room):
        return NoRoom(
            f"{facts.id} takes about {size(memory)} of memory in {room.dtype}; "
            f"models may use {size(room.budget_bytes)} here.",
            hint="Choose a smaller model, or start with a larger --memory.",
        )
    return None


def _too_large(facts: HubFacts, wanted: Sequence[HubFile], here: frozenset[str]) -> AppError | None:
    """The refusal of a file that the Hub does not send over plain HTTP."""
    most = largest_file()
    for file in wanted:
        if file.size > most and file.name not in here:
            return ModelUnsupported(
                f"{file.name} of {facts.id} has {size(file.size)}; the Hub sends files up to "
                f"{size(most)} over HTTP.",
                hint=f"Fetch it once with the client, hf download {facts.id}: it is then found here.",
            )
    return None


def _in_turns(facts: HubFacts, memory: int, room: Room) -> bool:
    """Whether the parts of a pipeline that is too large for the device may take turns on it."""
    return bool(facts.parts) and memory <= room.offload_bytes


def _pace(facts: HubFacts, memory: int, room: Room) -> tuple[str, ...]:
    """What a pipeline that does not fit on the device whole means for its speed."""
    if not room.budget_bytes or memory <= room.budget_bytes or not _in_turns(facts, memory, room):
        return ()
    figures = f"It takes {size(memory)} and models may use {size(room.budget_bytes)} here"
    largest = facts.largest_part_bytes(room.dtype)
    if largest + WORKSPACE_BYTES <= room.budget_bytes:
        return (f"{figures}: its parts take turns on the GPU, which is slower.",)
    return (f"{figures}, too little for its largest part: layers take turns, many times slower.",)


def _memory(facts: HubFacts, wanted: Sequence[HubFile], capability: str, dtype: str) -> int:
    if capability == "tokenizer":
        return 0
    stored = sum(file.size for file in wanted if file.name.endswith(_WEIGHTS))
    return facts.memory_bytes(dtype) or stored


def _remarks(facts: HubFacts, wanted: Sequence[HubFile]) -> tuple[str, ...]:
    found = []
    if facts.id != facts.asked:
        found.append(f"{facts.asked} is now {facts.id}.")
    if facts.gated:
        found.append("Gated; its terms are accepted." if facts.readable else "Gated.")
    if facts.private:
        found.append("Private.")
    if facts.own_code:
        found.append("It brings code of its own, which is never run.")
    if only_pickled(wanted):
        found.append("Its weights are pickled; they are read without running what is in them.")
    if facts.licence == "unknown":
        found.append("Its owner states no licence.")
    return tuple(found)
