"""``eal-jira cycle``: one cycle by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.logs import LogFormatOption, logging_to_stderr
from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say
from eal_jira.cli.progress import Progress

if TYPE_CHECKING:
    from eal_jira.cycle import Cycle
    from eal_jira.hookspecs import Watch
    from eal_jira.stages.house import House


def add_to(app: typer.Typer) -> None:
    app.command()(cycle)


@contextmanager
def house(
    config: ConfigOption, progress: Progress, watch: Watch | None = None, *, shared: bool = False
) -> Iterator[House]:
    """The whole program, alone at work on its database; `shared`: beside other daemons where that can have several."""
    from eal_jira.settings import find_config, load_settings

    # a mistake in the config is told before anything heavy is loaded
    settings = load_settings(find_config(config))
    from eal_jira.assemble import assembled
    from eal_jira.store import leases

    lease = None if shared and not settings.store.url.startswith("sqlite") else leases.CYCLE
    with assembled(settings, progress=progress, watch=watch, lease=lease) as opened:
        yield opened


def cycle(
    config: ConfigOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing: show what would be written, and where.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Approve the first plan of teams that wait for it.")
    ] = False,
    as_json: JsonOption = False,
    log_format: LogFormatOption = "auto",
) -> None:
    """Run one learning cycle now."""
    logging_to_stderr(log_format)
    with house(config, Progress()) as opened:
        from eal_jira.cycle import run_cycle

        if approve and not dry_run:
            approve_plans(opened)
        done = run_cycle(opened, dry_run=dry_run)
        plan = planned(opened) if dry_run or done.delivered.stopped or _held(opened) else []
        held = _held(opened)
    if as_json:
        emit({"cycle": summary(done), "plan": plan, "waits_for_approval": held})
        return
    for line in told(done):
        out(line)
    for item in plan:
        out(f"would write: {item['what']}")
    if held and not dry_run:
        say(f"The first plan of {', '.join(held)} waits for approval: eal-jira cycle --approve")


def approve_plans(opened: House) -> None:
    """From now on, writes for these teams go out."""
    from eal_jira.store import facts

    now = opened.tracker.whoami().now
    with opened.store.write() as connection:
        names = [team.name for team in opened.teams]
        for name in names:
            facts.meet_team(connection, name, now)
        facts.approve_plan(connection, names, now)


def _held(opened: House) -> list[str]:
    from eal_jira.store import facts

    with opened.store.read() as connection:
        states = {team.name: facts.team(connection, team.name) for team in opened.teams}
    return [name for name, state in states.items() if state is not None and state.approved is None]


def planned(opened: House) -> list[dict[str, Any]]:
    """What waits in the outbox, in words."""
    from eal_jira.store import intents, issues

    with opened.store.read() as connection:
        rows = intents.undelivered(connection)
        keys = issues.keys(connection, [row.payload["issue"] for row in rows if row.payload.get("issue")])
    return [{"verb": row.verb, "key": row.key, "what": _what(row.verb, row.payload, keys)} for row in rows]


def _what(verb: str, payload: Any, keys: dict[str, str]) -> str:
    where = keys.get(payload.get("issue") or "", payload.get("issue"))
    match verb:
        case "tag":
            count = len(payload["property"]["deviations"])
            return f"{where}: {'label ' + ', '.join(payload['add']) if count else 'label removed'}, {count} deviations"
        case "ticket":
            return f"{payload['project']}: ticket “{payload['summary']}”"
        case "page":
            return f"{payload['adapter']}: page “{payload['page']['title']}”"
        case _:
            what = _WORDS.get(verb, verb).format(**payload)
            return f"{where or 'the ticket ' + str(payload['ticket'])}: {what}"


_WORDS = {
    "comment": "a comment",
    "transition": "moved to “{status}”",
    "link": "a link ({kind})",
    "remote_link": "a link to {link[title]}",
    "attachment": "the file {name}",
}


def summary(done: Cycle) -> dict[str, Any]:
    return {
        "now": done.now,
        "read": done.pulled.read,
        "changed": done.pulled.changed,
        "set_aside": len(done.pulled.set_aside) + done.logged.set_aside,
        "deviations_opened": done.checked.opened,
        "deviations_closed": done.checked.closed,
        "proposals_made": done.reflected.proposals,
        "retros_built": done.reflected.retros,
        "decisions": done.heard.decided,
        "written": done.delivered.written,
        "delivered": done.delivered.done,
        "postponed": done.delivered.postponed,
        "parked": done.delivered.parked,
        "healed": done.delivered.healed,
        "stopped": done.delivered.stopped or None,
        "cost": done.cost,
    }


def told(done: Cycle) -> Iterator[str]:
    yield f"{done.pulled.read} issues read, {done.pulled.changed} changed."
    if done.pulled.set_aside or done.logged.set_aside:
        yield f"{len(done.pulled.set_aside) + done.logged.set_aside} set aside; `eal-jira status` says why."
    yield f"{done.checked.opened} deviations opened, {done.checked.closed} closed."
    if done.reflected.proposals or done.reflected.retros or done.heard.decided:
        yield (
            f"{done.reflected.proposals} proposals made, {done.heard.decided} decisions heard, "
            f"{done.reflected.retros} retros built."
        )
    yield f"{done.delivered.written} writes to the tracker." + (
        f" {done.delivered.stopped}" if done.delivered.stopped else ""
    )
    if done.delivered.postponed:
        yield f"{done.delivered.postponed} more wait until the tracker takes them."
    yield f"{done.cost.requests} requests to the tracker, {done.cost.points} points of its budget."
