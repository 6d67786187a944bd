"""Adoption: is an approved change followed, and did the measure hold? The proposal's ticket gets the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from eal_jira.learning.adoption import Adoption, follow_up
from eal_jira.learning.measures import Measures
from eal_jira.model import Vocabulary
from eal_jira.outbox.intents import Comment, Linked, Ticket, marker, want
from eal_jira.process.applies import Condition
from eal_jira.process.judge import Judge
from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.guideline_page import asked
from eal_jira.settings import DecisionsPart, TeamPart
from eal_jira.stages import neighbours
from eal_jira.stages.guideline_pages import REVIEW_LABEL
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import traces_of
from eal_jira.store import Connection, intents, learning, process
from eal_jira.store.learning import ProposalRow


def follow_ups(house: House, connection: Connection, team: TeamPart, words: Vocabulary, now: datetime) -> int:
    """Answers on the tickets of approved proposals for which there is enough that is new."""
    answered = 0
    for proposal in learning.proposals(connection, team.name):
        if proposal.state != "approved" or proposal.new_version is None or way_of(proposal) is None:
            continue
        before = Adoption.from_json(proposal.adoption) if proposal.adoption else None
        adoption = _adoption(connection, team, proposal, 1 if before is None else before.look + 1, now)
        if not _enough(house.settings.decisions, team, proposal, before, adoption, now):
            continue
        learning.save_adoption(connection, proposal.key, adoption.to_json())
        body = house.templates.render("adoption.md", {"adoption": adoption, "version": proposal.new_version})
        want(connection, team.name, Comment(marker("adoption", proposal.key), body, ticket=proposal.key), now)
        if adoption.reversed:
            review(house, connection, team, proposal, adoption, now)
        answered += 1
    return answered


def _enough(
    part: DecisionsPart,
    team: TeamPart,
    proposal: ProposalRow,
    before: Adoption | None,
    adoption: Adoption,
    now: datetime,
) -> bool:
    """The first answer comes after so many issues or weeks, the next ones each time the issues have doubled."""
    finished = adoption.since.finished
    if before is not None:
        return finished >= 2 * before.since.finished
    waited = now - (proposal.decided or now) >= timedelta(weeks=part.follow_up_weeks)
    return finished >= (team.min_group if waited else max(part.follow_up_issues, team.min_group))


def way_of(proposal: ProposalRow) -> tuple[str, Mapping[str, tuple[str, ...]]] | None:
    """The signature that used to be a deviation, and where; None where the proposal names none."""
    told = proposal.body.get("practice") or proposal.body.get("way")
    return None if told is None else (told["signature"], told["condition"])


def review(
    house: House, connection: Connection, team: TeamPart, proposal: ProposalRow, adoption: Adoption, now: datetime
) -> None:
    """One ticket that asks the team to look at the change again: the work has done worse since."""
    version = next(
        v
        for v in versions(connection, team.name)
        if (v.guideline, v.version) == (proposal.guideline, proposal.new_version)
    )
    part = house.settings.tracker
    key = marker("review", proposal.key)
    title = f"{team.name}: look at the guideline “{version.title}” again"
    context = {
        "team": team.name,
        "version": version,
        "rule": asked(version),
        "seen": [],
        "reversed": adoption.evidence.sentence,
    }
    document = house.templates.render("review.md", context)
    ticket = Ticket(key, part.learning_project, part.ticket_type, title, document, (REVIEW_LABEL,))
    if intents.get(connection, ticket.key) is None:
        want(connection, team.name, ticket, now)
        if house.settings.decisions.link and house.tracker.capabilities.links:
            link = Linked(house.settings.decisions.link, ticket=key, other_ticket=proposal.key)
            want(connection, team.name, link, now)


def _adoption(connection: Connection, team: TeamPart, proposal: ProposalRow, look: int, now: datetime) -> Adoption:
    """Issues that the practice was for, finished before the change, against those begun and finished since.

    Whether an issue since the change was done the new way is found with the old version's rule: the way that used to
    be a deviation.
    """
    every = {(v.guideline, v.version): v for v in versions(connection, team.name)}
    old = every[proposal.guideline, proposal.base_version]
    new = every[proposal.guideline, proposal.new_version or 0]
    way = way_of(proposal)
    signature, where = way if way is not None else ("", {})
    judging = context(connection, team, now)
    is_for = Condition(where, judging)
    measured = {row.issue_id: Measures.from_json(row.body) for row in process.measures(connection, team.name)}
    traces = traces_of(connection, list(measured))
    about = {issue_id for issue_id, trace in traces.items() if is_for.matches(trace.issue)}

    as_if = Judge([_as_if_still(old, new.in_force_from)], replace(judging, since=new.in_force_from))
    among = neighbours.among(connection, team, as_if, sorted(about))
    verdicts = {issue_id: as_if(traces[issue_id], among) for issue_id in about}
    since = [m for i, m in measured.items() if i in about and verdicts[i].applied and _begun(m) >= new.in_force_from]
    doing_it = {i for i, v in verdicts.items() if any(d.signature == signature for d in v.deviations)}

    pair = [old.guideline, old.version]
    applied = {row.issue_id for row in process.measures(connection, team.name) if pair in row.applied}
    before = [m for i, m in measured.items() if i in about & applied and m.finished and m.finished < new.in_force_from]
    did_it = {
        d.issue_id
        for d in process.deviations(connection, team.name)
        if (d.guideline, d.version, d.signature) == (old.guideline, old.version, signature)
    }
    return follow_up(
        before, since, doing_it_before=did_it, doing_it_after=doing_it, min_group=team.min_group, look=look
    )


def _as_if_still(old: GuidelineVersion, since: datetime) -> GuidelineVersion:
    return replace(old, in_force_from=since, in_force_until=None)


def _begun(measures: Measures) -> datetime:
    return measures.started or measures.created
