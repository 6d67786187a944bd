"""Scopes as clauses of a query, boards, and sprints (facts 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from eal_jira.errors import ConfigError, Gone, NotAllowed, RefusedByTracker
from eal_jira.model import Scope, Sprint
from eal_tracker_jira.answers import Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.jql import as_clause, in_projects
from eal_tracker_jira.site import Site
from eal_tracker_jira.times import parse_time

AGILE = "/rest/agile/1.0"


class Boards:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._clauses: dict[str, str] = {}

    def clause(self, scope: Scope, afresh: bool = False) -> str:
        """The scope's issues as a clause. A board's filter is asked for once, then only when `afresh`."""
        if scope.projects:
            return in_projects(scope.projects)
        if scope.query is not None:
            return as_clause(scope.query)
        if scope.board is None:
            raise ConfigError("A scope without projects, board or query.", remedy="Name one of them in the config.")
        if afresh or scope.board not in self._clauses:
            self._clauses[scope.board] = self._board_clause(scope.board)
        return self._clauses[scope.board]

    def _board_clause(self, board: str) -> str:
        gateway = self._site.gateway
        setup = gateway.get(f"{AGILE}/board/{segment(board)}/configuration")
        estimate = ((setup.get("estimation") or {}).get("field") or {}).get("fieldId")
        if estimate:
            self._site.prefer_estimate(str(estimate))
        try:
            saved = gateway.get(f"filter/{segment(str(setup['filter']['id']))}")
        except (NotAllowed, RefusedByTracker):
            # a board can be shared more widely than its filter; its projects are the next best thing
            return self._project_clause(board)
        return as_clause(str(saved.get("jql") or ""))

    def _project_clause(self, board: str) -> str:
        projects = [named(project, "key") for project in self._pages(f"board/{segment(board)}/project")]
        if not projects:
            raise NotAllowed(
                f"The filter behind board {board} is not shared with our account.",
                remedy="Share the filter with the account, or name the team's projects instead of the board.",
            )
        return in_projects(projects)

    def sprints(self, scope: Scope) -> tuple[Sprint, ...]:
        """Sprints of the scope's boards, each once: a sprint shows on every board that holds one of its issues."""
        found: dict[str, Sprint] = {}
        for board in self._boards(scope):
            for raw in self._sprints_of(board):
                found[str(raw["id"])] = _sprint(raw)
        return tuple(found.values())

    def _boards(self, scope: Scope) -> Iterator[str]:
        if scope.board is not None:
            yield scope.board
        for project in scope.projects:
            for board in self._pages("board", projectKeyOrId=project):
                yield str(board["id"])

    def _sprints_of(self, board: str) -> Iterator[Json]:
        try:
            yield from self._pages(f"board/{segment(board)}/sprint", state="future,active,closed")
        except RefusedByTracker as refused:
            if isinstance(refused, Gone):
                raise
            # 400: a board without sprints, which is a fine way to work

    def _pages(self, path: str, **params: object) -> Iterator[Json]:
        start = 0
        while True:
            page = self._site.gateway.get(f"{AGILE}/{path}", startAt=start, maxResults=50, **params)
            values = rows(page, "values")
            yield from values
            start += len(values)
            if page.get("isLast", True) or not values:
                return


def _sprint(raw: Json) -> Sprint:
    def moment(*names: str) -> datetime | None:
        return next((parse_time(raw[name]) for name in names if raw.get(name)), None)

    return Sprint(
        id=str(raw["id"]),
        name=str(raw.get("name") or ""),
        state=str(raw.get("state") or "").lower(),
        # the planned start; Data Center knows the real one (facts 7)
        start=moment("activatedDate", "startDate"),
        end=moment("endDate"),
        completed=moment("completeDate"),
        goal=str(raw.get("goal") or ""),
    )
