"""``catalog.toml`` as checked values: every row has every field, of its type, and no other.

A row that breaks this stops the start with its name and the field.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from models.errors import InputError
from models.hub.ids import check_id
from models.languages import FAMILIES
from models.spec import CAPABILITIES, ModelCard

Model = TypeVar("Model", bound=BaseModel)
#: Hardware from least to most; a model is recommended for its own tier and those above.
TIERS = ("starter", "cpu", "8gb", "16gb", "24gb", "80gb")
#: Memory of the GPU that a tier stands for, in bytes.
TIER_BYTES = {"8gb": 8e9, "16gb": 16e9, "24gb": 24e9, "80gb": 80e9}
#: Settings that a row may give a tab, and those that any row may give its loader.
DEFAULTS: dict[str, dict[str, type]] = {
    "translation": {"source": str, "target": str},
    "image_generation": {
        "steps": int, "guidance": float, "width": int, "height": int, "max_sequence_length": int,
    },
    "music": {
        "seconds": float, "max_seconds": float, "temperature": float, "guidance": float, "steps": int,
    },
}  # fmt: skip
_ANY_DEFAULTS: dict[str, type] = {"dtype": str, "smaller_dtype": str}

_Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S.*\S$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class CatalogError(ValueError):
    """Raised at start when ``catalog.toml`` breaks its schema; the message names row and field."""


class Checked(BaseModel):
    """When and how the facts in the file were last checked."""

    model_config = ConfigDict(extra="forbid", strict=True)
    on: date
    how: str


class _Row(BaseModel):
    """One model; see ``models.spec.ModelCard`` for what the fields mean."""

    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    capability: str
    engine: _Line
    title: _Line
    licence: _Line
    languages: list[_Code]
    parameters: int = Field(ge=0)
    size_bytes: int = Field(gt=0)
    gated: bool
    tier: str
    good_at: _Line
    defaults: dict[str, str | int | float] = {}


def read_rows(path: Path) -> tuple[Checked, list[ModelCard]]:
    """When the file was checked, and its models in their order.

    Raises:
        CatalogError: when the file is no such file; names the first row that is wrong, and why.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError(f"{path.name} can't be read: {error}.") from error
    strange = sorted(set(content) - {"checked", "model"})
    if strange:
        raise CatalogError(f"{path.name}: there is no section {strange[0]!r}.")
    checked = _valid(Checked, content.get("checked", {}), f"{path.name}, section checked")
    cards = [
        _card(row, f"{path.name}, model {number}{_named(row)}")
        for number, row in enumerate(content.get("model", []), start=1)
    ]
    double = [key for key, n in Counter((c.capability, c.id) for c in cards).items() if n > 1]
    if double:
        raise CatalogError(f"{path.name}: {double[0][1]} stands twice under {double[0][0]}.")
    return checked, cards


def _card(row: dict[str, Any], where: str) -> ModelCard:
    found = _valid(_Row, row, where)
    if found.capability not in CAPABILITIES:
        raise CatalogError(f"{where}: {found.capability!r} is no capability.")
    if found.tier not in TIERS[1:]:
        raise CatalogError(f"{where}: tier {found.tier!r}; choices: {', '.join(TIERS[1:])}.")
    try:
        check_id(found.id)
    except InputError as error:
        raise CatalogError(f"{where}: id: {error.message}") from error
    if not found.parameters and found.capability != "tokenizer":
        raise CatalogError(f"{where}: parameters: the number of its weights is missing.")
    _check_defaults(found, where)
    facts = found.model_dump(exclude={"good_at"})
    languages = tuple(dict.fromkeys([*found.languages, *FAMILIES.get(found.engine, ())]))
    return ModelCard(**{**facts, "languages": languages, "notes": found.good_at})


def _check_defaults(row: _Row, where: str) -> None:
    known = {**DEFAULTS.get(row.capability, {}), **_ANY_DEFAULTS}
    for name, value in row.defaults.items():
        kind = known.get(name)
        if kind is None:
            raise CatalogError(f"{where}: defaults.{name} is no setting of {row.capability}.")
        if type(value) is not kind:
            raise CatalogError(f"{where}: defaults.{name} must be {kind.__name__}, not {value!r}.")


def _valid(kind: type[Model], value: Any, where: str) -> Model:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise CatalogError(f"{where}: {field}: {_said(first)}.") from error


def _said(error: Any) -> str:
    """pydantic's finding in our words."""
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is no field of a model"
    return f"{error['msg']}, got {str(error['input'])[:60]!r}"


def _named(row: Any) -> str:
    name = row.get("id") if isinstance(row, dict) else None
    return f" ({name})" if isinstance(name, str) else ""
