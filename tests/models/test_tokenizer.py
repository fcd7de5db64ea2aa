"""The tokenizer explorer's engine and starters, against llama.cpp's reference vectors."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError
from models.sources import locate
from models.spec import Weights
from models.starter.tokenizer import STARTERS
from models.tokenizer import MAX_CHARACTERS, load_transformers
from tests.fakes import card
from tests.models.engines import HERE

VECTORS = Path(__file__).parents[1] / "data" / "vectors"
LOSSLESS = ("qwen2", "llama-3.1", "phi-3", "starcoder2", "smollm2")
CHAT = [{"role": "user", "content": "Hello"}]
pytestmark = pytest.mark.starter


@cache
def engine(name):
    starter = next(s for s in STARTERS if s.card.id == f"starter/{name}-tokenizer")
    out = Path(tempfile.mkdtemp())
    starter.build({role: locate(file) for role, file in starter.files.items()}, out)
    return load_transformers(Weights(starter.card, out, ""), HERE)


def covered(result):
    """The text as the tokens' spans give it back, each character once."""
    parts, reached = [], 0
    for token in result.tokens:
        if token.end > reached:
            parts.append(result.text[max(reached, token.start) : token.end])
            reached = token.end
    return "".join(parts)


def vectors(name):
    texts = (VECTORS / f"{name}.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")
    lines = (VECTORS / f"{name}.out").read_text().split("\n")
    return [(t, [int(i) for i in line.split()]) for t, line in zip(texts, lines, strict=False)]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("qwen2", "qwen2"),
        ("llama-3.1", "llama-3"),
        ("phi-3", "phi-3"),
        ("starcoder2", "starcoder2"),
    ],
)
def test_ids_equal_the_published_reference(name, file):
    pairs = [(text, ids) for text, ids in vectors(file) if text]
    assert len(pairs) > 40
    for text, ids in pairs:
        found = engine(name).tokenize(text, special_tokens=False)
        assert [t.id for t in found.tokens] == ids, repr(text)


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=150, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_token_spans_give_the_text_back(name, text):
    assert covered(engine(name).tokenize(text)) == text


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=10_000, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_token_spans_give_ten_thousand_texts_back(name, text):
    assert covered(engine(name).tokenize(text)) == text


@pytest.mark.parametrize("name", LOSSLESS)
def test_tokens_that_share_an_emoji_all_point_at_it(name):
    tokens = [t for t in engine(name).tokenize("a\U0001fae8b").tokens if t.start <= 1 < t.end]
    assert sum(t.bytes for t in tokens) >= len("\U0001fae8".encode())


def test_a_normalising_tokenizer_keeps_the_offsets_of_the_users_text():
    tokens = engine("minilm").tokenize("Caf\u00e9 NOIR").tokens
    assert [(t.piece, t.start, t.end) for t in tokens[1:-1]] == [("cafe", 0, 4), ("noir", 5, 9)]


def test_llama_begins_a_text_with_its_own_token():
    first = engine("llama-3.1").tokenize("Hi").tokens[0]
    assert (first.id, first.is_special, first.start, first.end) == (128000, True, 0, 0)
    assert len(engine("llama-3.1").special_tokens) == 256


@pytest.mark.parametrize("name", LOSSLESS)
def test_decoding_gives_the_text_back(name):
    text = "Hello, world! caf\u00e9 \u4f60\u597d"
    ids = [t.id for t in engine(name).tokenize(text).tokens]
    assert engine(name).decode(ids, special_tokens=False).text == text


def test_decoding_names_ids_that_the_vocabulary_lacks():
    with pytest.raises(InputError, match="999999, -1"):
        engine("qwen2").decode([1, 999999, -1])


def test_a_chat_is_rendered_with_the_models_own_template():
    found = engine("qwen2").chat(CHAT).rendered
    assert found.text.endswith("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
    assert [t.id for t in found.tokens if t.is_special].count(151644) == 3
    assert engine("phi-3").chat(CHAT).rendered.text == "<|user|>\nHello<|end|>\n<|assistant|>\n"
    assert (
        engine("llama-3.1")
        .chat(CHAT)
        .rendered.text.startswith("<|begin_of_text|><|start_header_id|>")
    )


def test_a_base_model_says_that_it_has_no_template():
    with pytest.raises(InputError, match="no chat template"):
        engine("starcoder2").chat(CHAT)


@pytest.mark.parametrize("text", ["", "x" * (MAX_CHARACTERS + 1), "\ud800"])
def test_text_that_can_not_be_tokenized_is_refused(text):
    with pytest.raises(InputError):
        engine("phi-3").tokenize(text)


def test_special_tokens_have_their_role_and_id():
    found = {s.content: s for s in engine("llama-3.1").specials}
    assert len(found) == 256
    assert found["<|begin_of_text|>"] == (128000, "<|begin_of_text|>", "begins a text")
    assert found["<|eot_id|>"].role == "ends a text"
    assert found["<|python_tag|>"].role == "control"
    roles = {s.content: s.role for s in engine("minilm").specials}
    assert roles["[CLS]"] == "begins a text to classify"
    assert roles["[UNK]"] == "stands for the unknown"


def test_special_tokens_can_be_left_out():
    assert [t.piece for t in engine("minilm").tokenize("hi").tokens] == ["[CLS]", "hi", "[SEP]"]
    plain = engine("minilm").tokenize("hi", special_tokens=False)
    assert [t.piece for t in plain.tokens] == ["hi"]
    ids = [101, 7632, 102]
    assert engine("minilm").decode(ids).text == "[CLS] hi [SEP]"
    assert engine("minilm").decode(ids, special_tokens=False).text == "hi"


def test_text_that_the_vocabulary_lacks_is_counted_and_covered():
    found = engine("minilm").tokenize("a \U0001fae8 b", special_tokens=False)
    assert found.unknown == 1
    (lost,) = (token for token in found.tokens if token.is_unknown)
    assert (lost.start, lost.end, lost.is_special) == (2, 3, False)


def test_tokens_that_are_part_of_a_character_say_so():
    tokens = engine("qwen2").tokenize("\U0001fae8").tokens
    assert all(t.is_partial and (t.start, t.end) == (0, 1) for t in tokens)
    assert sum(t.bytes for t in tokens) == 4


def test_decoding_shows_each_token():
    found = engine("qwen2").decode([9707, 11])
    assert [t.piece for t in found.tokens] == ["Hello", ","]


@settings(max_examples=150, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_word_pieces_leave_out_only_blanks_controls_and_marks(text):
    import unicodedata

    found = engine("minilm").tokenize(text)
    inside = {at for t in found.tokens for at in range(t.start, t.end)}
    for at, letter in enumerate(text):
        if at not in inside:
            assert unicodedata.category(letter)[0] in "ZCM" or letter in "\ufffd", hex(ord(letter))


def test_a_megabyte_is_tokenized_in_about_a_second():
    import time

    text = ("The lighthouse at Cape Morrow reopens; 15% more came.\n今天天气很好。😀 " * 20_000)[
        :900_000
    ]
    began = time.process_time()  # not the clock's: the core may be shared
    found = engine("qwen2").tokenize(text)
    assert time.process_time() - began < 6  # it takes about half a second
    assert len(found.tokens) > 100_000
    assert found.tokens[100_000].end > 0


def test_tools_reach_the_templates_that_take_them_and_are_refused_by_the_others():
    tool = {"type": "function", "function": {"name": "weather_in", "parameters": {}}}
    found = engine("llama-3.1").chat(CHAT, tools=[tool])
    assert "weather_in" in found.rendered.text
    assert found.takes_tools
    with pytest.raises(InputError, match="takes no tools"):
        engine("qwen2").chat(CHAT, tools=[tool])


def test_a_template_can_be_given_in_place_of_the_models_own():
    found = engine("starcoder2").chat(CHAT, template="{{ messages[0].content }}!")
    assert found.rendered.text == "Hello!"
    assert [t.piece for t in found.rendered.tokens] == ["Hello", "!"]


def test_rendering_agrees_with_transformers():
    chat = [{"role": "system", "content": "Be brief."}, *CHAT]
    for name in ("qwen2", "llama-3.1", "phi-3", "smollm2"):
        ours = engine(name)
        theirs = ours._tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=True
        )
        assert ours.chat(chat).rendered.text == theirs


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_word_pieces_of_ten_thousand_texts_leave_out_only_blanks_controls_and_marks(text):
    test_word_pieces_leave_out_only_blanks_controls_and_marks.hypothesis.inner_test(text)


def test_phi_3_drops_the_white_space_after_its_control_tokens_as_llama_cpp_does():
    found = engine("phi-3").tokenize("<|user|>\nSYS\nHI<|end|>\n<|assistant|>\n")
    assert [t.id for t in found.tokens] == [32010, 317, 21554, 13, 17628, 32007, 32001]
    assert covered(found) == found.text


def test_no_memory_is_not_told_as_a_damaged_file(tmp_path, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", full)
    with pytest.raises(MemoryError):
        load_transformers(Weights(card("local/t"), tmp_path, "r"), HERE)
