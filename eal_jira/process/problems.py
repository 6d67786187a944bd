"""What is wrong in a guideline file: where, what, and what would mend it.

A `Mistake` knows its place inside one guideline; a `Problem` is a mistake with its file and line. Both are values: one
guideline's problem stops no other guideline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from eal_jira.process.names import suggestion

_WRITTEN = {
    "string_type": "Write text in quotes.",
    "string_too_short": "Write something between the quotes.",
    "bool_type": "Write true or false, without quotes.",
    "int_type": "Write a whole number, without quotes.",
    "greater_than_equal": "Choose a larger number.",
    "dict_type": 'Write a table in braces, such as { type = ["Bug"] }.',
    "tuple_type": 'Write a list in brackets, such as ["Open", "Done"].',
    "list_type": 'Write a list in brackets, such as ["Open", "Done"].',
    "too_short": "Name at least one.",
}
"""Remedies by pydantic's type of error, for options without an example of their own."""


@dataclass(frozen=True, slots=True)
class Mistake:
    #: the way to the key inside the guideline: ("rule", "first")
    path: tuple[str, ...]
    #: a sentence
    what: str
    #: a sentence
    remedy: str


@dataclass(frozen=True, slots=True)
class Problem:
    #: the file, or what else the guideline came from
    place: str
    #: counted from 1; None where the guideline didn't come from a file
    line: int | None
    #: the guideline's id, "" when it has none or the problem is the whole file's
    guideline: str
    #: "rule.first"; "" when the problem is not about one key
    key: str
    #: a sentence
    what: str
    #: a sentence
    remedy: str

    @property
    def where(self) -> str:
        place = self.place if self.line is None else f"{self.place}, line {self.line}"
        return f"{place}, guideline {self.guideline}" if self.guideline else place

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.remedy}"


def mistakes(error: ValidationError, model: type[BaseModel], under: tuple[str, ...] = ()) -> tuple[Mistake, ...]:
    """Pydantic's complaints about `model`, in our words; `under` is the way to the model inside the guideline."""
    return tuple(_mistake(dict(e), model, under) for e in error.errors(include_url=False, include_input=False))


def _mistake(error: dict[str, Any], model: type[BaseModel], under: tuple[str, ...]) -> Mistake:
    path = under + tuple(str(part) for part in error["loc"])
    key = ".".join(path) or "guideline"
    known = {info.alias or name: info for name, info in model.model_fields.items()}
    info = known.get(str(error["loc"][0])) if len(error["loc"]) == 1 else None
    if error["type"] == "extra_forbidden":
        return Mistake(path, f'"{key}" is not a key that can be used here.', suggestion(path[-1], _without_kind(known)))
    if error["type"] == "missing":
        meaning = f": {info.description}" if info and info.description else ""
        return Mistake(path, f'"{key}" is missing{meaning}.', _example(path[-1], info) or "Add it.")
    if "remedy" in error.get("ctx", {}):
        return Mistake(path, f'"{key}" {error["msg"]}.', str(error["ctx"]["remedy"]))
    told = str(error["msg"]).removeprefix("Input ")
    remedy = _example(path[-1], info) if info else ""
    return Mistake(path, f'"{key}" {told}.', remedy or _WRITTEN.get(error["type"], "Mend it or leave the key out."))


def _without_kind(known: dict[str, FieldInfo]) -> Sequence[str]:
    return sorted(set(known) - {"kind"})


def _example(key: str, info: FieldInfo | None) -> str:
    return f"For example: {key} = {info.examples[0]}" if info and info.examples else ""
