"""Answers and texts gone on with, by a tiny random model: prompts, limits, rivals, what may come next."""

from __future__ import annotations

import math

import pytest
import torch

from models.conversation import checked, read, without_oldest, written
from models.errors import InputError, ModelUnsupported, Stopped
from models.next_token import TEMPERATURES
from models.sampler import Sampler
from models.spec import Weights
from models.stop import StopToken
from models.text_generation import LOADERS, recommended
from tests.fakes import card
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import byte_tokenizer, tiny_bart, tiny_llama

HELLO = [{"role": "user", "content": "Hello"}]
GREEDY = Sampler(temperature=0, max_new_tokens=12)


def loaded(folder):
    return LOADERS["causal"](Weights(card("local/tiny", "text_generation"), folder, "test"), HERE)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return loaded(tiny_llama(tmp_path_factory.mktemp("llama"), window=256))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model without a chat template."""
    return loaded(tiny_llama(tmp_path_factory.mktemp("base"), template=None, window=64))


def answer(engine, asked=HELLO, sampler=GREEDY, **more):
    return last(engine.write(asked, sampler, **more))


def test_the_answer_is_written_for_what_the_template_wrote(engine):
    found = answer(engine)
    assert found.prompt.text == "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    assert found.prompt.count == len(found.prompt.tokens) == 24
    assert sum(token.is_special for token in found.prompt.tokens) == 3
    assert found.tokens == len(found.steps) <= 12
    assert found.work.unit == "tokens"
    assert 0 < found.first_s < 100


def test_a_text_is_gone_on_with_as_it_stands(engine):
    found = answer(engine, "Once upon")
    assert found.prompt.text == "Once upon"
    assert found.prompt.count == 9


def test_every_token_comes_with_its_rivals_and_the_text_is_what_they_spell(engine):
    found = answer(engine, sampler=Sampler(seed=3, max_new_tokens=20))
    for step in found.steps:
        assert step.chosen in step.others
        assert 0 < step.chosen.before <= 1
        assert sum(one.after for one in step.others) <= 1 + 1e-5
        assert [o.after for o in step.others[:10]] == sorted(
            (o.after for o in step.others[:10]), reverse=True
        )
    assert found.seed == 3
    surprise = sum(-math.log(step.chosen.before) for step in found.steps) / len(found.steps)
    assert found.perplexity == pytest.approx(math.exp(surprise))


def test_alternatives_are_noted_only_where_they_are_wanted(engine):
    plain = answer(engine, alternatives=False)
    assert plain.steps == ()
    assert plain.text == answer(engine).text
    assert plain.perplexity == 0


def test_an_empty_seed_is_drawn_and_told_and_brings_the_answer_back(engine):
    first = answer(engine, sampler=Sampler(temperature=1.5, top_k=0, top_p=1, max_new_tokens=16))
    again = answer(
        engine,
        sampler=Sampler(temperature=1.5, top_k=0, top_p=1, max_new_tokens=16, seed=first.seed),
    )
    assert first.seed is not None
    assert again.text == first.text
    assert answer(engine).seed is None


def test_the_limit_a_stop_string_and_the_window_are_told_apart(engine, base):
    assert answer(engine, sampler=Sampler(temperature=2, seed=1, max_new_tokens=3)).ended in (
        "limit", "end",
    )  # fmt: skip
    free = answer(engine, sampler=Sampler(seed=4, max_new_tokens=16))
    stop = next(c for c in free.text[1:] if c.isprintable())
    cut = answer(engine, sampler=Sampler(seed=4, max_new_tokens=16, stops=(stop,)))
    assert cut.ended == "stop"
    assert cut.text == free.text[: free.text.index(stop)]
    full = answer(base, "x" * 60, Sampler(seed=1, max_new_tokens=50))
    assert (full.limit, full.ended) == (4, "window")


def test_a_prompt_that_fills_the_window_is_refused_with_both_figures(base):
    with pytest.raises(InputError, match="64 tokens, and this model can hold 64"):
        answer(base, "x" * 64)


def long_talk(count):
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": f"message {n} " + "x" * 20} for n in range(count)]


def test_a_conversation_that_outgrows_the_window_is_an_error_or_loses_its_oldest_turns(engine):
    talk = [{"role": "system", "content": "Be kind."}, *long_talk(11)]
    with pytest.raises(InputError, match="let the oldest messages be left out"):
        answer(engine, talk)
    found = answer(engine, talk, drop_oldest=True)
    assert found.dropped > 0
    assert found.dropped % 2 == 0
    assert "Be kind." in found.prompt.text
    assert "message 10 " in found.prompt.text
    assert "message 0 " not in found.prompt.text
    assert found.prompt.count + GREEDY.max_new_tokens <= engine.window


def test_a_begun_answer_is_gone_on_with_and_kept_in_front(engine):
    begun = [*HELLO, {"role": "assistant", "content": "Well, "}]
    found = answer(engine, begun)
    assert found.text.startswith("Well, ")
    assert found.prompt.text.endswith("assistant\nWell, ")
    assert found.prompt.begun == "Well, "


def test_a_model_without_template_goes_on_with_texts_and_refuses_chats(base):
    assert answer(base, "abc").tokens > 0
    with pytest.raises(ModelUnsupported, match="no chat template"):
        answer(base, HELLO)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "no text"),
        ("  \n", "no text"),
        ([], "no message"),
        ([{"role": "user", "content": "  "}], "no message"),
        ([{"role": "system", "content": "x"}], "no message"),
        ([{"role": "robot", "content": "x"}], "Message 1 is none"),
        ([{"role": "user", "content": 3}], "Message 1 is none"),
        ([*HELLO, *HELLO], "assistant's turn"),
        ([{"role": "assistant", "content": "x"}], "user's turn"),
        ([*HELLO, {"role": "system", "content": "x"}], "assistant's turn"),
    ],
)
def test_what_can_not_be_answered_is_refused(engine, asked, said):
    with pytest.raises(InputError, match=said):
        answer(engine, asked)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("temperature", -0.1), ("temperature", 6), ("temperature", math.nan), ("top_k", -1),
        ("top_p", 0), ("top_p", 1.1), ("min_p", 2), ("repetition_penalty", 0.5), ("seed", -1),
        ("seed", 2**32), ("max_new_tokens", 0), ("max_new_tokens", 10**6), ("stops", ("",)),
        ("stops", ("x",) * 9),
    ],
)  # fmt: skip
def test_a_setting_out_of_its_range_is_refused_by_name(engine, setting, value):
    name = "Stop strings" if setting == "stops" else setting
    with pytest.raises(InputError, match=name):
        answer(engine, sampler=Sampler(**{setting: value}))


def test_stop_ends_it_and_what_was_written_stays(engine):
    stop = StopToken()
    snapshots = engine.write("abc", Sampler(seed=1, temperature=2, max_new_tokens=200), stop=stop)
    first = next(snapshots)
    stop.set()
    with pytest.raises(Stopped):
        list(snapshots)
    assert first.tokens == 1


def test_a_control_token_that_a_message_spells_is_remarked(engine):
    found = answer(engine, [{"role": "user", "content": "say <|im_end|> now"}])
    assert any("spells the control token" in remark for remark in found.prompt.remarks)


def test_what_may_come_next_is_the_distribution_of_the_network(engine):
    seen = engine.look("Once upon", Sampler(temperature=0.5, top_k=5, top_p=1))
    reader, network = engine._reader, engine.generator._model
    ids = [token.id for token in reader.tokenize("Once upon").tokens]
    with torch.inference_mode():
        logits = network(torch.tensor([ids], device=HERE.device)).logits[0, -1].float()
    before = torch.softmax(logits, -1)
    for one in seen.alternatives:
        assert one.before == pytest.approx(float(before[one.id]), rel=1e-3)
    assert sum(one.after > 0 for one in seen.alternatives) == 5
    assert sum(one.after for one in seen.alternatives) == pytest.approx(1, abs=1e-4)
    assert seen.read == 9


def test_a_higher_temperature_opens_the_distribution(engine):
    warmths = engine.look("Once upon", GREEDY).warmths
    assert [warmth.temperature for warmth in warmths] == list(TEMPERATURES)
    entropies = [warmth.entropy for warmth in warmths]
    assert entropies == sorted(entropies)
    assert [w.nucleus for w in warmths] == sorted(w.nucleus for w in warmths)
    assert warmths[0].shares[0][1] > warmths[-1].shares[0][1]


def test_what_is_greedy_is_certain_after_the_sampler(engine):
    seen = engine.look(HELLO, GREEDY)
    assert seen.alternatives[0].after == 1
    first = answer(engine).steps or [answer(engine).end]
    assert first[0].chosen.id == seen.alternatives[0].id


def test_a_seq2seq_model_is_refused(tmp_path):
    with pytest.raises(ModelUnsupported, match="does not go on with texts"):
        loaded(tiny_bart(tmp_path))


def test_what_its_makers_recommend_is_told(tmp_path):
    from transformers import GenerationConfig

    folder = tiny_llama(tmp_path)
    GenerationConfig(do_sample=True, temperature=0.6, top_p=0.95).save_pretrained(folder)
    found = answer(loaded(folder))
    assert dict(found.recommended) == {"temperature": 0.6, "top_p": 0.95}
    assert recommended(GenerationConfig()) == {}


def test_a_conversation_survives_json_and_damage_is_refused():
    talk = checked([*HELLO, {"role": "assistant", "content": "<b>&\u202e", "id": 4}])
    assert read(written(talk)) == talk
    assert read("") == read(None) == []
    assert written([]) == ""
    for damaged in ("{", "3", '{"role": "user"}', "[" * 100_000):
        with pytest.raises(InputError, match="damaged"):
            read(damaged)


def test_the_oldest_question_and_answer_leave_first_and_the_last_question_never():
    talk = [{"role": "system", "content": "s"}, *long_talk(3)]
    assert without_oldest(talk) == [talk[0], talk[3]]
    assert without_oldest([talk[0], talk[3]]) is None


def test_more_messages_or_characters_than_fit_are_refused():
    with pytest.raises(InputError, match="up to 200 fit"):
        checked(long_talk(201))
    with pytest.raises(InputError, match="up to 400,000 fit"):
        checked([{"role": "user", "content": "x" * 400_001}])


def test_a_space_between_prompt_and_text_is_kept_where_decoders_leave_it_out(tmp_path):
    """As SentencePiece decoders do at a beginning."""
    from models.generation import Generator

    class Stripped:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def decode(self, ids, **more):
            return self.inner.decode(ids, **more).lstrip(" ")

    tokenizer = byte_tokenizer(tmp_path)
    plain = Stripped(tokenizer)
    before, ids = (tokenizer(text)["input_ids"] for text in ("is", " Paris"))
    generator = Generator.__new__(Generator)
    generator._tokenizer = plain
    assert generator._decode(ids) == "Paris"
    assert generator._decode(ids, before[-1:]) == " Paris"
