"""What was said and what became of it: last time's actions, and what was said and not done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from eal_jira.learning.evidence import Verdict
from eal_jira.learning.practices import Practice
from eal_jira.reflection.learned import Outlook, Tried, is_about
from eal_jira.reflection.periods import Period

PATIENCE = timedelta(days=28)
"""What was said so long ago and led to nothing is told as said, not done."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action that somebody wrote on a retro."""

    text: str
    #: key of its ticket
    key: str
    url: str
    made: datetime
    #: None: not done
    done: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """A practice with the moment at which it was first told."""

    practice: Practice
    since: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    text: str
    key: str
    url: str
    done: bool
    day: date


@dataclass(frozen=True, slots=True)
class Said:
    """Said, not done: what, since when, and where it stands."""

    text: str
    since: date
    key: str = ""
    url: str = ""


def last_actions(actions: Sequence[Action], period: Period, zone: tzinfo) -> Iterable[Followed]:
    """Actions that were open when the period began or written in it, each with what became of it by its end."""
    for action in sorted(actions, key=lambda a: (a.made, a.key, a.text)):
        if action.made < period.end and (action.done is None or action.done >= period.start):
            done = action.done is not None and action.done < period.end
            day = action.done if done and action.done is not None else action.made
            yield Followed(action.text, action.key, action.url, done, day.astimezone(zone).date())


def said_not_done(
    actions: Sequence[Action],
    known: Sequence[Known],
    proposals: Sequence[Outlook],
    experiments: Sequence[Tried],
    until: datetime,
    zone: tzinfo,
) -> Iterable[Said]:
    """Oldest first. A linked experiment, proposal or a finished ticket takes its line away."""
    found: list[tuple[datetime, Said]] = []

    def say(since: datetime, text: str, key: str = "", url: str = "") -> None:
        if until - since >= PATIENCE:
            found.append((since, Said(text, since.astimezone(zone).date(), key, url)))

    tried = {experiment.guideline for experiment in experiments}
    for action in actions:
        if action.done is None or action.done >= until:
            say(action.made, action.text, action.key, action.url)
    for each in known:
        practice = each.practice
        if practice.verdict is Verdict.CANNOT_TELL or practice.guideline in tried:
            continue
        if any(is_about(proposal, practice) for proposal in proposals):
            continue
        outcome = "went well" if practice.verdict is Verdict.BETTER else "did not help"
        say(each.since, f"“{practice.label}” {outcome}, and nothing was tried or proposed")
    for proposal in proposals:
        if proposal.state == "tried first" and proposal.decided and proposal.guideline not in tried:
            say(proposal.decided, f"Try it first: {proposal.title}", proposal.key, proposal.url)
    return [said for _, said in sorted(found, key=lambda pair: (pair[0], pair[1].key, pair[1].text))]
