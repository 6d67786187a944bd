"""Levels of intervals stay true under every change, and a change says whom it touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eal_jira.model import Interval
from eal_jira.process.among import levelled
from eal_jira.store import Store, intervals

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
NAME = ("limit", 1)

moments = st.integers(0, 9).map(lambda hours: BEGIN + timedelta(hours=hours))


@st.composite
def of_one_issue(draw: st.DrawFn) -> tuple[str, list[Interval]]:
    """The intervals of one issue: one after the other, the last perhaps without an end."""
    issue_id, group = draw(st.sampled_from("abcd")), draw(st.sampled_from(("", "x")))
    at = sorted(draw(st.lists(moments, unique=True, max_size=5)))
    ends: list[datetime | None] = [*at[1::2], *([None] if len(at) % 2 else [])]
    return issue_id, [Interval(group, issue_id, *pair) for pair in zip(at[::2], ends, strict=True)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(of_one_issue(), max_size=8))
def test_levels_are_what_they_would_be_from_the_beginning(
    store: Store, steps: list[tuple[str, list[Interval]]]
) -> None:
    known: dict[str, set[Interval]] = {}
    with store.write() as connection:
        intervals.rebuild(connection, "Team", ())
        intervals.rebuild(connection, "Other", [(NAME, Interval("", "a", BEGIN, None), 1)])
        for issue_id, found in steps:
            before = dict(levelled(i for some in known.values() for i in some))
            gone, come = known.get(issue_id, set()) - set(found), set(found) - known.get(issue_id, set())
            touched = intervals.exchange(connection, "Team", NAME, gone, come, levels=True)
            known[issue_id] = set(found)
            after = dict(levelled(i for some in known.values() for i in some))
            stored = {i: level for _, i, level in intervals.of_issues(connection, "Team", list("abcd"))}
            assert stored == after
            moved = {i.issue_id for i, level in after.items() if before.get(i, level) != level}
            assert moved - {issue_id} <= touched
        assert intervals.of_issues(connection, "Other", ["a"]) == [(NAME, Interval("", "a", BEGIN, None), 1)]
