"""config.toml → typed settings; secrets by reference.

Every problem is shown with its key and the remedy, all of them at once; a misspelt key is told the nearest known one.
A secret stands in the environment, a file, a command's output or the keyring, never in the file itself, and it is
read afresh each time it is needed, so that replacing it needs no restart.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from holidays import list_supported_countries
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from eal_jira import redaction
from eal_jira.errors import ConfigError, NoSecret
from eal_jira.model import Scope

CADENCES = {"weekly": "0 0 * * MON", "monthly": "0 0 1 * *"}
"""What the words for a retro's rhythm mean, as cron lines in the team's zone."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no IANA time zone; write one like 'Europe/Berlin' or 'Etc/UTC'")
    return name


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no web address; write it with https://, as in 'https://example.atlassian.net'")
    if parts.username or parts.password:
        raise ValueError("holds a user or password; put the credential in `user` and `token`")
    return url.rstrip("/")


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError("is no host:port; write it like '127.0.0.1:8080'")
    return text


def _cadence(text: str) -> str:
    if text == "sprint" or text in CADENCES:
        return text
    try:
        CronSim(text, datetime.now(UTC))
    except CronSimError as error:
        raise ValueError("is not 'sprint', 'weekly', 'monthly' or a cron line of five fields") from error
    return text


def _cron(text: str) -> str:
    if text == "sprint":
        raise ValueError("is not 'weekly', 'monthly' or a cron line of five fields; sprints belong to one team")
    return _cadence(text)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


def _role(text: str) -> str:
    if "@" in text or not text.strip():
        raise ValueError("is no role; pages show it, so name no person: write it like 'a developer'")
    return " ".join(text.split())


Role = Annotated[str, AfterValidator(_role)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Url = Annotated[str, AfterValidator(_http_url)]
Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Secret(Part):
    """Where a secret stands: exactly one of an environment variable, a file, a command, a keyring entry."""

    env: str | None = None
    file: Path | None = None
    command: tuple[str, ...] | None = None
    keyring: str | None = None

    @model_validator(mode="before")
    @classmethod
    def not_inline(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(
                'holds the secret itself; keep it out of this file: write { env = "NAME" } or { file = "PATH" }'
            )
        return value

    @model_validator(mode="after")
    def exactly_one(self) -> Secret:
        if sum(way is not None for way in (self.env, self.file, self.command, self.keyring)) != 1:
            raise ValueError("needs exactly one of env, file, command, keyring")
        return self

    def read(self) -> str:
        """The secret as it is now. Raises `NoSecret` that names the place, never the content."""
        text = self._raw().strip()
        if not text:
            raise NoSecret(f"The secret from {self.place} is empty.", remedy="Put the token there and try again.")
        redaction.learn(text)
        return text

    @property
    def place(self) -> str:
        if self.env is not None:
            return f"the environment variable {self.env}"
        if self.file is not None:
            return f"the file {self.file}"
        if self.command is not None:
            return f"the command {self.command[0]!r}"
        return f"the keyring entry {self.keyring!r}"

    def _raw(self) -> str:
        if self.env is not None:
            if self.env not in os.environ:
                raise NoSecret(f"The environment variable {self.env} is not set.", remedy=f"Run: export {self.env}=…")
            return os.environ[self.env]
        if self.file is not None:
            try:
                return self.file.expanduser().read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise NoSecret(
                    f"The secret file {self.file} can't be read ({type(error).__name__}).",
                    remedy="Create it, or give its owner the right to read it.",
                ) from error
        if self.command is not None:
            return self._from_command(self.command)
        return self._from_keyring(typing.cast(str, self.keyring))

    @staticmethod
    def _from_command(command: tuple[str, ...]) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 - the operator's own command
        except (OSError, subprocess.SubprocessError) as error:
            raise NoSecret(
                f"The command {command[0]!r} that should print the secret failed ({type(error).__name__}).",
                remedy="Run it by hand; it must print the secret and nothing else.",
            ) from None
        return done.stdout

    @staticmethod
    def _from_keyring(entry: str) -> str:
        try:
            import keyring
        except ImportError as error:
            raise NoSecret(
                "The secret is said to be in the keyring, but keyring is not installed.",
                remedy="Run: pip install 'eal-jira[keyring]'",
            ) from error
        found = keyring.get_password("eal-jira", entry)
        if found is None:
            raise NoSecret(f"The keyring has no entry {entry!r}.", remedy=f"Run: keyring set eal-jira {entry}")
        return str(found)


class TrackerPart(Part):
    adapter: str
    url: Url
    user: str | None = None
    token: Secret
    #: the day on which the token expires, so that we can warn in time; trackers don't tell
    token_expires: date | None = None
    #: project (key) where proposals, experiments and retros live
    learning_project: str
    #: issue type of the tickets made there
    ticket_type: str = "Task"
    #: options of the adapter itself
    options: dict[str, Any] = Field(default_factory=dict)


class PagesPart(Part):
    """One place for pages: its credential, if it has one, and whatever else its adapter knows."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    token: Secret | None = None

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @property
    def secret(self) -> Callable[[], str] | None:
        return None if self.token is None else self.token.read


class StorePart(Part):
    #: sqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME
    url: str = "sqlite:///eal.db"
    #: of the user in a PostgreSQL address
    password: Secret | None = None

    @property
    def read_password(self) -> Callable[[], str] | None:
        return None if self.password is None else self.password.read


class DecisionsPart(Part):
    """Which statuses of the learning project mean which decision, and what follows from one."""

    approve: Names = ("Approved",)
    try_first: Names = ("Try first",)
    decline: Names = ("Declined",)
    #: days within which a proposal asks for its decision; after that it counts as waiting too long
    within: int = Field(default=14, ge=1)
    #: issues that get a note of what changed when a new version is in force; only where a team has comments on
    notes: int = Field(default=5, ge=0)
    #: what became of an approved change is told after so many finished issues, or after so many weeks
    follow_up_issues: int = Field(default=10, ge=3)
    follow_up_weeks: int = Field(default=8, ge=1)
    #: kind of link between a proposal and what it comes from, by the tracker's name; "": no links are made
    link: str = "Relates"

    @property
    def meaning(self) -> Mapping[str, tuple[str, ...]]:
        """Key of the config → names of statuses."""
        return {"approve": self.approve, "try_first": self.try_first, "decline": self.decline}

    @model_validator(mode="after")
    def no_status_means_two_things(self) -> DecisionsPart:
        named = [name.strip().casefold() for names in self.meaning.values() for name in names]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"uses the status {twice!r} for two decisions; each status can mean one")
        return self


class PracticesPart(Part):
    """Who is told of a practice when, and from which strength on it becomes a proposal."""

    #: days in which only the team sees what was found; sharing it (`eal-jira share`) ends them
    team_first: int = Field(default=7, ge=0)
    #: from this lower limit of the effect's interval on a better practice is proposed; weaker ones are offered as a
    #: probe. 0.5 proposes every better one, 1 none
    propose_from: float = Field(default=0.6, ge=0.5, le=1)


class ExperimentsPart(Part):
    """How tickets of the learning project are known to be experiments, and what happens to them."""

    #: issues of these types are experiments …
    types: Names = ("Experiment",)
    #: … and issues with one of these labels
    labels: Names = ("experiment",)
    #: the type of those that we make ourselves; left out: `tracker.ticket_type`
    ticket_type: str | None = None
    #: the status that an experiment with a result is moved to
    done: str = "Done"
    #: the kind of link between an experiment and what it comes from
    link: str = "Relates"
    #: a team tries on its own what is over after so many issues, or where no number is named within so many days
    at_once_issues: int = Field(default=60, ge=1)
    at_once_days: int = Field(default=92, ge=1)
    #: weeks without an experiment after which the retro asks whether that is meant to be
    quiet_weeks: int = Field(default=8, ge=1)


class TemplatesPart(Part):
    #: a folder whose files win over the built-in templates of the same name
    folder: Path | None = None


class WebPart(Part):
    #: host:port to listen on; left out: no web server
    listen: Annotated[str, AfterValidator(_host_and_port)] | None = None
    #: host:port for the pages and the metrics; left out: the same as `listen` where only this machine can reach that
    status: Annotated[str, AfterValidator(_host_and_port)] | None = None
    #: what the tracker signs its webhooks with
    webhook_secret: Secret | None = None


class RunPart(Part):
    #: seconds between two cycles
    every: int = Field(default=60, ge=1)
    #: PostgreSQL: seconds after which a daemon that died or froze is given up, and another one goes on
    lease: float = Field(default=20, ge=1, le=60)
    #: PostgreSQL: how many pieces of work one daemon takes at a time
    workers: int = Field(default=4, ge=1, le=32)


class OutboxPart(Part):
    """How patient the outbox is, and how much it says at most. Times in seconds."""

    #: how long the tracker's search may be behind: only then is a ticket whose answer was lost asked for again
    search_lag: int = Field(default=600, ge=1)
    #: how long a request whose answer was lost may still be under way
    settle: int = Field(default=120, ge=1)
    #: replies in one conversation
    replies: int = Field(default=3, ge=1)
    #: new tickets in one project within an hour
    tickets_per_hour: int = Field(default=10, ge=1)
    #: from one comment on an issue to the next
    comment_pause: int = Field(default=600, ge=0)


class HolidaysPart(Part):
    """A country's public holidays, and days off beside them."""

    country: str
    #: a state or region with holidays of its own
    subdivision: str | None = None
    also: tuple[date, ...] = ()
    #: public holidays on which the team works all the same
    working: tuple[date, ...] = ()

    @model_validator(mode="after")
    def is_known(self) -> HolidaysPart:
        known = list_supported_countries()
        if self.country not in known:
            raise ValueError(f"there is no country {self.country!r}; write its two letters, as in 'DE' or 'US'")
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            listed = ", ".join(known[self.country]) or "none"
            raise ValueError(f"{self.country} has no subdivision {self.subdivision!r}; there are: {listed}")
        return self


class CalendarPart(Part):
    """When the team works; limits in working time count only these hours."""

    weekdays: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    start: time = time(9)
    end: time = time(17)
    #: days, or the public holidays of a country
    holidays: tuple[date, ...] | HolidaysPart = ()

    @model_validator(mode="after")
    def has_hours(self) -> CalendarPart:
        if self.start >= self.end:
            raise ValueError("start must be before end")
        if not self.weekdays:
            raise ValueError("weekdays must name at least one day")
        return self


class GroupPart(Part):
    """The members of a group of the tracker, as they are when somebody asks."""

    group: str = Field(min_length=1)


class OwnersPart(Part):
    """Who looks after each phase of the loop: a role or a group, in words. Only that there is one is ever shown."""

    guidelines: str = ""
    collaboration: str = ""
    data: str = ""
    reflection: str = ""


class DigestPart(Part):
    """The page for managers: what waits for them, with its evidence."""

    pages: Names = ("html",)
    when: Annotated[str, AfterValidator(_cron)] = "weekly"
    time_zone: Zone = "Etc/UTC"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def cron(self) -> str:
        return CADENCES.get(self.when, self.when)


class TeamPart(Part):
    name: str = Field(min_length=1)
    projects: Names = ()
    board: str | int | None = None
    #: a query in the tracker's own language
    query: str | None = Field(default=None, alias="jql")
    guidelines: Path | None = None
    retro: Annotated[str, AfterValidator(_cadence)] = "weekly"
    pages: Names = ("html",)
    #: whose transition decides a proposal: account ids, or groups
    approvers: Annotated[tuple[str | GroupPart, ...], BeforeValidator(_as_list)] = ()
    comments: bool = False
    #: days without a departure, a proposal or a new version after which a guideline is said to be quiet
    quiet_days: int = Field(default=180, ge=30)
    #: nothing older is tagged; default: the team's first cycle
    since: date | None = None
    min_group: int = Field(default=5, ge=3)
    time_zone: Zone = "Etc/UTC"
    #: so many experiments run at the same time; further ones wait
    experiments: int = Field(default=2, ge=0)
    #: statuses in which work waits for somebody else (names)
    waiting: Names = ()
    #: statuses in which work is blocked (names)
    blocked: Names = ()
    #: fields that say that work is blocked, while they are filled (names)
    flags: Names = ()
    #: issue types that are bugs
    bugs: Names = ("Bug",)
    calendar: CalendarPart = CalendarPart()
    #: hours planned for reflection in each retro's period, all people together; 0: none are planned
    reflection_hours: float = Field(default=0, ge=0)
    owners: OwnersPart = OwnersPart()
    #: roles that host the talk about a retro in turn, in words; pages show them
    hosts: Annotated[tuple[Role, ...], BeforeValidator(_as_list)] = ()

    @model_validator(mode="after")
    def one_scope(self) -> TeamPart:
        if sum(bool(way) for way in (self.projects, self.board, self.query)) != 1:
            raise ValueError("needs exactly one of projects, board, jql")
        return self

    @property
    def scope(self) -> Scope:
        return Scope(projects=self.projects, board=None if self.board is None else str(self.board), query=self.query)

    @property
    def approver_groups(self) -> tuple[GroupPart, ...]:
        return tuple(each for each in self.approvers if isinstance(each, GroupPart))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def cron(self) -> str | None:
        """The retro's rhythm as a cron line, None when sprints set it."""
        return None if self.retro == "sprint" else CADENCES.get(self.retro, self.retro)


class Settings(Part):
    tracker: TrackerPart
    store: StorePart = StorePart()
    decisions: DecisionsPart = DecisionsPart()
    practices: PracticesPart = PracticesPart()
    experiments: ExperimentsPart = ExperimentsPart()
    templates: TemplatesPart = TemplatesPart()
    run: RunPart = RunPart()
    web: WebPart = WebPart()
    outbox: OutboxPart = OutboxPart()
    #: left out: no digest
    digest: DigestPart | None = None
    #: options per pages adapter: [pages.html]
    pages: dict[str, PagesPart] = Field(default_factory=dict)
    teams: tuple[TeamPart, ...] = Field(min_length=1)
    #: the folder that relative paths in the file start from
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def teams_differ(self) -> Settings:
        names = [team.name for team in self.teams]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two teams are called {name!r}; give each its own name")
        return self

    def path(self, relative: Path) -> Path:
        """A path of the file as seen from where the file lies."""
        return self.folder / relative.expanduser()


def find_config(given: Path | None) -> Path:
    """``--config``, else ``EAL_JIRA_CONFIG``, else ``./eal-jira.toml``."""
    if given is not None:
        return given
    return Path(os.environ.get("EAL_JIRA_CONFIG") or "eal-jira.toml")


def load_settings(path: Path) -> Settings:
    """Reads and checks a config file. Raises `ConfigError` naming file, place and remedy of every problem."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise ConfigError(
            f"There is no config file {path}.",
            remedy="Copy config.example.toml there, or name yours with --config FILE.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The config file {path} can't be read ({type(error).__name__}).",
            remedy="Check its rights and encoding.",
        ) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", remedy="Mend that line and try again.") from None
    if "folder" in raw:
        raise ConfigError(f"{path}: folder is not a key of the config.", remedy="Remove it.")
    try:
        return Settings.model_validate({**raw, "folder": path.parent})
    except ValidationError as error:
        problems = list(_worded(error))
        raise ConfigError(
            "\n".join(f"{path}: {problem}" for problem in problems), refused="Nothing was started."
        ) from None


def _worded(error: ValidationError) -> Iterator[str]:
    # include_input=False: the input next to a mistake may be a secret (facts: measured on pydantic-settings 2.16.3)
    for problem in error.errors(include_input=False, include_url=False):
        place = ".".join(str(part) for part in problem["loc"]) or "the file as a whole"
        match problem["type"]:
            case "extra_forbidden":
                near = difflib.get_close_matches(str(problem["loc"][-1]), _known_keys(problem["loc"][:-1]), n=1)
                yield f"{place} is not a key of the config." + (f" Did you mean {near[0]!r}?" if near else "")
            case "missing":
                yield f"{place} is missing. config.example.toml shows how to write it."
            case "value_error":
                yield f"{place} {problem['ctx']['error']!s}."
            case _:
                yield f"{place}: {problem['msg'][0].lower()}{problem['msg'][1:]}."


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at this place, found by walking the model's types along the place."""
    kind: Any = Settings
    for step in loc:
        if isinstance(step, int):
            kind = typing.get_args(kind)[0]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = kind.model_fields
            found = fields.get(step) or next((f for f in fields.values() if f.alias == step), None)
            if found is None:
                return []
            kind = found.annotation
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            kind = next(arg for arg in typing.get_args(kind) if arg is not type(None))
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [f.alias or name for name, f in kind.model_fields.items() if not f.exclude]
