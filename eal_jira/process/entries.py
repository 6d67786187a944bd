"""The shape of one ``[[guideline]]`` table, and everything that can be wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from eal_jira.process import applies, grades
from eal_jira.process.names import suggestion
from eal_jira.process.problems import Mistake, mistakes
from eal_jira.process.rules import BadRule, parse_rule
from eal_jira.process.versions import ALWAYS, PROBED

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_STEP = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•])[ \t]", re.MULTILINE)
"""A line that begins as an item of a list."""

_RULE = '{ kind = "precedence", first = "In Review", then = "Done" }'


def _text(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("empty", "is empty", {"remedy": "Write something between the quotes."})
    return value


def _direction(value: object) -> object:
    """Who leads says what for, and leaves the answers to those who do the work (mission, row 1.1)."""
    if isinstance(value, str) and len(_STEP.findall(value)) > 1:
        remedy = "Say here what it is good for; how it is done belongs into key_points, where the team can change it."
        raise PydanticCustomError("steps", "lists steps", {"remedy": remedy})
    return value


def _id(value: object) -> object:
    if isinstance(value, str) and not _ID.fullmatch(value):
        remedy = "Use letters, digits, dots and dashes, such as review-before-done."
        raise PydanticCustomError("id", "can't be used as a name", {"remedy": remedy})
    return value


def _one_of(*words: str) -> Callable[[object], object]:
    def known(value: object) -> object:
        if value not in words:
            remedy = suggestion(str(value), words)
            raise PydanticCustomError("word", "is none of the words that can be used here", {"remedy": remedy})
        return value

    return known


def _moment(value: object) -> date:
    """A day or moment, as TOML has them or as text."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == len("2026-01-01") else datetime.fromisoformat(value)
        except ValueError:
            pass  # falls through to the one complaint there is
    if isinstance(value, date):
        return value
    raise PydanticCustomError("day", "is not a day", {"remedy": "Write it without quotes, such as 2026-01-01."})


def _day(value: object) -> date:
    moment = _moment(value)
    return moment.date() if isinstance(moment, datetime) else moment


_Id = Annotated[str, BeforeValidator(_id)]
_Text = Annotated[str, BeforeValidator(_text), StringConstraints(strip_whitespace=True)]
_Direction = Annotated[str, BeforeValidator(_direction), StringConstraints(strip_whitespace=True)]
_Moment = Annotated[Any, BeforeValidator(_moment)]


class Entry(BaseModel):
    """One version of a guideline, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Id = Field(description="a short name that never changes", examples=['"review-before-done"'])
    title: _Text = Field(description="what people read first", examples=['"Work is reviewed before it is done"'])
    purpose: Annotated[_Text, BeforeValidator(_direction)] = Field(
        description="what it is good for", examples=['"A second pair of eyes sees what the first can\'t"']
    )
    source: _Text = Field(
        description="the book, practice or learning it comes from", examples=['"The Kanban Guide, 2020"']
    )
    why: _Direction = ""
    mandatory: StrictBool = False
    tentative: StrictBool = True
    domain: Annotated[str, BeforeValidator(_one_of("clear", "complicated", "complex", "chaotic"))] = "clear"
    pin: Annotated[str, BeforeValidator(_one_of("event", "start"))] = "event"
    steward: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    key_points: tuple[_Text, ...] = ()
    open_questions: tuple[_Text, ...] = ()
    review_on: Annotated[date | None, BeforeValidator(_day)] = None
    in_force_from: _Moment = ALWAYS
    rule: dict[str, Any] | None = Field(description="what the machine checks", examples=[_RULE])
    #: what the way before it was good for; asked for where a version replaces another
    old_way: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    #: what helps people to do it on the job
    support: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    observable: StrictBool = True
    # these are looked at by `applies` and `grades`, which know what can stand in them
    evidence: Any = ()
    applies_to: Any = None
    holds_when: Any = None
    except_: Any = Field(default=None, alias="except")
    retired: Literal[False] = False

    @property
    def exceptions(self) -> list[Any]:
        return _listed(self.except_)


class Unobservable(Entry):
    """One about what no tracker shows, ``observable = false``: for people to read, nothing is checked."""

    rule: None = None
    observable: Literal[False] = False


class Retirement(BaseModel):
    """The end of a guideline, as written: ``retired = true`` and a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Id = Field(description="the guideline that ends", examples=['"review-before-done"'])
    retired: Literal[True]
    in_force_from: _Moment = Field(description="the day from which it is not checked any more", examples=["2026-01-01"])
    why: Annotated[str, StringConstraints(strip_whitespace=True)] = ""


def read_entry(table: Mapping[str, Any]) -> tuple[Entry | Retirement | None, tuple[Mistake, ...]]:
    """What the table says, or all its mistakes."""
    shape: type[Entry | Retirement] = Entry
    if table.get("retired") is True:
        shape = Retirement
    elif table.get("observable") is False:
        shape = Unobservable
    entry: Entry | Retirement | None = None
    found: list[Mistake] = []
    try:
        entry = shape.model_validate(dict(table))
    except ValidationError as error:
        found.extend(mistakes(error, shape))
    if shape is not Retirement:
        found.extend(_inside(table))
    return (None, tuple(found)) if found else (entry, ())


def in_utc(moment: date, zone: tzinfo) -> datetime:
    """A day begins at midnight in this zone; a moment without an offset is on that zone's clock."""
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _inside(table: Mapping[str, Any]) -> Iterator[Mistake]:
    if isinstance(table.get("rule"), dict):
        try:
            parse_rule(table["rule"])
        except BadRule as bad:
            yield from bad.mistakes
    for key in ("applies_to", "holds_when"):
        if key in table:
            yield from applies.mistakes_in(table[key], (key,))
    if "evidence" in table:
        yield from grades.mistakes_in(table["evidence"])
    yield from _contradictions(table)
    for exception in _listed(table.get("except")):
        yield from applies.mistakes_in(exception, ("except",))


def _contradictions(table: Mapping[str, Any]) -> Iterator[Mistake]:
    """What can be read key by key, but not together."""
    if table.get("mandatory") is True and not str(table.get("why", "")).strip():
        remedy = "Say in `why` what it protects; without a reason, leave mandatory out."
        yield Mistake(("mandatory",), "It is mandatory, and nothing says why.", remedy)
    if table.get("mandatory") is True and table.get("domain") in PROBED:
        what = f"It is mandatory, but in the {table['domain']} domain nothing is checked."
        yield Mistake(("domain",), what, "Leave mandatory out, or choose the domain clear or complicated.")
    if table.get("observable") is False and table.get("mandatory") is True:
        what = "It is mandatory, and nothing in the tracker shows whether it was followed."
        yield Mistake(("mandatory",), what, "Leave mandatory out, or give it a rule and leave observable out.")
    wanted = table.get("applies_to")
    for exception in _listed(table.get("except")):
        if isinstance(wanted, Mapping) and isinstance(exception, Mapping) and exception and exception == wanted:
            remedy = "Narrow the exception, or retire the guideline."
            yield Mistake(("except",), "The exception takes out all that the guideline applies to.", remedy)
    begin, review = table.get("in_force_from"), table.get("review_on")
    if isinstance(begin, date) and isinstance(review, date) and _day(review) < _day(begin):
        remedy = "Choose a day after in_force_from."
        yield Mistake(("review_on",), "It is to be looked at again before it is in force.", remedy)


def _listed(tables: object) -> list[Any]:
    if tables is None:
        return []
    return tables if isinstance(tables, list) else [tables]
