"""The one place where the app turns to the Hub: who may use which model at which commit, and its files.

Offline, and when the Hub does not answer, it works with what lies in the cache.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from models.access import MACHINE, Access
from models.errors import HubUnreachable
from models.hub.cache import snapshot
from models.hub.classes import with_classes
from models.hub.client import gated
from models.hub.download import disk_free, fetch, storage_of
from models.hub.facts import FactsBook, HubFacts
from models.hub.files import choose
from models.hub.here import RESTRICTED, commit_here, facts_in, models_here, named_now, note
from models.hub.ids import is_commit
from models.hub.kinds import by_files
from models.hub.pins import Pins
from models.hub.preflight import CLASS_RULES, Preflight, Room, judge
from models.loading import ModelSpec, Report
from models.spec import ModelCard

log = logging.getLogger(__name__)

#: How long a look into the cache holds, in seconds.
HERE_S = 10.0


@dataclass
class HubDesk:
    """Asks the Hub for everybody, and remembers the answers.

    Attributes:
        offline: never ask.
        pins: commits that models are held at.
        book: answers of the last minutes.
        pool: threads that may wait for the Hub, so that nothing else waits with them.
    """

    offline: bool = False
    pins: Pins = field(default_factory=Pins)
    book: FactsBook = field(default_factory=FactsBook)
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="hub")
    )
    _here: tuple[float, list[HubFacts]] | None = field(default=None, init=False, repr=False)

    def admit(
        self, card: ModelCard, revision: str, access: Access, patterns: tuple[str, ...], room: Room
    ) -> ModelSpec:
        """The model at its commit, for this caller. May block on the network.

        The card of the spec has the engine that the model's files tell; see ``models.hub.kinds``.

        Args:
            card: a model of the Hub.
            revision: what was asked for; empty for the default branch.
            access: the caller's rights.
            patterns: files that the engine needs.
            room: disk, memory and dtype.

        Raises:
            AppError: why it can't be used: what ``preflight`` finds, or what the Hub answers.
        """
        revision = self.pins.revision(card.id, revision)
        if not self.offline:
            try:
                found = self.preflight(card, revision, access, patterns, room)
            except HubUnreachable as why:
                log.warning("the Hub does not answer for %s; looking into the cache", card.id)
                if not commit_here(named_now(card.id), revision):
                    told = f"{why.message} {card.id} is not in this machine's cache either."
                    raise HubUnreachable(told, hint=why.hint) from why
                return self._from_cache(card, revision, access, patterns)
            if found.problem is not None:
                raise found.problem
            facts = found.facts
            holder = access.identity if facts.restricted else ""
            return ModelSpec(by_files(card, facts), facts.commit, access, holder, revision)
        return self._from_cache(card, revision, access, patterns)

    def preflight(
        self, card: ModelCard, revision: str, access: Access, patterns: tuple[str, ...], room: Room
    ) -> Preflight:
        """What can be said of a model before its weights are fetched; see ``admit``."""
        wanted = self.pins.revision(card.id, revision)
        facts = self.book.of(card.id, wanted, access, later=self.pool.submit)
        folder = storage_of(facts.id) / "snapshots" / facts.commit
        if card.capability in CLASS_RULES:
            facts = with_classes(facts, folder, access)
        here = frozenset(file.name for file in facts.files if (folder / file.name).exists())
        return judge(facts, card.capability, patterns, room, here)

    def fetch(self, spec: ModelSpec, patterns: tuple[str, ...], report: Report) -> Path:
        """Brings the files of an admitted model to this disk; see ``models.hub.download.fetch``.

        Raises:
            HubUnreachable: when the Hub does not answer and they are not here.
            ModelGated: when the caller's rights do not reach since it was admitted.
        """
        repo, commit = spec.card.id, spec.revision
        if self.offline:
            return snapshot(repo, commit)[0]
        report(None, "asking the Hub")
        try:
            facts = self.book.of(repo, commit, spec.access)
        except HubUnreachable:
            return snapshot(repo, commit)[0]
        if not facts.readable:
            raise gated(facts.id)
        folder = fetch(
            facts, choose(facts.files, patterns, facts.loaded), spec.asked, spec.access, report
        )
        self._note(facts)
        note(facts)
        self.pins.add(repo, facts.commit)
        return folder

    def commit_of(self, repo: str, revision: str) -> str:
        """The commit that a run of a model has or will have; empty while nobody asked the Hub for it.

        Args:
            repo: ``org/name``.
            revision: what was asked for; empty for the default branch.

        Raises:
            InputError: when the lock file holds it at another one.
        """
        wanted = self.pins.revision(repo, revision)
        known = wanted if is_commit(wanted) else self.book.commit(repo, wanted)
        return known or commit_here(named_now(repo), wanted)

    def here(self) -> list[HubFacts]:
        """The models in the cache, as their own files describe them; read again after a while."""
        now = time.monotonic()
        if self._here is None or now - self._here[0] > HERE_S:
            self._here = (now, models_here())
        return self._here[1]

    def close(self) -> None:
        """Ends the threads; questions on their way end by themselves."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _from_cache(
        self, card: ModelCard, revision: str, access: Access, patterns: tuple[str, ...]
    ) -> ModelSpec:
        """The copy on this disk; one that not everybody may use only for this machine's own user."""
        folder, commit = snapshot(card.id, revision, complete=not patterns)
        restricted = (storage_of(named_now(card.id)) / RESTRICTED).exists()
        if restricted and access != MACHINE:
            raise gated(card.id)
        known = by_files(card, facts_in(card.id, folder))
        return ModelSpec(known, commit, access, access.identity if restricted else "")

    def _note(self, facts: HubFacts) -> None:
        mark = storage_of(facts.id) / RESTRICTED
        if facts.restricted:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)


def cache_room(budget_bytes: int, dtype: str, offload_bytes: int = 0) -> Room:
    """The room of this machine now: the disk is asked, the rest is given."""
    return Room(disk_free(storage_of("any/model")), budget_bytes, dtype, offload_bytes)
