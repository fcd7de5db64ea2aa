"""The image tab: a prompt in, pictures out one by one, with a live view of the one in progress."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from dataclasses import asdict
from io import BytesIO
from typing import Any

import gradio as gr
from PIL import Image

from models.drawing import MAX_COUNT, Drawing
from models.errors import AppError
from models.image_png import ImageSettings, read_settings, texts
from models.runs import Snapshot
from models.spec import ModelCard
from models.starter.image_generation import concepts
from tabs.parts import Deck, Job, empty, model_picker, note, run_bar, wire
from tabs.parts.errors import alert

NAME = "image_generation"
TITLE = "Image generation"
ABOUT = "Draws pictures from a description, with a live view of every picture in progress."

EXAMPLES = [
    ("A sunflower", ["a sunflower"]),
    ("A blue car", ["a blue car"]),
    ("A penguin", ["a penguin"]),
    ("A castle", ["a castle"]),
    ("A purple umbrella", ["a purple umbrella"]),
]
#: Settings that a model's card may have defaults for, in the order of the page.
DEFAULTED = ("width", "height", "steps", "guidance")
EMPTY = "The pictures appear here, one by one."


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    card = deck.cards(NAME)[0]
    with gr.Row(elem_classes=["md-image_generation"]):
        with gr.Column():
            prompt = gr.Textbox(label="Prompt", lines=2, placeholder="Say what to draw.")
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Draw")
            model = model_picker(deck, NAME)
            advice = gr.HTML(advice_html(card), elem_classes=["md-later"])
            with gr.Accordion("Settings", open=False, elem_classes=["md-later"]):
                negative_prompt = gr.Textbox(label="Negative prompt", info="What to avoid.")
                numbers = _numbers(card)
                with gr.Row():
                    seed = gr.Number(label="Seed", precision=0, min_width=90, minimum=0)
                    lot = gr.Checkbox(label="New seed for every run", value=True, min_width=90)
                count = gr.Slider(1, MAX_COUNT, 1, step=1, label="Pictures")
                restored = gr.File(
                    label="Take the settings of a PNG made here",
                    file_types=[".png"],
                    type="binary",
                    height=150,
                )
                problem = gr.HTML("")
        with gr.Column():
            live = gr.HTML(empty(EMPTY), label="In progress")
            pictures = gr.Gallery(
                label="Pictures", show_label=False, format="png", columns=2,
                object_fit="contain", height="auto", interactive=False,
                elem_classes=["md-pictures"], buttons=["download", "fullscreen"],
            )  # fmt: skip

    def job(
        prompt: str, negative_prompt: str | None, width: float | None, height: float | None,
        steps: float | None, guidance: float | None, seed: float | None, lot: bool, count: float,
        model: str,
    ) -> Job:  # fmt: skip
        settings = {
            "negative_prompt": negative_prompt or "",  # None until its settings were opened
            "width": whole(width),
            "height": whole(height),
            "steps": whole(steps),
            "guidance": guidance,
            "seed": None if lot else whole(seed),
            "count": int(count),
        }
        show, show_final = displays()
        return Job(
            model, lambda engine, stop: engine.draw(prompt, **settings, stop=stop), show, show_final
        )

    private: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "queue": False,
    }
    inputs = [prompt, negative_prompt, *numbers, seed, lot, count, model]
    wire(
        deck, NAME, bar, job, inputs, [live, pictures, seed], also=[prompt.submit],
        examples=EXAMPLES, slot=examples,
    )  # fmt: skip

    def follow(model: str) -> list[Any]:
        try:
            chosen = deck.card(NAME, model)
        except AppError:  # the picker itself shows why
            return [gr.skip()] * (1 + len(DEFAULTED))
        return [advice_html(chosen), *defaults(chosen)]

    model.change(follow, model, [advice, *numbers], **private)

    def restore(content: bytes | None) -> list[Any]:
        if content is None:
            return ["", *[gr.skip()] * 8]
        try:
            found = read_settings(content)
        except AppError as error:
            return [alert(error), *[gr.skip()] * 8]
        return [restored_html(found), *restored_values(found)]

    restored.change(
        restore, restored, [problem, prompt, negative_prompt, *numbers, seed, lot], **private
    )
    _endpoint(deck)


def _numbers(card: ModelCard) -> list[gr.Number]:
    """Width, height, steps and guidance, filled with the model's defaults."""
    labels = ("Width, pixels", "Height, pixels", "Steps", "Guidance")
    with gr.Row():
        return [
            gr.Number(label=label, value=value, precision=0 if label != "Guidance" else None,
                      min_width=90)
            for label, value in zip(labels, defaults(card), strict=True)
        ]  # fmt: skip


def _endpoint(deck: Deck) -> None:
    """Publishes ``/image_generation``."""

    async def image_generation(
        prompt: str,
        negative_prompt: str = "",
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        model: str = "",
    ) -> tuple[Any, dict[str, Any]]:
        """Draws one picture from a description.

        Args:
            prompt: what to draw, in English.
            negative_prompt: what to avoid, for models that take it.
            width: pixels; the model's default when null.
            height: pixels; the model's default when null.
            steps: denoising steps, 1 to 200; the model's default when null.
            guidance: how hard the prompt pulls, 0 to 30; the model's default when null.
            seed: 0 to 4294967295; the same seed and settings give the same picture. Random when null.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            The picture as a PNG file that carries its settings, and an object with ``settings`` (the
            seed among them), ``warnings``, ``blocked``, ``model`` and ``metrics``.
        """
        snapshot = await deck.answer(
            NAME,
            model,
            lambda engine, stop: engine.draw(
                prompt, negative_prompt=negative_prompt, width=width, height=height, steps=steps,
                guidance=guidance, seed=seed, stop=stop,
            ),
        )  # fmt: skip
        return signed(snapshot.value)[0][0], answer(snapshot)

    with gr.Row(visible=False):
        inputs = [
            gr.Textbox(label="prompt"), gr.Textbox("", label="negative_prompt"),
            *(gr.Number(label=name, precision=0) for name in ("width", "height", "steps")),
            gr.Number(label="guidance"), gr.Number(label="seed", precision=0),
            gr.Textbox("", label="model"),
        ]  # fmt: skip
        outputs = [gr.Image(label="picture", format="png"), gr.JSON(label="facts")]
    deck.endpoint(image_generation, NAME, inputs=inputs, outputs=outputs)


def whole(value: float | None) -> int | None:
    """A number field's content as an integer; None where it is empty."""
    return None if value is None else int(value)


def defaults(card: ModelCard) -> list[Any]:
    """The model's width, height, steps and guidance; None where its card names none."""
    return [card.defaults.get(name) for name in DEFAULTED]


def advice_html(card: ModelCard) -> str:
    """What to know before a run: the model's defaults, and what a starter can draw."""
    drawn = note(advice(card))
    if card.is_starter:
        known = concepts()
        things = "".join(f"<li>{html.escape(name)}</li>" for name in known)
        drawn += (
            f'<details class="md-concepts"><summary>The {len(known)} things it can draw</summary>'
            f"<ul>{things}</ul></details>"
        )
    return drawn


def advice(card: ModelCard) -> str:
    """The model's defaults in a sentence, with the reason for unusual ones."""
    if not card.defaults:
        return "Empty fields take the model's own defaults; the result says which."
    width, height, steps, guidance = defaults(card)
    facts = [f"{width} x {height} pixels"] if width and height else []
    facts += [f"{steps} step{'' if steps == 1 else 's'}"] if steps else []
    facts += [f"guidance {guidance:g}"] if guidance is not None else []
    tokens = card.defaults.get("max_sequence_length")
    facts += [f"prompts of {tokens} tokens"] if tokens else []
    why = ": it was distilled to need few steps and no guidance" if guidance == 0 else ""
    return f"Set for {card.title}: {', '.join(facts)}{why}."


def displays() -> tuple[Callable[[Drawing], list[Any]], Callable[[Drawing], list[Any]]]:
    """What a run shows while it goes on, and at its end: (live view, gallery, seed).

    The gallery is sent again only when it has a new picture.
    """
    sent = -1

    def show(drawing: Drawing) -> list[Any]:
        nonlocal sent
        fresh = len(drawing.pictures) != sent
        sent = len(drawing.pictures)
        return [live_html(drawing), signed(drawing) if fresh else gr.skip(), drawing.seed]

    def show_final(drawing: Drawing) -> list[Any]:
        shown = live_html(drawing) if not drawing.pictures else ""
        return [shown + result_html(drawing), signed(drawing), drawing.seed]

    return show, show_final


def signed(drawing: Drawing) -> list[tuple[Image.Image, str]]:
    """The finished pictures with captions; each carries its settings into the PNG it becomes."""
    marked = []
    for picture in drawing.pictures:
        image = picture.image.copy()
        image.info.update(texts(drawing.settings(picture)))
        marked.append((image, caption(picture.seed, picture.blocked)))
    return marked


def caption(seed: int, blocked: bool) -> str:
    """The line under a picture."""
    return f"seed {seed}, blocked by the model's safety checker" if blocked else f"seed {seed}"


def live_html(drawing: Drawing) -> str:
    """The picture in progress and how far it is."""
    number = min(len(drawing.pictures) + 1, drawing.count)
    if len(drawing.pictures) == drawing.count:
        return ""
    where = f"Picture {number} of {drawing.count}"
    if not drawing.steps_total:
        return f'<figure class="md-live"><figcaption>{where}</figcaption></figure>'
    image = _inline(drawing.preview) if drawing.preview is not None else ""
    return (
        f'<figure class="md-live">{image}<figcaption>{where}, step {drawing.step} of '
        f'{drawing.steps_total} <progress max="{drawing.steps_total}" value="{drawing.step}" '
        'aria-label="steps done"></progress></figcaption></figure>'
    )


def result_html(drawing: Drawing) -> str:
    """The settings that were used, and what was not done as asked."""
    done = len(drawing.pictures)
    many = f"{done} of {drawing.count} pictures" if drawing.count > 1 else f"{done} picture"
    line = (
        f"{many}, {drawing.width} x {drawing.height} pixels, {drawing.steps} steps, "
        f"guidance {drawing.guidance:g}, seed {drawing.seed}."
    )
    warned = "".join(
        f'<p class="md-status md-alert" role="note">{html.escape(text)}</p>'
        for text in drawing.warnings
    )
    return note(line) + warned


def answer(snapshot: Snapshot[Drawing]) -> dict[str, Any]:
    """The endpoint's facts about its one picture."""
    drawing = snapshot.value
    picture = drawing.pictures[0]
    metrics = asdict(snapshot.metrics)
    return {
        "settings": asdict(drawing.settings(picture)),
        "warnings": list(drawing.warnings),
        "blocked": picture.blocked,
        "model": metrics.pop("model"),
        "metrics": metrics,
    }


def restored_html(found: ImageSettings) -> str:
    """Says what a dropped PNG was made with."""
    return note(f"Settings taken over; the picture was made with {found.model}.")


def restored_values(found: ImageSettings) -> list[Any]:
    """Values for prompt, negative prompt, the numbers, the seed and the lot."""
    return [
        found.prompt, found.negative_prompt, found.width, found.height, found.steps,
        found.guidance, found.seed, False,
    ]  # fmt: skip


def _inline(image: Image.Image) -> str:
    stream = BytesIO()
    image.save(stream, "PNG" if max(image.size) <= 128 else "JPEG")
    kind = "png" if max(image.size) <= 128 else "jpeg"
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<img alt="The picture in progress" src="data:image/{kind};base64,{data}">'
