"""The model cards: starters first, then folders from the command line, then ``catalog.toml``.

The file is checked row by row at start (``models.catalog_file``).
"""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Iterable
from pathlib import Path

from models.catalog_file import TIERS, CatalogError, read_rows
from models.errors import InputError
from models.hub.ids import split_id
from models.local_models import LocalModel
from models.spec import CAPABILITIES, ModelCard
from models.starter import starters
from models.starter.recipe import PackageFile, RepoFile, Starter

__all__ = ["TIERS", "Catalog", "CatalogError", "load_catalog"]

log = logging.getLogger(__name__)

CATALOG = Path(__file__).with_name("catalog.toml")
REPOSITORY = Path(__file__).resolve().parent.parent


class Catalog:
    """Every model that the pickers offer, by capability.

    Args:
        cards: in the order of the pickers; an id may occur once per capability.
        preferred_tier: the hardware tier whose models the tabs start with; ``starter`` unless
            there is a GPU and the Hub answers.
        locked: whether only these may be run.
    """

    def __init__(
        self, cards: Iterable[ModelCard], preferred_tier: str = "starter", *, locked: bool = False
    ) -> None:
        self.locked = locked
        self._cards: dict[str, dict[str, ModelCard]] = {name: {} for name in CAPABILITIES}
        for card in cards:
            self._cards[card.capability][card.id] = card
        self._preferred_tier = preferred_tier
        self._first: dict[str, ModelCard] = {}

    def led_by(self, chosen: Iterable[tuple[str, str]]) -> Catalog:
        """The same catalog, in which each of these capabilities starts with the first model chosen for it.

        Args:
            chosen: (capability, model id), by the owner of the page: a Hub id that is not listed is on offer
                from now on, on a locked page too. An empty id is the capability's own default.

        Raises:
            InputError: when an id is neither listed nor one of the Hub.
        """
        led = Catalog((), self._preferred_tier, locked=self.locked)
        led._cards = {name: dict(cards) for name, cards in self._cards.items()}
        for capability, model in chosen:
            card = self._found(capability, model)
            led._cards[capability].setdefault(card.id, card)
            led._first.setdefault(capability, card)
        return led

    def of(self, capability: str) -> list[ModelCard]:
        """Cards of one capability: the default, then the rest in their order."""
        default = self.default(capability)
        return [default, *(c for c in self._cards[capability].values() if c is not default)]

    def default(self, capability: str) -> ModelCard:
        """The card a tab starts with: the best of the preferred tier, else the first one."""
        if capability in self._first:
            return self._first[capability]
        cards = list(self._cards[capability].values())
        suitable = [card for card in cards if self._suits(card)]
        return max(suitable, key=lambda card: TIERS.index(card.tier), default=cards[0])

    def _suits(self, card: ModelCard) -> bool:
        return TIERS.index(card.tier) <= TIERS.index(self._preferred_tier) and not card.gated

    def find(self, capability: str, model: str) -> ModelCard:
        """The card for an id from a page or a call; any Hub id gets a bare card.

        Args:
            capability: one of ``models.spec.CAPABILITIES``.
            model: id of a listed model, a Hub id with or without ``@revision``, or empty for the
                tab's default.

        Raises:
            InputError: when it is neither listed nor a Hub id (a path, an address, ...).
        """
        return self._found(capability, model, locked=self.locked)

    def _found(self, capability: str, model: str, *, locked: bool = False) -> ModelCard:
        wanted = model.strip()
        if not wanted:
            return self.default(capability)
        known = self._cards[capability].get(wanted)
        if known is not None:
            return known
        if locked or wanted.startswith(("starter/", "local/")):
            choices = ", ".join(self._cards[capability])
            raise InputError(f"{wanted[:60]!r} is not offered here.", hint=f"Choices: {choices}.")
        repo, _ = split_id(wanted)
        if repo in self._cards[capability]:
            return self._cards[capability][repo]
        engine = "diffusers" if capability == "image_generation" else "transformers"
        return ModelCard(id=repo, capability=capability, engine=engine, title=repo)


def load_catalog(
    folders: Iterable[LocalModel] = (),
    path: Path = CATALOG,
    preferred_tier: str = "starter",
    *,
    locked: bool = False,
    gpu: bool = False,
) -> Catalog:
    """Builds the catalog of this process. Starters whose files are not here are left out.

    Args:
        folders: the models named on the command line.
        path: the TOML file.
        preferred_tier: see ``Catalog``.
        locked: see ``Catalog``.
        gpu: whether models run on a GPU: torch's starters are then the first.

    Raises:
        CatalogError: when a row breaks the schema.
    """
    _, listed = read_rows(path)
    here = [starter.card for starter in starters().values() if _installed(starter)]
    if gpu:  # there CTranslate2 wants CUDA libraries of its own, and wins little
        here.sort(key=lambda card: card.engine == "ctranslate2")
    return Catalog([*here, *map(_local, folders), *listed], preferred_tier, locked=locked)


def _installed(starter: Starter) -> bool:
    packages = {f.package for f in starter.files.values() if isinstance(f, PackageFile)}
    missing = [
        f"package {name} is not installed"
        for name in sorted(packages)
        if not any(importlib.metadata.distributions(name=name))
    ]
    missing += [
        f"{f.path} is not here"
        for f in starter.files.values()
        if isinstance(f, RepoFile) and not (REPOSITORY / f.path).is_file()
    ]
    if missing:
        log.warning("%s is not offered: %s", starter.card.id, missing[0])
    return not missing


def _local(model: LocalModel) -> ModelCard:
    engine = "diffusers" if model.capability == "image_generation" else "transformers"
    return ModelCard(model.id, model.capability, engine, model.name, "as in its folder")
