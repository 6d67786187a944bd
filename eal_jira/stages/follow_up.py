"""Adoption: is an approved change followed, and did the measure hold? The proposal's ticket gets the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from eal_jira.learning.adoption import Adoption, follow_up
from eal_jira.learning.measures import Measures
from eal_jira.learning.practices import Practice
from eal_jira.model import Vocabulary
from eal_jira.outbox.intents import Comment, marker, want
from eal_jira.process.applies import Condition
from eal_jira.process.judge import Judge
from eal_jira.process.versions import GuidelineVersion
from eal_jira.settings import TeamPart
from eal_jira.stages import neighbours
from eal_jira.stages.guidelines import context, versions
from eal_jira.stages.house import House
from eal_jira.stages.measuring import traces_of
from eal_jira.store import Connection, learning, process
from eal_jira.store.learning import ProposalRow

FIRST_ANSWER = 10
"""The first answer comes after so many finished issues, the next ones each time that number has doubled."""


def follow_ups(house: House, connection: Connection, team: TeamPart, words: Vocabulary, now: datetime) -> int:
    """Answers on the tickets of approved proposals for which there is enough that is new."""
    answered = 0
    for proposal in learning.proposals(connection, team.name):
        if proposal.state != "approved" or proposal.new_version is None:
            continue
        adoption = _adoption(connection, team, proposal, now)
        before = Adoption.from_json(proposal.adoption).since.finished if proposal.adoption else 0
        if adoption.since.finished < max(FIRST_ANSWER, team.min_group, 2 * before):
            continue
        learning.save_adoption(connection, proposal.key, adoption.to_json())
        body = house.templates.render("adoption.md", {"adoption": adoption, "version": proposal.new_version})
        want(connection, team.name, Comment(marker("adoption", proposal.key), body, ticket=proposal.key), now)
        answered += 1
    return answered


def _adoption(connection: Connection, team: TeamPart, proposal: ProposalRow, now: datetime) -> Adoption:
    """Issues that the practice was for, finished before the change, against those begun and finished since.

    Whether an issue since the change was done the new way is found with the old version's rule: the way that used to
    be a deviation.
    """
    every = {(v.guideline, v.version): v for v in versions(connection, team.name)}
    old = every[proposal.guideline, proposal.base_version]
    new = every[proposal.guideline, proposal.new_version or 0]
    practice = Practice.from_json(proposal.body["practice"])
    judging = context(connection, team, now)
    is_for = Condition(practice.condition, judging)
    measured = {row.issue_id: Measures.from_json(row.body) for row in process.measures(connection, team.name)}
    traces = traces_of(connection, list(measured))
    about = {issue_id for issue_id, trace in traces.items() if is_for.matches(trace.issue)}

    as_if = Judge([_as_if_still(old, new.in_force_from)], replace(judging, since=new.in_force_from))
    among = neighbours.among(connection, team, as_if, sorted(about))
    verdicts = {issue_id: as_if(traces[issue_id], among) for issue_id in about}
    since = [m for i, m in measured.items() if i in about and verdicts[i].applied and _begun(m) >= new.in_force_from]
    doing_it = {i for i, v in verdicts.items() if any(d.signature == practice.signature for d in v.deviations)}

    pair = [old.guideline, old.version]
    applied = {row.issue_id for row in process.measures(connection, team.name) if pair in row.applied}
    before = [m for i, m in measured.items() if i in about & applied and m.finished and m.finished < new.in_force_from]
    did_it = {
        d.issue_id
        for d in process.deviations(connection, team.name)
        if (d.guideline, d.version, d.signature) == (old.guideline, old.version, practice.signature)
    }
    return follow_up(before, since, doing_it_before=did_it, doing_it_after=doing_it, min_group=team.min_group)


def _as_if_still(old: GuidelineVersion, since: datetime) -> GuidelineVersion:
    return replace(old, in_force_from=since, in_force_until=None)


def _begun(measures: Measures) -> datetime:
    return measures.started or measures.created
