"""On entering a status, an issue is linked to another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from eal_jira.model import Finding, Link, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded
from eal_jira.process.rules.base import Name, Rule

_ACTIVITIES = frozenset({"link", "links", "issuelinks"})
"""What trackers call a change of links in a history; a guideline's `links` are kinds of link, not this field."""


class LinkRequired(Rule):
    """When an issue enters a status, it is linked to another issue: to its incident, its test, its decision.

    `links` names the kinds of which one is enough; without it, any link counts. A link that was made later, as far as
    the history tells, doesn't count, and one that was there and has been taken away since does.
    """

    kind: Literal["link_required"] = "link_required"
    status: Name = Field(description="the status at whose entrance the link counts", examples=['"In Progress"'])
    links: tuple[Name, ...] = Field(
        default=(), description="the kinds of link of which one is enough", examples=['["Tests", "Relates"]']
    )

    PASS: ClassVar[Example] = Example(
        {"status": "In Progress", "links": ["Tests"]},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
        ],
        links=[("Tests", "EX-9")],
    )
    FAIL: ClassVar[Example] = Example(
        {"status": "In Progress", "links": ["Tests"]},
        [
            ("2026-03-02 09:00", "created", "Open", "ann"),
            ("2026-03-02 10:00", "status", "In Progress", "ann"),
            ("2026-03-02 11:00", "issuelinks", "This issue tests EX-9", "ann"),
        ],
        links=[("Tests", "EX-9")],
    )

    def describe(self) -> str:
        kind = f" ({' or '.join(self.links)})" if self.links else ""
        return f"When an issue enters {self.status}, it is linked to another one{kind}."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        keys, names, status = context.names.keys, context.names, folded(self.status)
        wanted = frozenset(map(folded, self.links))
        for move in trace.moves:
            if keys[move.to] != status or self._linked(trace, wanted, move.at):
                continue
            kind = f" {' or '.join(self.links)}" if self.links else ""
            yield Finding(
                at=move.at,
                events=(move.seq,),
                signature=f"{names.identity(move.to)} without a link{f' {sorted(wanted)}' if wanted else ''}",
                label=f"{self.status} without a{kind} link",
                sentence=f"{trace.issue.key} came to {self.status} without a{kind} link to another issue. "
                "What does it belong to?",
            )

    def _linked(self, trace: Trace, wanted: frozenset[str], at: datetime) -> bool:
        later = [e for e in trace.events if e.at > at and folded(e.activity) in _ACTIVITIES]
        made = [event.to for event in later if event.to]
        taken = [event.from_ for event in later if event.from_]
        return any(
            (not wanted or folded(link.kind) in wanted) and not any(_speaks_of(text, link) for text in made)
            for link in trace.issue.links
        ) or any(not wanted or any(kind in text.casefold() for kind in wanted) for text in taken)

    def statuses(self) -> tuple[str, ...]:
        return (self.status,)


def _speaks_of(text: str, link: Link) -> bool:
    return link.other_key in text.replace(",", " ").split() or text == link.other_id
