"""What people do about a ticket they find in the learning project, as values: (ticket, moment) → acts.

A curious developer presses Approve on a proposal the next day, though it isn't theirs to decide, and takes it back half
a day later. After two working days a manager decides, for a reason. A team that is offered an experiment with its own
way of working begins it after a working day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from eal_jira.sandbox.acts import Act, Move, Person, Say
from eal_jira.sandbox.hours import DAY_HOURS, later, zone
from eal_jira.sandbox.teams import CURIOUS, MANAGERS, MOBILE, PAYMENTS, SEARCH, Team

OPEN, APPROVED, DECLINED, TRY_FIRST = "Open", "Approved", "Declined", "Try first"

CURIOUS_AFTER = 0.75 * DAY_HOURS
DECIDED_AFTER = 2.0 * DAY_HOURS
"""Working hours after the proposal was made."""
BEGUN_AFTER = 1.0 * DAY_HOURS
"""Working hours after the experiment was offered."""


@dataclass(frozen=True, slots=True)
class Decision:
    by: Person
    to: str
    reason: str


DECISIONS: Mapping[str, Decision] = {
    PAYMENTS.practice.guideline: Decision(
        MANAGERS[0],
        APPROVED,
        "The paired bugs were done in half the time and no more of them came back. "
        "I asked the team what it takes, and they want to go on with it.",
    ),
    SEARCH.practice.guideline: Decision(
        MANAGERS[1],
        DECLINED,
        "Work that was started before it was ready came back from review and testing far more often. "
        "Let us look at what makes getting ready so slow instead.",
    ),
    MOBILE.practice.guideline: Decision(
        MANAGERS[0],
        TRY_FIRST,
        "The small batches look promising, but the trial is still running. I would like to see it through first.",
    ),
}
"""What the managers decide about a proposal to change a guideline, by the guideline's id. Others they leave open."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A ticket as people see it. `moves` are (account id, status moved to), oldest first."""

    key: str
    guideline: str
    status: str
    created: datetime
    moves: tuple[tuple[str, str], ...]


def reactions(proposal: Proposal, at: datetime) -> Iterator[Act]:
    """What people do about this proposal when they come by at this moment."""
    decision = DECISIONS[proposal.guideline]
    if proposal.status == APPROVED and proposal.moves[-1:] == ((CURIOUS.account_id, APPROVED),):
        yield Say(at, CURIOUS.account_id, proposal.key, "Sorry, I only wanted to see what the button does.")
        yield Move(at, CURIOUS.account_id, proposal.key, OPEN)
    elif proposal.status != OPEN:
        return
    elif _waited(proposal, DECIDED_AFTER, decision.by, at):
        yield Say(at, decision.by.account_id, proposal.key, decision.reason)
        yield Move(at, decision.by.account_id, proposal.key, decision.to)
    elif CURIOUS.account_id not in dict(proposal.moves) and _waited(proposal, CURIOUS_AFTER, CURIOUS, at):
        yield Move(at, CURIOUS.account_id, proposal.key, APPROVED)


@dataclass(frozen=True, slots=True)
class Offer:
    """The ticket of an experiment that a team is offered, as the team sees it."""

    key: str
    team: Team
    #: what it asks to be put on the issues that take part
    label: str
    status: str
    created: datetime


def taken_up(offer: Offer, at: datetime) -> Iterator[Act]:
    """What the team does about the offer when it comes by at this moment."""
    lead = offer.team.people[0]
    if offer.status == OPEN and _waited(offer, BEGUN_AFTER, lead, at):
        yield Say(at, lead.account_id, offer.key, "We do it this way anyhow. Let us find out whether it helps.")
        yield Move(at, lead.account_id, offer.key, TRY_FIRST)


def _waited(ticket: Proposal | Offer, hours: float, who: Person, at: datetime) -> bool:
    return later(ticket.created, hours, zone(who.time_zone)) <= at
