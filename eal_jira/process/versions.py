"""A guideline as it stood at one time.

Versions are immutable: a change is a new version, and the one before it stops being in force when the new one starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import groupby, pairwise
from typing import Any

from eal_jira.process.applies import Table, phrase
from eal_jira.process.rules import parse_rule

IMPORTED = "import"
"""The origin of a version that came from a file."""

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a guideline without ``in_force_from`` has been in force."""


@dataclass(frozen=True, slots=True)
class GuidelineVersion:
    """How a team normally works, from one moment to the next change. Text is for people, `rule` for the machine."""

    guideline: str
    #: counted from 1 within the guideline
    version: int
    in_force_from: datetime
    title: str
    #: what it is good for
    purpose: str
    #: book, practice, or what it was learnt from
    source: str
    #: a rule's plain table (`rules.parse_rule`); None: the guideline is retired, nothing is checked from then on
    rule: Mapping[str, object] | None
    #: more about the reasons, "" when there is none
    why: str = ""
    #: the moment before which it was in force; None: until further notice
    in_force_until: datetime | None = None
    #: `IMPORTED`, or the key of the proposal that brought it
    origin: str = IMPORTED
    mandatory: bool = False
    #: the day on which the team wants to look at it again
    review_on: date | None = None
    #: which issues it is about, see `applies`; empty: all
    applies_to: Table = field(default_factory=dict)
    #: which of those it is not about: any of these tables
    except_: tuple[Table, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The version as JSON values; `from_json` gives it back."""
        return {
            "guideline": self.guideline,
            "version": self.version,
            "in_force_from": self.in_force_from.isoformat(),
            "in_force_until": self.in_force_until and self.in_force_until.isoformat(),
            "origin": self.origin,
            "title": self.title,
            "purpose": self.purpose,
            "why": self.why,
            "source": self.source,
            "mandatory": self.mandatory,
            "review_on": self.review_on and self.review_on.isoformat(),
            "rule": None if self.rule is None else dict(self.rule),
            "applies_to": {name: list(values) for name, values in self.applies_to.items()},
            "except": [{name: list(values) for name, values in table.items()} for table in self.except_],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> GuidelineVersion:
        until, review_on = body["in_force_until"], body["review_on"]
        return cls(
            guideline=body["guideline"],
            version=body["version"],
            in_force_from=datetime.fromisoformat(body["in_force_from"]),
            in_force_until=None if until is None else datetime.fromisoformat(until),
            origin=body["origin"],
            title=body["title"],
            purpose=body["purpose"],
            why=body["why"],
            source=body["source"],
            mandatory=body["mandatory"],
            review_on=None if review_on is None else date.fromisoformat(review_on),
            rule=body["rule"],
            applies_to=body["applies_to"],
            except_=tuple(body["except"]),
        )


def timeline(versions: Iterable[GuidelineVersion]) -> tuple[GuidelineVersion, ...]:
    """The versions by guideline and time, each in force at the latest until the next one of its guideline starts."""
    closed: list[GuidelineVersion] = []
    ordered = sorted(versions, key=lambda v: (v.guideline, v.in_force_from, v.version))
    for _, group in groupby(ordered, key=lambda v: v.guideline):
        members = list(group)
        for version, following in pairwise(members):
            until = min(version.in_force_until or following.in_force_from, following.in_force_from)
            closed.append(replace(version, in_force_until=until))
        closed.append(members[-1])
    return tuple(closed)


def in_force(versions: Iterable[GuidelineVersion], at: datetime) -> tuple[GuidelineVersion, ...]:
    """The version of each guideline that counts at this moment, retired guidelines left out."""
    return tuple(
        v
        for v in timeline(versions)
        if v.rule is not None and v.in_force_from <= at and (v.in_force_until is None or at < v.in_force_until)
    )


def difference(old: GuidelineVersion, new: GuidelineVersion) -> tuple[str, ...]:
    """What changed from `old` to `new` for those who work by it, one readable line each; empty: nothing did."""
    return tuple(_difference(old, new))


def _difference(old: GuidelineVersion, new: GuidelineVersion) -> Iterator[str]:
    if new.title != old.title:
        yield f'title changed from "{old.title}" to "{new.title}"'
    for name in ("purpose", "why", "source"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{name} reworded: {after}" if after else f"{name} left out"
    if new.mandatory != old.mandatory:
        yield "mandatory from now on" if new.mandatory else "no longer mandatory"
    if new.review_on != old.review_on:
        yield f"next look on {new.review_on}" if new.review_on else "no day for the next look any more"
    yield from _rule_difference(old.rule, new.rule)
    yield from _applies_difference(old.applies_to, new.applies_to)
    yield from (f"exception added: {phrase(table)}" for table in new.except_ if table not in old.except_)
    yield from (f"exception removed: {phrase(table)}" for table in old.except_ if table not in new.except_)


def _rule_difference(old: Mapping[str, object] | None, new: Mapping[str, object] | None) -> Iterator[str]:
    if old == new:
        return
    if new is None:
        yield "retired"
    elif old is None:
        yield f"taken up again: {parse_rule(new).describe()}"
    else:
        before, after = parse_rule(old), parse_rule(new)
        if type(before) is type(after):
            yield from after.differences(before)
        else:
            yield f"now: {after.describe()}"
            yield f"before: {before.describe()}"


def _applies_difference(old: Table, new: Table) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        before: Sequence[object] = old.get(name, ())
        after: Sequence[object] = new.get(name, ())
        if not before:
            yield f"applies only to {phrase({name: new[name]})}"
        elif not after:
            yield f"applies whatever the {name}, no longer only to {phrase({name: old[name]})}"
        else:
            yield from (f"applies also to {name} {value}" for value in after if value not in before)
            yield from (f"no longer applies to {name} {value}" for value in before if value not in after)
