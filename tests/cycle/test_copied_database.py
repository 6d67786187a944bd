"""Two daemons, one database and its copy: they can share no lease, so the tracker tells them apart (R12)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eal_jira.cli.cycle import approve_plans
from eal_jira.cli.main import app
from eal_jira.cycle import run_cycle
from eal_jira.errors import TrackerUnreachable, WrittenElsewhere
from eal_jira.sandbox.acts import Move
from eal_jira.sandbox.people import PROJECT_ADMIN
from eal_jira.stages.house import House
from eal_jira.store import copies, restoring

from .conftest import BOT, Bench, OpenBench
from .test_damage import TEAM, begun, later


@pytest.fixture(params=["sqlite"])
def store_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def file_of(b: Bench) -> Path:
    return Path(b.store_url.removeprefix("sqlite:///"))


@contextmanager
def over(b: Bench, file: Path) -> Iterator[House]:
    """The program on this database file."""
    b.store_url = f"sqlite:///{file}"
    with b.house(lease="cycle") as house:
        yield house


def something_to_say(b: Bench, key: str) -> None:
    b.site.perform(Move(b.site.clock.now(), "ann", key, "Done"))
    later(b)


def by_us(b: Bench) -> int:
    return sum(entry.actor == BOT.account_id for entry in b.site.journal)


@contextmanager
def copied(bench: OpenBench, flavour: str) -> Iterator[tuple[Bench, Path, Path]]:
    """A site, the database that has written to it, and a copy of that."""
    with bench(flavour, TEAM) as b:
        if flavour == "datacenter":
            b.site.grant(BOT.account_id, "EAL", PROJECT_ADMIN)
        begun(b)
        with b.house() as house:
            approve_plans(house)
            assert run_cycle(house).delivered.written > 0
            later(b)
            copies.backup(house.store, b.folder / "b.backup")
        first, second = file_of(b), b.folder / "copy.db"
        shutil.copy(first, second)
        yield b, first, second


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_of_a_database_and_its_copy_only_the_one_that_wrote_last_goes_on(bench: OpenBench, flavour: str) -> None:
    with copied(bench, flavour) as (b, first, second), over(b, first) as old, over(b, second) as new:
        something_to_say(b, "P-2")
        assert run_cycle(new).delivered.written == 1
        written = by_us(b)
        something_to_say(b, "P-3")
        with pytest.raises(WrittenElsewhere, match="one of the two is a copy") as told:
            run_cycle(old)
        assert "outbox take-over" in str(told.value)
        assert by_us(b) == written
        assert run_cycle(new).delivered.written == 1


def test_started_again_the_stopped_one_stays_stopped_until_somebody_says_which(bench: OpenBench) -> None:
    with copied(bench, "cloud") as (b, first, second):
        something_to_say(b, "P-2")
        with over(b, second) as new:
            run_cycle(new)
        something_to_say(b, "P-3")
        for _ in range(2):
            with over(b, first) as old, pytest.raises(WrittenElsewhere):
                run_cycle(old)
        b.store_url = f"sqlite:///{first}"
        done = CliRunner().invoke(app, ["outbox", "take-over", "--config", str(b.write_config())])
        assert done.exit_code == 0, done.output
        with over(b, first) as old:
            assert run_cycle(old).delivered.written > 0
        later(b)
        something_to_say(b, "P-2")
        with over(b, second) as new, pytest.raises(WrittenElsewhere):
            run_cycle(new)


def test_one_database_that_is_started_again_and_again_is_no_copy(bench: OpenBench) -> None:
    with copied(bench, "cloud") as (b, first, _):
        for key in ("P-2", "P-3"):
            something_to_say(b, key)
            with over(b, first) as house:
                assert run_cycle(house).delivered.written == 1


def test_a_restored_backup_and_an_empty_database_take_over(bench: OpenBench) -> None:
    with copied(bench, "cloud") as (b, first, _):
        something_to_say(b, "P-2")
        with over(b, first) as house:
            run_cycle(house)
        restoring.restore(f"sqlite:///{first}", b.folder, b.folder / "b.backup")
        something_to_say(b, "P-3")
        with over(b, first) as house:
            assert run_cycle(house).delivered.written > 0
        b.lose_the_database()
        with b.house() as house:
            approve_plans(house)
            run_cycle(house)
            approve_plans(house)
            something_to_say(b, "P-1")
            run_cycle(house)
        later(b)
        b.site.perform(Move(b.site.clock.now(), "ann", "P-2", "Open"))
        something_to_say(b, "P-2")
        with over(b, first) as house, pytest.raises(WrittenElsewhere):
            run_cycle(house)


def test_an_idle_cycle_asks_nothing_about_copies(bench: OpenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with copied(bench, "cloud") as (b, first, _), over(b, first) as house:
        run_cycle(house)
        later(b)

        def never(project: str) -> None:
            pytest.fail("nothing is to be written")

        with monkeypatch.context() as patched:
            patched.setattr(house.tracker, "installation", never)
            assert run_cycle(house).delivered.written == 0


def test_where_our_account_may_not_sign_it_writes_all_the_same(bench: OpenBench) -> None:
    """Data Center without the right to administer the learning project: a copy is not noticed, which doctor tells."""
    with bench("datacenter", TEAM) as b:
        begun(b)
        with b.house() as house:
            approve_plans(house)
            assert run_cycle(house).delivered.written > 0
        told = CliRunner().invoke(app, ["doctor", "--config", str(b.config)]).output
        assert "copy of this database would not be noticed" in " ".join(told.split())


def test_a_tracker_that_is_away_just_then_keeps_everything_for_later(
    bench: OpenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with copied(bench, "cloud") as (b, first, _), over(b, first) as house:
        something_to_say(b, "P-2")

        def away(project: str) -> None:
            raise TrackerUnreachable("No answer.")

        with monkeypatch.context() as patched:
            patched.setattr(house.tracker, "installation", away)
            cycle = run_cycle(house)
        assert (cycle.delivered.written, cycle.delivered.stopped) == (0, "No answer.")
        later(b)
        assert run_cycle(house).delivered.written == 1
