"""What was edited while we could not see it has an `updated` that lies behind the watermark when it comes back."""

from __future__ import annotations

from eal_jira.sandbox.acts import Edit

from .conftest import ANN, Mirror


def fill(mirror: Mirror, count: int = 3) -> None:
    mirror.create(*(f"P-{n}" for n in range(1, count + 1)))
    mirror.pull()
    mirror.later(minutes=30)
    mirror.pull()


def edit(mirror: Mirror, key: str) -> None:
    mirror.site.perform(Edit(mirror.site.clock.now(), ANN, key, "summary", "Edited while hidden"))


def summary(mirror: Mirror, key: str) -> str | None:
    issue = mirror.issue(key)
    return issue and issue.summary


def test_edited_while_hidden_and_shown_while_nobody_pulled(mirror: Mirror) -> None:
    """No census ever missed it; the pull after it was shown asks for what changed since the one before, and a day."""
    fill(mirror)
    mirror.site.restrict("P-2", [ANN])
    edit(mirror, "P-2")
    mirror.later(hours=1)
    mirror.pull()
    mirror.later(days=2)
    mirror.site.restrict("P-2", None)
    mirror.later(days=2)
    mirror.pull()
    assert summary(mirror, "P-2") == "Edited while hidden"


def test_edited_while_the_census_missed_it_and_shown_before_the_next(mirror: Mirror) -> None:
    fill(mirror)
    mirror.later(hours=25)
    mirror.site.restrict("P-2", [ANN])
    edit(mirror, "P-2")
    mirror.later(hours=1)
    mirror.pull()
    assert mirror.vanished() == {"unseen": 1}
    mirror.later(days=3)
    mirror.site.restrict("P-2", None)
    mirror.later(days=1)
    mirror.pull()
    assert mirror.vanished() == {}
    assert summary(mirror, "P-2") == "Edited while hidden"


def test_edited_while_most_of_the_project_was_hidden(mirror: Mirror) -> None:
    """The listing is in doubt, so nobody notes what it lacks: when the project is whole again, all of it is read."""
    fill(mirror, 12)
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", [ANN])
    edit(mirror, "P-2")
    for _ in range(4):
        mirror.later(hours=25)
        mirror.pull()
    assert mirror.set_aside("census")
    for n in range(1, 9):
        mirror.site.restrict(f"P-{n}", None)
    for _ in range(2):
        mirror.later(hours=25)
        mirror.pull()
    assert mirror.set_aside("census") == []
    assert summary(mirror, "P-2") == "Edited while hidden"
