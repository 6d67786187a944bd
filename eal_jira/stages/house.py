"""What every stage gets: the plugged-together parts, and the moment the cycle happens at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eal_jira.adapters import Adapters
from eal_jira.documents.templates import Templates
from eal_jira.hookspecs import Pages, Tracker, Watch
from eal_jira.mirror.pull import Progress
from eal_jira.outbox.deliver import Outbox
from eal_jira.outbox.installations import Signature
from eal_jira.settings import Settings, TeamPart
from eal_jira.store import Store


@dataclass(frozen=True, slots=True)
class House:
    """The whole program, plugged together by `assemble`."""

    settings: Settings
    adapters: Adapters
    store: Store
    tracker: Tracker
    pages: Mapping[str, Pages]
    outbox: Outbox
    templates: Templates
    #: how other installations would know that we write here
    signature: Signature = field(default_factory=Signature)
    progress: Progress | None = None
    #: sees the requests to the tracker
    watch: Watch | None = None

    @property
    def teams(self) -> tuple[TeamPart, ...]:
        return self.settings.teams
