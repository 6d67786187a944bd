"""Who hosts the talk about a retro: a role, each in its turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eal_jira.reflection.hosting import next_host

ROLES = ("a developer", "a tester", "the product owner")


def test_each_role_has_its_turn_and_what_the_team_wrote_counts() -> None:
    turns, host = [], ""
    for _ in range(4):
        host = next_host(ROLES, host)
        turns.append(host)
    assert turns == ["a developer", "a tester", "the product owner", "a developer"]
    assert next_host(ROLES, "a developer", written="A TESTER") == "the product owner"
    assert next_host(ROLES, "a developer", written="Ann") == "a tester", "a name is not looked at"
    assert next_host((), "a developer") == ""
    assert next_host(ROLES, "a role that is gone") == "a developer"


@given(
    st.lists(st.sampled_from([*ROLES, "A Tester", "x"]), max_size=6), st.text(), st.sampled_from(["", *ROLES, "Ann"])
)
def test_never_the_same_twice_running_where_there_are_others(hosts: list[str], proposed: str, written: str) -> None:
    others = {host.casefold() for host in hosts}
    for last in (proposed, *hosts):
        found = next_host(hosts, last, written)
        assert (found in hosts) or not hosts
        real = written if written.casefold() in others else last
        assert found.casefold() != real.casefold() or len(others) < 2
