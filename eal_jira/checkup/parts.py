"""The list of everything that is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import partial

from eal_jira.adapters import Adapters
from eal_jira.assemble import open_pages, open_tracker, pages_named
from eal_jira.checkup.address import look_at_address
from eal_jira.checkup.credentials import look_at_secret
from eal_jira.checkup.database import look_at_store
from eal_jira.checkup.expiry import look_at_expiry
from eal_jira.checkup.run import Part
from eal_jira.checkup.teams import look_at_guidelines, look_at_pages
from eal_jira.checkup.webhooks import Serve, look_at_webhooks
from eal_jira.hookspecs import Check, Needs
from eal_jira.settings import Settings


def parts(settings: Settings, adapters: Adapters, serve: Serve, now: datetime) -> list[Part]:
    """What to look at, in the order in which it is told. `now` is this machine's clock."""
    tracker, store = settings.tracker, settings.store
    ca_file = tracker.options.get("ca_file")
    return [
        Part("connection", partial(look_at_address, tracker.url, ca_file if isinstance(ca_file, str) else None, now)),
        Part("tracker.token", partial(look_at_secret, "tracker.token", tracker.token)),
        Part("token's last day", partial(look_at_expiry, tracker.token_expires, now)),
        Part("tracker", partial(_look_at_tracker, settings, adapters)),
        Part("store", partial(look_at_store, store.url, settings.folder, store.read_password)),
        Part("guidelines", partial(look_at_guidelines, settings)),
        *(
            Part(f"pages {name}", partial(look_at_pages, name, partial(open_pages, adapters, name, settings)))
            for name in pages_named(settings)
        ),
        Part("webhooks", partial(look_at_webhooks, settings, adapters, serve)),
    ]


def needs(settings: Settings) -> Needs:
    """What this config will ask of the tracker."""
    return Needs(
        scopes=tuple(team.scope for team in settings.teams),
        commented=tuple(team.scope for team in settings.teams if team.comments),
        learning_project=settings.tracker.learning_project,
        ticket_type=settings.tracker.ticket_type,
        decisions={f"decisions.{name}": names for name, names in settings.decisions.meaning.items()},
        groups=tuple(sorted({each.group for team in settings.teams for each in team.approver_groups})),
        link_kind=settings.decisions.link,
        experiment_type=settings.experiments.ticket_type or "",
        experiment_done=settings.experiments.done,
    )


def _look_at_tracker(settings: Settings, adapters: Adapters) -> Iterator[Check]:
    with closing(open_tracker(adapters, settings)) as tracker:
        yield from tracker.checks(needs(settings))
