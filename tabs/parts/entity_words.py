"""Which words of a text make an entity one: the part of the entity tab, and its endpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from models.attribution import Attribution
from models.entities import Entities, Entity
from models.runs import Verb
from models.stop import StopToken
from tabs.parts.deck import Deck, answer_json
from tabs.parts.differences import group, sentence
from tabs.parts.weigh_words import emptied, weigh_words
from tabs.parts.word_view import left_out_html

#: The first row of the menu, and entities behind it.
FIRST, MOST = "the first one", 200


def entity_words(
    deck: Deck, capability: str, text: gr.Textbox, joins: gr.Dropdown, model: gr.Dropdown,
    verb: Callable[..., Verb[Entities]],
) -> list[Component]:  # fmt: skip
    """Adds "Which words matter" at this place of the page, and publishes ``/ner_words``.

    Returns:
        What the tab's own run fills with ``rows_anew``.
    """
    _publish(deck, capability)
    return weigh_words(
        deck, capability, [text, joins], model, verb, explained,
        coded={"text": text, "aggregation": joins}, menu=("For the entity", FIRST),
        changes=entity_changes_html,
    )  # fmt: skip


def rows_anew(result: Entities | None = None) -> list[Any]:
    """What ``entity_words`` returned: emptied, with the entities of a result to choose from."""
    found = result.entities if result else ()
    return emptied([(_row(e), f"{e.start}-{e.end}") for e in found[:MOST]], FIRST)


def _row(entity: Entity) -> str:
    return f"{entity.text} ({entity.label}) {entity.start}-{entity.end}"


def explained(_: str, entity: str, text: str, joins: str | None) -> Verb[Attribution]:
    """The weights of a text's words for an entity.

    Args:
        entity: its place as a row of the menu has it; the first one when empty.
        text: whose words they are.
        joins: counts for models that need it.
    """
    start, _, end = entity.partition("-")
    place = (int(start), int(end)) if entity else None

    def explain(engine: Any, stop: StopToken) -> Any:
        aggregation = joins if joins in engine.aggregations else ""
        return engine.explain(text, place=place, aggregation=aggregation, stop=stop)

    return explain


def entity_changes_html(before: Entities, after: Entities, dropped: Sequence[str]) -> str:
    """Which entities are found no more, and which are new, without the words that are left out."""
    had, has = (
        Counter(f"{e.text} ({e.label})" for e in found.entities) for found in (before, after)
    )
    lost, new = [*(had - has).elements()], [*(has - had).elements()]
    line = "Some entities change." if lost or new else "The same entities are found."
    return (
        sentence(line) + group("Found no more", lost) + group("New", new) + left_out_html(dropped)
    )


def _publish(deck: Deck, capability: str) -> None:
    async def ner_words(
        text: str, start: int = -1, end: int = -1, aggregation: str = "", model: str = ""
    ) -> dict[str, Any]:
        """Weighs the words of a text for one of its entities: how much its score falls without each.

        Args:
            text: a text of up to 300 words.
            start: first character of the entity, as ``/ner`` gives it; the first entity when -1.
            end: its end in characters.
            aggregation: as for ``/ner``.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``label`` (the entity, its label in brackets), ``score``, ``words`` (text, start and end in
            characters, weight; null for words of the entity itself), ``model`` and ``metrics``.
        """
        place = None if start < 0 else (start, end)
        found = await deck.answer(
            capability, model,
            lambda engine, stop: engine.explain(
                text, place=place, aggregation=aggregation, stop=stop
            ),
        )  # fmt: skip
        return answer_json(found)

    deck.endpoint(ner_words, f"{capability}_words")
