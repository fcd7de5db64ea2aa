"""Music by a language model of notes: it writes a tune token by token, and a synthesiser plays it.

The prompt is read by rules (``models.music_prompt``); what it leaves open is drawn with the seed, as likely
as the network has it. The network writes bars that always add up (``models.music_writer``), each is heard
as soon as it is written. Paper of the idea: arxiv.org/abs/1604.08723 (folk tunes as text).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models.errors import ModelBroken
from models.music import Abilities, Sketch, Wish
from models.music_performer import Performer
from models.music_plan import Plan, beat_quarters, plan
from models.music_prompt import Asked, asked, meanings
from models.music_score import PITCH_NAMES, Score
from models.music_sound import SAMPLE_RATE, Performance
from models.music_stage import Stage, register
from models.music_tokens import TOKENS
from models.music_tune import BEAT, bar_ticks
from models.music_writer import Heading, Pen
from models.spec import Placement, Weights
from models.stop import StopToken
from models.token_loading import load_tokenizer

#: In seconds.
USUAL_SECONDS, MAX_SECONDS = 30.0, 120.0
#: Below this share of the tunes of its kind a metre and mode are said to be unusual.
UNUSUAL = 0.004


@dataclass(frozen=True)
class _Frame:
    """What a piece is, all of it settled."""

    heading: Heading
    tonic: int
    instrument: str
    plan: Plan


class NotesComposer:
    """A ``models.music.Composer`` over a causal language model of ``models.music_tokens``.

    Args:
        model: of transformers.
        device: where it is.
        temperature: of its own.
        top_p: only the likeliest tokens that together have this probability may come.
    """

    reentrant = True

    def __init__(self, model: Any, device: str, temperature: float, top_p: float) -> None:
        from models.device import tensor_bytes

        self._model = model
        self._device = device
        self._top_p = top_p
        self.memory_bytes = tensor_bytes(model)
        self.can = Abilities(SAMPLE_RATE, 1, USUAL_SECONDS, MAX_SECONDS, temperature)

    def working_bytes(self, wish: Wish) -> int:
        """What a run takes beside the model: its sound, twice; the network's memory is far less."""
        return 8 * round(float(wish.seconds) * SAMPLE_RATE)

    def compose(self, wish: Wish, stop: StopToken) -> Iterator[Sketch]:
        """Makes a piece of exactly ``wish.seconds``; a sketch with every bar, the first with the first.

        Raises:
            Stopped: when Stop was pressed; the bars before are in the sketches.
        """
        stop.check()
        request = asked(wish.prompt)
        pen = Pen(self._model, self._device, wish.seed, wish.temperature, self._top_p)
        frame = _settled(request, pen, wish.seconds)
        stage = _stage(frame, wish.seconds)
        performer = Performer(pen, frame.heading, frame.plan.bars, stop)
        said = tuple(_said(request, frame, wish.seconds))
        if request.drone:
            beats = frame.plan.bars * bar_ticks(frame.heading.metre) / BEAT
            stage.drone(beats)
        for number, bar in enumerate(performer.play()):
            if number == 0:
                stage.pickup(bar)
                continue
            stage.bar(bar)
            last = number == frame.plan.bars
            samples = stage.finish() if last else stage.heard()
            yield Sketch(
                samples, number, frame.plan.bars, stage.written(), request.understood,
                request.ignored, (*said, *_followed(performer, stage.score)),
            )  # fmt: skip


def _settled(request: Asked, pen: Pen, seconds: float) -> _Frame:
    """Fills in what the prompt leaves open, with the pen's dice."""
    heading = pen.heading(request)
    ways = meanings()
    usual = ways["keys"][heading.mode]
    tonic = PITCH_NAMES.index(usual[pen.pick(len(usual))])
    played = ways["kinds"][heading.kind]
    suits = request.suits or played["instruments"]
    instrument = suits[pen.pick(len(suits))]
    tempo = pen.between(*played["tempo"]) * request.pace
    return _Frame(
        heading,
        tonic if request.tonic is None else request.tonic,
        request.instrument or instrument,
        plan(seconds, heading.metre, request.tempo or tempo, strict=request.tempo is not None),
    )


def _stage(frame: _Frame, seconds: float) -> Stage:
    count, unit = frame.heading.metre.split("/")
    score = Score(
        (), frame.plan.tempo, (int(count), int(unit)),
        f"{PITCH_NAMES[frame.tonic]} {frame.heading.mode}", (frame.instrument,),
        frame.heading.kind.replace("-", " "),
    )  # fmt: skip
    return Stage(score, register(frame.tonic, frame.instrument), Performance(seconds))


def _said(request: Asked, frame: _Frame, seconds: float) -> Iterator[str]:
    """What is to be known about the piece before it begins."""
    yield from request.remarks
    heading, tempo = frame.heading, frame.plan.tempo
    if heading.usual < UNUSUAL:
        yield (
            f"It learnt hardly any {heading.kind.replace('-', ' ')} in {heading.metre} and {heading.mode}: "
            "this one may sound odd."
        )
    if request.drone:
        yield "The drone on the tonic is added to the tune; the model writes one voice."
    bar_s = bar_ticks(heading.metre) / BEAT * 60 / tempo
    if frame.plan.bars * bar_s > seconds:
        yield f"{seconds:g} seconds are less than a bar of this tune, which is faded out."
    if request.tempo and abs(tempo / beat_quarters(heading.metre) / request.tempo - 1) > 0.03:
        beats = tempo / beat_quarters(heading.metre)
        yield f"So that it ends with a whole bar it goes at {beats:.0f} beats a minute."


def _followed(performer: Performer, score: Score) -> Iterator[str]:
    """Where a tune was over before the time was, and another one follows."""
    bar_s = score.bar_beats * score.seconds_per_beat
    over = [f"{bars * bar_s:.0f}" for bars in performer.tunes[1:]]
    if len(over) == 1:
        yield f"The tune is over after {over[0]} seconds; another of the same kind and key follows."
    elif over:
        at = f"{', '.join(over[:-1])} and {over[-1]}"
        yield f"Tunes are over after {at} seconds; others of the same kind and key follow."


def load_notes(weights: Weights, placement: Placement) -> NotesComposer:
    """Builds the composer from a Hugging Face folder.

    Raises:
        ModelBroken: when the folder's tokens are not those of ``models.music_tokens``.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    tokenizer = load_tokenizer(weights.folder)
    if tokenizer.convert_ids_to_tokens(range(len(tokenizer))) != list(TOKENS):
        raise ModelBroken(
            f"{weights.card.id} has other tokens than those of the notes models.",
            hint="Choose the starter, or a model trained by models/starter/train/music.py.",
        )
    model = AutoModelForCausalLM.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True,
        use_safetensors=True,
    )  # fmt: skip
    usual = GenerationConfig.from_pretrained(weights.folder, local_files_only=True)
    return NotesComposer(
        model.eval().to(placement.device), placement.device, usual.temperature or 1.0,
        usual.top_p or 1.0,
    )  # fmt: skip
