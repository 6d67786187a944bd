"""Bytes that change by themselves in mirrored rows: found before anything is written, and read again."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from eal_jira.cli.cycle import approve_plans
from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.errors import StoreDamaged, StoreError
from eal_jira.model import IssueRecord
from eal_jira.sandbox.acts import Create, Move, Person, ProjectPlan, Say
from eal_jira.stages.house import House
from eal_jira.store import copies, facts, issues, restoring, sealed, work
from eal_jira.store import tables as t

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


VERDICTS = {
    "a deviation": "UPDATE deviations SET sentence = 'Sonething'",
    "the name of a deviation": "UPDATE deviations SET key = key || 'z'",
    "how many there were": "UPDATE intervals SET level = level + 64",
    "a measure": "UPDATE measures SET finished = finished + 1 WHERE finished IS NOT NULL",
    "whose measure it is": "UPDATE measures SET issue_id = '1' WHERE finished IS NOT NULL",
}
LIMIT = """
[[guideline]]
id = "few-at-a-time"
title = "Few things at a time"
purpose = "What is begun is finished"
source = "Kanban Guide, 2020"
rule = { kind = "wip_limit", statuses = ["Doing"], at_most = 1 }
"""


def told_of(house: House) -> dict[str, list[tuple[object, ...]]]:
    with house.store.read() as connection:
        return {
            table: sorted(tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table}")))
            for table, columns in {
                "deviations": "key, issue_id, guideline, at, label, sentence, closed",
                "intervals": "guideline, issue_id, entered, level",
                "measures": "team, issue_id, finished",
            }.items()
        }


@pytest.mark.parametrize("what", VERDICTS)
def test_a_damaged_verdict_is_never_believed_and_is_made_again(bench: OpenBench, what: str) -> None:
    with bench("cloud", TEAM) as b:
        begun(b)
        (b.folder / "g.toml").write_text(GUIDELINE + LIMIT)
        for minute, key in enumerate(("P-2", "P-3"), start=3):
            b.site.perform(Move(NOW + timedelta(minutes=minute), "ann", key, "Doing"))
        with b.house() as house:
            approve_plans(house)
            assert run_cycle(house).checked.opened == 2
            later(b)
            run_cycle(house)
            before, written = told_of(house), len(b.writes())
            with house.store.write() as connection:
                assert connection.execute(text(VERDICTS[what])).rowcount > 0
                if "measure" in what:
                    # nobody reads measures while nothing is new
                    facts.set_team(connection, "Team", stale=True)
                else:
                    work.add(connection, "check", sorted(issues.ids_in_project(connection, "P")), "Team")
            later(b)
            run_cycle(house)
            told = CliRunner().invoke(app, ["status", "--config", str(b.config)]).stdout
            assert "is damaged" in told
            assert len(b.writes()) == written
            later(b)
            healed = run_cycle(house)
            assert healed.checked.issues == 3
            assert told_of(house) == before
            assert len(b.writes()) == written
            with house.store.read() as connection:
                assert work.listed(connection) == []
            b.site.perform(Move(b.site.clock.now(), "ann", "P-2", "Done"))
            later(b)
            assert run_cycle(house).delivered.written == 1


KEPT = {
    "where a guideline comes from": "UPDATE guideline_versions SET origin = 'inport'",
    "since when a guideline holds": "UPDATE guideline_versions SET in_force_from = in_force_from + 1",
    "that the plan was approved": "UPDATE teams SET approved = approved + 1",
    "the key to pseudonyms": "UPDATE meta SET value = replace(value, '1', '3') WHERE key = 'pseudonym_key'",
    "the name of a status": "UPDATE statuses SET name = 'Dond' WHERE name = 'Done'",
}


def stopped_by(house: House) -> str:
    """Why the cycle, or the team's part of it, was not done."""
    try:
        run_cycle(house)
    except StoreDamaged as error:
        return str(error)
    with house.store.read() as connection:
        return "; ".join(item.reason for item, _ in work.listed(connection) if item.kind == "team")


@pytest.mark.parametrize("what", KEPT)
def test_what_nobody_can_tell_again_stops_what_rests_on_it_until_it_is_restored(bench: OpenBench, what: str) -> None:
    with bench("cloud", TEAM) as b:
        begun(b)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            later(b)
            run_cycle(house)
            copies.backup(house.store, b.folder / "b.backup")
            with house.store.write() as connection:
                assert connection.execute(text(KEPT[what])).rowcount > 0
            b.site.perform(Move(b.site.clock.now(), "ann", "P-2", "Done"))
            later(b)
            written = len(b.writes())
            reason = stopped_by(house)
            assert "damaged" in reason
            assert "eal-jira restore" in reason
            assert len(b.writes()) == written
        restoring.restore(b.store_url, b.folder, b.folder / "b.backup")
        with b.house() as house:
            assert run_cycle(house).delivered.written == 1


WHOLE = "EAL_TEST_STORE_FAULTS" in os.environ


def wanted(house: House) -> dict[str, str]:
    """Everything that was ever to be written to the tracker or the pages, and would not be refused by its seal."""
    with house.store.read() as connection:
        rows = connection.execute(select(t.intents))
        return {row.key: f"{row.verb} {row.lane} {row.payload}" for row in rows if sealed.fits(t.intents, row)}


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
@pytest.mark.timeout(900)
def test_no_flipped_bit_anywhere_changes_what_a_cycle_wants_to_write(bench: OpenBench) -> None:
    """Either all is as it would have been, or it is told what is damaged, and the rest is as it would have been."""
    seed = random.randrange(10**9)
    ends: Counter[str] = Counter()
    with bench("cloud", TEAM) as b:
        begun(b)
        (b.folder / "g.toml").write_text(GUIDELINE + LIMIT)
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            later(b)
            run_cycle(house)
            before = wanted(house)
        for key in ("P-2", "P-3"):
            b.site.perform(Move(b.site.clock.now(), "ann", key, "Doing"))
            b.site.perform(Move(b.site.clock.now(), "ann", key, "Done"))
        later(b)
        file = Path(b.store_url.removeprefix("sqlite:///"))
        sound = file.read_bytes()
        filled = [at for at, byte in enumerate(sound) if byte]

        def end() -> str:
            """How a cycle over the file ends."""
            try:
                with b.house(lease="cycle") as house:
                    try:
                        run_cycle(house, dry_run=True)
                    except StoreError:
                        return "stopped"
                    finally:
                        found.update(wanted(house))
                    with house.store.read() as connection:
                        return "set aside" if work.listed(connection) else "went on"
            except StoreError:
                return "refused to begin"

        found: dict[str, str] = {}
        assert end() == "went on"
        right, new = found, found.items() - before.items()
        assert new
        for number in range(300 if WHOLE else 40):
            draw = random.Random(seed + number)
            place = draw.choice(filled)
            data = bytearray(sound)
            data[place] ^= 1 << draw.randrange(8)
            for left in file.parent.glob(f"{file.name}-*"):
                left.unlink()
            file.write_bytes(data)
            found = {}
            how = end()
            where = f"seed {seed}, number {number}, at {place}: {how}"
            if how != "refused to begin":
                assert found.items() <= right.items(), where
            if how == "went on":
                assert new <= found.items(), where
            ends[how] += 1
    assert ends["went on"] > 0
    assert ends["refused to begin"] + ends["stopped"] + ends["set aside"] > 0
