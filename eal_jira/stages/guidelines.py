"""A team's guidelines: what its file says meets what the store knows; the versions in force come out."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from holidays import country_holidays

from eal_jira.errors import ConfigError
from eal_jira.model import SetAside, Vocabulary
from eal_jira.process.calendar import WorkingCalendar
from eal_jira.process.context import JudgeContext
from eal_jira.process.guidelines import ParsedGuidelines, parse_guidelines
from eal_jira.process.importing import news
from eal_jira.process.versions import GuidelineVersion, timeline
from eal_jira.settings import HolidaysPart, Settings, TeamPart
from eal_jira.store import Connection, Store, facts, issues, process, work
from eal_jira.store.process import VersionRow

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_file(settings: Settings, team: TeamPart) -> ParsedGuidelines:
    """The team's guideline file as it is now. Raises `ConfigError` when it can't be read at all."""
    if team.guidelines is None:
        return ParsedGuidelines((), ())
    path = settings.path(team.guidelines)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The guideline file {path} of team {team.name} can't be read ({type(error).__name__}).",
            refused="The team's work is not checked.",
            remedy="Create the file, or mend `guidelines` in the config.",
        ) from error
    return parse_guidelines(text, str(team.guidelines), team.zone)


def bring_in(
    store: Store, settings: Settings, team: TeamPart, words: Vocabulary, now: datetime
) -> tuple[GuidelineVersion, ...]:
    """Adds what is new in the file to the store; returns all versions. A guideline with a mistake is set aside."""
    parsed = read_file(settings, team)
    problems = [*parsed.problems, *parsed.unknown_names(words)]
    with store.write() as connection:
        known = versions(connection, team.name)
        fresh = news(known, parsed.versions, now)
        for version in fresh:
            add(connection, team.name, version)
        ids = {p.guideline for p in problems} | {v.guideline for v in parsed.versions} | {""}
        aside = [SetAside("guideline", f"{team.name}: {p.guideline or p.place}", str(p)) for p in problems]
        listed = [f"{team.name}: {i}" for i in (*ids, str(team.guidelines))]
        work.set_aside(connection, "guideline", now, aside, cleared=listed)
    return timeline([*known, *fresh])


def versions(connection: Connection, team: str) -> tuple[GuidelineVersion, ...]:
    """All stored versions of the team's guidelines, each with the time it is in force."""
    return timeline(GuidelineVersion.from_json(row.body) for row in process.versions(connection, team))


def add(connection: Connection, team: str, version: GuidelineVersion) -> None:
    body = replace(version, in_force_until=None).to_json()
    row = VersionRow(version.guideline, version.version, version.in_force_from, version.origin, body)
    process.add_version(connection, team, row)


def context(connection: Connection, team: TeamPart, now: datetime) -> JudgeContext:
    """What judging this team's traces needs."""
    state = facts.meet_team(connection, team.name, now)
    since = state.first_cycle
    if team.since is not None:
        since = datetime.combine(team.since, time(), team.zone).astimezone(UTC)
    return JudgeContext(
        vocabulary=issues.vocabulary(connection),
        calendar=calendar(team),
        now=now,
        team=team.name,
        since=since,
        order=state.status_order,
        sprints={sprint.id: sprint for sprint in issues.sprints(connection, team.name)},
    )


def calendar(team: TeamPart) -> WorkingCalendar:
    part = team.calendar
    days = frozenset(WEEKDAYS.index(day) for day in part.weekdays)
    return WorkingCalendar(team.zone, days, part.start, part.end, days_off(part.holidays))


def days_off(part: HolidaysPart | tuple[date, ...]) -> Container[date]:
    """The days on which nobody works; of a country, whichever year is asked for."""
    if not isinstance(part, HolidaysPart):
        return frozenset(part)
    public = country_holidays(part.country, subdiv=part.subdivision)
    return _DaysOff(public, frozenset(part.also), frozenset(part.working))


@dataclass(frozen=True, slots=True)
class _DaysOff:
    public: Container[date]
    also: frozenset[date]
    working: frozenset[date]

    def __contains__(self, day: object) -> bool:
        return day in self.also or (day in self.public and day not in self.working)
