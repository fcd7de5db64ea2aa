"""What the image tab draws as HTML: the picture in progress, the grid, the settings that were used."""

from __future__ import annotations

import base64
import html
from io import BytesIO

from PIL import Image

from models.drawing import STRENGTH, Drawing, Picture
from models.image_png import ImageSettings
from models.spec import ModelCard
from models.starter.image_generation import concepts
from models.units import counted
from tabs.parts.markup import note
from tabs.parts.metrics import seconds
from tabs.parts.numbers import EMPTY

#: Settings that a model's card may have defaults for, in the order of the page.
DEFAULTED = ("width", "height", "steps", "guidance")
#: Least strength that the page offers.
LEAST_STRENGTH = 0.05
#: Longest side of a picture inside a grid, in pixels.
THUMB = 320


def defaults(card: ModelCard) -> list[object]:
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
    tokens = card.defaults.get("max_sequence_length")
    facts = [f"{width} x {height} pixels"] if width and height else []
    facts += [counted(int(str(steps)), "step")] if steps else []
    facts += [f"guidance {guidance:g}"] if guidance is not None else []
    facts += [f"prompts of {tokens} tokens"] if tokens else []
    why = ": it was distilled to need few steps and no guidance" if guidance == 0 else ""
    return f"Set for {card.title}: {', '.join(facts)}{why}."


def caption(drawing: Drawing, picture: Picture) -> str:
    """The line under a picture: what tells it from the others."""
    place = drawing.shots.index(picture.shot)
    labels = grid_label(drawing, place)
    shot = picture.shot
    if not labels and shot.variation:
        labels = f"varied by seed {shot.variation_seed}"
    elif not labels:
        labels = f"seed {shot.seed}"
    return f"{labels}, blocked by the model's safety checker" if picture.blocked else labels


def grid_label(drawing: Drawing, place: int) -> str:
    """The values that the picture at a place of a grid stands for; empty when it is no grid."""
    if not drawing.across:
        return ""
    row, column = divmod(place, len(drawing.across))
    return ", ".join([drawing.across[column], *drawing.down[row : row + 1]])


def live_html(drawing: Drawing) -> str:
    """The picture in progress and how far it is; empty when all are done."""
    if len(drawing.pictures) == drawing.count:
        return ""
    place = len(drawing.pictures)
    where = f"Picture {place + 1} of {drawing.count}"
    label = grid_label(drawing, place)
    where += f" ({label})" if label else ""
    blank = '<span class="md-live-open"></span>'
    if not drawing.steps_total:
        return f'<figure class="md-live">{blank}<figcaption>{where}</figcaption></figure>'
    preview = drawing.preview
    image = inline(preview, "The picture in progress") if preview is not None else blank
    left = f", {left_text(drawing.left_s)}" if drawing.left_s is not None else ""
    return (
        f'<figure class="md-live">{image}<figcaption>{where}, step {drawing.step} of '
        f'{drawing.steps_total}{left} <progress max="{drawing.steps_total}" value="{drawing.step}" '
        'aria-label="steps done"></progress></figcaption></figure>'
    )


def left_text(left_s: float) -> str:
    """The time left for a person; no digits that jump in the last second."""
    return (
        "about a second left"
        if left_s < 1.5
        else f"about {seconds(round(left_s)).replace('.0 s', ' s')} left"
    )


def grid_html(drawing: Drawing) -> str:
    """The grid with its labels and the pictures that are finished; empty when it is none."""
    if not drawing.across:
        return ""
    columns = len(drawing.across)
    head = "".join(f'<th scope="col">{html.escape(label)}</th>' for label in drawing.across)
    corner = "<td></td>" if drawing.down else ""
    rows = []
    for row in range(drawing.count // columns):
        name = f'<th scope="row">{html.escape(drawing.down[row])}</th>' if drawing.down else ""
        cells = "".join(_cell(drawing, row * columns + column) for column in range(columns))
        rows.append(f"<tr>{name}{cells}</tr>")
    return (
        f'<table class="md-grid"><thead><tr>{corner}{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(drawing: Drawing, place: int) -> str:
    if place >= len(drawing.pictures):
        return '<td><span class="md-grid-open" aria-label="not drawn"></span></td>'
    image = drawing.pictures[place].image
    return f"<td>{inline(image, grid_label(drawing, place), THUMB)}</td>"


def result_html(drawing: Drawing) -> str:
    """The settings that were used, what was not done as asked, and how the model ran."""
    done = len(drawing.pictures)
    many = f"{done} of {drawing.count} pictures" if drawing.count > 1 else f"{done} picture"
    facts = [many, f"{drawing.width} x {drawing.height} pixels"]
    named = [*drawing.across, *drawing.down]
    for name, value in (("steps", drawing.first.steps), ("guidance", drawing.first.guidance)):
        if not any(label.startswith(name) for label in named):
            facts.append(counted(int(value), "step") if name == "steps" else f"guidance {value:g}")
    if not any(label.startswith("seed") for label in named):
        facts.append(f"seed {drawing.first.seed}")
    if drawing.first.variation:
        facts.append(f"variation {drawing.first.variation:g}")
    if drawing.source:
        facts.append(f"strength {drawing.strength:g} over the source picture")
    warned = "".join(
        f'<p class="md-status md-alert" role="note">{html.escape(text)}</p>'
        for text in drawing.warnings
    )
    return note(f"{', '.join(facts)}.") + warned + note(running(drawing))


def running(drawing: Drawing) -> str:
    """The safety checker's state and the memory mode, in sentences."""
    checked = (
        "The model's safety checker looked at every picture."
        if drawing.safety_checker
        else "No safety checker is loaded: pictures are shown as they were drawn."
    )
    added = f" LoRA: {', '.join(drawing.loras)}." if drawing.loras else ""
    return checked + added + (f" Memory mode: {drawing.memory}." if drawing.memory else "")


def restored_html(found: ImageSettings, *, refused: bool = False) -> str:
    """Says what a dropped PNG was made with, and what it takes to make it again.

    Args:
        found: what the PNG carries.
        refused: whether its model can't be chosen on this page.
    """
    text = f"Settings taken over, and the model that made the picture: {found.model}."
    if refused:
        text = (
            f"Settings taken over; the picture was made with {found.model}, which can't be chosen "
            "here: the model stays as it is."
        )
    if not found.revision:  # another tool's, where a model is called as its file is
        named = f", made with {found.model}" if found.model else ""
        text = f"Settings of another tool taken over{named}: choose a model of that kind here."
    if found.source:
        text += f" It started from a picture (fingerprint {found.source}): give that one again."
    return note(text)


def restored_values(found: ImageSettings) -> list[object]:
    """Values for prompt, negative prompt, numbers, seed, lot, variation, its seed and strength."""
    return [
        found.prompt, found.negative_prompt, found.width, found.height, found.steps,
        found.guidance, found.seed, False, min(max(found.variation, 0.0), 1.0),
        found.variation_seed if found.variation else EMPTY,
        min(max(found.strength, LEAST_STRENGTH), 1.0) if found.strength else STRENGTH,
    ]  # fmt: skip


def inline(image: Image.Image, alt: str, longest: int = 512) -> str:
    """A picture inside the page, shrunk to ``longest`` pixels."""
    shown = image.copy()
    shown.thumbnail((longest, longest))
    kind = "png" if max(shown.size) <= 128 else "jpeg"
    stream = BytesIO()
    shown.save(stream, kind.upper())
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/{kind};base64,{data}">'
