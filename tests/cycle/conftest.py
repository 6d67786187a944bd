"""A sandbox site, and the whole program opened on it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from eal_jira.assemble import assembled
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Person, ProjectPlan
from eal_jira.settings import load_settings
from eal_jira.stages.house import House

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
BOT = Person("eal-bot", "EAL bot", account_type="app")
LEARNING = ProjectPlan(
    "EAL", "Learning", (("Open", "new"), ("Approved", "done"), ("Declined", "done"), ("Try first", "done"))
)


@dataclass
class Bench:
    """One site, one folder with config and store."""

    site: Site
    url: str
    folder: Path
    store_url: str
    #: lines that go into the first [[teams]] table
    team: str = ""
    extra: str = ""
    #: lines of [practices] and of [decisions]
    practices: str = "team_first = 0"
    decisions: str = ""
    #: where an empty database may be
    new_store_url: Callable[[], str] = field(kw_only=True)
    opened: list[House] = field(default_factory=list)

    def lose_the_database(self) -> None:
        """From now on, there is an empty one."""
        self.store_url = self.new_store_url()
        self.write_config()

    @property
    def config(self) -> Path:
        return self.folder / "eal-jira.toml"

    def write_config(self) -> Path:
        user, token = self.site.credentials(BOT.account_id)
        (self.folder / "token").write_text(token)
        self.config.write_text(
            f"""
[tracker]
adapter = "jira"
url = "{self.url}"
{f'user = "{user}"' if user else ""}
token = {{ file = "{self.folder / "token"}" }}
learning_project = "EAL"
[store]
url = "{self.store_url}"
[practices]
{self.practices}
[decisions]
{self.decisions}
[[teams]]
name = "Team"
{self.team}
{self.extra}
"""
        )
        return self.config

    @contextmanager
    def house(self, lease: str | None = None) -> Iterator[House]:
        with assembled(load_settings(self.write_config()), lease=lease) as house:
            yield house

    def writes(self) -> list[Any]:
        """What was written to the site by anyone, from its journal."""
        return list(self.site.journal)


OpenBench = Callable[..., AbstractContextManager[Bench]]


@pytest.fixture
def bench(new_store_url: Callable[[], str], tmp_path: Path) -> OpenBench:
    """Call it with a flavour (and a team's config lines) to get a site with a learning project and the bot."""

    @contextmanager
    def opened(flavour: Literal["cloud", "datacenter"] = "cloud", team: str = 'projects = ["P"]') -> Iterator[Bench]:
        site = Site(flavour=flavour, clock=VirtualClock(NOW))
        site.add_person(BOT)
        site.add_project(LEARNING)
        with serve(site, port=0) as served:
            folder = tmp_path / "work"
            folder.mkdir(exist_ok=True)
            yield Bench(site, served.url, folder, new_store_url(), team, new_store_url=new_store_url)

    return opened


def lines(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        return [json.loads(line) for line in opened]


def answers(folder: Path) -> dict[str, Any]:
    """The lists that lie beside some of the data: statuses, fields, sprints."""
    found = {name: folder / f"{name}.json" for name in ("statuses", "fields", "sprints")}
    return {name: json.loads(file.read_text()) for name, file in found.items() if file.exists()}
