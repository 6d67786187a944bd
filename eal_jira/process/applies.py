"""Which issues a guideline is about: the tables ``applies_to`` and ``except``.

A table says for each field which values count: ``{ type = ["Story", "Bug"], points = "<= 3" }``. All its fields have
to match; a field without a value matches nothing. Fields are `type`, `priority`, `labels`, `component`, `points`,
`team`, or any field by the tracker's name. A guideline applies when its ``applies_to`` and ``holds_when`` match (an
absent table always does) and none of its ``except`` tables does. What counts is how the issue was at the moment in
question, as far as its history tells; a field that never changed was always as it is now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import ge, gt, le, lt

from eal_jira.model import Issue, Trace, Value
from eal_jira.process.context import JudgeContext
from eal_jira.process.names import folded
from eal_jira.process.problems import Mistake
from eal_jira.process.values import NEUTRAL, field_at, is_empty

Table = Mapping[str, Sequence[str | int | float | bool]]
"""Field name → allowed values, in the form that `normal` gives."""

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "<": lt, ">": gt}
_TEAM = "team"
_REMEMBERED = 1_000


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
        self._tests = [(read, matches) for read, matches, _, _ in self._fields]
        ids = {field: context.names.fields(field) for field in field_names(table)}
        self._ids = ids
        #: the activities in a history that change what this condition looks at
        self.activities: frozenset[str] = frozenset().union(*ids.values())

    def matches(self, issue: Issue) -> bool:
        """Whether the issue matches as it is now."""
        for read, matches in self._tests:  # noqa: SIM110 - asked for every trace and version, and all() is slower
            if not matches(read(issue)):
                return False
        return True

    def matched(self, trace: Trace, at: datetime) -> bool:
        """Whether the issue matched right after everything that happened at this moment."""
        return all(
            self._held(trace, field, matches, at) if field in self._ids else matches(read(trace.issue))
            for read, matches, field, _ in self._fields
        )

    def _held(self, trace: Trace, field: str, matches: Callable[[Value], bool], at: datetime) -> bool:
        value = field_at(trace, self._ids[field], at)
        if matches(value):
            return True
        # a history tells a number as text, and several labels as one text
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
        words = tuple(word for text in texts for word in text.split()) if folded(field) == "labels" else ()
        return any(_is_number(text) and matches(float(text)) for text in texts) or matches(words)

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
    readers = [NEUTRAL.get(id_) or partial(_further, id_) for id_ in sorted(context.names.fields(field))]
    if len(readers) == 1:
        return readers[0]

    def read(issue: Issue) -> Value:
        for reader in readers:
            value = reader(issue)
            if not is_empty(value):
                return value
        return None

    return read


def _further(field: str, issue: Issue) -> Value:
    return issue.fields.get(field)


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

    known: dict[str, bool] = {}

    def matches(value: Value) -> bool:
        if value is None:
            return False
        if type(value) is str:  # types, priorities, …: few, and asked for again and again
            found = known.get(value)
            if found is None:
                found = one(value)
                if len(known) < _REMEMBERED:
                    known[value] = found
            return found
        return any(map(one, value)) if isinstance(value, tuple) else one(value)

    return matches


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _shown(value: Value) -> str:
    if is_empty(value):
        return "empty"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


class Scope:
    """Which issues one guideline version is about: its tables together."""

    def __init__(
        self, applies_to: Table, holds_when: Table, exceptions: Iterable[Table], context: JudgeContext
    ) -> None:
        self._applies = Condition(applies_to, context)
        self._holds = Condition(holds_when, context)
        self._except = [Condition(table, context) for table in exceptions]
        every = (self._applies, self._holds, *self._except)
        #: whether it is about every issue
        self.always = not (applies_to or holds_when or self._except)
        #: the activities in a history that may have moved an issue in or out
        self.activities: frozenset[str] = frozenset().union(*(condition.activities for condition in every))

    def holds(self, issue: Issue) -> bool:
        """Whether it is about the issue as it is now."""
        return self.always or (
            self._applies.matches(issue)
            and self._holds.matches(issue)
            and not any(condition.matches(issue) for condition in self._except)
        )

    def held(self, trace: Trace, at: datetime) -> bool:
        """Whether it was about the issue right after everything that happened at this moment."""
        if self.activities.isdisjoint(event.activity for event in trace.events):
            return self.holds(trace.issue)
        return (
            self._applies.matched(trace, at)
            and self._holds.matched(trace, at)
            and not any(condition.matched(trace, at) for condition in self._except)
        )

    def not_about(self, issue: Issue) -> str:
        """Why it isn't about the issue as it is now, "" when it is."""
        if reason := self._applies.mismatch(issue):
            return reason
        if reason := self._holds.mismatch(issue):
            return f"it helps when {phrase(self._holds.table)}, and {reason}"
        excepted = next((condition for condition in self._except if condition.matches(issue)), None)
        return f"{phrase(excepted.table)} is excepted" if excepted else ""
