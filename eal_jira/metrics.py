"""What this process counts as it works, for `/metrics`. What the store knows is counted there, when somebody asks.

No label ever holds an issue's key, a person or free text.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram

from eal_jira import failpoints

REGISTRY = CollectorRegistry()

http_requests = Counter("eal_jira_http_requests", "Requests to the tracker.", ["op", "code"], registry=REGISTRY)
http_seconds = Histogram(
    "eal_jira_http_request_duration_seconds",
    "From sending a request to having read its answer.",
    ["op"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
rate_limited = Counter("eal_jira_rate_limited", "Answers that ask for patience.", ["reason"], registry=REGISTRY)
effects = Counter("eal_jira_effects", "Intents that were worked on.", ["kind", "result"], registry=REGISTRY)
webhooks = Counter("eal_jira_webhooks", "Webhook requests.", ["result"], registry=REGISTRY)
cycles = Counter("eal_jira_cycles", "Cycles by how they ended.", ["job", "result"], registry=REGISTRY)


class Requests:
    """The `Watch` of the adapter contract: counts requests, and lets `before` stop the next one."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self._before = before

    def sending(self, operation: str) -> None:
        self._before()
        failpoints.reach("request", operation, "before sending")

    def answered(self, operation: str, code: str, seconds: float) -> None:
        failpoints.reach("request", operation, "answered")
        http_requests.labels(operation, code).inc()
        http_seconds.labels(operation).observe(seconds)

    def limited(self, reason: str) -> None:
        rate_limited.labels(reason or "not named").inc()
