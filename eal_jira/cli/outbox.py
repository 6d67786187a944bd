"""``eal-jira outbox``: what has not been delivered, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say, table
from eal_jira.cli.read import reading, when

if TYPE_CHECKING:
    from eal_jira.store import Connection
    from eal_jira.store.intents import IntentRow

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The intent's key, as `outbox list` shows it.")]

commands = typer.Typer(help="What has not been delivered, why, and what to do about it.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(commands, name="outbox")


@commands.command("list")
def list_(
    config: ConfigOption = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only this state: waiting, sending, unknown, parked, held, dropped, done."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What waits, what is parked with its reason, and what is held because it looks like a loop."""
    from eal_jira.errors import UsageError
    from eal_jira.store import intents

    if state is not None and state not in intents.STATES:
        raise UsageError(f"There is no state {state!r}.", remedy=f"States: {', '.join(intents.STATES)}.")
    states = [state] if state else [each for each in intents.STATES if each not in (intents.DONE, intents.DROPPED)]
    with reading(config) as (_, connection):
        reasons = _reasons(connection)
        rows = [_short(row, reasons) for row in intents.listed(connection, states)]
    if as_json:
        emit({"intents": rows})
        return
    table(
        ["key", "state", "since", "why"],
        [(row["key"], row["state"], when(row["made"]), row["reason"] or "") for row in rows],
        empty="Everything is delivered." if state is None else f"Nothing is {state}.",
    )


@commands.command()
def show(key: KeyArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """One intent, with everything that is known of it."""
    with reading(config) as (_, connection):
        row = _found(connection, key)
        document = {
            **_short(row, _reasons(connection)),
            "team": row.team,
            "lane": row.lane,
            "attempts": row.attempts,
            "not_before": row.not_before,
            "before": row.before,
            "result": row.result,
            "payload": row.payload,
        }
    if as_json:
        emit({"intent": document})
        return
    for name, value in document.items():
        out(f"{name}: {when(value) if name in ('made', 'not_before') and value else value}")


@commands.command()
def retry(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="The intent's key.")] = None,
    config: ConfigOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is parked or held.")] = False,
) -> None:
    """Try again what is parked, held or dropped. What may have taken effect is looked up first, never simply resent."""
    from eal_jira.errors import UsageError
    from eal_jira.store import effects, intents, work

    if (key is None) != everything:
        raise UsageError("Name one intent, or --all.", remedy="`eal-jira outbox list` shows their keys.")
    with _writing(config) as connection:
        rows = intents.listed(connection, (intents.PARKED, intents.HELD)) if key is None else [_found(connection, key)]
        for row in rows:
            if row.state == intents.DONE:
                raise UsageError(
                    f"{row.key} is delivered.", refused="It was not sent again.", remedy="There is nothing to do."
                )
            effects.forget_key(connection, row.key)
            intents.release(connection, row)
        work.set_aside(connection, "intent", _now(), (), cleared=[row.key for row in rows])
    say(f"{len(rows)} will be tried again in the next cycle." if rows else "Nothing is parked or held.")


@commands.command()
def drop(key: KeyArgument, config: ConfigOption = None) -> None:
    """Give one intent up: it is not delivered, unless what it says changes. What is in the tracker stays."""
    from eal_jira.errors import UsageError
    from eal_jira.store import intents, work

    with _writing(config) as connection:
        row = _found(connection, key)
        if row.state == intents.DONE:
            raise UsageError(
                f"{key} is delivered.",
                refused="Nothing was changed.",
                remedy="What is in the tracker already can only be removed there.",
            )
        intents.mark(connection, key, intents.DROPPED, not_before=None)
        work.set_aside(connection, "intent", _now(), (), cleared=[key])
    say(f"{key} is dropped. `eal-jira outbox retry {key}` takes it up again.")


@commands.command("take-over")
def take_over(config: ConfigOption = None) -> None:
    """This database goes on, and another installation with a copy of it stops before it writes again."""
    from eal_jira.store import facts

    with _writing(config) as connection:
        facts.forget_installations(connection)
    say("The next write to the tracker is made from this database. Stop the other eal-jira.")


@contextmanager
def _writing(config: ConfigOption) -> Iterator[Connection]:
    """One transaction on the store."""
    from eal_jira.settings import find_config, load_settings
    from eal_jira.store import open_store

    settings = load_settings(find_config(config))
    store = open_store(settings.store.url, settings.folder)
    try:
        with store.write() as connection:
            yield connection
    finally:
        store.close()


def _found(connection: Connection, key: str) -> IntentRow:
    """Raises `UsageError` for a key that the store does not know."""
    from eal_jira.errors import UsageError
    from eal_jira.store import intents

    row = intents.get(connection, key)
    if row is None:
        raise UsageError(f"There is no intent {key!r}.", remedy="`eal-jira outbox list` shows the keys.")
    return row


def _reasons(connection: Connection) -> dict[str, str]:
    from eal_jira.store import work

    return {item.ref: item.reason for item, _ in work.listed(connection) if item.kind in ("intent", "breaker")}


def _short(row: IntentRow, reasons: dict[str, str]) -> dict[str, Any]:
    return {
        "key": row.key,
        "verb": row.verb,
        "state": row.state,
        "made": row.made,
        "reason": reasons.get(row.key) or reasons.get(row.held_by or ""),
    }


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
