"""Every rule kind: its two examples, its cases (cases/<kind>.toml), its words, and how it gives way."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given

from eal_jira.errors import AdapterError
from eal_jira.model import Category, Change, Finding, Issue, Status, Trace, Vocabulary
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.log import build_trace
from eal_jira.process.rules import BadRule, Rule, parse_rule, register, rule_kinds
from eal_jira.process.rules.precedence import Precedence
from eal_jira.process.rules.time_limit import TimeLimit
from tests.process.building import BLOCKED, DOING, DONE, OPEN, RULES, VOCABULARY, context, histories, walk

CASES = Path(__file__).parent / "cases"
BANNED = re.compile(r"violat|offen[ds]|complian|culprit|blame|fault", re.IGNORECASE)
KINDS = sorted(rule_kinds.items())


@dataclass(frozen=True)
class Case:
    rule: Rule
    example: Example
    findings: list[dict[str, str]]
    due: str | None


def cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            beside = {"others", "sprints", "links"}
            unknown = case.keys() - {"name", "rule", "path", "now", "fields", "done", "findings", "due"} - beside
            assert not unknown, f"{file.name}, {case['name']}: {unknown}"
            assert case["rule"]["kind"] == file.stem
            rule = parse_rule(case["rule"])
            example = Example(
                options=case["rule"],
                path=case["path"],
                now=case.get("now", ""),
                fields=case.get("fields", {}),
                done=case.get("done", ["Done"]),
                **{key: case.get(key, ()) for key in beside},
            )
            yield pytest.param(
                Case(rule, example, case["findings"], case.get("due")), id=f"{file.stem}: {case['name']}"
            )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("case", list(cases()))
def test_a_case_is_found_as_written(case: Case) -> None:
    found = case.example.findings(case.rule)
    assert [(f.at, f.label) for f in found] == [(moment(f["at"]), f["label"]) for f in case.findings]
    due = case.rule.due(case.example.trace(case.rule), case.example.context(case.rule))
    assert due == (moment(case.due) if case.due else None)


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_kind_finds_nothing_in_its_pass_example_and_one_thing_in_its_fail_example(
    name: str, kind: type[Rule]
) -> None:
    assert kind.PASS.findings(kind.model_validate(kind.PASS.options)) == []
    assert len(kind.FAIL.findings(kind.model_validate(kind.FAIL.options))) == 1
    assert (CASES / f"{name}.toml").exists(), "a kind comes with cases"
    assert {rule["kind"] for rule in RULES} == set(rule_kinds), "and is among those that random histories are held to"


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_kind_has_a_text_for_people_and_explains_every_option(name: str, kind: type[Rule]) -> None:
    assert kind.__doc__
    assert not BANNED.search(kind.__doc__)
    for option, info in kind.model_fields.items():
        if option == "kind":
            continue
        assert info.description, option
        assert info.examples, option
        tomllib.loads(f"{info.alias or option} = {info.examples[0]}")
        assert not BANNED.search(f"{info.description} {info.examples}")
    rule = kind.model_validate(kind.FAIL.options)
    assert rule.describe().endswith(".")
    assert not BANNED.search(rule.describe())
    assert parse_rule(rule.plain()) == rule
    assert set(rule.statuses()) <= {status.name for status in kind.FAIL.vocabulary(rule).statuses.values()}


def neutral_question(sentence: str) -> bool:
    return sentence.endswith("?") and not BANNED.search(sentence) and "  " not in sentence


@pytest.mark.parametrize("name", sorted(rule_kinds))
def test_every_sentence_of_a_kind_is_neutral_and_ends_in_a_question(name: str) -> None:
    """Those about several issues as well, which random histories of one issue never reach."""
    told = list(rule_kinds[name].FAIL.findings(rule_kinds[name].model_validate(rule_kinds[name].FAIL.options)))
    for param in cases():
        (case,) = param.values
        if case.rule.kind == name:
            told += case.example.findings(case.rule)
    assert len(told) > 1
    for finding in told:
        assert neutral_question(finding.sentence), finding.sentence
        assert not BANNED.search(f"{finding.label} {finding.signature}")


@given(histories())
def test_whatever_is_found_is_told_neutrally_and_as_a_question(history: tuple[Issue, list[Change]]) -> None:
    trace, todo = build_trace(*history), context()
    for table in RULES:
        rule = parse_rule(table)
        for finding in rule.check(trace, todo):
            assert neutral_question(finding.sentence), finding.sentence
            assert finding.sentence.startswith("PAY-12 ")
            assert "ann" not in re.split(r"\W+", finding.sentence + finding.signature + finding.label)
            assert finding.label
            assert finding.events == tuple(sorted(finding.events))
            assert trace.events[finding.events[-1]].at <= finding.at <= todo.now


@given(histories())
def test_findings_of_one_signature_are_allowed_by_the_relaxed_rule(history: tuple[Issue, list[Change]]) -> None:
    """As far as a rule can give way by itself; the rest needs an exception."""
    trace, todo = build_trace(*history), context()
    for table in RULES:
        rule = parse_rule(table)
        if isinstance(rule, TimeLimit) and trace.issue.status != DONE:
            continue  # a time that still runs is not known yet
        for signature in {finding.signature for finding in rule.check(trace, todo)}:
            relaxed = rule.relaxed(signature, todo, [trace])
            if relaxed is None:
                continue
            assert signature not in {finding.signature for finding in relaxed.check(trace, todo)}
            before = {(f.at, f.signature) for f in rule.check(trace, todo) if f.signature != signature}
            assert {(f.at, f.signature) for f in relaxed.check(trace, todo)} == before, "the rest stays"
            assert list(relaxed.differences(rule)), "the change can be read"


def test_a_relaxed_rule_reads_as_people_would_write_it() -> None:
    todo = context()
    steps = parse_rule({"kind": "allowed_transitions", "from": {"Open": ["In Progress"]}})
    more = steps.relaxed(f"{OPEN} → {DONE}", todo)
    assert more is not None
    assert list(more.differences(steps)) == ["transition added: Open → Done"]
    new = steps.relaxed(f"{BLOCKED} → {DONE}", todo)
    assert new is not None
    assert list(new.differences(steps)) == ["transition added: Blocked → Done"]

    again = parse_rule({"kind": "absence", "status": "In Progress", "at_most": 1})
    trace = walk(DOING, OPEN, DOING, OPEN, DOING)
    raised = again.relaxed(f"again {DOING}", todo, [trace])
    assert raised is not None
    assert list(raised.differences(again)) == ["limit moved from at most once to at most 3 times"]

    fields = parse_rule({"kind": "required_fields", "status": "Open", "fields": ["Labels", "Components"]})
    fewer = fields.relaxed(f"{OPEN} without labels", todo)
    assert fewer is not None
    assert list(fewer.differences(fields)) == ["field no longer asked for: Labels"]
    assert fewer.relaxed(f"{OPEN} without component", todo) is None, "nothing would be left of the rule"


def test_a_moved_limit_covers_most_of_the_longer_times_and_not_the_oddest() -> None:
    rule = parse_rule({"kind": "time_limit", "status": "In Progress", "at_most": "2 working days"})
    # from Monday 9:00 into the office hours of the n-th day after
    stays = [walk(DOING, DONE, every=moment(f"2026-03-{2 + days:02} 10:00") - moment("2026-03-02 09:00"))
             for days in (1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 25)]  # fmt: skip
    longer = rule.relaxed("", context(), stays)
    assert longer is not None
    assert list(longer.differences(rule)) == ["limit moved from 2 working days to 4 working days"]
    assert rule.relaxed("", context()) is None, "without any times, nothing says how far"


def test_changes_of_rules_are_told_in_words() -> None:
    def told(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
        return list(parse_rule(new).differences(parse_rule(old)))

    limit = {"kind": "time_limit", "status": "In Review", "at_most": "2 working days"}
    assert told(limit, limit | {"at_most": "3 working days"}) == ["limit moved from 2 working days to 3 working days"]
    assert told(limit, limit | {"status": "Testing"}) == ["status changed from In Review to Testing"]
    steps = {"kind": "allowed_transitions", "from": {"Open": ["Done"]}}
    assert told(steps, {"kind": "allowed_transitions", "from": {"Open": []}, "anywhere_to": ["Blocked"]}) == [
        "transition added: from everywhere → Blocked",
        "transition removed: Open → Done",
    ]
    absence = {"kind": "absence", "status": "Open"}
    assert told(absence, absence | {"from": "Done", "at_most": 1}) == [
        "limit moved from never to at most once",
        "from changed from nothing to Done",
    ]


def test_a_signature_outlives_the_renaming_of_a_status_and_the_words_follow_it() -> None:
    rule = parse_rule({"kind": "allowed_transitions", "from": {"Open": ["In Progress"]}})
    trace = walk(OPEN, DONE)
    renamed = Vocabulary({**VOCABULARY.statuses, DONE: Status(DONE, "Finished", Category.DONE)}, VOCABULARY.fields)
    (before,), (after,) = rule.check(trace, context()), rule.check(trace, context(vocabulary=renamed))
    assert before.signature == after.signature
    assert (before.label, after.label) == ("Open → Done", "Open → Finished")
    assert "Finished" in after.sentence


def test_two_statuses_with_one_name_are_one_status_for_a_rule() -> None:
    """A tracker can have a Done per project; the way people name it is what counts."""
    second = Vocabulary({**VOCABULARY.statuses, "15": Status("15", "done", Category.DONE)}, VOCABULARY.fields)
    rule = parse_rule({"kind": "precedence", "first": "In Review", "then": "Done"})
    (here,), (there,) = (rule.check(walk(OPEN, s), context(vocabulary=second)) for s in (DONE, "15"))
    assert here.signature == there.signature


class Sized(Rule):
    """A kind from elsewhere."""

    kind: Literal["sized"] = "sized"
    PASS: ClassVar[Example] = Precedence.PASS
    FAIL: ClassVar[Example] = Precedence.FAIL

    def describe(self) -> str:
        return "An issue has a size."

    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        for before, after in pairwise(trace.moves):
            yield Finding(after.at, (before.seq, after.seq), "size", "size", "Is it small?")

    def statuses(self) -> tuple[str, ...]:
        return ()


@pytest.fixture
def _registry() -> Iterator[None]:
    known = dict(rule_kinds)
    yield
    rule_kinds.clear()
    rule_kinds.update(known)


@pytest.mark.usefixtures("_registry")
def test_a_plugin_brings_a_kind_of_its_own_and_cannot_replace_another() -> None:
    register(Sized)
    register(Sized)  # the same one again is nothing new
    assert isinstance(parse_rule({"kind": "sized"}), Sized)

    class Precedence2(Sized):
        kind: Literal["precedence"] = "precedence"  # type: ignore[assignment]

    with pytest.raises(AdapterError, match='Two rule kinds are called "precedence"'):
        register(Precedence2)
    with pytest.raises(AdapterError, match="has no name"):
        register(Rule)


def test_a_rule_that_cannot_be_read_says_all_that_is_wrong_at_once() -> None:
    with pytest.raises(BadRule) as caught:
        parse_rule({"kind": "time_limit", "at_most": "soon", "stat": "Open"})
    told = str(caught.value)
    assert '"rule.at_most" is not a duration.' in told
    assert 'Did you mean "status"?' in told
    assert [m.path for m in caught.value.mistakes] == [("rule", "at_most"), ("rule", "stat")]
