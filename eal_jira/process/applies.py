"""Which issues a guideline is about: the tables ``applies_to`` and ``except``.

A table says for each field which values count: ``{ type = ["Story", "Bug"], points = "<= 3" }``. All its fields have
to match; a field without a value matches nothing. Fields are `type`, `priority`, `labels`, `component`, `points`,
`team`, or any field by the tracker's name. A guideline applies when its ``applies_to`` matches (an absent table always
does) and none of its ``except`` tables does. The issue is taken as it is now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import ge, gt, le, lt

from eal_jira.model import Issue, Value
from eal_jira.process.context import JudgeContext
from eal_jira.process.names import folded
from eal_jira.process.problems import Mistake
from eal_jira.process.values import current, is_empty

Table = Mapping[str, Sequence[str | int | float | bool]]
"""Field name → allowed values, in the form that `normal` gives."""

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "<": lt, ">": gt}
_TEAM = "team"


def normal(table: Mapping[str, object]) -> dict[str, list[str | int | float | bool]]:
    """The table as it is stored: every field with a list of values. Call after `mistakes_in` found none."""
    return {field: list(values) if isinstance(values, list | tuple) else [values] for field, values in table.items()}  # type: ignore[list-item]


def mistakes_in(table: object, under: tuple[str, ...]) -> Iterator[Mistake]:
    """What can't be used in such a table, as far as it can be told without the tracker."""
    name = ".".join(under)
    if not isinstance(table, Mapping) or not table:
        yield Mistake(
            under, f'"{name}" should be a table with at least one field.', 'For example: { type = ["Story", "Bug"] }'
        )
        return
    for field, values in table.items():
        listed = values if isinstance(values, list | tuple) else [values]
        path, key = (*under, field), f"{name}.{field}"
        if not listed:
            yield Mistake(path, f'"{key}" is an empty list, which nothing matches.', "Name a value or leave it out.")
        for value in listed:
            if not isinstance(value, str | int | float | bool) or value == "":
                yield Mistake(
                    path,
                    f'"{key}" has a value that is neither text nor a number.',
                    f'For example: {field} = ["High", "Low"], or {field} = "<= 3"',
                )
            elif folded(field) == "points" and isinstance(value, str) and not _COMPARISON.fullmatch(value.strip()):
                yield Mistake(
                    path,
                    f'"{key}" is a number on every issue, so the text "{value}" never matches.',
                    'Write numbers or a comparison: points = [1, 2, 3] or points = "<= 3"',
                )


def field_names(table: Table) -> Iterator[str]:
    """The fields named in the table, to be checked against the tracker's."""
    return (field for field in table if folded(field) != _TEAM)


def phrase(table: Table) -> str:
    """The table as people read it: "type Story or Bug, points <= 3"."""
    return ", ".join(f"{field} {' or '.join(map(str, values))}" for field, values in table.items())


class Condition:
    """One table, ready to be held against many issues."""

    def __init__(self, table: Table, context: JudgeContext) -> None:
        self.table = table
        self._fields = [(_reader(field, context), _matcher(values), field, values) for field, values in table.items()]

    def matches(self, issue: Issue) -> bool:
        return all(matches(read(issue)) for read, matches, _, _ in self._fields)

    def mismatch(self, issue: Issue) -> str:
        """Why an issue doesn't match, "" when it does: "type is Task, not Story or Bug"."""
        for read, matches, field, values in self._fields:
            if not matches(read(issue)):
                return f"{field} is {_shown(read(issue))}, not {' or '.join(map(str, values))}"
        return ""


def _reader(field: str, context: JudgeContext) -> Callable[[Issue], Value]:
    if folded(field) == _TEAM:
        return lambda _: context.team
    # neutral names read the issue itself, ids its further fields: the first that is filled answers
    ids = sorted(context.names.fields(field))
    if len(ids) == 1:
        return lambda issue: current(issue, ids[0])
    return lambda issue: next((v for v in (current(issue, id_) for id_ in ids) if not is_empty(v)), None)


def _matcher(values: Sequence[str | int | float | bool]) -> Callable[[Value], bool]:
    comparisons, texts, others = [], set(), set()
    for value in values:
        found = _COMPARISON.fullmatch(value.strip()) if isinstance(value, str) else None
        if found:
            comparisons.append((_COMPARE[found[1]], float(found[2])))
        elif isinstance(value, str):
            texts.add(folded(value))
        else:
            # True equals 1 in Python, not in a guideline
            others.add((isinstance(value, bool), value))

    def one(value: str | float | bool) -> bool:
        if isinstance(value, str):
            return folded(value) in texts
        if (isinstance(value, bool), value) in others:
            return True
        return not isinstance(value, bool) and any(compare(value, limit) for compare, limit in comparisons)

    def matches(value: Value) -> bool:
        if value is None:
            return False
        return any(map(one, value)) if isinstance(value, tuple) else one(value)

    return matches


def _shown(value: Value) -> str:
    if is_empty(value):
        return "empty"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def any_matching(conditions: Iterable[Condition], issue: Issue) -> Condition | None:
    """The first of these conditions that the issue matches."""
    return next((condition for condition in conditions if condition.matches(issue)), None)
