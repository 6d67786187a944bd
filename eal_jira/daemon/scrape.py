"""What `/metrics` answers: what this process counted (`metrics`), and what the store knows at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from eal_jira import __version__
from eal_jira.errors import StoreFull
from eal_jira.metrics import REGISTRY
from eal_jira.settings import Settings
from eal_jira.stages.house import House
from eal_jira.store import Connection, bans, counts, facts, issues, leases, strays

log = structlog.get_logger()


def exposition(house: House) -> bytes:
    """In Prometheus' text format."""
    at_this_moment = CollectorRegistry()
    at_this_moment.register(StoreFigures(house))
    return generate_latest(REGISTRY) + generate_latest(at_this_moment)


class StoreFigures(Collector):
    """Reads the store once per scrape. A store that can't be read costs these figures, not the others."""

    def __init__(self, house: House) -> None:
        self._house = house

    def describe(self) -> list[Metric]:
        """Nothing is read before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield _gauge("build_info", "The version that runs.", {"version": __version__}, 1)
        yield from _token(self._house.settings)
        readable = 1
        try:
            with self._house.store.read() as connection:
                found = [*_figures(connection, self._house.settings, datetime.now(UTC))]
        except Exception:
            log.exception("the store could not be read for metrics")
            found, readable = [], 0
        yield from found
        full = isinstance(self._house.store.trouble, StoreFull)
        yield _gauge("disk_full", "Whether the last thing to be stored had no room.", {}, full)
        yield _gauge("store_readable", "Whether the store could be read for this answer.", {}, readable)
        sizes = counts.file_sizes(self._house.store)
        if sizes is not None:
            yield _gauge("db_bytes", "Size of the database's file.", {}, sizes[0])
            yield _gauge("wal_bytes", "Size of its write-ahead log.", {}, sizes[1])


def _figures(connection: Connection, settings: Settings, now: datetime) -> Iterator[Metric]:
    lag = GaugeMetricFamily(
        "eal_jira_sync_lag_seconds", "Since the begin of the last whole pass over a project.", labels=["project"]
    )
    for scope, mark in issues.watermarks(connection).items():
        if mark.complete is not None:
            lag.add_metric([scope], max(0.0, (now - mark.complete).total_seconds()))
    yield lag

    success = GaugeMetricFamily("eal_jira_last_success_timestamp_seconds", "When it was last done.", labels=["job"])
    for job, at in (("cycle", facts.get_moment(connection, "last_cycle")), ("retro", counts.last_retro(connection))):
        if at is not None:
            success.add_metric([job], at.timestamp())
    yield success

    yield from _queue(connection, now)
    aside = GaugeMetricFamily("eal_jira_dead_letters", "What is set aside; `status` says why.", labels=["kind"])
    for kind, number in counts.set_aside(connection).items():
        aside.add_metric([kind], number)
    yield aside

    minimum = {team.name: team.min_group for team in settings.teams}
    stand = GaugeMetricFamily(
        "eal_jira_findings_open",
        "Deviations that stand, where there are min_group of them.",
        labels=["team", "guideline"],
    )
    for (team, guideline), number in sorted(counts.standing(connection).items()):
        if team in minimum and number >= minimum[team]:
            stand.add_metric([team, guideline], number)
    yield stand
    yield CounterMetricFamily(
        "eal_jira_duplicates_healed",
        "What stood twice in the tracker and was put away.",
        value=strays.healed(connection),
    )
    yield _gauge("leader", "Whether this process runs the cycles now.", {}, leases.ours(connection, leases.CYCLE))
    yield _gauge(
        "bans_active",
        "Bans (the tracker's, and those of pages) that have not ended.",
        {},
        len(bans.active(connection, now)),
    )


def _queue(connection: Connection, now: datetime) -> Iterator[Metric]:
    depth = GaugeMetricFamily("eal_jira_queue_depth", "What waits, by kind.", labels=["kind"])
    oldest = GaugeMetricFamily(
        "eal_jira_queue_oldest_age_seconds", "For how long the oldest has waited.", labels=["kind"]
    )
    waiting: dict[str, int] = {}
    since: dict[str, datetime] = {}
    unknown = 0
    for row in counts.undelivered(connection):
        waiting[row.verb] = waiting.get(row.verb, 0) + row.count
        since[row.verb] = min(row.oldest, since.get(row.verb, row.oldest))
        unknown += row.count if row.state in ("sending", "unknown") else 0
    for verb, number in waiting.items():
        depth.add_metric([verb], number)
        oldest.add_metric([verb], max(0.0, (now - since[verb]).total_seconds()))
    for stage, number in counts.work(connection).items():
        depth.add_metric([f"issues to {stage}"], number)
    yield depth
    yield oldest
    yield _gauge("effects_unknown", "Writes whose answer was lost and that are being looked for.", {}, unknown)


def _token(settings: Settings) -> Iterator[Metric]:
    expires = settings.tracker.token_expires
    if expires is not None:
        end = datetime.combine(expires, time(), UTC).timestamp()
        yield _gauge("token_expiry_timestamp_seconds", "The day on which the tracker's token ends.", {}, end)


def _gauge(name: str, help: str, labels: dict[str, str], value: float) -> Metric:
    gauge = GaugeMetricFamily(f"eal_jira_{name}", help, labels=list(labels))
    gauge.add_metric(list(labels.values()), value)
    return gauge
