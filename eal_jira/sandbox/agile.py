"""Boards and sprints: what the site's people do with them (facts/jira.md 7). No issue's `updated` moves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from eal_jira.sandbox.fields import FLOAT
from eal_jira.sandbox.state import Board, Project, Sprint

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

NAME_LENGTH = 30


def add_board(
    site: Site,
    project: Project,
    name: str,
    type: str,
    jql: str | None,
    columns: Iterable[tuple[str, Iterable[str]]] | None,
    estimate: str | None,
    owner: str | None,
) -> Board:
    statuses = site.catalogue.statuses
    by_name = {statuses[s].name: s for s in project.statuses}
    layout = [(column, [by_name[s] for s in names]) for column, names in columns or ()]
    points = next((f.id for f in site.fields if f.custom == FLOAT and f.name == "Story Points"), None)
    board = Board(
        id=len(site.boards) + 1,
        name=name,
        type=type,
        project=project.id,
        filter=site.next_id("filter"),
        jql=jql or f'project = "{project.key}" ORDER BY Rank ASC',
        owner=owner,
        columns=layout or [(statuses[s].name, [s]) for s in project.statuses],
        estimate=estimate or points,
    )
    site.boards[board.id] = board
    return board


def add_sprint(
    site: Site,
    board: int,
    name: str,
    start: datetime | None,
    end: datetime | None,
    goal: str,
    state: str,
) -> Sprint:
    if site.boards[board].type != "scrum":
        raise ValueError(f"board {board} does not support sprints")
    if len(name) > NAME_LENGTH:
        raise ValueError(f"a sprint's name has at most {NAME_LENGTH} characters: {name!r}")
    sprint = Sprint(
        id=max(site.sprints, default=0) + 1,
        name=name,
        board=board,
        start=start,
        end=end,
        created=min(filter(None, (start, site.clock.now()))),
        goal=goal,
    )
    site.sprints[sprint.id] = sprint
    if state in ("active", "closed"):
        start_sprint(site, sprint.id, start or site.clock.now())
    if state == "closed":
        close_sprint(site, sprint.id, end or site.clock.now())
    site.changed_everywhere()
    return sprint


def start_sprint(site: Site, sprint_id: int, at: datetime) -> Sprint:
    sprint = site.sprints[sprint_id]
    sprint.state = "active"
    sprint.activated = at
    sprint.start = sprint.start or at
    site.changed_everywhere()
    return sprint


def close_sprint(site: Site, sprint_id: int, at: datetime) -> Sprint:
    sprint = site.sprints[sprint_id]
    sprint.state = "closed"
    sprint.completed = at
    sprint.end = sprint.end or at
    site.changed_everywhere()
    return sprint
