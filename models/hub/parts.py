"""The parts of a diffusers pipeline: which ones its index names, and how many weights each has.

The Hub counts the weights of a single model, not those of a pipeline's parts; each file's own header
does (its first bytes are enough), and only what the index names is ever loaded.
"""

from __future__ import annotations

import fnmatch
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from models.access import Access
from models.hub.client import ASK_S, api, get

log = logging.getLogger(__name__)

INDEX = "model_index.json"
#: Folder of weights that are added to those of the parts; see ``models.image_lora``.
LORA = "lora"
#: The same weights in another precision or state, beside the usual ones.
VARIANTS = ("*.fp16.safetensors", "*.non_ema.*", "*.fp16.bin")
#: Headers that are asked for at once.
_AT_ONCE = 4


@dataclass(frozen=True)
class Part:
    """A part of a pipeline.

    Attributes:
        name: its folder.
        weights: number of its weights by the type they are stored in; empty when not counted.
    """

    name: str
    weights: Mapping[str, int] = field(default_factory=dict, hash=False)


def named_parts(index: Any) -> tuple[str, ...]:
    """Folders of the parts that a pipeline's index says to load: those with a library and a class."""
    if not isinstance(index, dict):
        return ()
    return tuple(
        name
        for name, kind in index.items()
        if isinstance(kind, list) and len(kind) == 2 and all(isinstance(k, str) for k in kind)
    )


def count(repo: str, commit: str, files: Sequence[str], access: Access) -> tuple[Part, ...]:
    """The parts of a pipeline at the Hub, with their weights as the headers of their files count them.

    Args:
        repo: ``org/name``.
        commit: which one.
        files: names of everything in it.
        access: the caller's rights.

    Raises:
        huggingface_hub.errors.HfHubHTTPError, huggingface_hub.errors.SafetensorsParsingError: when
            the index or a header can't be had.
    """
    names = named_parts(json.loads(get(f"/{repo}/resolve/{commit}/{INDEX}", access).content))
    wanted = [name for name in files if _is_counted(name, names)]
    client = api(access)

    def header(name: str) -> Mapping[str, int]:
        found = client.parse_safetensors_file_metadata(
            repo, name, revision=commit, timeout=ASK_S, token=access.header
        )
        return dict(found.parameter_count)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="headers") as pool:
        counted = dict(zip(wanted, pool.map(header, wanted), strict=True))
    totals: dict[str, Counter[str]] = {name: Counter() for name in names}
    for name, weights in counted.items():
        totals[name.split("/")[0]].update(weights)
    return tuple(Part(name, dict(total)) for name, total in totals.items())


def _is_counted(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a file holds weights of a part in the usual precision: variants are never read."""
    folder, _, last = name.partition("/")
    weights = last.endswith(".safetensors") and "/" not in last
    return weights and folder in parts and not is_variant(last)


def is_variant(name: str) -> bool:
    """Whether a file holds the same weights as another in another precision or state."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in VARIANTS)
