"""The image tab's endpoints: a picture from a description, and one from a picture and a description."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from models.drawing import STRENGTH, Drawing
from models.image_png import texts
from models.image_sources import open_source
from models.runs import Snapshot
from tabs.parts.deck import Deck
from tabs.parts.numbers import sent_number


def endpoints(deck: Deck, name: str) -> None:
    """Publishes ``/name`` and ``/name_from_image``."""
    with gr.Row(visible=False):
        _from_words(deck, name)
        _from_picture(deck, name)


def _from_words(deck: Deck, name: str) -> None:
    async def image_generation(
        prompt: str,
        negative_prompt: str = "",
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        model: str = "",
        picture: str | None = None,
        strength: float = STRENGTH,
    ) -> tuple[Any, dict[str, Any]]:
        """Draws one picture from a description, or redraws a given picture as the description says.

        Args:
            prompt: what to draw, in English.
            negative_prompt: what to avoid, for models that take it.
            width: pixels; the model's default when null.
            height: pixels; the model's default when null.
            steps: denoising steps, 1 to 200; the model's default when null.
            guidance: how hard the prompt pulls, 0 to 30; the model's default when null.
            seed: 0 to 4294967295; the same seed and settings give the same picture. Random when null.
            model: a starter or Hub model id; the app's default model when empty.
            picture: a PNG, JPEG or WebP file to start from, of 16 to 8192 pixels a side; its middle is
                used. None to start from noise.
            strength: above 0 to 1: how much of that picture is redrawn.

        Returns:
            The picture as a PNG file that carries its settings, and an object with ``settings`` (the
            seed among them), ``warnings``, ``blocked``, ``safety_checker``, ``memory``, ``model`` and
            ``metrics``.
        """
        source = None if picture is None else open_source(Path(picture))
        snapshot = await deck.answer(
            name,
            model,
            lambda engine, stop: engine.draw(
                prompt, negative_prompt=negative_prompt, width=width, height=height, steps=steps,
                guidance=guidance, seed=seed, source=source, strength=strength, stop=stop,
            ),
        )  # fmt: skip
        return signed(snapshot.value), answer(snapshot)

    inputs = [
        _prompt(), _text("negative_prompt"), *_whole("width", "height", "steps"), *_rest(),
        *_start(),
    ]  # fmt: skip
    deck.endpoint(image_generation, name, inputs=inputs, outputs=_outputs())


def _from_picture(deck: Deck, name: str) -> None:
    async def image_generation_from_image(
        picture: str,
        prompt: str = "a drawing",
        strength: float = STRENGTH,
        negative_prompt: str = "",
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        model: str = "",
    ) -> tuple[Any, dict[str, Any]]:
        """Redraws a picture as a description says.

        Args:
            picture: a PNG, JPEG or WebP file of 16 to 8192 pixels a side; its middle is used.
            prompt: what to draw, in English.
            strength: above 0 to 1: how much is redrawn.
            negative_prompt: what to avoid, for models that take it.
            steps: denoising steps, 1 to 200; the model's default when null.
            guidance: how hard the prompt pulls, 0 to 30; the model's default when null.
            seed: 0 to 4294967295. Random when null.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            The same as ``/image_generation``; ``settings`` also has ``strength`` and ``source``.
        """
        source = open_source(Path(picture))
        snapshot = await deck.answer(
            name,
            model,
            lambda engine, stop: engine.draw(
                prompt, negative_prompt=negative_prompt, steps=steps, guidance=guidance, seed=seed,
                source=source, strength=strength, stop=stop,
            ),
        )  # fmt: skip
        return signed(snapshot.value), answer(snapshot)

    picture, strength = _start()
    inputs = [
        picture, _prompt("a drawing"), strength, _text("negative_prompt"), *_whole("steps"), *_rest(),
    ]  # fmt: skip
    deck.endpoint(
        image_generation_from_image, f"{name}_from_image", inputs=inputs, outputs=_outputs()
    )


def _prompt(value: str | None = None) -> gr.Textbox:
    return gr.Textbox(value, label="prompt")


def _text(name: str) -> gr.Textbox:
    return gr.Textbox("", label=name)


def _whole(*names: str) -> list[gr.Number]:
    return [sent_number(name) for name in names]


def _rest() -> list[Any]:
    return [gr.Number(label="guidance"), *_whole("seed"), _text("model")]


def _start() -> tuple[gr.File, gr.Number]:
    """The picture to start from, and how much of it is redrawn."""
    return gr.File(label="picture", type="filepath"), gr.Number(STRENGTH, label="strength")


def _outputs() -> list[Any]:
    return [gr.Image(label="picture", format="png"), gr.JSON(label="facts")]


def signed(drawing: Drawing) -> Image.Image:
    """The first picture; it carries its settings into the PNG it becomes."""
    picture = drawing.pictures[0]
    image = picture.image.copy()
    image.info.update(texts(drawing.settings(picture)))
    return image


def answer(snapshot: Snapshot[Drawing]) -> dict[str, Any]:
    """The facts about the one picture."""
    drawing = snapshot.value
    metrics = asdict(snapshot.metrics)
    return {
        "settings": asdict(drawing.settings(drawing.pictures[0])),
        "warnings": list(drawing.warnings),
        "blocked": drawing.pictures[0].blocked,
        "safety_checker": drawing.safety_checker,
        "memory": drawing.memory,
        "model": metrics.pop("model"),
        "metrics": metrics,
    }
