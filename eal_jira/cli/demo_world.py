"""The demo's world: a sandbox site with its organisation, and a folder with everything `eal-jira` needs for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eal_jira.errors import UsageError
from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.living import START, Organisation, guidelines
from eal_jira.sandbox.teams import BOT, LEARNING, MANAGERS, TEAMS
from eal_jira.settings import Settings, load_settings

MARK = ".eal-jira-demo"
"""Says that a folder is ours to empty."""


@dataclass(frozen=True, slots=True)
class World:
    folder: Path
    url: str
    site: Site
    organisation: Organisation

    @property
    def config(self) -> Path:
        return self.folder / "eal-jira.toml"


@contextmanager
def demo_world(folder: Path, flavour: Literal["cloud", "datacenter"], seed: int, port: int) -> Iterator[World]:
    """A fresh world. Raises `UsageError` for a folder that holds something else."""
    _empty(folder)
    site = Site(flavour=flavour, clock=VirtualClock(START))
    organisation = Organisation(site, seed)
    with serve(site, port=port) as served:
        world = World(folder, served.url, site, organisation)
        _write(world)
        yield world


def demo_settings(world: World) -> Settings:
    return load_settings(world.config)


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise UsageError(
                f"The folder {folder} is not empty, and not from an earlier demo.",
                refused="Nothing in it was touched.",
                remedy="Name another one with --folder.",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _write(world: World) -> None:
    """The files that an operator would write by hand."""
    user, token = world.site.credentials(BOT.account_id)
    (world.folder / "guidelines").mkdir()
    secret = world.folder / "token"
    secret.touch(mode=0o600)
    secret.write_text(token)
    text = f"""# Written by `eal-jira demo`: a config as an operator would write it.
[tracker]
adapter = "jira"
url = "{world.url}"
{f'user = "{user}"' if user else "# Data Center: the token alone says who we are"}
token = {{ file = "{secret.resolve()}" }}
learning_project = "{LEARNING.key}"

[practices]
propose_from = 0.8    # what looks good is first tried on purpose, if the team wants to

[pages.html]
folder = "retros"
"""
    for team in TEAMS:
        file = world.folder / "guidelines" / f"{team.name.lower()}.toml"
        file.write_text(guidelines(team))
        text += f"""
[[teams]]
name = "{team.name}"
projects = ["{team.key}"]
guidelines = "guidelines/{file.name}"
retro = "{"sprint" if team.sprint_weeks else "monthly"}"
pages = ["html", "jira"]
approvers = [{", ".join(f'"{manager.account_id}"' for manager in MANAGERS)}]
since = {START:%Y-%m-%d}
time_zone = "{team.time_zone}"
waiting = ["Blocked"]
"""
    world.config.write_text(text)
