"""What all tests share: a fresh store, and the folder of real data where it is present.

The store is a SQLite file, and with ``EAL_TEST_STORE=postgresql`` a database of a PostgreSQL that is started for the
tests (tests/postgres.py). The tests of the store itself run on both anyway.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from eal_jira.store import Store, open_store
from tests.postgres import Server, make_template, server

# The gate judges a change, not today's luck: there the examples are the same each time. Elsewhere they are drawn anew.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

TOGETHER = (
    "tests/test_demo.py",
    "tests/cli/test_looking_back.py",
    "tests/cycle/test_decisions_on_tickets.py",
    "tests/mirror/test_costs.py",
    "tests/plugins/test_tracker_jira_gateway.py",
    "tests/plugins/test_tracker_jira_limits.py",
    "tests/plugins/test_tracker_jira_writing.py",
    "tests/sandbox/test_contract.py",
    "tests/sandbox/test_odd_requests.py",
)
"""Files whose tests share something that takes long to make: each goes to one worker as a whole."""


class Together(LoadGroupScheduling):
    """By file where tests share much, one by one elsewhere. (Marks for this do nothing since pytest 9.2: a test's name
    can't be changed any more.)"""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None


SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        make_template(started)
        yield started


@pytest.fixture(scope="session")
def store_kind() -> str:
    return os.environ.get("EAL_TEST_STORE", "sqlite")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as the first opening leaves it: copying it takes a tenth of the time of making another."""
    folder = tmp_path_factory.mktemp("empty")
    open_store("sqlite:///empty.db", folder).close()
    return folder / "empty.db"


@pytest.fixture
def new_store_url(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Where another empty database is."""
    if store_kind == "sqlite":
        numbers = itertools.count()
        empty = request.getfixturevalue("empty_file")

        def copied() -> str:
            file = shutil.copyfile(empty, tmp_path / f"eal{next(numbers) or ''}.db")
            return f"sqlite:///{file}"

        return copied
    there: Server = request.getfixturevalue("postgres")
    return there.fresh


@pytest.fixture
def store_url(new_store_url: Callable[[], str]) -> str:
    """Where this test's database is."""
    return new_store_url()


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(store_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and specifications beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real tracker data is not here")
    return SHARED
