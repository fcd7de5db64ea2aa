"""States a tokenizer's added tokens where transformers looks for them first."""

from __future__ import annotations

import json
from pathlib import Path


def state_added_tokens(folder: Path) -> None:
    """Repeats the added tokens of ``tokenizer.json`` in ``tokenizer_config.json``, if both are there.

    Without ``added_tokens_decoder`` there, transformers 5 reads the whole ``tokenizer.json`` once more
    in Python to find them (``PreTrainedTokenizerBase._from_pretrained``): with Llama 3.1 that is over a
    million objects, and more than half of the time of a load. The tokenizer is the same either way.
    """
    rules, config = folder / "tokenizer.json", folder / "tokenizer_config.json"
    if not (rules.is_file() and config.is_file()):
        return
    stated = json.loads(config.read_text("utf-8"))
    if "added_tokens_decoder" in stated:
        return
    added = json.loads(rules.read_text("utf-8"))["added_tokens"]
    stated["added_tokens_decoder"] = {str(token.pop("id")): token for token in added}
    config.write_text(json.dumps(stated, indent=1, ensure_ascii=False), encoding="utf-8")
