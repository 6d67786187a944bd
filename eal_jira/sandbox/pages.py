"""Pages for people: the list of issues, and one issue with all that is known about it."""

from __future__ import annotations

from starlette.routing import Route

from eal_jira.sandbox.site import Site


def page_routes(_site: Site) -> list[Route]:
    return []
