"""``eal-jira guidelines diff``: what changed between two versions, or what the files would change now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from eal_jira.cli.output import ConfigOption, JsonOption, emit, out, say
from eal_jira.cli.read import TeamOption, chosen, no_such_guideline, reading

if TYPE_CHECKING:
    from eal_jira.process.versions import GuidelineVersion
    from eal_jira.settings import Settings
    from eal_jira.store import Connection

Pair = tuple["GuidelineVersion | None", "GuidelineVersion"]


def diff(
    guideline: Annotated[str | None, typer.Argument(help="A guideline's id; without it, file against store.")] = None,
    before: Annotated[int | None, typer.Option("--from", help="The earlier version.")] = None,
    after: Annotated[int | None, typer.Option("--to", help="The later version; default: the newest.")] = None,
    config: ConfigOption = None,
    team: TeamOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed between two versions of a guideline; without an id, what the files would change now."""
    from eal_jira.process.differences import difference

    with reading(config) as (settings, connection):
        pairs: list[tuple[str, Pair]] = []
        for name in chosen(settings, team):
            if guideline is None:
                pairs.extend((name, pair) for pair in _to_come(settings, connection, name))
            else:
                pairs.extend((name, pair) for pair in _two(connection, name, guideline, before, after))
        if guideline is not None and not pairs:
            raise no_such_guideline(connection, chosen(settings, team), guideline)
    document: list[dict[str, Any]] = [
        {
            "team": name,
            "guideline": new.guideline,
            "from": old and old.version,
            "to": new.version,
            "in_force_from": new.in_force_from.isoformat(),
            "changed": list(difference(old, new)) if old else [],
        }
        for name, (old, new) in pairs
    ]
    if as_json:
        emit({"differences": document})
        return
    for row, (_, (old, new)) in zip(document, pairs, strict=True):
        way = f"v{old.version} → v{new.version}" if old else "new"
        out(f"{row['team']}: {new.title} ({new.guideline}, {way}, since {new.in_force_from:%Y-%m-%d})")
        for line in row["changed"]:
            out(f"  {line}")
    if not document:
        say("The files say what is known already.")


def _to_come(settings: Settings, connection: Connection, name: str) -> list[Pair]:
    """The versions that the next cycle would take from the file, each beside the one it follows."""
    from datetime import UTC, datetime

    from eal_jira.process.importing import news
    from eal_jira.stages.guidelines import read_file, versions
    from eal_jira.store import facts

    part = next(part for part in settings.teams if part.name == name)
    now = facts.get_moment(connection, "last_cycle") or datetime.now(UTC)
    known = versions(connection, name)
    newest = {version.guideline: version for version in known}
    found: list[Pair] = []
    for version in news(known, read_file(settings, part).versions, now):
        found.append((newest.get(version.guideline), version))
        newest[version.guideline] = version
    return found


def _two(connection: Connection, name: str, guideline: str, before: int | None, after: int | None) -> list[Pair]:
    """The two versions that were asked for: by default the newest and the one before it."""
    from eal_jira.errors import UsageError
    from eal_jira.stages.guidelines import versions

    known = {v.version: v for v in versions(connection, name) if v.guideline == guideline}
    if not known:
        return []
    to = max(known) if after is None else after
    earlier = [number for number in known if number < to]
    start = before if before is not None else max(earlier, default=None)
    for number in (start, to):
        if number is not None and number not in known:
            listed = ", ".join(f"v{n}" for n in sorted(known))
            raise UsageError(f"{name} has no version {number} of {guideline}.", remedy=f"There are {listed}.")
    return [(None if start is None else known[start], known[to])]
