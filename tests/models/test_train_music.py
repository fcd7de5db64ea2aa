"""The recipe of the notes model: which tunes are learnt, and what is counted about those it writes."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from models.music_tokens import IDS, TOKENS, spelled
from models.music_tune import Part, Tone, Tune, ticks
from models.starter.minilm import WEIGHTS
from models.starter.train import music, music_corpus
from models.starter.train import music_measures as measures

STEPS = (0, 2, 4, 7, 5, 4, 2, -1)


def tune(*steps: int, kind: str = "reel", twice: bool = True) -> Tune:
    """Bars of eight eighths."""
    bars = [steps[at : at + 8] for at in range(0, len(steps), 8)]
    part = Part(twice, tuple(tuple(Tone(12, step) for step in bar) for bar in bars))
    return Tune(kind, "4/4", "major", (), (part,))


def walk(seed: int, count: int = 64) -> Tune:
    dice = random.Random(seed)
    return tune(*(dice.choice((-5, -3, 0, 2, 4, 5, 7, 9, 12)) for _ in range(count)))


def moved(one: Tune, by: int) -> Tune:
    bars = tuple(tuple(Tone(t.ticks, (t.step or 0) + by) for t in bar) for bar in one.parts[0].bars)
    return replace(one, parts=(Part(True, bars),))


def test_versions_of_a_tune_are_learnt_once_and_like_tunes_are_held_out_together() -> None:
    one, other = walk(1), walk(2)
    half = tune(*(t.step or 0 for t in measures.tones(one)[:32] + measures.tones(other)[:32]))
    kept, groups = music_corpus.apart([one, moved(one, 2), other, half])
    assert kept == [one, other, half]
    assert len(set(groups)) == 1, "half of each ties both together"
    kept, groups = music_corpus.apart([one, other])
    assert len(set(groups)) == 2


def test_the_key_of_a_tune_is_heard_from_its_notes() -> None:
    scale = tune(*(0, 4, 7, 12, 7, 4, 2, 0), *(0, 2, 4, 5, 7, 5, 4, 0))
    assert measures.in_scale(scale) == 1
    assert measures.tonic_heard(scale)
    assert measures.in_scale(moved(scale, 1)) < 0.5
    assert not measures.tonic_heard(moved(scale, 2))


def test_cadences_and_repeats_are_counted() -> None:
    one = tune(*STEPS, *STEPS, *(7, 5, 4, 2, 4, 2, 0, 0))
    assert measures.cadences(one) == (1, 1)
    assert measures.repeated_bars(one) == pytest.approx(1 / 3)
    assert measures.cadences(tune(*STEPS)) == (0, 1)


def test_a_copy_is_found_in_another_key_and_as_long_as_it_is() -> None:
    learnt = [walk(seed) for seed in range(3)]
    copies = measures.Copies(learnt)
    assert copies.longest(moved(learnt[1], 3)) == 64
    part = tune(*(t.step or 0 for t in measures.tones(learnt[2])[8:24]), *(1, 6, 1, 6, 1, 6, 1, 6))
    assert copies.longest(part) == 16
    assert copies.longest(walk(99)) < 8


def test_counts_of_pairs_are_less_surprised_than_counts_of_tokens() -> None:
    rows = [[IDS[token] for token in spelled(tune(*STEPS, *STEPS))] for _ in range(4)]
    one, two = (measures.ngram_bits(rows, rows, order, len(TOKENS)) for order in (1, 2))
    assert two < one < 7


def test_the_judge_tells_a_jig_from_a_reel_by_its_lengths() -> None:
    bar = tuple(Tone(length, 0) for length in (24, 12, 24, 12))
    jig = Tune("jig", "6/8", "major", (), (Part(True, (bar,) * 8),))
    judge = measures.KindJudge([walk(1), walk(2), jig])
    assert judge.kind(jig) == "jig"
    assert judge.kind(walk(3)) == "reel"


def test_spreads_of_the_same_tunes_are_not_apart() -> None:
    one, other = measures.spread([walk(1)]), measures.spread([moved(walk(1), 5)])
    assert measures.apart(one["intervals"], other["intervals"]) == pytest.approx(0)
    assert measures.apart(one["intervals"], measures.spread([walk(2)])["intervals"]) > 0


def test_the_committed_card_says_that_it_learnt_and_does_not_copy() -> None:
    card = json.loads((WEIGHTS / "music" / "card.json").read_text("utf-8"))
    scores = card["scores"]
    assert scores["held_out_bits_per_token"] < scores["trigram_bits_per_token"]
    assert scores["notes_in_scale_percent"] > 90
    assert scores["kind_recognised_percent"] > 60
    assert (WEIGHTS / "music" / "model.safetensors").stat().st_size < 12_000_000


@pytest.mark.train
def test_abc_becomes_full_bars_with_pickups_endings_and_repeats() -> None:
    from models.starter.train.music_abc import read_abc

    head = "X:1\nM:6/8\nL:1/8\nK:D\n"
    six = "d2d f2f|e2e a2a|" * 3
    endings = "[1 g3 f3|e3- e2:|[2 [fa]2e d2c|d3- d2||"
    found = read_abc(f"{head}A|{six}{endings}", "jig")
    assert found.pickup == (Tone(12, -5),)
    assert [part.twice for part in found.parts] == [True]
    assert {ticks(bar) for bar in found.bars} == {72}
    assert found.bars[6][0] == Tone(24, 7), "of a chord the highest, and of endings the second"
    assert found.bars[7] == (Tone(36, 0), Tone(24, 0, held=True), Tone(12, -5)), "back to the start"


@pytest.mark.train
def test_every_tune_of_the_corpus_can_be_written_and_no_version_is_on_both_sides() -> None:
    corpus = music_corpus.load()
    assert len(corpus.train) > 1_500
    assert len(corpus.held_out) > 100
    assert len(music.rows_of(corpus.train)) > 0.97 * len(corpus.train)
    learnt = {run for one in corpus.train for run in music_corpus.runs(one)}
    shared = [
        len(own & learnt) / len(own) for own in map(music_corpus.runs, corpus.held_out) if own
    ]
    assert max(shared) < 0.5
