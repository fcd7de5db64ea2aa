"""The settings of the sampler: fields for the page, and their values as ``models.sampler.Sampler``."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from models.sampler import MAX_NEW, Sampler
from tabs.parts.numbers import Entered, number_field, whole

_USUAL = Sampler()
#: Ends of the sliders; endpoints take wider ranges.
_WARMEST, _MOST_K, _LONGEST = 2.0, 200, 1_024


@dataclass(frozen=True)
class SamplerFields:
    """The fields, in the order of ``sampler_of``."""

    temperature: gr.Slider
    longest: gr.Slider
    top_k: gr.Slider
    top_p: gr.Slider
    min_p: gr.Slider
    penalty: gr.Slider
    seed: gr.Number
    lot: gr.Checkbox
    stops: gr.Textbox

    @property
    def inputs(self) -> list[Component]:
        """In the order of ``sampler_of``."""
        return [
            self.temperature, self.longest, self.top_k, self.top_p, self.min_p, self.penalty,
            self.seed, self.lot, self.stops,
        ]  # fmt: skip

    @property
    def bending(self) -> list[gr.Slider]:
        """Those that bend the distribution of the next token."""
        return [self.temperature, self.top_k, self.top_p, self.min_p, self.penalty]


def sampler_fields() -> SamplerFields:
    """Adds them at this place of the page: two in view, the others folded."""
    with gr.Row(elem_classes=["md-options"]):
        temperature = gr.Slider(
            0, _WARMEST, _USUAL.temperature, step=0.05, label="Temperature", min_width=200,
            info="0: always the likeliest token.",
        )  # fmt: skip
        longest = gr.Slider(
            1, _LONGEST, _USUAL.max_new_tokens, step=1, label="Longest answer", min_width=200,
            info="In tokens.",
        )  # fmt: skip
    with gr.Accordion("Sampler", open=False, elem_classes=["md-later"]):
        with gr.Row():
            top_k = gr.Slider(
                0, _MOST_K, _USUAL.top_k, step=1, label="Top-k", min_width=170,
                info="Only the k likeliest; 0: all.",
            )  # fmt: skip
            top_p = gr.Slider(
                0.05, 1, _USUAL.top_p, step=0.05, label="Top-p", min_width=170,
                info="The fewest with this probability; 1: all.",
            )  # fmt: skip
        with gr.Row():
            min_p = gr.Slider(
                0, 1, _USUAL.min_p, step=0.01, label="Min-p", min_width=170,
                info="At least this share of the likeliest one's; 0: all.",
            )  # fmt: skip
            penalty = gr.Slider(
                1, 2, _USUAL.repetition_penalty, step=0.05, label="Repetition penalty",
                min_width=170, info="Lowers tokens that stand there already; 1: none.",
            )  # fmt: skip
        with gr.Row():
            seed = number_field("Seed", placeholder="drawn by lot", min_width=120)
            lot = gr.Checkbox(label="New seed for every run", value=True, min_width=120)
        stops = gr.Textbox(
            label="Stop strings, one a line", lines=1, max_lines=8,
            info="The text ends before the first of them.",
        )  # fmt: skip
    return SamplerFields(temperature, longest, top_k, top_p, min_p, penalty, seed, lot, stops)


def sampler_of(
    temperature: float,
    longest: float,
    top_k: float | None,
    top_p: float | None,
    min_p: float | None,
    penalty: float | None,
    seed: Entered,
    lot: bool | None,
    stops: str | None,
) -> Sampler:
    """The sampler of the fields' values; None comes from fields that were never seen."""
    return Sampler(
        temperature=temperature,
        top_k=_USUAL.top_k if top_k is None else int(top_k),
        top_p=_USUAL.top_p if top_p is None else top_p,
        min_p=min_p or _USUAL.min_p,
        repetition_penalty=penalty or _USUAL.repetition_penalty,
        seed=None if lot is None or lot else whole(seed),
        max_new_tokens=min(int(longest), MAX_NEW),
        stops=tuple(line for line in (stops or "").splitlines() if line),
    )
