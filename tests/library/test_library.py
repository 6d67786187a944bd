"""The library of known practices: enough of them, each with a true-to-form source, and each ready to be used."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime

import pytest

from eal_jira.errors import UsageError
from eal_jira.library import Practice, practice, practices
from eal_jira.process.guidelines import parse_guidelines
from eal_jira.process.rules import rule_kinds

BANNED = re.compile(r"violat|offen[ds]|complian|culprit|blame|fault", re.IGNORECASE)
KINDS = {
    "precedence", "response", "succession", "not_coexistence", "absence", "allowed_transitions", "time_limit",
    "wip_limit", "required_fields", "different_people", "scope_freeze", "size_limit", "freshness", "children_done",
    "link_required",
}  # fmt: skip
every = pytest.mark.parametrize("known", practices(), ids=lambda p: p.id)


def test_there_are_enough_practices_from_the_fields_that_teams_look_to() -> None:
    assert len(practices()) >= 25
    assert len({p.id for p in practices()}) == len(practices())
    sources = " ".join(p.source for p in practices())
    for field in (
        "Kanban Guide",
        "Scrum Guide",
        "DORA",
        "Site Reliability Engineering",
        "ITIL",
        "Code Review",
        "Ready",
    ):
        assert field in sources
    assert {"flow", "scrum", "review", "testing", "delivery", "incidents", "service"} <= {p.topic for p in practices()}


@every
def test_each_says_where_it_comes_from_what_it_is_good_for_and_how_to_adapt_it(known: Practice) -> None:
    assert re.search(r"(19|20)\d\d|dora\.dev", known.source), "a source has an author or title, and a year"
    for text in (known.title, known.source, known.purpose, known.why, known.adapt):
        assert text.strip()
        assert not BANNED.search(text)
    assert known.adapt.endswith(".")
    assert known.rule["kind"] in KINDS


@every
def test_each_loads_as_a_guideline_when_it_is_copied(known: Practice) -> None:
    text = known.as_guideline(date(2026, 3, 2))
    tomllib.loads(text)
    if not known.checkable:
        assert known.rule["kind"] not in rule_kinds
        pytest.skip(f"the rule kind {known.rule['kind']} is not built here")
    parsed = parse_guidelines(text, "team.toml", UTC)
    assert parsed.problems == ()
    (version,) = parsed.versions
    assert (version.guideline, version.source, version.why) == (known.id, known.source, known.why)
    assert version.in_force_from == datetime(2026, 3, 2, tzinfo=UTC)
    assert version.rule is not None
    assert version.rule.items() >= dict(known.rule).items()


def test_several_copies_make_one_file() -> None:
    text = "\n".join(p.as_guideline(date(2026, 3, 2)) for p in practices() if p.checkable)
    parsed = parse_guidelines(text, "team.toml", UTC)
    assert parsed.problems == ()
    assert len(parsed.versions) == sum(p.checkable for p in practices())


def test_a_misspelt_id_is_led_to_the_right_one() -> None:
    with pytest.raises(UsageError, match='Did you mean "reviews-are-quick"'):
        practice("review-are-quick")


def test_a_practice_whose_kind_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(rule_kinds, "precedence")
    told = "\n".join(practice("review-before-done").told())
    assert "of the kind precedence, which is not installed here" in told
