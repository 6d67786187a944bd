"""``eal-jira experiments``: what a team tries on purpose, how it stands, and how to begin and stop one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say, table
from eal_jira.cli.read import TeamOption, chosen, reading, when

if TYPE_CHECKING:
    from eal_jira.stages.house import House
    from eal_jira.store import Connection
    from eal_jira.store.experiments import ExperimentRow

Name = Annotated[str, typer.Argument(metavar="TICKET", help="The ticket's key, as `experiments list` shows it.")]

commands = typer.Typer(help="What a team tries on purpose, and how it stands.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(commands, name="experiments")


@commands.command("list")
def list_(config: ConfigOption = None, team: TeamOption = None, as_json: JsonOption = False) -> None:
    """All experiments: those that run, those that wait or lack something, and what came of the others."""
    from eal_jira.store import experiments

    with reading(config) as (settings, connection):
        names = chosen(settings, team)
        rows = [
            _told(connection, row)
            for row in experiments.listed(connection)
            if row.team in names or (not row.team and team is None)
        ]
    if as_json:
        emit({"experiments": rows})
        return
    table(
        ["ticket", "team", "state", "since", "what"],
        [(r["ticket"] or "-", r["team"] or "-", r["state"], when(r["started"]), r["title"]) for r in rows],
        empty="Nothing is being tried. `eal-jira experiments template` shows how to begin.",
    )


@commands.command()
def show(ticket: Name, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """One experiment: its plan, who takes part, and what the evidence says."""
    with reading(config) as (_, connection):
        document = _told(connection, _found(connection, ticket))
    if as_json:
        emit({"experiment": document})
        return
    out(f"{document['ticket'] or document['experiment']}: {document['title']} ({document['state']})")
    for name, value in (document["plan"] or {}).items():
        out(f"  {name}: {value}")
    if document["started"]:
        out(f"Running since {when(document['started'])}; {document['trial_issues']} issues take part.")
    for sentence in document["sentences"]:
        out(f"- {sentence}")


@commands.command()
def template(config: ConfigOption = None) -> None:
    """The text for the description of an experiment's ticket, to be filled in."""
    from eal_jira.learning.plan_text import blank
    from eal_jira.settings import find_config, load_settings

    for name, hint in blank([team.name for team in load_settings(find_config(config)).teams]).items():
        out(f"{name}: {hint}")


@commands.command()
def start(
    title: Annotated[str, typer.Argument(help="What the ticket is called.")],
    plan: Annotated[
        Path, typer.Option("--plan", metavar="FILE", help="The plan's lines, as `experiments template` shows them.")
    ],
    config: ConfigOption = None,
) -> None:
    """Make the ticket of an experiment. It begins in the cycle that finds the ticket complete."""
    from eal_jira.errors import UsageError
    from eal_jira.learning.plan_text import lines_of, read_plan
    from eal_jira.learning.plans import Plan
    from eal_jira.outbox.intents import marker
    from eal_jira.stages.experiment_tickets import guidelines_of
    from eal_jira.stages.experiments import file_ticket, team_of
    from eal_jira.store import experiments
    from eal_jira.store.experiments import ExperimentRow

    try:
        text = plan.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The plan {plan} can't be read ({type(error).__name__}).",
            refused="No ticket was made.",
            remedy="eal-jira experiments template > plan.txt makes one to fill in.",
        ) from error
    now = _now()
    with _opened(config) as house, house.store.write() as connection:
        found = read_plan(text, title, guidelines=guidelines_of(house, connection, now))
        if not isinstance(found, Plan):
            lacks = "\n".join(f"  {name}: {question}" for name, question in found.missing.items())
            raise UsageError(
                f"The plan lacks something:\n{lacks}", refused="No ticket was made.", remedy=f"Fill it in, in {plan}."
            )
        team = team_of(house, found.team)
        key = marker("experiment", found.team, found.guideline, title)
        new = experiments.add(connection, ExperimentRow(key, "", team.name, "offered", now))
        if not new:
            raise UsageError(
                f"{team.name} has an experiment called {title!r} for this guideline.",
                refused="No second ticket was made.",
                remedy="Give it another title, or look at it: eal-jira experiments list",
            )
        file_ticket(house, connection, team, key, title, lines_of(found), now)
    say("Its ticket is made in the next cycle; it begins in the one after, when two others are not running already.")


@commands.command()
def stop(
    ticket: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why: those who tried it want to know.")],
    config: ConfigOption = None,
) -> None:
    """End a running experiment before its time, with a reason."""
    from eal_jira.errors import UsageError
    from eal_jira.stages.experiment_course import stop as end

    if not reason.strip():
        raise UsageError("The reason is empty.", refused="Nothing was stopped.", remedy="Write a few words.")
    with _opened(config) as house, house.store.write() as connection:
        row = _found(connection, ticket)
        if row.state != "running":
            raise UsageError(f"{ticket} is not running ({row.state}).", refused="Nothing was changed.")
        end(house, connection, row, " ".join(reason.split()), _now())
    say(f"{ticket} is stopped; its ticket says so after the next cycle.")


@contextmanager
def _opened(config: ConfigOption) -> Iterator[House]:
    from eal_jira.assemble import assembled
    from eal_jira.settings import find_config, load_settings

    with assembled(load_settings(find_config(config))) as house:
        yield house


def _found(connection: Connection, ticket: str) -> ExperimentRow:
    """By the ticket's key, or by the experiment's. Raises `UsageError`."""
    from eal_jira.errors import UsageError
    from eal_jira.store import experiments, issues

    issue = issues.issue_by_key(connection, ticket) or issues.issue_by_key(connection, ticket.upper())
    row = experiments.get(connection, ticket) if issue is None else experiments.of_ticket(connection, issue.id)
    if row is None:
        raise UsageError(f"There is no experiment {ticket}.", remedy="eal-jira experiments list shows all.")
    return row


def _told(connection: Connection, row: ExperimentRow) -> dict[str, Any]:
    from eal_jira.learning.conclusions import Result
    from eal_jira.learning.plan_text import lines_of
    from eal_jira.learning.plans import Plan
    from eal_jira.store import experiments, issues

    plan = Plan.from_json(row.design["plan"]) if row.design else None
    ticket = issues.issues(connection, [row.ticket_id]).get(row.ticket_id)
    result = Result.from_json(row.result) if row.result else None
    return {
        "experiment": row.key,
        "ticket": ticket.key if ticket else None,
        "team": row.team,
        "title": ticket.summary if ticket else (plan.title if plan else ""),
        "state": row.state,
        "guideline": plan.guideline if plan else None,
        "plan": dict(lines_of(plan)) if plan else None,
        "origin": row.origin,
        "started": row.started,
        "ended": row.ended,
        "reason": row.reason,
        "trial_issues": len(experiments.trials(connection, row.key)),
        "sentences": list(result.sentences) if result else [],
        "evidence": None if result is None else result.main.to_json(),
    }


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
