"""Which words of a text make a piece of it an entity.

As for a class (``models.attribution``), each word is left out in turn, and what changes is the score of the
entity: of one with the same label that stands, at least in part, at its place; 0 where none is found.
Its own words stay. Knows no page, and of a recogniser its ``entities`` alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from models.attribution import Attribution, check_words, leave_out
from models.entities import Entities, Entity, check_text
from models.errors import InputError
from models.stop import NEVER, StopToken


class Explaining(ABC):
    """Gives a recogniser its second verb."""

    @abstractmethod
    def entities(
        self, text: str, *, stop: StopToken = NEVER, aggregation: str = "simple"
    ) -> Iterator[Entities]:
        """The entities of a text, growing."""

    def explain(
        self, text: str, *, place: tuple[int, int] | None = None, aggregation: str = "",
        stop: StopToken = NEVER,
    ) -> Iterator[Attribution]:  # fmt: skip
        """Weighs the words of ``text`` for one of its entities.

        Args:
            text: as for ``entities``, of at most ``models.attribution.MAX_WORDS`` words.
            place: start and end of the entity in characters; None for the first one.
            aggregation: as for ``entities``.
            stop: polled between texts.

        Yields:
            The weights so far, by differences of the entity's score (1 where a recogniser gives none);
            words of the entity itself keep None.

        Raises:
            InputError: when the text is refused, has too many words or no such entity.
        """
        check_text(text)
        check_words(text, 0, 0)
        entity = _chosen(self._whole(text, aggregation, stop), place)

        def scores(texts: list[str]) -> list[float]:
            return [
                _score_at(self._whole(rest, aggregation, stop), entity, _moved(text, rest, entity))
                for rest in texts
            ]

        yield from leave_out(
            text, f"{entity.text} [{entity.label}]", _sure(entity), scores, stop,
            (entity.start, entity.end),
        )  # fmt: skip

    def _whole(self, text: str, aggregation: str, stop: StopToken) -> tuple[Entity, ...]:
        (*_, found) = self.entities(text, aggregation=aggregation, stop=stop)
        return found.entities


def _chosen(entities: tuple[Entity, ...], place: tuple[int, int] | None) -> Entity:
    if not entities:
        raise InputError(
            "There is no entity in this text whose words could be weighed.",
            hint="Bring a text with names, or choose another model.",
        )
    found = (e for e in entities if place is None or (e.start, e.end) == place)
    entity = next(found, None)
    if entity is None:
        raise InputError(
            f"There is no entity from character {place and place[0]} to {place and place[1]}.",
            hint="Find the entities of this text first, then choose one of them.",
        )
    return entity


def _moved(text: str, rest: str, entity: Entity) -> int:
    """Where the entity begins in a text with something taken out before or after it."""
    gone = 0 if rest.startswith(text[: entity.end]) else len(text) - len(rest)
    return entity.start - gone


def _score_at(entities: tuple[Entity, ...], entity: Entity, start: int) -> float:
    end = start + entity.end - entity.start
    there = (e for e in entities if e.label == entity.label and e.start < end and e.end > start)
    return max(map(_sure, there), default=0.0)


def _sure(entity: Entity) -> float:
    return 1.0 if entity.score is None else entity.score
