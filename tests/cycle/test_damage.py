"""Bytes that change by themselves in mirrored rows: found before anything is written, and read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from eal_jira.cli.cycle import approve_plans
from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.model import IssueRecord
from eal_jira.sandbox.acts import Create, Move, Person, ProjectPlan, Say
from eal_jira.stages.house import House
from eal_jira.store import issues, work

from .conftest import NOW, Bench, OpenBench
from .test_killed_between_stages import GUIDELINE, STATUSES

TEAM = 'projects = ["P"]\nguidelines = "g.toml"\nsince = 2025-01-01\nretro = "0 0 1 1 *"'


@pytest.fixture(params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def later(b: Bench) -> None:
    b.site.clock.advance(timedelta(minutes=20))  # type: ignore[attr-defined]


def mirrored(house: House) -> dict[str, IssueRecord]:
    with house.store.read() as connection:
        return issues.records(connection, sorted(issues.ids_in_project(connection, "P")))


def look_again(house: House) -> None:
    """Whatever is stored is to be logged and checked: the moment at which damage would show."""
    with house.store.write() as connection:
        everything = sorted(issues.ids_in_project(connection, "P"))
        work.add(connection, "log", everything)
        work.add(connection, "check", everything, "Team")


DAMAGE = {
    "a status": "UPDATE issues SET status = (SELECT id FROM statuses WHERE name = 'Open') WHERE key = 'P-1'",
    "a type": "UPDATE issues SET type = 'Storz' WHERE key = 'P-1'",
    "a change": "UPDATE changes SET to_id = '9' WHERE to_text = 'Done'",
    "when": "UPDATE changes SET at = at + 1 WHERE to_text = 'Done'",
    "a comment": "UPDATE comments SET text = 'Helln'",
    "the hash": "UPDATE issues SET hash = (SELECT hash FROM issues WHERE key = 'P-2') WHERE key = 'P-1'",
}
IN_TRACES = {
    "an event": "UPDATE events SET \"to\" = '9' WHERE activity = 'status'",
    "a stay": "UPDATE stays SET entered = entered + 1",
    "a status that nobody tells anew": DAMAGE["a status"],
}


def begun(b: Bench) -> None:
    b.site.add_person(Person("ann", "Ann"))
    b.site.add_project(ProjectPlan("P", "Project", STATUSES))
    (b.folder / "g.toml").write_text(GUIDELINE)
    for number in (1, 2, 3):
        b.site.perform(Create(NOW, "ann", f"P-{number}", "Story", "Thing", {}))
    b.site.perform(Move(NOW + timedelta(minutes=1), "ann", "P-1", "Done"))
    b.site.perform(Say(NOW + timedelta(minutes=2), "ann", "P-1", "Hello"))
    later(b)


@pytest.mark.parametrize("what", [*DAMAGE, *IN_TRACES])
def test_a_damaged_row_is_never_believed_and_is_read_again(bench: OpenBench, what: str) -> None:
    with bench("cloud", TEAM) as b:
        begun(b)
        with b.house() as house:
            approve_plans(house)
            assert run_cycle(house).delivered.written == 1
            later(b)
            run_cycle(house)
            before, written = mirrored(house), len(b.writes())
            with house.store.write() as connection:
                assert connection.execute(text(DAMAGE.get(what) or IN_TRACES[what])).rowcount > 0
            if what in DAMAGE:
                look_again(house)
            else:
                with house.store.write() as connection:
                    work.add(connection, "check", list(before), "Team")
            later(b)
            found = run_cycle(house)
            assert (found.checked.opened, found.checked.closed, found.delivered.written) == (0, 0, 0)
            told = CliRunner().invoke(app, ["status", "--config", str(b.config)]).stdout
            assert "damaged P-1: What is stored of it is not what was written" in told
            later(b)
            healed = run_cycle(house)
            assert healed.checked.issues > 0, "what was left out is made up for"
            assert (healed.checked.opened, healed.checked.closed) == (0, 0)
            assert mirrored(house) == before
            assert len(b.writes()) == written
            with house.store.read() as connection:
                assert not [item for item, _ in work.listed(connection) if item.kind in ("damaged", "team")]
            # and work on it goes on
            b.site.perform(Move(b.site.clock.now(), "ann", "P-2", "Done"))
            later(b)
            assert run_cycle(house).delivered.written == 1


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_whatever_people_write_fits_its_hash_when_it_comes_back_from_the_store(bench: OpenBench, flavour: str) -> None:
    """Else it would be read again for ever."""
    with bench(flavour, TEAM) as b:
        begun(b)
        said = "NUL \0, mark \ufffd, \\u0000, bell \a, 𝄞, e\u0301"
        b.site.perform(Create(NOW, "ann", "P-4", "Story", said, {"labels": ["ä", "eal-x"]}))
        b.site.perform(Say(NOW + timedelta(minutes=3), "ann", "P-4", said))
        later(b)
        with b.house() as house:
            run_cycle(house)
            look_again(house)
            run_cycle(house)
            with house.store.read() as connection:
                assert work.listed(connection) == []
