"""Six threads that load six different cold models at once: how many come out wrong without a word."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Effort, Row, Sample, Side, exactly, versus
from benchmarks.processes import fresh
from models.device import choose_device
from models.loading import ModelSpec, Report
from models.registry import Registry
from models.spec import ModelCard, Placement, Weights
from models.variant_memory import Beside

TITLE = "Six threads, six cold models"
#: Architecture and dtype of the six: tied and untied weights, three dtypes.
KINDS = (
    ("BertForMaskedLM", "float32"), ("BertForSequenceClassification", "bfloat16"),
    ("GPT2LMHeadModel", "float16"), ("BertForMaskedLM", "bfloat16"),
    ("BertForSequenceClassification", "float32"), ("GPT2LMHeadModel", "float32"),
)  # fmt: skip
#: dtypes, whether input and output share weights, logits.
Fingerprint = tuple[tuple[str, ...], bool | None, tuple[float, ...]]
_PEER = "six threads calling from_pretrained"


@dataclass
class Network:
    """What the registry shares here: a bare network."""

    model: Any
    reentrant = True
    memory_bytes = 1_000_000


class Networks:
    """A builder of bare networks from folders, with the library's own loading code."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders

    def fetch(self, spec: ModelSpec, report: Report) -> Weights:
        return Weights(spec.card, self._folders[spec.card.id], "random")

    def estimate_bytes(self, weights: Weights, placement: Placement) -> int:
        return 1_000_000

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        return Beside()

    def build(self, weights: Weights, placement: Placement) -> Network:
        return Network(load(weights.folder))


def measure(effort: Effort) -> Iterator[Row]:
    """Every model is held against itself loaded alone: dtype, tied weights, output.

    Each round of each side is a process of its own: loading at once leaves the libraries broken for
    whatever is loaded after it.
    """
    with tempfile.TemporaryDirectory() as root:
        paths = {f"m{i}": Path(root) / f"m{i}" for i in range(len(KINDS))}
        right = fresh(checkpoints, paths)
        yield versus(
            "wrong models of six a round",
            Side("Registry", lambda: Sample(fresh(ours, paths, right))),
            Side(_PEER, lambda: Sample(fresh(peer, paths, right))),
            unit="models", rounds=effort.of(4, 40), floor=exactly(0), warm=0, same=None,
            note="wrong: another dtype, untied weights, another output or an error, against the same "
            "model loaded alone",
        )  # fmt: skip


def checkpoints(paths: dict[str, Path]) -> dict[str, Fingerprint]:
    """Writes the six and says what each is when it is loaded alone."""
    made = {
        name: _checkpoint(path, *kind)
        for (name, path), kind in zip(paths.items(), KINDS, strict=True)
    }
    return {name: fingerprint(load(path)) for name, path in made.items()}


def ours(paths: dict[str, Path], right: dict[str, Fingerprint]) -> int:
    """How many are wrong after one round of our registry."""
    registry = Registry(Networks(paths), lambda: choose_device("cpu"))

    def get(name: str) -> Any:
        engine: Any
        with registry.claim(ModelSpec(ModelCard(name, "sentiment", "network", name))) as engine:
            return engine.model

    wrong = _wrong(get, right)
    registry.close()
    return wrong


def peer(paths: dict[str, Path], right: dict[str, Fingerprint]) -> int:
    """How many are wrong after one round of plain threads."""
    return _wrong(lambda name: load(paths[name]), right)


def load(folder: Path) -> Any:
    """One network from its folder, in the dtype its configuration names."""
    import torch
    import transformers

    config = json.loads((folder / "config.json").read_text())
    architecture = getattr(transformers, config["architectures"][0])
    return architecture.from_pretrained(folder, dtype=getattr(torch, config["dtype"])).eval()


def fingerprint(model: Any) -> Fingerprint:
    """What must be the same each time a model is loaded."""
    import torch

    tied = None
    if (head := model.get_output_embeddings()) is not None:
        tied = head.weight is model.get_input_embeddings().weight
    with torch.inference_mode():
        logits = model(input_ids=torch.arange(1, 9).reshape(1, -1)).logits
    dtypes = sorted({str(tensor.dtype) for tensor in model.parameters()})
    return (tuple(dtypes), tied, tuple(logits.float().ravel().tolist()))


def _wrong(get: Callable[[str], Any], right: dict[str, Fingerprint]) -> int:
    """How many of the models that six threads get at once differ from ``right``."""
    gate = threading.Barrier(len(right))

    def run(name: str) -> bool:
        gate.wait()
        try:
            return fingerprint(get(name)) != right[name]
        except Exception:  # noqa: BLE001 - a load that breaks is as wrong as one that lies
            return True

    with ThreadPoolExecutor(len(right)) as pool:
        return sum(pool.map(run, right))


def _checkpoint(folder: Path, architecture: str, dtype: str) -> Path:
    """A tiny random checkpoint."""
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = {"vocab_size": 64}
    if architecture.startswith("GPT2"):
        config = transformers.GPT2Config(**sizes, n_embd=32, n_layer=2, n_head=2, n_positions=64)
    else:
        config = transformers.BertConfig(
            **sizes, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
            max_position_embeddings=64,
        )  # fmt: skip
    getattr(transformers, architecture)(config).to(getattr(torch, dtype)).save_pretrained(folder)
    return folder
