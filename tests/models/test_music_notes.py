"""The composer of notes: the order in which a tune is played, its length, its end, its dice."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.errors import Stopped
from models.music import MusicEngine, Sketch, Wish
from models.music_notes import NotesComposer
from models.music_performer import Performer
from models.music_plan import TAIL_S, beat_quarters, plan
from models.music_sound import SAMPLE_RATE
from models.music_stage import register
from models.music_tokens import IDS, TOKENS
from models.music_writer import Heading, Pen
from models.starter.minilm import WEIGHTS
from models.stop import NEVER, StopToken
from tests.models.engines import HERE, last

JIG = Heading("jig", "6/8", "major", 1.0)
#: Four bars, of which the last ends with a pickup like the one at the beginning.
PART = "bar:1 len:72 +0 bar:2 +2 bar:3 +4 bar:4 len:24 +7 len:36 +5 len:12 +9"


class Scripted:
    """A network that writes the tokens of a script, whatever was drawn before."""

    def __init__(self, script: str) -> None:
        self.script = [*JIG.tokens, *script.split()]

    def __call__(self, input_ids: Any, past_key_values: int | None = None, **_: object) -> Any:
        import torch

        seen = (past_key_values or 0) + input_ids.shape[1]
        logits = torch.zeros(*input_ids.shape, len(TOKENS))
        if seen < len(self.script):
            logits[:, -1, IDS[self.script[seen]]] = 50
        return SimpleNamespace(logits=logits, past_key_values=seen)


def played(script: str, bars: int) -> tuple[list[list[tuple[int, int | None]]], Performer]:
    """(ticks, step) of each bar as they are played, the pickup first."""
    performer = Performer(Pen(Scripted(script), "cpu", 1, 1.0, 1.0), JIG, bars, NEVER)
    return [[(tone.ticks, tone.step) for tone in bar] for bar in performer.play()], performer


BODY = [[(72, 0)], [(72, 2)], [(72, 4)]]


def test_a_part_that_is_to_be_played_twice_leads_back_into_itself_by_its_own_pickup() -> None:
    found, _ = played(f"pickup len:12 -5 twice {PART} once {PART}", 9)
    assert found[:9] == [
        [(12, -5)], *BODY, [(24, 7), (36, 5), (12, -5)], *BODY, [(24, 7), (36, 5), (12, 9)],
    ]  # fmt: skip


def test_there_is_no_repeat_where_it_has_no_room() -> None:
    found, _ = played(f"twice {PART} once {PART}", 7)
    assert len(found) - 1 == 7
    assert found[5:7] == BODY[:2], "the second part follows at once"


def test_the_last_bar_lacks_the_pickup_and_ends_on_the_tonic() -> None:
    found, _ = played(f"pickup len:12 -5 once {PART} <end>", 4)
    assert sum(length for length, _ in found[-1]) == 72 - 12
    assert found[-1][-1][1] is not None
    assert found[-1][-1][1] % 12 == 0


def test_a_last_bar_that_ends_on_the_tonic_is_played_again_as_it_is() -> None:
    part = PART.replace("len:36 +5", "len:36 +12")
    found, _ = played(f"pickup len:12 -5 twice {part} <end>", 8)
    assert found[-1] == [(24, 7), (36, 12)]


def test_another_tune_follows_where_one_is_over_before_the_time_is() -> None:
    found, performer = played(f"pickup len:12 -5 once {PART} <end>", 16)
    assert performer.tunes[:2] == [0, 4]
    assert found[4] == [(24, 7), (48, 5)], "what led into nothing is held on"


def test_a_tune_goes_on_where_too_few_bars_are_left_for_another() -> None:
    found, performer = played(f"once {PART} <end>", 10)
    assert performer.tunes == [0]
    assert len(found) - 1 == 10


@pytest.mark.parametrize("seconds", [1, 2.5, 10, 30, 61, 120])
@pytest.mark.parametrize(("metre", "tempo"), [("4/4", 200), ("6/8", 112), ("3/4", 70)])
def test_whole_bars_fill_the_seconds_near_the_tempo_wanted(
    seconds: float, metre: str, tempo: float
) -> None:
    found = plan(seconds, metre, tempo, strict=False)
    wanted = tempo * beat_quarters(metre)
    bar_s = {"4/4": 4, "6/8": 3, "3/4": 3}[metre] * 60 / found.tempo
    if seconds > 2 * bar_s:
        assert found.bars * bar_s == pytest.approx(seconds - TAIL_S)
        assert 0.6 < found.tempo / wanted < 1.5
    if seconds >= 30:
        assert 0.8 < found.tempo / wanted < 1.25
        assert found.bars % 4 == 0, "a phrase is not cut"


def test_a_tempo_that_was_named_is_kept() -> None:
    assert plan(30, "4/4", 200, strict=True).tempo == pytest.approx(200, rel=0.051)


def test_the_tonic_lies_where_the_instrument_sounds_well() -> None:
    assert register(2, "fiddle") == 62
    assert register(9, "fiddle") == 69
    assert register(2, "whistle") == 74


@cache
def composer() -> NotesComposer:
    """A network of random weights: what comes is noise, and has to be in order all the same."""
    from models.starter.train.music import network

    return NotesComposer(network(1, 32, 2).eval().to(HERE.device), HERE.device, 1.0, 1.0)


def composed(prompt: str, seconds: float = 4.0, seed: int = 1) -> list[Sketch]:
    return list(composer().compose(Wish(prompt, seconds, seed), NEVER))


@pytest.mark.parametrize("prompt", ["a reel", "a waltz on the harp", "jig with a drone"])
@pytest.mark.parametrize("seconds", [1.0, 6.0])
def test_a_piece_is_as_long_as_was_asked_and_can_be_heard_before_it_is_done(
    prompt: str, seconds: float
) -> None:
    found = composed(prompt, seconds)
    assert len(found[-1].samples) == round(seconds * SAMPLE_RATE)
    assert np.abs(found[-1].samples).max() <= 1
    assert np.abs(found[-1].samples[-50:]).max() < 0.01, "it dies away"
    for before, after in pairwise(found):
        assert np.array_equal(after.samples[: len(before.samples)], before.samples)
    assert found[-1].step == found[-1].steps == len(found)


def test_the_score_is_what_is_heard() -> None:
    found = composed("a march in D major on the piano", 5.0)[-1]
    assert found.score is not None
    assert (found.score.key, found.score.kind, found.score.instruments) == (
        "D major",
        "march",
        ("piano",),
    )
    assert found.score.duration_s <= 5.0
    assert found.understood == ("march", "D major", "piano")
    ends = [note.end for note in found.score.notes]
    assert all(a <= b.start + 1e-9 for a, b in zip(ends, found.score.notes[1:], strict=False)), (
        "one voice"
    )
    assert found.score.notes[-1].pitch % 12 == 2, "it ends on the tonic"


def test_a_seed_repeats_the_piece_and_another_makes_another() -> None:
    first, again, other = (composed("a jig", seed=seed)[-1].score for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_the_dice_of_everybody_are_left_alone() -> None:
    import torch

    torch.manual_seed(3)
    before = torch.get_rng_state()
    composed("a jig")
    assert torch.equal(torch.get_rng_state(), before)


def test_stop_ends_it_at_the_next_token() -> None:
    stop = StopToken()
    run = composer().compose(Wish("a reel", 30, 1), stop)
    assert [next(run).step for _ in range(3)] == [1, 2, 3]
    stop.set()
    with pytest.raises(Stopped):
        next(run)


def test_what_was_done_otherwise_than_asked_is_said_in_every_sketch() -> None:
    found = composed("a waltz with a drone", 6.0)
    for sketch in found:
        assert any("learnt no waltz" in said for said in sketch.warnings)
        assert any("drone" in said for said in sketch.warnings)


@pytest.mark.starter
def test_the_starter_writes_in_the_key_that_was_asked_for_and_knows_a_reel_from_a_jig() -> None:
    from tests.models.engines import starter_engine

    engine: MusicEngine = starter_engine("small-tunes")
    reel = last(engine.compose("a reel in D major", seconds=20, seed=3))
    jig = last(engine.compose("a jig in A minor", seconds=20, seed=3))
    assert (reel.score.metre, jig.score.metre) == ((4, 4), (6, 8))
    scale = [note.pitch % 12 in (2, 4, 6, 7, 9, 11, 1) for note in reel.score.notes]
    assert sum(scale) / len(scale) > 0.9
    assert reel.duration_s == pytest.approx(20)
    assert len({note.pitch for note in reel.score.notes}) >= 5, "no drone, no scale exercise"
    assert not reel.warnings


@pytest.mark.starter
def test_the_starters_folder_is_an_ordinary_one_of_transformers() -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = WEIGHTS / "music"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer(" ".join(JIG.tokens), return_tensors="pt").input_ids
    assert ids[0].tolist() == [IDS[token] for token in JIG.tokens]
    made = model.generate(ids, max_new_tokens=8, do_sample=False)
    assert tokenizer.decode(made[0]).split()[: len(JIG.tokens)] == JIG.tokens
    card = json.loads((folder / "card.json").read_text("utf-8"))
    assert card["parameters"] == sum(weight.numel() for weight in model.parameters())
