"""Checks side by side: in order, in time, and none of them ends the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.checkup.run import Part, examine
from eal_jira.errors import NotAllowed
from eal_jira.hookspecs import Check, Colour


def test_findings_come_in_the_order_of_the_parts_and_not_of_their_speed() -> None:
    ready = threading.Event()

    def slow() -> Iterator[Check]:
        ready.wait(5)
        yield Check.green("slow", "It took its time.")

    def quick() -> Iterator[Check]:
        yield Check.green("quick", "Done.")
        ready.set()

    assert [check.name for check in examine([Part("slow", slow), Part("quick", quick)], 5)] == ["slow", "quick"]


def test_a_part_that_hangs_is_red_and_the_others_are_told_in_time() -> None:
    over = threading.Event()

    def hangs() -> Iterator[Check]:
        over.wait(30)
        yield Check.green("too late", "Nobody hears this.")

    parts = [Part("hangs", hangs), Part("works", lambda: [Check.green("works", "Fine.")])]
    begun = time.monotonic()
    found = list(examine(parts, 0.3))
    over.set()
    assert time.monotonic() - begun < 2
    assert [(check.name, check.colour) for check in found] == [("hangs", Colour.RED), ("works", Colour.GREEN)]
    assert found[0].remedy


def test_a_part_that_was_at_work_when_time_ran_out_is_yellow() -> None:
    """A hundred projects may take longer than anybody wants to wait: that alone is nothing to mend."""
    over = threading.Event()

    def goes_on() -> Iterator[Check]:
        yield Check.green("first", "Fine.")
        over.wait(30)

    found = list(examine([Part("goes on", goes_on)], 0.3))
    over.set()
    assert [(check.name, check.colour) for check in found] == [("first", Colour.GREEN), ("goes on", Colour.YELLOW)]


def test_errors_become_red_with_their_own_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> Iterator[Check]:
        raise NotAllowed("The door is shut.", remedy="Knock.")
        yield

    def broken() -> Iterator[Check]:
        yield Check.green("before", "Fine.")
        raise KeyError("a secret that stands in the exception")

    found = list(examine([Part("refused", refused), Part("broken", broken)], 5))
    assert found[0] == Check("refused", Colour.RED, "The door is shut.", "Knock.")
    assert (found[2].name, found[2].colour) == ("broken", Colour.RED)
    assert "a secret" not in found[2].found + found[2].remedy


@given(st.text(), st.sampled_from([Colour.YELLOW, Colour.RED]))
def test_no_check_without_a_remedy_can_be_made_unless_it_is_green(name: str, colour: Colour) -> None:
    with pytest.raises(ValueError, match="remedy"):
        Check(name, colour, "Something.")
    assert Check.green(name, "Fine.").remedy == ""
