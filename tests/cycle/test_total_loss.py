"""The database is lost, at any moment: an empty one finds everything of ours again, and makes nothing twice.

The site keeps its state, and is the only witness. `make outbox` runs more moments than the suite.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eal_jira.cli.cycle import approve_plans
from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.errors import EalError
from eal_jira.model import RemoteLinkDraft
from eal_jira.outbox.intents import Attached, Intent, Linked, LinkedElsewhere, marker, want
from eal_jira.sandbox.faults import Exchange, Fault, Reset
from eal_jira.sandbox.journal import READING_POSTS
from eal_jira.stages.house import House
from eal_jira.store import intents

from .conftest import BOT, Bench, OpenBench
from .test_killed_between_stages import TEAM, populate

MOMENTS = int(os.environ.get("LOSS_MOMENTS", "2"))
WRITES = 70
"""So many requests that write does an undisturbed life here make, about."""


class Dies:
    """The process ends at its n-th writing request: whether it took effect, nobody hears, nor of anything after it."""

    def __init__(self, after: int) -> None:
        self._left = after

    def fault(self, exchange: Exchange) -> Fault | None:
        writes = exchange.method != "GET" and not exchange.path.endswith(READING_POSTS)
        self._left -= writes and self._left > 0
        if self._left > 0:
            return None
        self._left = -1 if writes else self._left
        return Reset(after_effect=self._left == -1 and writes)


def live(b: Bench, cycles: int) -> None:
    """Some cycles of a daemon, with links and files wanted as well."""
    with b.house() as house:
        approve_plans(house)
        for _ in range(cycles):
            run_cycle(house)
            more(house, b)
            b.site.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]


def more(house: House, b: Bench) -> None:
    with house.store.read() as connection:
        tickets = [row.payload["marker"] for row in intents.listed(connection, intents.STATES) if row.verb == "ticket"]
    retro = next((ticket for ticket in tickets if ticket.startswith("retro/")), None)
    if retro is None:
        return
    here = str(b.site.issue("P-1").id)
    wanted: list[Intent] = [
        Attached("chart.png", b"a chart", ticket=retro),
        Linked("Relates", ticket=retro, other_id=here),
        LinkedElsewhere(RemoteLinkDraft("eal/retro", "https://x.invalid/", "Retro"), issue_id=here),
    ]
    with house.store.write() as connection:
        for intent in wanted:
            want(connection, "Team", intent, house.tracker.whoami().now)


def ours(b: Bench) -> Counter[tuple[str, str]]:
    """What stands in the tracker by our markers, and how often."""
    found: Counter[tuple[str, str]] = Counter()
    for issue in b.site.issues.values():
        said = issue.properties.get("eal-jira") or {}
        if "marker" in said:
            found["ticket", said["marker"]] += 1
        found.update(("label", issue.key) for label in issue.fields["labels"] if label == "eal-deviation")
        found.update(("file", f"{issue.key} {file.name}") for file in issue.attachments)
        found.update(("elsewhere", f"{issue.key} {link.global_id}") for link in issue.remote_links)
        for comment in issue.comments:
            if "eal-jira" in comment.properties:
                found["comment", comment.properties["eal-jira"]["marker"]] += 1
    found.update(("link", f"{link.outward} {link.inward}") for link in b.site.links.values())
    return found


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
@pytest.mark.parametrize("moment", [1 + n * WRITES // MOMENTS for n in range(MOMENTS)])
def test_a_database_lost_at_any_moment_makes_nothing_twice(bench: OpenBench, flavour: str, moment: int) -> None:
    with bench(flavour, TEAM) as b:
        populate(b)
        b.site.index_lag = timedelta(minutes=5)
        b.site.faults = Dies(moment)
        with suppress(EalError):
            # it dies in the middle of a cycle
            live(b, cycles=3)
        b.lose_the_database()
        b.site.faults = None
        live(b, cycles=5)
        found = ours(b)
        assert {what for what, _ in found} == {"ticket", "comment", "label", "file", "elsewhere", "link"}
        assert [what for what, often in found.items() if often > 1] == []
        assert len([what for what, _ in found if what == "ticket"]) == 3
        assert len([what for what, _ in found if what == "label"]) == 30
        written = len(b.site.journal)
        b.lose_the_database()
        live(b, cycles=3)
        assert ours(b) == found
        assert [e for e in b.site.journal[written:] if e.actor == BOT.account_id] == []


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_what_cannot_be_rebuilt_is_listed_by_name(bench: OpenBench, flavour: str, tmp_path: Path) -> None:
    """The guideline is gone when the new life begins: its ticket, its labels and its comments belong to nothing now."""
    with bench(flavour, TEAM) as b:
        populate(b)
        live(b, cycles=3)
        proposal = next(what for kind, what in ours(b) if kind == "ticket" and what.startswith("proposal/"))
        # somebody used our token by hand: that is no ticket of ours
        b.site.write(BOT.account_id).create(
            b.site.project("EAL"), {"summary": "By hand", "issuetype": b.site.project("EAL").types[0]}
        )
        b.site.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
        b.lose_the_database()
        (b.folder / "g.toml").write_text("")
        before = ours(b)
        live(b, cycles=2)
        assert ours(b) == before
        shown = CliRunner().invoke(app, ["status", "--config", str(b.config)]).stdout
        assert any(f"ticket on EAL-{number} ({proposal})" in shown for number in (1, 2, 3))
        assert f"({marker('guidelines', 'Team')})" in shown, "nothing is in force any more, so no page is either"
        assert "label on P-1\n" in shown
        assert f"comment on P-1 ({marker('deviation', 'Team', 'review-before-done', b.site.issue('P-1').id)})" in shown
        assert "EAL-4" not in shown
