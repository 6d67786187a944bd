"""Tiny traces written by hand: the PASS and FAIL example of every rule kind, and the cases of its tests.

An example is a rule's options and a path: rows of (when, activity, to, actor), the first one "created". Statuses and
fields go by name; ids are made up, so that what runs is what runs on a real history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from eal_jira.model import (
    Activity,
    Actor,
    Category,
    Change,
    Field,
    Finding,
    Issue,
    Link,
    Sprint,
    Status,
    Trace,
    Vocabulary,
)
from eal_jira.process.among import Among
from eal_jira.process.calendar import WorkingCalendar
from eal_jira.process.context import JudgeContext
from eal_jira.process.log import build_trace
from eal_jira.process.values import NEUTRAL

if TYPE_CHECKING:
    from eal_jira.process.rules.base import Rule

OFFICE_HOURS = WorkingCalendar(ZoneInfo("Etc/UTC"), frozenset(range(5)), time(9), time(17))
"""The calendar of all examples: Monday to Friday, 9 to 17 o'clock UTC."""


_AS_THEY_ARE = ("issuelinks",)


@dataclass(frozen=True, slots=True)
class Example:
    #: the rule's options, without its kind
    options: Mapping[str, object]
    #: rows of (when, activity, to) or (when, activity, to, actor); "" as `to` empties a field
    path: Sequence[Sequence[str]]
    #: the moment of judging; by default that of the last row
    now: str = ""
    #: fields that were filled when the issue was created, by name
    fields: Mapping[str, str] = field(default_factory=dict)
    #: statuses that end the work
    done: Sequence[str] = ("Done",)
    #: paths of other issues; where a rule asks for parents, they lie under the first one
    others: Sequence[Sequence[Sequence[str]]] = ()
    #: rows of (id, name, start, completed); "" while it still runs
    sprints: Sequence[Sequence[str]] = ()
    #: rows of (kind, key of the other issue)
    links: Sequence[Sequence[str]] = ()

    def findings(self, rule: Rule) -> list[Finding]:
        """What the rule finds in this example."""
        from eal_jira.process.rules.crossing import CrossRule  # every rule kind has examples, so rules import this

        trace, context = self.trace(rule), self.context(rule)
        if not isinstance(rule, CrossRule):
            return list(rule.check(trace, context))
        everyone = [trace, *(self._other(rule, number) for number in range(len(self.others)))]
        return list(
            rule.check_among(trace, context, Among.of(i for one in everyone for i in rule.intervals(one, context)))
        )

    def _other(self, rule: Rule, number: int) -> Trace:
        beside = replace(self, path=self.others[number], others=(self.path, *self.others))
        trace = beside.trace(rule)
        return replace(trace, issue=replace(trace.issue, id=str(number + 2), key=f"EX-{number + 2}", parent="1"))

    def context(self, rule: Rule) -> JudgeContext:
        now = _moment(self.now or self.path[-1][0])
        beginning = datetime(1970, 1, 1, tzinfo=UTC)
        sprints = {
            row[0]: Sprint(row[0], row[1], "closed" if row[3] else "active", _moment(row[2]), None, _ended(row[3]))
            for row in self.sprints
        }
        return JudgeContext(self.vocabulary(rule), OFFICE_HOURS, now, "Example", beginning, sprints=sprints)

    def vocabulary(self, rule: Rule) -> Vocabulary:
        rows = [row for path in (self.path, *self.others) for row in path]
        walked = sorted({row[2] for row in rows if row[1] in (Activity.CREATED, Activity.STATUS)})
        statuses = {}
        for number, name in enumerate(dict.fromkeys([*walked, *rule.statuses()]), start=1):
            category = Category.DONE if name in self.done else Category.TODO if name == "Open" else Category.DOING
            statuses[f"1000{number}"] = Status(f"1000{number}", name, category)
        named = [row[1] for row in rows if row[1] not in list(Activity)]
        fields = dict.fromkeys([*named, *self.fields, *(n for n in rule.field_names() if n not in NEUTRAL)])
        kinds = {"Sprint": "sprint"}
        return Vocabulary(
            statuses, {_field_id(name): Field(_field_id(name), name, kinds.get(name, "text")) for name in fields}
        )

    def trace(self, rule: Rule) -> Trace:
        ids = {status.name: status.id for status in self.vocabulary(rule).statuses.values()}
        created, *steps = self.path
        now: dict[str, str] = {Activity.STATUS: created[2], **self.fields}
        changes = []
        for number, (when, activity, to, *actor) in enumerate(steps, start=1):
            before = now.get(activity) or None
            now[activity] = to
            status = activity == Activity.STATUS
            changes.append(
                Change(
                    history_id=str(number),
                    position=0,
                    at=_moment(when),
                    actor=Actor(actor[0]) if actor else None,
                    field=activity if activity in list(Activity) else _field_id(activity),
                    from_id=ids[before] if status and before else before,
                    from_text=before,
                    to_id=ids[to] if status else to or None,
                    to_text=to or None,
                )
            )
        issue = Issue(
            id="1",
            key="EX-1",
            project="EX",
            type="Story",
            status=ids[now[Activity.STATUS]],
            summary="An example",
            created=_moment(created[0]),
            updated=_moment(self.path[-1][0]),
            creator=Actor(created[3]) if len(created) > 3 else None,
            assignee=Actor(now[Activity.ASSIGNEE]) if now.get(Activity.ASSIGNEE) else None,
            links=tuple(Link(str(n), row[0], "outward", f"link-{n}", row[1]) for n, row in enumerate(self.links)),
            fields={_field_id(name): value for name, value in now.items() if name not in list(Activity) and value},
        )
        return build_trace(issue, changes)


def _ended(text: str) -> datetime | None:
    return _moment(text) if text else None


def _field_id(name: str) -> str:
    return name if name in _AS_THEY_ARE else f"field-{name.lower().replace(' ', '-')}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
