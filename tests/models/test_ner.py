"""Entities: the joining of token labels, seams of long texts, both engines, facts about the starter."""

from __future__ import annotations

import re
import threading
from contextlib import nullcontext
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.entities import MAX_CHARACTERS, keep, selected
from models.errors import InputError, ModelUnsupported, Stopped
from models.ner import LOADERS
from models.ner_labels import meaning
from models.ner_pieces import pieces, taken
from models.ner_spacy import PIECE, SpacyNer
from models.ner_spans import SpanDecoder, TokenBatch, entity_labels, split_tags
from models.ner_transformers import TransformersNer
from models.spec import Placement, Weights
from models.starter import starters
from models.stop import StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert

CPU = Placement("cpu", "float32", "test")
ADA = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage."
BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def last(results):
    return list(results)[-1]


def spans(text, rows, tags, aggregation="simple", words=None):
    """Entities of ``text``'s words, given {tag: probability} for each word."""
    offsets = [m.span() for m in re.finditer(r"\S+", text)]
    words = list(range(len(offsets))) if words is None else words
    table = np.array([[row.get(tag, 0.0) for tag in tags] for row in rows], np.float32)
    decoder = SpanDecoder(text, tags, aggregation)
    found = decoder.push(TokenBatch(offsets, words, table)) + decoder.finish()
    return [(s.label, text[s.start : s.end]) for s in found]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("B-PER I-PER O B-LOC O", [("PER", "a b"), ("LOC", "d")]),
        ("I-PER I-PER O O I-LOC", [("PER", "a b"), ("LOC", "e")]),  # IOB1
        ("B-PER B-PER I-PER O O", [("PER", "a"), ("PER", "b c")]),
        ("I-PER I-LOC O O O", [("PER", "a"), ("LOC", "b")]),
        ("B-PER I-PER E-PER S-PER S-PER", [("PER", "a b c"), ("PER", "d"), ("PER", "e")]),  # BIOES
        (
            "B-PER L-PER I-PER U-LOC B-LOC",
            [("PER", "a b"), ("PER", "c"), ("LOC", "d"), ("LOC", "e")],
        ),
        ("B_PER I_PER O O O", [("PER", "a b")]),
        ("O O O O O", []),
    ],
)
def test_tags_of_every_scheme_become_entities(scheme, expected):
    tags = scheme.split()
    names = list(dict.fromkeys(["O", "B-PER", *tags]))
    assert spans("a b c d e", [{tag: 0.9} for tag in tags], names) == expected


def test_labels_without_a_scheme_stay_whole():
    assert split_tags(["O", "E-mail", "S-Bahn"])["E-mail"] == ("I", "E-mail")
    assert spans("a b c", [{"E-mail": 1}, {"E-mail": 1}, {"O": 1}], ["O", "E-mail"]) == [
        ("E-mail", "a b")
    ]


SUBTOKENS = [{"B-PER": 0.6, "O": 0.4}, {"I-LOC": 0.9}, {"O": 1.0}]  # one word of three, then none


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("none", [("B-PER", "x"), ("I-LOC", "y")]),
        ("simple", [("PER", "x"), ("LOC", "y")]),
        ("first", [("PER", "x y z")]),
        ("max", []),
        ("average", []),
    ],
)
def test_each_aggregation_labels_a_word_in_its_own_way(aggregation, expected):
    assert spans("x y z", SUBTOKENS, BIO, aggregation, words=[0, 0, 0]) == expected


def test_the_average_weighs_all_sub_tokens():
    rows = [{"B-PER": 0.6, "B-LOC": 0.4}, {"B-LOC": 0.9, "B-PER": 0.1}]
    assert spans("x y", rows, BIO, "average", words=[0, 0]) == [("LOC", "x y")]
    assert spans("x y", rows, BIO, "first", words=[0, 0]) == [("PER", "x y")]


@pytest.mark.parametrize("aggregation", ["none", "simple", "first", "average", "max"])
def test_tokens_that_share_a_character_are_never_two_entities(aggregation):
    text = "x \U0001f9d1\u200d\U0001f680 y"
    offsets = [(0, 1), (2, 3), (2, 5), (4, 5), (6, 7)]  # bytes of one emoji in three tokens
    tags = ["O", "B-PER"]
    rows = np.array([[0, 1], [0.1, 0.9], [0.2, 0.8], [0, 1], [1, 0]], np.float32)
    decoder = SpanDecoder(text, tags, aggregation)
    batch = TokenBatch(offsets, [0, 1, 2, 2, 3], rows)
    found = decoder.push(batch) + decoder.finish()
    assert [(s.start, s.end) for s in found] == [(0, 1), (2, 5)]


def test_labels_lose_their_prefix_unless_raw_tags_are_asked_for():
    assert entity_labels(BIO, "first") == ("PER", "LOC")
    assert entity_labels(BIO, "none") == ("B-PER", "I-PER", "B-LOC", "I-LOC")


# ---- seams of long texts

WORDS = st.lists(
    st.tuples(
        st.sampled_from(["Ada", "Lovelace", "London", "wrote", "in", "a", "notebook", "été"]),
        st.sampled_from([" ", " ", " ", ", ", ". ", "\n", "\n\n", "? "]),
    ),
    max_size=120,
).map(lambda pairs: "".join(word + gap for word, gap in pairs))


def names(text, since=0):
    """A stand-in recogniser: every word with a capital."""
    return [
        ("NAME", since + m.start(), since + m.end()) for m in re.finditer(r"\b[A-Z]\w*\b", text)
    ]


@settings(max_examples=200, deadline=None)
@given(WORDS, st.integers(9, 14), st.integers(100, 160))
def test_pieces_lose_no_entity_and_double_none(text, margin, size):
    kept = []
    for piece in pieces(text, size, margin):
        found = names(text[piece.start : piece.end], piece.start)
        kept += taken(piece, found, kept[-1][2] if kept else 0)
    assert kept == names(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=900), st.integers(1, 12), st.integers(80, 200))
def test_pieces_own_every_character_once_and_are_short(text, margin, size):
    found = pieces(text, size, margin)
    assert [p.owned_start for p in found[1:]] == [p.owned_end for p in found[:-1]]
    if text:
        assert (found[0].owned_start, found[-1].owned_end) == (0, len(text))
    for piece in found:
        assert piece.start <= piece.owned_start < piece.owned_end <= piece.end
        assert piece.end - piece.start <= size


SEAM = [
    # what the two pieces see, relative to the seam between them -> what is taken
    ([(-10, 4)], [(-10, 4)], [(-10, 4)]),  # the same
    ([(-10, 4)], [(-5, 4), (5, 9)], [(-10, 4), (5, 9)]),  # cut shorter by the second
    ([(2, 9)], [(-3, 9)], [(-3, 9)]),  # each leaves it to the other by its start
    ([(3, 6)], [(3, 8)], [(3, 8)]),  # behind the seam the second piece knows more
    ([], [(-9, -4)], []),  # before the seam the first one does
]


@pytest.mark.parametrize(("one", "two", "expected"), SEAM)
def test_pieces_that_see_a_seam_differently_still_give_one_answer(one, two, expected):
    first, second = pieces("word " * 60, 200, 30)[:2]
    seam = first.owned_end
    assert second.start < seam < first.end
    kept = taken(first, [("A", seam + a, seam + b) for a, b in one], 0)
    since = kept[-1][2] if kept else 0
    kept += taken(second, [("A", seam + a, seam + b) for a, b in two], since)
    assert [(a - seam, b - seam) for _, a, b in kept] == expected


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from transformers import AutoTokenizer

    folder = tiny_bert(tmp_path_factory.mktemp("tokenizer"), "BertForTokenClassification")
    return AutoTokenizer.from_pretrained(folder, model_max_length=100_000)


def network(window):
    """A fake network with a window: a token's label depends on itself and its two neighbours."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.config = SimpleNamespace(
                id2label=dict(enumerate(BIO)), max_position_embeddings=window, model_type="bert"
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
    return LOADERS["transformers"](Weights(card("local/tiny"), folder, "test"), CPU)


def test_a_checkpoint_gives_scored_entities_at_true_offsets(tiny):
    text = "\u00e9  Ada Lovelace\nwrote in 1843s, London \U0001f600!"
    for aggregation in tiny.aggregations:
        result = last(tiny.entities(text, aggregation=aggregation))
        assert result.scored
        assert all(text[e.start : e.end] == e.text for e in result.entities)
        assert all(0 < e.score <= 1 for e in result.entities)
        assert {e.label for e in result.entities} <= set(result.labels)


def test_word_strategies_never_cut_a_word(tiny):
    text = "1843s films xxx ada 1843 xx"
    for aggregation in ("first", "average", "max"):
        for entity in last(tiny.entities(text, aggregation=aggregation)).entities:
            assert set(entity.text.split()) <= set(text.split())


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
        LOADERS["transformers"](Weights(card("local/tiny"), folder, "test"), CPU)


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


# ---- the spaCy engine around a fake pipeline


class FakePipeline:
    """A pipeline that finds capitalised words, and the white space after them."""

    def __init__(self):
        self.lengths = []

    def get_pipe(self, name):
        return SimpleNamespace(labels=("NAME",))

    def memory_zone(self):
        return nullcontext()

    def __call__(self, text):
        self.lengths.append(len(text))
        found = re.finditer(r"\b[A-Z]\w*\b\s*", text)
        ents = [
            SimpleNamespace(label_="NAME", start_char=m.start(), end_char=m.end()) for m in found
        ]
        return SimpleNamespace(ents=ents)


def test_a_pipeline_reads_pieces_and_its_entities_have_no_space_around_them():
    pipeline = FakePipeline()
    text = "In May the Danube rose.\n\n" * 400 + "and so did the Inn " * 400
    result = last(SpacyNer(pipeline, 1).entities(text))
    assert [("NAME", e.start, e.end) for e in result.entities] == names(text)
    assert all(e.score is None for e in result.entities)
    assert max(pipeline.lengths) <= PIECE
    assert result.windows == result.windows_total == len(pipeline.lengths) > 5


def test_a_minimum_score_without_scores_is_refused():
    engine = SpacyNer(FakePipeline(), 1)
    with pytest.raises(InputError, match="gives no scores"):
        last(selected(engine.entities("In May."), None, 0.5))
    with pytest.raises(InputError, match="finds whole entities itself"):
        last(engine.entities("In May.", aggregation="first"))


def test_a_short_text_does_not_wait_for_a_long_one():
    engine = SpacyNer(FakePipeline(), 1)
    long = engine.entities("In May the Danube rose. " * 1000)
    next(long)
    answer = []
    other = threading.Thread(target=lambda: answer.append(last(engine.entities("In May."))))
    other.start()
    other.join(5)
    assert len(answer) == 1


@pytest.mark.parametrize(
    ("label", "words"), [("GPE", "countries"), ("B-PER", "people"), ("corporation", "companies")]
)
def test_known_labels_are_explained(label, words):
    assert words in meaning(label)
    assert meaning("LABEL_7") == ""


# ---- facts about the starter


@pytest.fixture(scope="module")
def starter():
    from models.settings import Settings
    from models.sources import starter_folder

    found = starters()["starter/spacy-en-sm"]
    folder = starter_folder(found, Settings().cache_folder)
    return LOADERS["spacy"](Weights(found.card, folder, "test"), CPU)


def found_by(engine, text):
    return {e.text: e.label for e in last(engine.entities(text)).entities}


@pytest.mark.starter
def test_the_starter_finds_ada_in_london(starter):
    entities = last(starter.entities(ADA)).entities
    assert [(e.text, e.label, e.start, e.end) for e in entities] == [
        ("Ada Lovelace", "PERSON", 0, 12),
        ("London", "GPE", 25, 31),
        ("1815", "DATE", 35, 39),
        ("Charles Babbage", "PERSON", 56, 71),
    ]


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "entity", "label"),
    [
        ("Siemens opened a factory in Poland on Tuesday.", "Siemens", "ORG"),
        ("The company paid $340 million for the site.", "$340 million", "MONEY"),
        ("Angela Merkel visited France in 2019.", "Angela Merkel", "PERSON"),
        ("It grew by 15% that year.", "15%", "PERCENT"),
    ],
)
def test_the_starter_knows_clear_cases(starter, text, entity, label):
    assert found_by(starter, text)[entity] == label


@pytest.mark.starter
@pytest.mark.parametrize(
    "text",
    [
        "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643",
        "<script>alert(1)</script>",
        "\u5b57" * 5000,
        "!" * 3000,
        "\n\n\t Ada \n",
    ],
)
def test_the_starter_answers_any_script(starter, text):
    result = last(starter.entities(text))
    assert all(text[e.start : e.end] == e.text for e in result.entities)


@pytest.mark.starter
def test_the_starter_reads_a_long_text_to_its_end_with_true_offsets(starter):
    text = (ADA + " ") * 400
    result = last(starter.entities(text))
    londons = [e for e in result.entities if e.text == "London"]
    assert len(londons) == 400
    assert all(text[e.start : e.end] == e.text for e in result.entities)
    assert result.windows_total > 10


@pytest.mark.starter
def test_the_starter_reads_a_long_text_without_full_stops(starter):
    text = "then Angela Merkel flew to London and " * 300
    entities = last(starter.entities(text)).entities
    assert all(a.end <= b.start for a, b in pairwise(entities))
    assert sum(e.text == "London" for e in entities) >= 295
