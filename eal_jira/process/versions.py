"""A guideline as it stood at one time.

Versions are immutable: a change is a new version, and the one before it stops being in force when the new one starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import groupby, pairwise
from typing import Any

from eal_jira.process.applies import Table
from eal_jira.process.grades import Grade, grade

IMPORTED = "import"
"""The origin of a version that came from a file."""

PROBED = ("complex", "chaotic")
"""Cynefin's domains in which cause and effect are seen only afterwards, if at all (Snowden & Boone, 2007)."""

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
    #: a rule's plain table (`rules.parse_rule`); None: it is retired, or about what no tracker shows
    rule: Mapping[str, object] | None
    #: more about the reasons, "" when there is none
    why: str = ""
    #: what the way before it was good for, "" for the first version and where nobody wrote it down
    old_way: str = ""
    #: what helps people to do it on the job: a link, a checklist
    support: str = ""
    #: it ended: nothing is in force from then on
    retired: bool = False
    #: the moment before which it was in force; None: until further notice
    in_force_until: datetime | None = None
    #: `IMPORTED`, or the key of the proposal that brought it
    origin: str = IMPORTED
    mandatory: bool = False
    #: a starting point that nobody has settled on yet
    tentative: bool = True
    #: "clear", "complicated", "complex" or "chaotic"; what is complex or chaotic is probed, not checked
    domain: str = "clear"
    #: "event": each event is judged by the version in force then; "start": work stays on the version it began under
    pin: str = "event"
    #: the role that looks after it, "" when there is none
    steward: str = ""
    #: what makes it work
    key_points: tuple[str, ...] = ()
    #: what the team would like to know about it
    open_questions: tuple[str, ...] = ()
    #: links to what was observed or tested, see `grades`
    evidence: tuple[Mapping[str, str], ...] = ()
    #: the day on which the team wants to look at it again
    review_on: date | None = None
    #: which issues it is about, see `applies`; empty: all
    applies_to: Table = field(default_factory=dict)
    #: the circumstances in which it is known to help; elsewhere it is not checked
    holds_when: Table = field(default_factory=dict)
    #: which of those it is not about: any of these tables
    except_: tuple[Table, ...] = ()

    @property
    def checked(self) -> bool:
        """Whether departures from it are looked for; what was retired or is to be probed isn't checked."""
        return self.rule is not None and not self.retired and self.domain not in PROBED

    @property
    def grade(self) -> Grade:
        """How well founded it is."""
        return grade(self.evidence, self.origin, imported=IMPORTED)

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
            "old_way": self.old_way,
            "support": self.support,
            "retired": self.retired,
            "source": self.source,
            "mandatory": self.mandatory,
            "tentative": self.tentative,
            "domain": self.domain,
            "pin": self.pin,
            "steward": self.steward,
            "key_points": list(self.key_points),
            "open_questions": list(self.open_questions),
            "evidence": [dict(link) for link in self.evidence],
            "review_on": self.review_on and self.review_on.isoformat(),
            "rule": None if self.rule is None else dict(self.rule),
            "applies_to": {name: list(values) for name, values in self.applies_to.items()},
            "holds_when": {name: list(values) for name, values in self.holds_when.items()},
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
            old_way=body.get("old_way", ""),
            support=body.get("support", ""),
            retired=body.get("retired", body["rule"] is None),
            source=body["source"],
            mandatory=body["mandatory"],
            # what an older eal-jira wrote has none of these
            tentative=body.get("tentative", True),
            domain=body.get("domain", "clear"),
            pin=body.get("pin", "event"),
            steward=body.get("steward", ""),
            key_points=tuple(body.get("key_points", ())),
            open_questions=tuple(body.get("open_questions", ())),
            evidence=tuple(body.get("evidence", ())),
            holds_when=body.get("holds_when", {}),
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
        if not v.retired and v.in_force_from <= at and (v.in_force_until is None or at < v.in_force_until)
    )
