"""Every family of the catalog that writes text, through our own loaders from a tiny random checkpoint."""

from __future__ import annotations

import pytest

from models.generation import Options
from models.sources import ModelBuilder
from models.spec import ModelCard, Weights
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import CAUSAL, tiny_causal, tiny_pegasus

TEXT = "The film is good and long. Ada was in London. The garden is small and green."


def built(folder, capability, engine):
    weights = Weights(ModelCard("org/tiny", capability, engine, "Tiny"), folder, "c" * 40)
    return ModelBuilder(folder, {}, None).build(weights, HERE)


@pytest.mark.parametrize("family", CAUSAL)
def test_an_instruct_model_of_each_family_writes_what_transformers_writes(tmp_path, family):
    import torch

    tiny_causal(tmp_path, family)
    engine = built(tmp_path, "summarization", "causal")
    generator = engine._generator
    ids = generator.asked("Say it.", TEXT)
    source = torch.tensor([ids], device=HERE.device)
    with torch.inference_mode():
        rows = generator._model.generate(
            source, attention_mask=torch.ones_like(source),
            max_new_tokens=12, do_sample=False, pad_token_id=2,
        )  # fmt: skip
    expected = [i for i in rows[0, len(ids) :].tolist() if i not in generator._ends]
    found = last(generator.write(ids, Options(12)))
    assert found.tokens == len(expected)
    assert found.text == generator._decode(expected)
    summary = last(engine.summarize(TEXT, length="short"))
    assert (summary.method, summary.parts) == ("abstractive", 1)
    translation = last(
        built(tmp_path, "translation", "causal").translate("Small.", source="en", target="de")
    )
    assert (translation.source, translation.target, translation.sentences) == ("en", "de", 1)


def test_pegasus_writes_summaries(tmp_path):
    tiny_pegasus(tmp_path)
    summary = last(built(tmp_path, "summarization", "seq2seq").summarize(TEXT, length="short"))
    assert (summary.method, summary.parts) == ("abstractive", 1)
    assert summary.tokens > summary.source_tokens  # it read the text and wrote something
