"""A rule kind from elsewhere comes in by the hook, and works like ours: examples, files, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, time
from typing import ClassVar, Literal

import pytest
from pydantic import Field

from eal_jira.adapters import Adapters
from eal_jira.hookspecs import hookimpl
from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.guidelines import parse_guidelines
from eal_jira.process.judge import judge
from eal_jira.process.rules import Rule, register, rule_kinds
from tests.process.building import DOING, OPEN, context, walk


class StartedBy(Rule):
    """Work is begun before a certain hour, by the clock of UTC: nobody starts something new in the evening."""

    kind: Literal["started_by"] = "started_by"
    hour: int = Field(ge=0, le=23, description="the hour before which work begins", examples=["16"])

    PASS: ClassVar[Example] = Example(
        {"hour": 16},
        [("2026-03-02 09:00", "created", "Open", "ann"), ("2026-03-02 15:59", "status", "In Progress", "ann")],
    )
    FAIL: ClassVar[Example] = Example(
        {"hour": 16},
        [("2026-03-02 09:00", "created", "Open", "ann"), ("2026-03-02 16:00", "status", "In Progress", "ann")],
    )

    def describe(self) -> str:
        return f"Work begins before {self.hour} o'clock."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        for move in trace.moves[1:2]:
            if move.at.time() >= time(self.hour):
                sentence = f"{trace.issue.key} was begun at {move.at:%H:%M}. What couldn't wait for the morning?"
                yield Finding(move.at, (move.seq,), "late start", "begun late", sentence)

    def statuses(self) -> tuple[str, ...]:
        return ()


class Plugin:
    @hookimpl
    def eal_rule_kinds(self) -> Sequence[type]:
        return [StartedBy]


@pytest.fixture(autouse=True)
def _plugged() -> Iterator[None]:
    known = dict(rule_kinds)
    for kind in Adapters.installed([Plugin()]).rule_kinds():
        register(kind)
    yield
    rule_kinds.clear()
    rule_kinds.update(known)


def test_its_examples_run_as_ours_do() -> None:
    assert StartedBy.PASS.findings(StartedBy(hour=16)) == []
    assert len(StartedBy.FAIL.findings(StartedBy(hour=16))) == 1


def test_it_can_be_written_in_a_guideline_file_and_is_judged() -> None:
    text = (
        '[[guideline]]\nid = "mornings"\ntitle = "t"\npurpose = "p"\nsource = "s"\n'
        'rule = { kind = "started_by", hour = 10 }\n'
    )
    parsed = parse_guidelines(text, "g.toml", UTC)
    (deviation,) = judge(walk(OPEN, DOING), parsed.versions, context()).deviations
    assert deviation.sentence == "PAY-12 was begun at 10:00. What couldn't wait for the morning?"
    (problem,) = parse_guidelines(text.replace("hour = 10", "huor = 10"), "g.toml", UTC).problems[:1]
    assert (problem.line, problem.remedy) in ((6, 'Did you mean "hour"?'), (6, "For example: hour = 16"))
