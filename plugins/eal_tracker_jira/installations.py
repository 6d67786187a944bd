"""Which installation writes: kept where our account may write without any right on issues.

Cloud: a property of our own user record, for which access to Jira is enough. Data Center: a property of the learning
project, for whose users' records a Jira administrator's right is needed (the operations of both in Atlassian's OpenAPI
documents).
"""

from __future__ import annotations

from collections.abc import Mapping

from eal_jira.errors import Gone
from eal_jira.model import Installation
from eal_tracker_jira.answers import BrokenAnswer, named
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.site import Site
from eal_tracker_jira.times import parse_time

PROPERTY = "eal-jira.installation"


def installation(site: Site, project: str) -> Installation | None:
    path, asked = _place(site, project)
    try:
        told = site.gateway.get(path, **asked)
    except Gone:
        return None
    value = told.get("value") if isinstance(told, Mapping) else None
    try:
        return Installation(named(value, "id"), parse_time(named(value, "since")))
    except (BrokenAnswer, ValueError):
        # not as we wrote it: whoever did that is no installation
        return None


def install(site: Site, project: str, writes: Installation) -> None:
    path, asked = _place(site, project)
    site.gateway.put(path, {"id": writes.id, "since": writes.since.isoformat()}, **asked)


def _place(site: Site, project: str) -> tuple[str, dict[str, str]]:
    if site.is_cloud:
        return f"user/properties/{segment(f'{PROPERTY}.{project}')}", {"accountId": str(site.identity.actor)}
    return f"project/{segment(project)}/properties/{PROPERTY}", {}
