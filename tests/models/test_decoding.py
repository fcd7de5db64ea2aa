"""Answers written together equal those that ``generate`` writes alone, whoever joins or leaves.

The networks are random and of double precision: two tokens of nearly the same score must not change places
where another processor adds up a batch in another order.
"""

from __future__ import annotations

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from itertools import count
from types import SimpleNamespace

import pytest
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

from models import decoding_steps
from models.caller import Caller, acting
from models.decoding import can_share
from models.decoding_groups import CausalGroup
from models.errors import Stopped
from models.generation import Generator, Options
from models.stop import StopToken
from tests.fakes import WAIT_S
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import tiny_bart, tiny_llama, tiny_m2m100, tiny_marian, tiny_t5

pytestmark = pytest.mark.filterwarnings("ignore:.*sacremoses")
MAKERS = {
    "llama": (tiny_llama, AutoModelForCausalLM),
    "bart": (tiny_bart, AutoModelForSeq2SeqLM),
    "t5": (tiny_t5, AutoModelForSeq2SeqLM),
    "marian": (tiny_marian, AutoModelForSeq2SeqLM),
    "m2m100": (tiny_m2m100, AutoModelForSeq2SeqLM),
}
RULES = Options(20, min_new_tokens=4, repetition_penalty=1.3, no_repeat_ngram=3)


@pytest.fixture(scope="module", params=MAKERS)
def model(request, tmp_path_factory):
    make, kind = MAKERS[request.param]
    folder = make(tmp_path_factory.mktemp(request.param))
    return kind.from_pretrained(folder).eval().double().to(
        HERE.device
    ), AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    folder = tiny_llama(tmp_path_factory.mktemp("llama"))
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval().double().to(HERE.device)
    return Generator(loaded, AutoTokenizer.from_pretrained(folder), HERE.device)


def alone(loaded, tokenizer):
    """The same model written with ``generate``, one answer after the other."""
    plain = Generator(loaded, tokenizer, HERE.device)
    plain._decoder = None
    return plain


def prompts(tokenizer, count=9):
    ends = [tokenizer.eos_token_id]
    return [[5 + n, *range(6, 6 + 3 * n % 17), *ends] for n in range(count)]


def test_answers_written_together_are_those_that_generate_writes_alone(model):
    shared, plain = Generator(*model, HERE.device), alone(*model)
    assert shared.batched
    asked = prompts(model[1])
    with ThreadPoolExecutor(9) as pool:
        together = list(pool.map(lambda ids: last(shared.write(ids, RULES)), asked))
    assert together == [last(plain.write(ids, RULES)) for ids in asked]


def test_each_answer_keeps_its_own_rules_and_limit(model):
    shared, plain = Generator(*model, HERE.device), alone(*model)
    rules = [Options(3 + 4 * n, min_new_tokens=n, repetition_penalty=1 + n / 5) for n in range(5)]
    jobs = list(zip(prompts(model[1], 5), rules, strict=True))
    with ThreadPoolExecutor(5) as pool:
        together = list(pool.map(lambda job: last(shared.write(*job)), jobs))
    assert together == [last(plain.write(*job)) for job in jobs]


def test_a_newcomer_joins_an_answer_that_is_being_written(llama, monkeypatch):
    asked, steps, ask = threading.Event(), count(), llama._decoder.ask
    forward = llama._model.forward

    @wraps(forward)
    def held(*given, **named):
        """The long answer goes on after its first tokens when the other was asked for."""
        assert next(steps) < 10 or asked.wait(WAIT_S)
        return forward(*given, **named)

    monkeypatch.setattr(llama._model, "forward", held)
    long = llama.write([5, 6, 7], Options(120, min_new_tokens=120, no_repeat_ngram=3))
    begun = [next(long) for _ in range(5)]
    caller = Caller("late")
    monkeypatch.setattr(llama._decoder, "ask", lambda answer: (ask(answer), asked.set()))
    with acting(caller):
        late = last(llama.write([9, 8, 7, 6, 5], RULES))
    assert late == last(alone(llama._model, llama.tokenizer).write([9, 8, 7, 6, 5], RULES))
    assert caller.tally.batch_rows > 1
    assert len([*begun, *long]) == 121


def test_a_prompt_longer_than_a_piece_is_read_in_pieces(llama):
    ids = [5 + n % 200 for n in range(400)]
    assert last(llama.write(ids, RULES)) == last(
        alone(llama._model, llama.tokenizer).write(ids, RULES)
    )


def test_one_who_stops_leaves_the_others_their_answers(llama):
    stop = StopToken()
    ruled = Options(60, min_new_tokens=60, no_repeat_ngram=3)
    with ThreadPoolExecutor(3) as pool:
        stopped = llama.write([5, 6], ruled, stop=stop)
        next(stopped)
        others = [pool.submit(lambda n=n: last(llama.write([n, 6], ruled))) for n in (7, 8)]
        stop.set()
        with pytest.raises(Stopped):
            list(stopped)
        assert [f.result(WAIT_S).tokens for f in others] == [60, 60]


def test_a_step_that_fails_goes_on_in_halves_and_only_the_poisoned_answer_fails(llama, monkeypatch):
    network = llama._model
    real, calls = network.forward, []

    def forward(input_ids=None, **more):
        calls.append(len(input_ids))
        if (input_ids == 250).any() or len(input_ids) > 2:
            raise RuntimeError("out of room")
        return real(input_ids=input_ids, **more)

    plain = alone(network, llama.tokenizer)
    asked = [[5 + n, 6] for n in range(6)]
    wanted = [last(plain.write(ids, RULES)) for ids in asked]
    shared = Generator(network, llama.tokenizer, HERE.device)
    monkeypatch.setattr(network, "forward", forward)
    with ThreadPoolExecutor(7) as pool:
        good = [pool.submit(lambda ids=ids: last(shared.write(ids, RULES))) for ids in asked]
        bad = pool.submit(lambda: last(shared.write([250, 6], RULES)))
        assert [f.result(WAIT_S) for f in good] == wanted
        with pytest.raises(RuntimeError, match="out of room"):
            bad.result(WAIT_S)
    assert max(calls) > 2


def patient(user, rungs=1):
    """A caller who can have memory freed so many times."""
    left = iter(range(rungs))
    return Caller(
        user, relieve=lambda e: isinstance(e, MemoryError) and next(left, None) is not None
    )


def running_out(real, times):
    """A method that runs out of memory when its work is half done, the first times."""
    left = iter(range(times))

    @wraps(real)
    def method(*given):
        done = real(*given)
        if next(left, None) is not None:
            raise MemoryError("injected")
        return done

    return method


@pytest.mark.parametrize("part", ["begin", "step", "keep", "join"])
def test_memory_that_runs_out_anywhere_in_a_step_costs_nobody_a_token(llama, monkeypatch, part):
    asked = [[5 + n, *range(6, 9 + 3 * n)] for n in range(5)]
    plain = alone(llama._model, llama.tokenizer)
    rules = [Options(6 + 3 * n, min_new_tokens=5, no_repeat_ngram=3) for n in range(5)]
    wanted = [last(plain.write(*job)) for job in zip(asked, rules, strict=True)]
    shared = Generator(llama._model, llama.tokenizer, HERE.device)
    real = getattr(CausalGroup, part)
    broken = running_out(getattr(real, "__func__", real), 3)
    monkeypatch.setattr(CausalGroup, part, classmethod(broken) if part == "begin" else broken)

    def ask(n):
        with acting(patient(n, rungs=3)):
            return last(shared.write(asked[n], rules[n]))

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(ask, range(5))) == wanted
    assert last(shared.write(asked[0], rules[0])) == wanted[0]


@pytest.mark.parametrize("part", ["begin", "step"])
def test_one_alone_whom_nothing_helps_is_told_and_the_next_is_not(llama, monkeypatch, part):
    shared = Generator(llama._model, llama.tokenizer, HERE.device)
    real = getattr(CausalGroup, part)
    broken = running_out(getattr(real, "__func__", real), 2)
    monkeypatch.setattr(CausalGroup, part, classmethod(broken) if part == "begin" else broken)
    with acting(patient("a")), pytest.raises(MemoryError, match="injected"):
        last(shared.write([5, 6], RULES))
    assert last(shared.write([5, 6], RULES)).tokens >= 4


def test_answers_beyond_the_bound_wait_and_come_all_the_same(llama, monkeypatch):
    monkeypatch.setattr(decoding_steps, "most_bytes", lambda _: 1)
    shared = Generator(llama._model, llama.tokenizer, HERE.device)
    shared._decoder._token_bytes = 1
    callers = [Caller(n) for n in range(4)]

    def ask(caller):
        with acting(caller):
            return last(shared.write([5 + caller.user, 6], RULES)).tokens

    with ThreadPoolExecutor(4) as pool:
        assert all(tokens >= 4 for tokens in pool.map(ask, callers))
    assert {caller.tally.batch_rows for caller in callers} == {1}


@pytest.mark.parametrize(("card", "room"), [(80, 5), (24, 1.5), (4, 0.5)])
def test_a_larger_gpu_has_room_for_more_answers(monkeypatch, card, room):
    import torch

    memory = SimpleNamespace(total_memory=card * 1024**3)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: memory)
    assert decoding_steps.most_bytes("cuda:0") == room * 1024**3
    assert decoding_steps.most_bytes("cpu") == decoding_steps.MOST_BYTES


def test_nothing_is_kept_when_all_have_ended(tmp_path):
    folder = tiny_llama(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval().to(HERE.device)
    generator = Generator(loaded, AutoTokenizer.from_pretrained(folder), HERE.device)
    last(generator.write([5, 6], RULES))
    half = generator.write([5, 6], RULES)
    next(half)
    half.close()
    gone, deadline = weakref.ref(loaded), time.monotonic() + WAIT_S
    del loaded, generator, half
    while gone() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    assert gone() is None


def test_models_of_kinds_that_were_not_tried_write_alone():
    from types import SimpleNamespace

    config = SimpleNamespace(is_encoder_decoder=True, model_type="led")
    assert not can_share(SimpleNamespace(config=config, forward=print))
    assert not can_share(SimpleNamespace(config=config))


def test_a_model_with_sliding_windows_writes_alone(tmp_path):
    import transformers

    config = transformers.MistralConfig(
        vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, sliding_window=8,
    )  # fmt: skip
    assert not can_share(transformers.MistralForCausalLM(config))
