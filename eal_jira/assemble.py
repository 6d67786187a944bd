"""The only place where settings, store, adapters and pages are plugged together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

from eal_jira.adapters import Adapters
from eal_jira.documents.templates import Templates
from eal_jira.hookspecs import Connection, Pages, Patience, PatienceInMemory, Tracker, Unwatched, Watch
from eal_jira.metrics import Requests
from eal_jira.mirror.pull import Progress
from eal_jira.outbox.bounds import Bounds
from eal_jira.outbox.deliver import Outbox
from eal_jira.outbox.installations import Signature
from eal_jira.process.rules import register
from eal_jira.settings import PagesPart, Settings
from eal_jira.stages.house import House
from eal_jira.store import Store, bans, health, leases, open_store


@contextmanager
def assembled(
    settings: Settings, *, progress: Progress | None = None, watch: Watch | None = None, lease: str | None = None
) -> Iterator[House]:
    """The whole program, ready for cycles; closed at the end. Sends no request yet.

    `watch` sees the requests to the tracker, the process's own counters when it is left out. `lease`: nobody else has
    it meanwhile, and what is stored has been looked through. Raises `ConfigError` for anything in the settings that
    can't work with the adapters that are installed, and `LeaseHeld`.
    """
    adapters = Adapters.installed()
    for kind in adapters.rule_kinds():
        register(kind)
    with ExitStack() as at_the_end:
        store = open_store(settings.store.url, settings.folder, settings.store.read_password)
        at_the_end.callback(store.close)
        if lease is not None:
            store = at_the_end.enter_context(_leased(store, lease, settings.run.lease, leases.PATIENCE))
            health.require_whole(store)
        pages = {
            name: open_pages(adapters, name, settings, bans.StoredPatience(store, pages=name))
            for name in pages_named(settings)
        }
        watch = watch or Requests()
        tracker = open_tracker(adapters, settings, bans.StoredPatience(store), watch)
        at_the_end.callback(tracker.close)
        signature = Signature()
        folder = settings.templates.folder
        yield House(
            settings=settings,
            adapters=adapters,
            store=store,
            tracker=tracker,
            pages=pages,
            outbox=Outbox(store, tracker, pages, bounds_of(settings), signature),
            templates=Templates(None if folder is None else settings.path(folder)),
            signature=signature,
            progress=progress,
            watch=watch,
        )


@contextmanager
def apart(house: House, lease: str | None = None) -> Iterator[House]:
    """The same house for work beside others: with a connection to the tracker of its own, and under a lease.

    Raises `LeaseHeld` at once when somebody else has it.
    """
    settings = house.settings
    way_in = nullcontext(house.store) if lease is None else _leased(house.store, lease, settings.run.lease, 0)
    with (
        way_in as store,
        closing(open_tracker(house.adapters, settings, bans.StoredPatience(store), house.watch)) as tracker,
    ):
        outbox = Outbox(store, tracker, house.pages, bounds_of(settings), house.signature)
        yield replace(house, store=store, tracker=tracker, outbox=outbox)


@contextmanager
def _leased(store: Store, lease: str, seconds: float, patience: float) -> Iterator[Store]:
    with leases.holding(store, lease, seconds, patience) as fence:
        yield store.fenced(fence)


def bounds_of(settings: Settings) -> Bounds:
    part, decisions = settings.outbox, settings.decisions
    return Bounds(
        search_lag=timedelta(seconds=part.search_lag),
        settle=timedelta(seconds=part.settle),
        replies=part.replies,
        tickets_per_hour=part.tickets_per_hour,
        comment_pause=timedelta(seconds=part.comment_pause),
        decisions=(*decisions.approve, *decisions.try_first),
        put_away=decisions.decline,
    )


def open_tracker(
    adapters: Adapters, settings: Settings, patience: Patience | None = None, watch: Watch | None = None
) -> Tracker:
    part = settings.tracker
    connection = Connection(
        part.url,
        part.user,
        part.token.read,
        part.options,
        PatienceInMemory() if patience is None else patience,
        Unwatched() if watch is None else watch,
    )
    return adapters.tracker(part.adapter, connection)


def pages_named(settings: Settings) -> list[str]:
    """The pages adapters that the teams use."""
    # a team's pages may be the tracker itself: then its retro is an issue of the learning project
    digest = () if settings.digest is None else settings.digest.pages
    named = {name for team in settings.teams for name in team.pages} | set(digest)
    return sorted(named - {settings.tracker.adapter})


def open_pages(adapters: Adapters, name: str, settings: Settings, patience: Patience | None = None) -> Pages:
    part = settings.pages.get(name, PagesPart())
    return adapters.pages(name, part.options, settings.folder, part.secret, patience)
