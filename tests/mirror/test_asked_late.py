"""The tracker counts back from when it is asked, and that can be long after its clock was read."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from eal_jira.mirror.pull import Puller, TeamScope
from eal_jira.model import Scope
from eal_jira.sandbox.acts import Edit

from .conftest import ANN, Mirror


@pytest.mark.parametrize("hours", [1, 5])
def test_a_first_reading_that_took_hours_hides_no_change_of_the_others(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Down for a night, then started again with a new project: its first reading comes before the increment."""
    mirror.projects = ("P",)
    mirror.create("P-1")
    mirror.later(minutes=1)
    mirror.pull()
    mirror.later(minutes=30)
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, "P-1", "summary", "Changed while we were down"))
    mirror.later(hours=8)

    tracker = mirror.tracker()
    identity = tracker.whoami()
    puller = Puller(mirror.store, tracker)
    # what came first took so long
    mirror.later(hours=hours)
    begin, clock = time.monotonic(), time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + timedelta(hours=hours).total_seconds())
    assert time.monotonic() - begin >= hours * 3600
    puller.pull(identity, [TeamScope("Team", Scope(projects=("P",)))], [])
    monkeypatch.undo()
    tracker.close()

    issue = mirror.issue("P-1")
    assert issue is not None
    assert issue.summary == "Changed while we were down"
