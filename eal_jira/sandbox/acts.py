"""What happens on a site, as values: people who create, move, edit and comment, each at a moment.

The living history (`living`) yields acts, the site (`site`) performs them; so a history can be printed, replayed and
tested without a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    account_id: str
    name: str
    time_zone: str = "Etc/UTC"
    groups: tuple[str, ...] = ()
    #: "atlassian" for people, "app" for automation
    account_type: str = "atlassian"


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """A project to be set up: `statuses` as (name, category key "new", "indeterminate" or "done") in workflow order."""

    key: str
    name: str
    statuses: tuple[tuple[str, str], ...]
    types: tuple[str, ...] = ("Story", "Bug", "Task")
    #: allowed (from, to) pairs; None allows every transition
    transitions: tuple[tuple[str, str], ...] | None = None
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    at: datetime
    actor: str
    key: str
    type: str
    summary: str
    #: further fields as the REST API takes them: {"priority": "High", "labels": ["x"], "components": ["API"], …}
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    at: datetime
    actor: str
    key: str
    #: status name
    to: str


@dataclass(frozen=True, slots=True)
class Edit:
    at: datetime
    actor: str
    key: str
    #: field id ("assignee" takes an account id, "labels" a list, "priority" a name, …)
    field: str
    value: object


@dataclass(frozen=True, slots=True)
class Say:
    at: datetime
    actor: str
    key: str
    text: str


Act = Create | Move | Edit | Say
