"""Models at the Hub for a capability by a few letters of their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.access import Access
from models.hub.client import explained, get, patiently

#: The Hub's names of the tasks that a capability can use, the most fitting first; none: any task.
TASKS: dict[str, tuple[str, ...]] = {
    "sentiment": ("text-classification",),
    "zero_shot": ("zero-shot-classification",),
    "ner": ("token-classification",),
    "question_answering": ("question-answering",),
    "summarization": ("summarization", "text-generation"),
    "translation": ("translation", "text-generation"),
    "text_generation": ("text-generation",),
    "text_to_speech": ("text-to-speech",),
    "speech_to_text": ("automatic-speech-recognition",),
    "image_generation": ("text-to-image",),
    "music": ("text-to-audio",),
    "tokenizer": (),
    "embeddings": ("sentence-similarity", "feature-extraction"),
    "assistant": ("text-generation",),
}
#: Letters that are needed before the Hub is asked, and models that are listed.
LEAST, MOST = 3, 8
_TOLD = ["downloads", "gated", "library_name", "pipeline_tag", "safetensors", "tags", "usedStorage"]


@dataclass(frozen=True)
class Found:
    """One model of a search.

    Attributes:
        id: ``org/name``.
        downloads: in the last month.
        licence: as its owner states it; empty when not.
        size_bytes: of everything in the repository; 0 when the Hub does not say.
        parameters: number of weights; 0 when the Hub has not counted them.
        gated: whether terms must be accepted.
    """

    id: str
    downloads: int
    licence: str
    size_bytes: int
    parameters: int
    gated: bool


def search(capability: str, words: str, access: Access) -> list[Found]:
    """The most downloaded models of a capability whose name has these letters; may block for long.

    Raises:
        HubUnreachable: when the Hub does not answer.
    """
    text = words.strip()
    if len(text) < LEAST:
        return []
    found: dict[str, Found] = {}
    for task in TASKS[capability] or ("",):
        params = {
            "search": text, "sort": "downloads", "limit": MOST, "expand": _TOLD,
            **({"pipeline_tag": task} if task else {}),
        }  # fmt: skip
        with explained("the search"):
            rows = patiently(lambda params=params: get("/api/models", access, params).json())  # type: ignore[misc]
        for row in rows:
            found.setdefault(row["id"], _found(row))
        if len(found) >= MOST:
            break
    return list(found.values())[:MOST]


def _found(row: dict[str, Any]) -> Found:
    tags = row.get("tags") or ()
    return Found(
        id=row["id"],
        downloads=row.get("downloads") or 0,
        licence=next((t.removeprefix("license:") for t in tags if t.startswith("license:")), ""),
        size_bytes=row.get("usedStorage") or 0,
        parameters=(row.get("safetensors") or {}).get("total") or 0,
        gated=bool(row.get("gated")),
    )
