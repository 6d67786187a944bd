"""``eal-jira status``: how far everything has got, what waits, and what is set aside."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from eal_jira.cli.budget import budget_document, budget_lines, last_cycle_cost
from eal_jira.cli.output import ConfigOption, JsonOption, emit, out
from eal_jira.cli.read import reading, when

if TYPE_CHECKING:
    from eal_jira.settings import Settings
    from eal_jira.store import Connection
    from eal_jira.store.issues import Watermark


def add_to(app: typer.Typer) -> None:
    app.command()(status)


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How far each team and the outbox have got, and what was set aside."""
    with reading(config) as (settings, connection):
        document = _document(settings, connection)
    if as_json:
        emit(document)
        return
    mirror = document["mirror"]
    cost = document["last_cycle_cost"]
    asked = "" if cost is None else f" ({cost['requests']} requests to the tracker, {cost['points']} points)"
    out(f"Last cycle: {when(document['last_cycle'])}{asked}")
    out(
        f"Mirror: {mirror.issues} issues, {mirror.histories} history entries, {mirror.comments} comments, "
        f"{mirror.worklogs} worklogs, {mirror.remote_links} remote links"
    )
    for scope in document["scopes"]:
        out(f"Scope {scope['scope']}: {_how_far(scope)}")
    for team in document["teams"]:
        out(f"Team {team['name']}: {team['sentence']} {document['deviations'][team['name']]} deviations stand.")
    waiting = [row for row in document["outbox"] if row["state"] not in ("done", "dropped")]
    out("Outbox: " + (", ".join(f"{r['count']} {r['verb']} {r['state']}" for r in waiting) or "all delivered"))
    for line in _waiting_lines(document["decisions"]):
        out(line)
    if document["duplicates_put_away"]:
        out(f"Put away because they stood twice: {document['duplicates_put_away']}")
    for stray in document["unclaimed"]:
        marker = "" if stray.what == "label" else f" ({stray.marker})"
        out(f"From an earlier life, and accounted for by nothing now: {stray.what} on {stray.where}{marker}")
    if document["token"]:
        out(f"Token: {document['token']}")
    for line in budget_lines(document):
        out(line)
    for item in document["set_aside"]:
        out(f"Set aside since {when(item['since'])}: {item['kind']} {item['ref']}: {item['reason']}")


def _document(settings: Settings, connection: Connection) -> dict[str, Any]:
    from datetime import UTC, timedelta

    from eal_jira.checkup.expiry import token_warning
    from eal_jira.stages.tags import LABEL
    from eal_jira.store import bans, facts, intents, issues, process, strays, work

    clock = datetime.now(UTC)
    here = facts.get_moment(connection, "last_cycle_here")
    last = facts.get_moment(connection, "last_cycle")
    # the tracker's clock, read on from when it was last told: the two need not agree
    at = None if last is None else last + (timedelta() if here is None else max(timedelta(), clock - here))
    return {
        "last_cycle": last,
        "last_cycle_cost": last_cycle_cost(connection),
        "mirror": issues.counts(connection),
        "scopes": [_scope(scope, mark, at) for scope, mark in issues.watermarks(connection).items()],
        "teams": [_team(connection, part.name) for part in settings.teams],
        "deviations": {part.name: process.count_deviations(connection, part.name) for part in settings.teams},
        "outbox": [
            {"state": state, "verb": verb, "count": count}
            for (state, verb), count in sorted(intents.count(connection).items())
        ],
        "decisions": _decisions(settings, connection, last),
        "duplicates_put_away": strays.healed(connection),
        "unclaimed": strays.unclaimed(connection, LABEL),
        "token": token_warning(settings.tracker.token_expires, clock),
        "budget": budget_document(connection, clock),
        "bans": bans.active(connection, clock),
        "set_aside": [
            {"kind": item.kind, "ref": item.ref, "reason": item.reason, "since": since}
            for item, since in work.listed(connection)
        ],
    }


def _decisions(settings: Settings, connection: Connection, last: datetime | None) -> list[dict[str, Any]]:
    """Proposals that wait for a decision, and for how long. Names nobody."""
    from eal_jira.stages.chain import ticket_key
    from eal_jira.store import learning

    within = settings.decisions.within
    found = []
    for row in learning.proposals(connection):
        if row.waits:
            days = None if last is None else max(0, (last - row.made).days)
            late = days is not None and days > within
            ticket = ticket_key(connection, row.key)
            found.append({"team": row.team, "ticket": ticket, "since": row.made, "days": days, "overdue": late})
    return found


def _waiting_lines(waiting: list[dict[str, Any]]) -> list[str]:
    if not waiting:
        return ["Decisions: no proposal waits."]
    lines = [f"Decisions: {len(waiting)} {'proposal waits' if len(waiting) == 1 else 'proposals wait'}."]
    for each in waiting:
        late = ", longer than was asked for" if each["overdue"] else ""
        lines.append(f"  {each['ticket'] or 'its ticket is not there yet'} ({each['team']}): {each['days']} days{late}")
    return lines


def _scope(name: str, mark: Watermark, now: datetime | None) -> dict[str, Any]:
    """How far one scope has been read. `lag_seconds`: from there until now; None before the first whole reading."""
    lag = None if mark.complete is None or now is None else max(0.0, (now - mark.complete).total_seconds())
    return {"scope": name, "complete": mark.complete, "reading_since": mark.started, "lag_seconds": lag}


def _how_far(scope: dict[str, Any]) -> str:
    if scope["complete"] is None:
        return f"its first reading began {when(scope['reading_since'])} and goes on."
    behind = (scope["lag_seconds"] or 0) / 60
    return f"read up to {when(scope['complete'])}" + (f", {behind:.0f} minutes behind." if behind >= 1 else ".")


def _team(connection: Connection, name: str) -> dict[str, Any]:
    from eal_jira.store import facts, intents

    state = facts.team(connection, name)
    if state is None:
        return {"name": name, "approved": None, "sentence": "no cycle yet."}
    if state.approved is None:
        wanted = sum(count for (kind, _), count in intents.count(connection, name).items() if kind != "done")
        sentence = (
            f"its first plan ({wanted} writes) waits for approval; see it with `eal-jira cycle --dry-run`, "
            "approve it with `eal-jira cycle --approve`."
        )
    else:
        sentence = f"at work since {when(state.first_cycle)}."
    return {"name": name, "approved": state.approved, "first_cycle": state.first_cycle, "sentence": sentence}
