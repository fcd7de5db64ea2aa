"""A tokenizer that has left leaves no words behind in the threads that have read with it."""

from __future__ import annotations

import ctypes
import gc
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.soak_server import in_use
from models.token_loading import load_tokenizer

MODELS = Path(__file__).resolve().parents[2] / "models"
#: Code that visitors copy, and what runs in processes of its own.
ELSEWHERE = ("snippets", "starter")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tokenizer of byte pairs, without any pair."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = {letter: n for n, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    core = Tokenizer(models.BPE(letters, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=core).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="asks glibc")
def test_threads_keep_no_words_of_tokenizers_that_were_dropped(folder: Path) -> None:
    draw = random.Random(1)
    text = " ".join("".join(draw.choices("abcdefgh", k=12)) for _ in range(3000))
    with ThreadPoolExecutor(1) as thread:

        def taken() -> int:
            tokenizer = load_tokenizer(folder)
            assert len(thread.submit(tokenizer, text).result()["input_ids"]) > len(text)
            del tokenizer
            gc.collect()
            return in_use()

        before = [taken() for _ in range(3)][-1]
        assert [taken() for _ in range(4)][-1] - before < 1_000_000


def test_every_engine_loads_its_tokenizer_in_this_way() -> None:
    code = [p for p in MODELS.rglob("*.py") if p.relative_to(MODELS).parts[0] not in ELSEWHERE]
    found = [p.name for p in code if "Tokenizer.from_pretrained(" in p.read_text("utf-8")]
    assert found == ["token_loading.py"]
    holders = [p for p in code if any(f"{held}.from_pretrained(" in p.read_text("utf-8")
                                      for held in ("AutoProcessor", "DiffusionPipeline"))]  # fmt: skip
    assert holders
    assert [p.name for p in holders if "forget_words(" not in p.read_text("utf-8")] == []
