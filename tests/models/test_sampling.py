"""Drawing tokens: the warpers are transformers' own, the dice are each answer's, greedy stays greedy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from models.generation import Generator, Options
from models.sampling import KEPT, Sampling, note_choice
from tests.models.engines import HERE
from tests.models.text_checkpoints import tiny_llama

PROMPT = [5, 6, 7, 8]


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """Double precision, so that rounding in another batch can't change a token."""
    folder = tiny_llama(tmp_path_factory.mktemp("llama"))
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval().double().to(HERE.device)
    return Generator(loaded, AutoTokenizer.from_pretrained(folder), HERE.device)


def alone(generator):
    """The same network, written by ``generate``."""
    plain = Generator(generator._model, generator.tokenizer, HERE.device)
    plain._decoder = None
    return plain


def drawn(seed, **more):
    return Options(24, min_new_tokens=24, sampling=Sampling(seed, **more))


def ids(generator, options, prompt=PROMPT):
    return generator.ids_written(prompt, options)


RULES = {
    "temperature": ({"temperature": 0.6}, [TemperatureLogitsWarper(0.6)]),
    "top-k": ({"top_k": 7}, [TopKLogitsWarper(7)]),
    "top-p": ({"top_p": 0.5}, [TopPLogitsWarper(0.5)]),
    "min-p": ({"min_p": 0.4}, [MinPLogitsWarper(0.4)]),
    "all": (
        {"temperature": 1.7, "top_k": 30, "top_p": 0.8, "min_p": 0.05},
        [TemperatureLogitsWarper(1.7), TopKLogitsWarper(30), TopPLogitsWarper(0.8),
         MinPLogitsWarper(0.05)],
    ),
    "none": ({}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("penalty", [1.0, 1.4])
def test_each_rule_bends_the_scores_as_transformers_processor_does(llama, name, penalty):
    settings, warpers = RULES[name]
    first = [RepetitionPenaltyLogitsProcessor(penalty)] if penalty > 1 else []
    expected, seen = LogitsProcessorList([*first, *warpers]), []

    def watch(logits, scores, token):
        seen.append((logits.clone(), scores.clone(), token))

    options = Options(6, 6, repetition_penalty=penalty, sampling=Sampling(3, **settings))
    tokens = list(llama.write(PROMPT, options, watch=watch))
    assert len(seen) >= 6
    so_far = list(PROMPT)
    ends = sorted(llama._ends)
    for logits, scores, token in seen[: len(tokens) - 1]:
        wanted = logits.clone()
        wanted = LogitsProcessorList(first)(torch.tensor([so_far], device=HERE.device), wanted)
        wanted[:, ends] = -float("inf")  # the answer may not end yet
        wanted = LogitsProcessorList(warpers)(torch.tensor([so_far], device=HERE.device), wanted)
        assert torch.equal(scores, wanted)
        assert scores[0, token] > -float("inf")
        so_far.append(token)
    assert expected is not None


def test_a_seeded_draw_is_the_one_that_generate_makes_after_manual_seed(llama):
    options = drawn(11, temperature=1.3, top_p=0.95)
    config = llama._configured(options)
    torch.manual_seed(11)
    source = torch.tensor([PROMPT], device=HERE.device)
    whole = llama._model.generate(
        input_ids=source, attention_mask=torch.ones_like(source), generation_config=config
    )
    assert whole[0, len(PROMPT) :].tolist() == ids(llama, options)


def test_the_same_seed_gives_the_same_answer_and_another_one_another(llama):
    assert ids(llama, drawn(1)) == ids(llama, drawn(1))
    assert ids(llama, drawn(1)) != ids(llama, drawn(2))


def test_a_seeded_answer_does_not_depend_on_who_shares_its_steps(llama):
    jobs = [([5 + n, 6, 7 + n], drawn(100 + n, temperature=0.5 + n / 4)) for n in range(6)]
    jobs.append((PROMPT, Options(24, min_new_tokens=24)))
    lone = [ids(llama, options, prompt) for prompt, options in jobs]
    with ThreadPoolExecutor(len(jobs)) as pool:
        together = list(pool.map(lambda job: ids(llama, job[1], job[0]), jobs))
    assert together == lone


def test_greedy_beside_those_who_draw_is_what_generate_writes(llama):
    options = Options(24, min_new_tokens=24, repetition_penalty=1.2)
    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(ids, llama, drawn(n)) for n in range(3)]
        found = ids(llama, options)
        assert all(len(other.result()) == 24 for other in others)
    assert found == ids(alone(llama), options)


def test_a_model_that_writes_alone_draws_the_same_and_notes_the_same(llama):
    watch = partial(note_choice, drawn=True)
    options = drawn(5, temperature=0.9, top_k=12)
    together = list(llama.write(PROMPT, options, watch=watch))
    lone = list(alone(llama).write(PROMPT, options, watch=watch))
    assert [w.text for w in together] == [w.text for w in lone]
    for one, other in zip(together, lone, strict=True):
        if one.seen is None:
            assert other.seen is None
            continue
        assert one.seen.token.id == other.seen.token.id
        assert one.seen.token.before == pytest.approx(other.seen.token.before, rel=1e-4)


def test_an_answer_that_begins_again_after_a_failure_goes_on_with_its_dice(llama, monkeypatch):
    options, network = drawn(8), llama._model
    expected, real, calls = ids(llama, options), network.forward, []

    def forward(input_ids=None, **more):
        calls.append(1)
        if len(input_ids) > 1 and len(calls) > 4:
            raise RuntimeError("out of room")
        return real(input_ids=input_ids, **more)

    shared = Generator(network, llama.tokenizer, HERE.device)
    monkeypatch.setattr(network, "forward", forward)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(ids, shared, options) for _ in range(2)]
        assert [f.result(100) for f in both] == [expected, expected]


LOGITS = torch.tensor([[2.0, 1.0, 0.0, -1.0, *[-5.0] * 30]])


def test_a_step_notes_what_came_and_the_likeliest_others():
    scores = LOGITS / 0.5
    found = note_choice(LOGITS, scores, 1, drawn=True)
    before, after = torch.softmax(LOGITS[0], -1), torch.softmax(scores[0], -1)
    assert (found.token.id, found.rank) == (1, 2)
    assert found.token.before == pytest.approx(float(before[1]))
    assert found.token.after == pytest.approx(float(after[1]))
    assert [rival.id for rival in found.rivals[:4]] == [0, 1, 2, 3]
    assert len(found.rivals) <= KEPT


def test_what_came_is_among_the_noted_however_unlikely_it_was():
    found = note_choice(LOGITS, LOGITS, 33, drawn=True)
    assert found.token in found.rivals
    assert found.rank > 4
    assert len(found.rivals) <= KEPT + 1


def test_without_dice_the_chosen_token_is_certain():
    found = note_choice(LOGITS, LOGITS, 0, drawn=False)
    assert [rival.after for rival in found.rivals[:2]] == [1.0, 0.0]
