"""REST: boards, sprints and filters, `/rest/agile/1.0` (facts/jira.md 7)."""

from __future__ import annotations

from datetime import UTC, datetime

from eal_jira.sandbox.fields import RANK
from eal_jira.sandbox.people import BROWSE
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.state import Board, Json, Sprint

_STATES = ("closed", "active", "future")
_FAR = datetime.max.replace(tzinfo=UTC)


def boards(call: Call) -> Answer:
    found = [b for b in call.site.boards.values() if _sees(call, b)]
    if call.query.get("type"):
        found = [b for b in found if b.type in call.words("type")]
    if call.query.get("name"):
        found = [b for b in found if call.query["name"].casefold() in b.name.casefold()]
    if call.query.get("projectKeyOrId"):
        project = call.project(call.query["projectKeyOrId"])
        found = [b for b in found if b.project == project.id]
    return json_answer(_page(call, [_board(call, b) for b in found], with_total=True))


def board(call: Call) -> Answer:
    return json_answer(_board(call, _find(call)))


def configuration(call: Call) -> Answer:
    found = _find(call)
    site, base = call.site, call.site.base_url
    estimate: dict[str, Json] = {"type": "none"}
    if found.estimate:
        name = site.fields.by_id[found.estimate].name
        estimate = {"type": "field", "field": {"fieldId": found.estimate, "displayName": name}}
    rank = site.fields.of_type(RANK)
    shown: dict[str, Json] = {
        "id": found.id,
        "name": found.name,
        "type": found.type,
        "self": f"{base}/rest/agile/1.0/board/{found.id}/configuration",
        "filter": {"id": str(found.filter), "self": f"{base}/rest/api/2/filter/{found.filter}"},
        "columnConfig": {
            "columns": [
                {
                    "name": name,
                    "statuses": [{"id": s, "self": f"{base}/rest/api/2/status/{s}"} for s in statuses],
                }
                for name, statuses in found.columns
            ],
            "constraintType": "none",
        },
        "estimation": estimate,
        "ranking": {"rankCustomFieldId": rank.number if rank else None},
    }
    if found.type == "kanban":
        shown["subQuery"] = {"query": "fixVersion in unreleasedVersions() OR fixVersion is EMPTY"}
    return json_answer(shown)


def sprints(call: Call) -> Answer:
    """Closed, active, future; a kanban board has none (facts 7). A sprint shows on every board of its issues."""
    found = _find(call)
    if found.type != "scrum":
        raise Refusal(400, "The board does not support sprints")
    wanted = call.words("state") or list(_STATES)
    unknown = sorted(set(wanted) - set(_STATES))
    if unknown:
        raise Refusal(400, f"Unknown sprint state: {', '.join(unknown)}")
    shown = [s for s in call.site.sprints.values() if s.board == found.id and s.state in wanted]
    shown.sort(key=lambda s: (_STATES.index(s.state), s.start or _FAR, s.id))
    return json_answer(_page(call, [call.present.sprint(s) for s in shown], with_total=not call.cloud))


def sprint(call: Call) -> Answer:
    number = call.params["sprint"]
    found: Sprint | None = call.site.sprints.get(int(number)) if number.isdecimal() else None
    known = found and call.site.boards.get(found.board)
    if found is None or call.account is None or (known and not _sees(call, known)):
        raise Refusal(404, f"Sprint does not exist: {number}")
    return json_answer(call.present.sprint(found))


def filter_(call: Call) -> Answer:
    number = call.params["filter"]
    found = next((b for b in call.site.boards.values() if str(b.filter) == number), None)
    if found is None or not _sees(call, found):
        raise Refusal(400 if call.cloud else 404, f"The selected filter with id '{number}' is not available to you.")
    shown: dict[str, Json] = {
        "self": f"{call.present.api}/filter/{number}",
        "id": number,
        "name": f"Filter for {found.name}",
        "jql": found.jql,
        "favourite": False,
        "sharePermissions": [],
    }
    owner = call.present.user(found.owner)
    if owner:
        shown["owner"] = owner
    return json_answer(shown)


def _sees(call: Call, board: Board) -> bool:
    return board.project is None or call.may(BROWSE, board.project)


def _find(call: Call) -> Board:
    number = call.params["board"]
    found = call.site.boards.get(int(number)) if number.isdecimal() else None
    if found is None or not _sees(call, found):
        raise Refusal(404, "Board does not exist or you do not have permission to see it.")
    return found


def _board(call: Call, board: Board) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "id": board.id,
        "self": f"{call.site.base_url}/rest/agile/1.0/board/{board.id}",
        "name": board.name,
        "type": board.type,
    }
    project = call.site.projects.get(board.project or 0)
    if call.cloud and project:
        shown["location"] = {
            "projectId": project.id,
            "displayName": f"{project.name} ({project.key})",
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": "software",
            "name": f"{project.name} ({project.key})",
        }
    return shown


def _page(call: Call, entries: list[Json], *, with_total: bool) -> dict[str, Json]:
    """Paged by `isLast` (facts 7)."""
    start, size = call.page(50, 50)
    shown = entries[start : start + size]
    page: dict[str, Json] = {"maxResults": size, "startAt": start}
    if with_total:
        page["total"] = len(entries)
    return page | {"isLast": start + len(shown) >= len(entries), "values": shown}
