"""Writing token by token: around a scripted model, and with real tiny ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
)

from models.errors import ModelUnsupported, Stopped
from models.generation import Generator, Options, loops
from models.generation_limits import DEFAULT_WINDOW, window_of
from models.stop import StopToken
from tests.models.engines import HERE
from tests.models.text_checkpoints import byte_tokenizer, tiny_bart, tiny_llama

END_OF_TURN = 4  # <|im_end|> in the tiny tokenizers


@dataclass
class Scripted:
    """Writes the ids it was given, as ``generate`` would: streamed, asking the criteria each time."""

    script: list[int]
    config: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            is_encoder_decoder=False, max_position_embeddings=64
        )
    )
    generation_config: GenerationConfig = field(default_factory=GenerationConfig)

    def parameters(self):
        return iter(())

    buffers = parameters

    def generate(self, *, input_ids, generation_config, streamer, stopping_criteria, **_):
        streamer.put(input_ids)
        for token in self.script[: generation_config.max_new_tokens]:
            streamer.put(torch.tensor([token]))
            input_ids = torch.cat([input_ids, torch.tensor([[token]])], dim=1)
            if any(bool(rule(input_ids, None)) for rule in stopping_criteria):
                break
        streamer.end()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes"))


def scripted(tokenizer, script):
    return Generator(Scripted(script), tokenizer, "cpu")


def written(generator, limit=100, **more):
    return list(generator.write([5, 6], Options(limit, **more)))


def test_the_text_grows_token_by_token(tokenizer):
    ids = tokenizer("hello")["input_ids"]
    answers = written(scripted(tokenizer, ids))
    assert [a.text for a in answers] == ["h", "he", "hel", "hell", "hello", "hello"]
    assert answers[-1].ended


def test_the_end_of_the_turn_ends_the_answer_even_if_the_model_goes_on(tokenizer):
    ids = tokenizer("yes")["input_ids"]
    last = written(scripted(tokenizer, [*ids, END_OF_TURN, *ids]))[-1]
    assert (last.text, last.ended) == ("yes", True)


def test_the_token_limit_is_told_from_a_natural_end(tokenizer):
    ids = tokenizer("hello world")["input_ids"]
    last = written(scripted(tokenizer, ids), limit=5)[-1]
    assert (last.text, last.tokens, last.ended) == ("hello", 5, False)


def test_a_model_that_runs_in_circles_is_stopped(tokenizer):
    last = written(scripted(tokenizer, [7, 8, 9] * 100), limit=300)[-1]
    assert last.tokens < 40
    assert not last.ended


def test_half_a_character_is_never_shown(tokenizer):
    answers = written(scripted(tokenizer, tokenizer("é")["input_ids"]))
    assert [a.text for a in answers] == ["", "é", "é"]


def test_a_forced_first_token_is_not_part_of_the_text(tokenizer):
    ids = tokenizer("ola")["input_ids"]
    assert written(scripted(tokenizer, [9, *ids]), forced_bos_token=9)[-1].text == "ola"


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], False),
        ([1] * 15, False),
        ([1] * 16, True),
        ([0, 0, *[1, 2, 3, 4, 5] * 4], True),
        ([*[1, 2, 3, 4, 5] * 3, 1, 2, 3, 4], False),
        (list(range(100)), False),
    ],
)
def test_a_loop_is_an_ngram_said_again_and_again_at_the_end(ids, expected):
    assert loops(ids) is expected


@pytest.mark.parametrize(
    ("config", "limit", "window"),
    [
        ({"max_position_embeddings": 1024}, 512, 512),
        ({"max_position_embeddings": 1024}, 10**30, 1024),
        ({"n_positions": 300}, 10**30, 300),
        ({}, 10**30, DEFAULT_WINDOW),
    ],
)
def test_the_window_is_the_least_that_is_known(config, limit, window):
    assert window_of(SimpleNamespace(**config), SimpleNamespace(model_max_length=limit)) == window


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    folder = tiny_llama(tmp_path_factory.mktemp("llama"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Generator(
        AutoModelForCausalLM.from_pretrained(folder).eval().to(HERE.device), tokenizer, HERE.device
    )


def test_a_real_language_model_writes_the_same_each_time(llama):
    ids = llama.asked("Say it shorter.", "A text.")
    first = [a.text for a in llama.write(ids, Options(12, min_new_tokens=12))]
    assert len(first) >= 12
    assert first == [a.text for a in llama.write(ids, Options(12, min_new_tokens=12))]


def test_stop_ends_the_writing_long_before_the_limit(llama):
    stop = StopToken()
    answers = llama.write([5], Options(400, min_new_tokens=400, no_repeat_ngram=2), stop=stop)
    seen = [next(answers)]
    stop.set()
    with pytest.raises(Stopped):
        seen.extend(answers)
    assert len(seen) < 100


def repeats(text):
    pieces = [text[i : i + 6] for i in range(len(text) - 5)]
    return len([p for p in pieces if "\ufffd" not in p]) - len(
        {p for p in pieces if "\ufffd" not in p}
    )


def test_no_ngram_is_written_twice_where_that_is_asked_for(llama):
    free = list(llama.write([5], Options(90, min_new_tokens=90)))[-1]
    ruled = list(llama.write([5], Options(90, min_new_tokens=90, no_repeat_ngram=2)))[-1]
    assert repeats(free.text) > 0
    assert repeats(ruled.text) == 0


def test_the_chat_template_frames_text_and_instruction(llama):
    prompt = llama.tokenizer.decode(llama.asked("Shorter.", "A text."))
    assert prompt == ("<|im_start|>user\nA text.\n\nShorter.<|im_end|>\n<|im_start|>assistant\n")


def test_a_model_without_a_chat_template_is_refused(tokenizer):
    with pytest.raises(ModelUnsupported, match="no chat template"):
        scripted(tokenizer, []).asked("Shorter.", "A text.")


def test_a_seq2seq_model_gets_its_special_tokens_and_writes(tmp_path):
    folder = tiny_bart(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval().to(HERE.device)
    generator = Generator(model, tokenizer, HERE.device)
    ids = generator.framed("hello")
    assert (ids[0], ids[-1]) == (tokenizer.bos_token_id, tokenizer.eos_token_id)
    last = list(generator.write(ids, Options(10, min_new_tokens=5)))[-1]
    assert 5 <= last.tokens <= 10


@pytest.mark.parametrize("shared", [True, False], ids=["in shared steps", "by generate"])
def test_a_models_own_length_rules_and_beams_do_not_apply(tmp_path, monkeypatch, shared):
    monkeypatch.setattr("models.generation.can_share", lambda model: shared)
    folder = tiny_bart(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def written(push, **own):
        model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval().to(HERE.device)
        model.final_logits_bias[0, tokenizer.eos_token_id] = push
        model.generation_config.update(**own)
        generator = Generator(model, tokenizer, HERE.device)
        return generator.ids_written(generator.framed("hello"), Options(6))

    assert written(100.0, min_length=56, max_length=142) == []  # the end is the likeliest at once
    assert written(0.0, num_beams=4) == written(0.0)
