"""Entities by a transformers network: windows and their seams, offsets, what is kept of a result."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.entities import MAX_CHARACTERS, keep, selected
from models.errors import InputError, ModelUnsupported, Stopped
from models.ner import LOADERS
from models.ner_transformers import TransformersNer
from models.spec import Weights
from models.stop import StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last

BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from transformers import AutoTokenizer

    folder = tiny_bert(tmp_path_factory.mktemp("tokenizer"), "BertForTokenClassification")
    return AutoTokenizer.from_pretrained(folder, model_max_length=100_000)


def network(window, **config):
    """A fake network with a window: a token's label depends on itself and its two neighbours."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.config = SimpleNamespace(
                id2label=dict(enumerate(BIO)),
                max_position_embeddings=window,
                model_type="bert",
                **config,
            )
            generator = torch.Generator().manual_seed(3)
            self.table = torch.nn.Parameter(torch.randn(3, 40, len(BIO), generator=generator))

        def forward(self, input_ids, attention_mask):
            assert input_ids.shape[1] <= window
            before, own, after = (table[input_ids] for table in self.table)
            logits = own
            logits[:, 1:] += before[:, :-1]
            logits[:, :-1] += after[:, 1:]
            return SimpleNamespace(logits=logits)

    return Network()


TEXTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ada", "London", "wrote", "1843", "xxx", "films", "Lovelace", "!", "\u00e9"]
        ),
        st.sampled_from([" ", "  ", "\n", ""]),
    ),
    min_size=30,
    max_size=120,
).map(lambda pairs: "".join(word + gap for word, gap in pairs))


@settings(max_examples=120, deadline=None)
@given(
    text=TEXTS, window=st.integers(14, 40),
    aggregation=st.sampled_from(["simple", "first", "average", "max", "none"]),
)  # fmt: skip
def test_windows_give_the_entities_of_one_great_window(tokenizer, text, window, aggregation):
    whole = last(
        TransformersNer(network(10_000), tokenizer, "cpu").entities(text, aggregation=aggregation)
    )
    cut = last(
        TransformersNer(network(window), tokenizer, "cpu").entities(text, aggregation=aggregation)
    )
    assert [(e.label, e.start, e.end) for e in cut.entities] == [
        (e.label, e.start, e.end) for e in whole.entities
    ]
    assert [e.score for e in cut.entities] == pytest.approx([e.score for e in whole.entities])
    ends = [0, *(e.end for e in cut.entities)]
    for end, entity in zip(ends, cut.entities, strict=False):
        assert end <= entity.start < entity.end
        assert text[entity.start : entity.end] == entity.text == entity.text.strip()


SEVERAL = {"problem_type": "multi_label_classification"}


@settings(max_examples=25, deadline=None)
@given(text=TEXTS, aggregation=st.sampled_from(["simple", "first", "none"]))
def test_labels_that_are_independent_overlap_the_same_in_windows_and_in_order(
    tokenizer, text, aggregation
):
    cut, whole = (
        last(
            TransformersNer(network(window, **SEVERAL), tokenizer, "cpu").entities(
                text, aggregation=aggregation
            )
        ).entities
        for window in (24, 10_000)
    )
    places = [(e.start, -e.end) for e in cut]
    assert places == sorted(places)
    assert sorted((e.start, e.end, e.label) for e in cut) == sorted(
        (e.start, e.end, e.label) for e in whole
    )
    assert all(text[e.start : e.end] == e.text for e in cut)
    assert all(e.score >= 0.5 for e in cut)


def test_an_entity_that_lies_in_another_is_found_beside_it(tokenizer):
    net = network(40, **SEVERAL)
    net.table.data[:] = 0
    net.table.data[1] = -9
    net.table.data[1, :, BIO.index("I-PER")] = 9
    london = tokenizer("London", add_special_tokens=False)["input_ids"][0]
    net.table.data[1, london, BIO.index("B-LOC")] = 9
    result = last(TransformersNer(net, tokenizer, "cpu").entities("ada London wrote"))
    assert [(e.label, e.start, e.end) for e in result.entities] == [("PER", 0, 16), ("LOC", 4, 10)]


def test_an_entity_as_long_as_the_text_is_one_entity_over_all_seams(tokenizer):
    net = network(20)
    net.table.data[:] = 0
    net.table.data[1, :, BIO.index("I-PER")] = 9
    text = "ada lovelace " * 50
    result = last(TransformersNer(net, tokenizer, "cpu").entities(text))
    assert [(e.start, e.end) for e in result.entities] == [(0, len(text) - 1)]
    assert result.windows_total > 5


# ---- the transformers engine on a random checkpoint


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tiny_bert(
        tmp_path_factory.mktemp("bio"), "BertForTokenClassification",
        id2label=dict(enumerate(BIO)), label2id={tag: i for i, tag in enumerate(BIO)},
    )  # fmt: skip
    return LOADERS["transformers"](Weights(card("local/tiny"), folder, "test"), HERE)


def test_a_checkpoint_gives_scored_entities_at_true_offsets(tiny):
    text = "\u00e9  Ada Lovelace\nwrote in 1843s, London \U0001f600!"
    for aggregation in tiny.aggregations:
        result = last(tiny.entities(text, aggregation=aggregation))
        assert result.scored
        assert result.entities
        assert all(text[e.start : e.end] == e.text for e in result.entities)
        assert all(0 < e.score <= 1 for e in result.entities)
        assert {e.label for e in result.entities} <= set(result.labels)


def test_word_strategies_never_cut_a_word(tiny):
    text = "1843s films xxx ada 1843 xx"
    for aggregation in ("first", "average", "max"):
        found = last(tiny.entities(text, aggregation=aggregation)).entities
        assert found
        assert {word for one in found for word in one.text.split()} <= set(text.split())


def test_results_grow_window_by_window_to_the_whole_text(tiny):
    text = "ada wrote the good film in 1843 . " * 40
    results = list(tiny.entities(text))
    assert results[-1].windows == results[-1].windows_total == len(results) > 5
    assert [r.characters_read for r in results] == sorted(r.characters_read for r in results)
    assert results[-1].characters_read == len(text)
    for before, after in pairwise(results):
        assert after.entities[: len(before.entities)] == before.entities


def test_stop_ends_the_reading_between_windows(tiny):
    stop = StopToken()
    results = tiny.entities("ada wrote the film " * 100, stop=stop)
    next(results)
    stop.set()
    with pytest.raises(Stopped):
        next(results)


def test_a_text_that_the_tokenizer_drops_has_no_entities(tiny):
    result = last(tiny.entities("\u200b\x00"))
    assert (result.entities, result.windows, result.windows_total) == ((), 1, 1)


def test_an_unknown_aggregation_is_refused_with_the_choices(tiny):
    with pytest.raises(InputError, match=r"no aggregation 'best'.*simple, first"):
        last(tiny.entities("ada", aggregation="best"))


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_an_empty_text_is_refused(tiny, text):
    with pytest.raises(InputError, match="no text"):
        last(tiny.entities(text))


def test_a_text_over_the_limit_is_refused_with_both_figures(tiny):
    with pytest.raises(InputError, match="1,000,001 characters; the limit is 1,000,000"):
        last(tiny.entities("x" * (MAX_CHARACTERS + 1)))


def test_half_a_surrogate_pair_is_refused_with_its_place(tiny):
    with pytest.raises(InputError, match="Character 4 is half of a surrogate pair"):
        last(tiny.entities("ada \ud800"))


def test_a_model_of_another_task_is_refused_by_name(tmp_path):
    folder = tiny_bert(tmp_path, "BertForSequenceClassification")
    with pytest.raises(ModelUnsupported, match="BertForSequenceClassification"):
        LOADERS["transformers"](Weights(card("local/tiny"), folder, "test"), HERE)


# ---- keeping some of the entities


def test_labels_and_scores_narrow_a_result(tiny):
    whole = last(tiny.entities("ada lovelace wrote in london , the film was good"))
    label = whole.entities[0].label
    only = last(selected(iter([whole]), [label.lower()]))
    assert only.entities
    assert {e.label for e in only.entities} == {label}
    least = sorted(e.score for e in whole.entities)[-1]
    assert [e.score for e in keep(whole, None, least).entities] == [least]
    assert keep(whole, []).entities == ()


def test_a_label_the_model_has_not_is_refused_with_its_labels(tiny):
    with pytest.raises(InputError, match=r"no label 'GPE'.*PER, LOC"):
        last(selected(tiny.entities("ada"), ["GPE"]))
