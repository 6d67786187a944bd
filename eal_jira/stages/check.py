"""Stage 4: deviations of the issues that changed, opened and closed; their measures; their tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eal_jira.model import Deviation, Trace, Vocabulary
from eal_jira.outbox.intents import Comment, want
from eal_jira.process.judge import Judge
from eal_jira.process.versions import GuidelineVersion
from eal_jira.settings import TeamPart
from eal_jira.stages import neighbours
from eal_jira.stages.each_team import each_team
from eal_jira.stages.guidelines import bring_in, context
from eal_jira.stages.house import House
from eal_jira.stages.measuring import Yardstick
from eal_jira.stages.notes import decided_ways, remark
from eal_jira.stages.tags import tag
from eal_jira.store import Connection, damage, facts, intervals, issues, process, work

_JUDGED_BY = {"calendar", "since", "time_zone", "waiting", "blocked", "flags", "bugs", "comments"}
"""The settings of a team on which verdicts and measures depend."""


@dataclass(slots=True)
class Checked:
    issues: int = 0
    opened: int = 0
    closed: int = 0


def check(house: House, now: datetime) -> Checked:
    """Judges, for each team, what changed, what is due, or everything after its guidelines changed."""
    checked = Checked()
    each_team(house, "check", now, lambda team: _TeamCheck(house, team, now, checked).run())
    return checked


class _TeamCheck:
    def __init__(self, house: House, team: TeamPart, now: datetime, checked: Checked) -> None:
        self._house = house
        self._team = team
        self._now = now
        self._checked = checked

    def run(self) -> None:
        store, team = self._house.store, self._team
        with store.write() as connection:
            state = facts.meet_team(connection, team.name, self._now)
            words = issues.vocabulary(connection)
            todo = context(connection, team, self._now)
        versions = bring_in(store, self._house.settings, team, words, self._now)
        yardstick = Yardstick.of(team, words, state.status_order, self._now)
        fingerprint = _fingerprint(versions, team, words)
        judge = Judge(versions, todo)
        anew = state.judged_by != fingerprint
        rows = neighbours.everything(store, team, judge) if anew else []
        with store.write() as connection:
            if anew:
                intervals.rebuild(connection, team.name, rows)
                work.add_all_of_team(connection, "check", team.name, team.scope)
                facts.set_team(connection, team.name, judged_by=fingerprint)
            work.add(connection, "check", process.due(connection, team.name, self._now), team.name)
            work.add(connection, "check", neighbours.sprints_moved(connection, team, todo.sprints), team.name)
        if not anew:
            neighbours.spread(store, team, judge)
        told = {(version.guideline, version.version): version for version in versions}
        while self._batch(judge, yardstick, told):
            pass

    def _batch(self, judge: Judge, yardstick: Yardstick, told: Mapping[tuple[str, int], GuidelineVersion]) -> bool:
        with self._house.store.write() as connection:
            ids = work.take(connection, "check", self._team.name)
            if not ids:
                return False
            # of what is damaged, what stands stays until it was read again: then it is listed anew
            doubted = damage.distrusted(connection, ids)
            work.done(connection, "check", sorted(doubted), self._team.name)
            ids = [issue_id for issue_id in ids if issue_id not in doubted]
            # an issue that left the team, or whose history can't be told, has no trace here: nothing stands for it
            mine = work.of_team(connection, ids, self._team.name, self._team.scope)
            traces = process.traces(connection, mine)
            among = neighbours.among(connection, self._team, judge, mine)
            verdicts = {issue_id: judge(trace, among) for issue_id, trace in traces.items()}
            found = [deviation for verdict in verdicts.values() for deviation in verdict.deviations]
            opened = process.replace_deviations(connection, self._team.name, ids, found, self._now)
            dues = {issue_id: verdicts[issue_id].due if issue_id in verdicts else None for issue_id in ids}
            process.set_due(connection, self._team.name, dues)
            process.forget_measures(connection, self._team.name, ids)
            process.save_measures(
                connection,
                self._team.name,
                yardstick.rows(connection, traces, {i: verdict.applied for i, verdict in verdicts.items()}),
            )
            facts.set_team(connection, self._team.name, stale=True)
            tag(connection, self._team.name, ids, self._now)
            self._comment(connection, found, traces, told)
            work.done(connection, "check", ids, self._team.name)
        self._checked.issues += len(traces)
        self._checked.opened += opened.opened
        self._checked.closed += opened.closed
        return True

    def _comment(
        self,
        connection: Connection,
        found: Sequence[Deviation],
        traces: Mapping[str, Trace],
        told: Mapping[tuple[str, int], GuidelineVersion],
    ) -> None:
        """At most one comment per issue and guideline: the newest question."""
        newest = {(deviation.issue_id, deviation.guideline): deviation for deviation in found}
        decided = decided_ways(connection, self._team.name) if newest else {}
        for (issue_id, guideline), deviation in newest.items():
            version = told[guideline, deviation.version]
            if not (self._team.comments or version.mandatory):
                # a departure from what is mandatory is always asked about: somebody has to confirm it
                continue
            body = self._house.templates.render(
                "deviation_comment.md",
                {
                    "issue": traces[issue_id].issue.key,
                    "guideline": version.title,
                    "version": deviation.version,
                    "mandatory": version.why if version.mandatory else "",
                    "steward": version.steward,
                    "sentence": deviation.sentence,
                    "decided": decided.get((guideline, deviation.version, deviation.signature)),
                },
            )
            comment = Comment(remark(self._team.name, guideline, issue_id), body, issue_id=issue_id)
            want(connection, self._team.name, comment, self._now)


def _fingerprint(versions: Sequence[GuidelineVersion], team: TeamPart, words: Vocabulary) -> str:
    """What a verdict and a measure depend on besides the trace: another fingerprint, another look at everything."""
    content = {
        "versions": [version.to_json() for version in versions],
        "team": team.model_dump(mode="json", include=_JUDGED_BY),
        "statuses": {status.id: [status.name, status.category] for status in words.statuses.values()},
        "fields": {field.id: field.name for field in words.fields.values()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
