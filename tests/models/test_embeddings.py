"""The embeddings engine around tiny random networks, beside torch's own way, and facts of the starter."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.embedding_prefixes import known_prefixes
from models.embedding_recipe import read_recipe
from models.embeddings import MAX_CHARACTERS, MAX_TEXTS, STEP, load, pooled
from models.errors import InputError, ModelUnsupported, Stopped
from models.spec import Weights
from models.stop import StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.embedding_checkpoints import (
    add_pooling,
    tiny_decoder,
    tiny_encoder,
    tiny_xlm_roberta,
)
from tests.models.engines import HERE, last, starter_engine

TEXTS = ["a good film", "ada lovelace was in london .", "the film is bad , the film was good !"]


def engine(folder, name="local/tiny"):
    return load(Weights(card(name, "embeddings"), folder, "test"), HERE)


def by_torch(folder, texts, pooling, *, unit=True):
    """Each text alone, as the library reads it: no padding, no windows."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in texts:
        with torch.inference_mode():
            hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        rows.append({"mean": hidden.mean(0), "cls": hidden[0], "last": hidden[-1]}[pooling])
    found = torch.stack(rows)
    return (torch.nn.functional.normalize(found, dim=-1) if unit else found).numpy()


MAKERS = {
    "cls": lambda folder: tiny_encoder(folder, "cls"),
    "mean": lambda folder: tiny_encoder(folder, "mean"),
    "mean of XLM-R": tiny_xlm_roberta,
    "last of a decoder": tiny_decoder,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_vectors_are_those_of_the_library_whatever_stands_beside_a_text(tmp_path, kind):
    folder = MAKERS[kind](tmp_path)
    found = last(engine(folder).embed(TEXTS))
    assert found.vectors == pytest.approx(by_torch(folder, TEXTS, kind.split()[0]), abs=1e-5)
    assert found.vectors.dtype == np.float32
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert not found.recipe.assumed


def test_a_model_without_a_step_of_scaling_gives_vectors_as_they_are(tmp_path):
    folder = tiny_encoder(tmp_path, "mean", normalised=False)
    found = last(engine(folder).embed(TEXTS))
    assert found.vectors == pytest.approx(by_torch(folder, TEXTS, "mean", unit=False), abs=1e-5)
    assert "not scaled" in found.recipe.said


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("cls", [1, 2]), ("last", [4, 8]), ("mean", [2, 5]), ("max", [4, 8]),
        ("mean_sqrt_len", [6 / 3**0.5, 15 / 3**0.5]), ("weighted_mean", [15 / 6, 36 / 6]),
    ],
)  # fmt: skip
def test_every_pooling_is_what_its_name_says(how, expected):
    hidden = np.array([[1, 2], [1, 5], [4, 8]], np.float32)
    assert pooled(hidden, how) == pytest.approx(np.array(expected))


def test_several_poolings_stand_side_by_side(tmp_path):
    folder = add_pooling(tiny_bert(tmp_path, "BertModel"), "cls", "mean", normalised=False)
    found = last(engine(folder).embed(TEXTS))
    both = [by_torch(folder, TEXTS, name, unit=False) for name in ("cls", "mean")]
    assert found.dimensions == 32
    assert found.vectors == pytest.approx(np.concatenate(both, 1), abs=1e-5)


def test_the_prompts_of_the_models_own_file_stand_before_query_and_passage(tmp_path):
    prompts = {"query": "who wrote ", "document": "the film "}
    folder = tiny_encoder(tmp_path, prompts=prompts)
    found = {
        role: last(engine(folder).embed(["london"], role=role))
        for role in ("query", "passage", "alike", "bare")
    }
    assert found["query"].vectors == pytest.approx(
        by_torch(folder, ["who wrote london"], "mean"), abs=1e-5
    )
    assert found["passage"].vectors == pytest.approx(
        by_torch(folder, ["the film london"], "mean"), abs=1e-5
    )
    plain = by_torch(folder, ["london"], "mean")
    assert found["alike"].vectors == pytest.approx(plain, abs=1e-5)
    assert found["bare"].vectors == pytest.approx(plain, abs=1e-5)
    assert found["query"].recipe.prefixes.source == "as its config_sentence_transformers.json says"


def test_a_prefix_of_ones_own_takes_the_place_of_the_models(tmp_path):
    folder = tiny_encoder(tmp_path, prompts={"query": "who wrote "})
    found = last(engine(folder).embed(["london"], role="query", prefix="ada "))
    assert found.vectors == pytest.approx(by_torch(folder, ["ada london"], "mean"), abs=1e-5)
    assert found.prefix == "ada "


def test_a_prefix_may_be_left_out_of_the_mean(tmp_path):
    folder = tiny_encoder(tmp_path, include_prompt=False, normalised=False)
    import torch
    from transformers import AutoModel, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(folder)("who wrote london", return_tensors="pt")
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state[0]
    found = last(engine(folder).embed(["london"], prefix="who wrote "))
    assert found.vectors[0] == pytest.approx(hidden[3:].mean(0).numpy(), abs=1e-5)


def test_a_long_text_is_read_in_windows_and_that_is_said(tmp_path):
    folder = tiny_encoder(tmp_path)
    text = "the good film was bad . " * 12
    found = last(engine(folder).embed([text, "a film"]))
    assert found.windows[0] > 2
    assert found.windows[1] == 1
    assert found.tokens == (72, 2)
    assert np.linalg.norm(found.vectors[0]) == pytest.approx(1, abs=1e-5)


def test_the_longest_input_of_the_files_counts_where_it_is_below_the_networks(tmp_path):
    found = last(engine(tiny_encoder(tmp_path, most=12)).embed(["a film " * 8]))
    assert found.max_tokens == 10
    assert found.windows == (2,)


def test_many_texts_come_back_in_their_order_and_grow(tmp_path):
    folder = tiny_encoder(tmp_path)
    texts = ["a " * (1 + n % 7) + "film" for n in range(2 * STEP + 3)]
    snapshots = list(engine(folder).embed(texts))
    assert [len(one.vectors) for one in snapshots] == [STEP, 2 * STEP, 2 * STEP + 3]
    assert snapshots[-1].vectors == pytest.approx(by_torch(folder, texts, "mean"), abs=1e-5)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "no text"), ([" ", "\n"], "no text"), (["a", " "], "Text 2 is empty"),
        (["a"] * (MAX_TEXTS + 1), "5,001 texts; the limit of one run is 5,000"),
        (["x" * (MAX_CHARACTERS + 1)], "1,000,001 characters together; the limit is 1,000,000"),
    ],
    ids=["none", "blank", "one blank", "many", "long"],
)  # fmt: skip
def test_what_can_t_be_embedded_is_refused_with_the_fact(tmp_path, texts, message):
    with pytest.raises(InputError, match=message):
        last(engine(tiny_encoder(tmp_path)).embed(texts))


def test_an_unknown_role_and_an_endless_prefix_are_refused(tmp_path):
    made = engine(tiny_encoder(tmp_path))
    with pytest.raises(InputError, match=r"no role 'poem'. Choices: alike, query"):
        last(made.embed(["a"], role="poem"))
    with pytest.raises(InputError, match="prefix has 40 tokens; the limit is 15"):
        last(made.embed(["a"], prefix="a " * 40))


def test_stop_ends_the_reading(tmp_path):
    stop = StopToken()
    snapshots = engine(tiny_encoder(tmp_path)).embed(["a film"] * 100, stop=stop)
    next(snapshots)
    stop.set()
    with pytest.raises(Stopped):
        next(snapshots)


@pytest.mark.parametrize(
    ("architecture", "pooling", "usual"),
    [("BertModel", "mean", "encoders"), ("Qwen3ForCausalLM", "last", "decoders")],
)
def test_what_no_file_says_is_assumed_and_called_that(tmp_path, architecture, pooling, usual):
    (tmp_path / "config.json").write_text(json.dumps({"architectures": [architecture]}))
    recipe = read_recipe(tmp_path, card("o/x", "embeddings"))
    assert (recipe.pooling, recipe.assumed) == ((pooling,), True)
    assert "is assumed, as is usual for" in recipe.source
    assert usual in recipe.source


@pytest.mark.parametrize(
    ("name", "query", "passage", "alike"),
    [
        ("intfloat/e5-small-v2", "query: ", "passage: ", "query: "),
        ("intfloat/multilingual-e5-base", "query: ", "passage: ", "query: "),
        ("intfloat/multilingual-e5-large-instruct", "Instruct: ", "", ""),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence", "", ""),
        ("BAAI/bge-m3", "", "", ""),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: ", "", ""),
        ("sentence-transformers/all-mpnet-base-v2", "", "", ""),
    ],
)
def test_the_prefixes_of_the_known_families_have_a_source(name, query, passage, alike):
    found = known_prefixes(card(name, "embeddings"))
    assert found.query.startswith(query)
    assert bool(found.query) is bool(query)
    assert (found.passage, found.alike) == (passage, alike)
    assert bool(found.source) is found.wanted


def test_a_newer_files_single_name_of_a_pooling_is_understood(tmp_path):
    add_pooling(tmp_path, pooling_mode="lasttoken")
    assert read_recipe(tmp_path, card("o/x", "embeddings")).pooling == ("last",)


def test_a_step_that_is_not_done_here_is_refused_by_name(tmp_path):
    add_pooling(tmp_path, "mean")
    steps = json.loads((tmp_path / "modules.json").read_text())
    steps.append({"idx": 3, "path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (tmp_path / "modules.json").write_text(json.dumps(steps))
    with pytest.raises(ModelUnsupported, match="a step Dense"):
        read_recipe(tmp_path, card("o/x", "embeddings"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("modules.json", "{}", "holds no list"), ("modules.json", "[", "is no JSON"),
        ("1_Pooling/config.json", "[]", "holds no dict"),
        ("1_Pooling/config.json", '{"pooling_mode": "magic"}', "no pooling that is known"),
    ],
)  # fmt: skip
def test_files_of_another_form_are_refused_by_name(tmp_path, name, content, message):
    add_pooling(tmp_path, "mean")
    (tmp_path / name).write_text(content)
    with pytest.raises(ModelUnsupported, match=message):
        read_recipe(tmp_path, card("o/x", "embeddings"))


@pytest.mark.parametrize("head", ["BertForSequenceClassification", "BertForTokenClassification"])
def test_a_model_of_another_task_is_refused_by_name(tmp_path, head):
    with pytest.raises(ModelUnsupported, match=head):
        engine(tiny_bert(tmp_path, head))


@pytest.fixture(scope="module")
def starter():
    return starter_engine("minilm-embeddings")


@pytest.mark.starter
def test_the_starter_tells_what_means_the_same(starter):
    from models.similarity import cosines, extremes

    texts = ["How do I get my money back?", "I would like a refund.", "The cat sleeps in the sun."]
    found = last(starter.embed(texts))
    most, _ = extremes(cosines(found.vectors))
    assert most[:2] == (0, 1)
    assert found.dimensions == 384
    assert found.max_tokens == 254


@pytest.mark.starter
@pytest.mark.parametrize("text", ["\U0001f600", "مرحبا بالعالم", "<script>", "字" * 2000])
def test_the_starter_reads_any_script(starter, text):
    (vector,) = last(starter.embed([text])).vectors
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
