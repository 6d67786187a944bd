"""What people and their monitoring look at: `/` says how far everything has got, `/metrics` says it to machines.

Rendered here, runs nothing and loads nothing; the policy says so to the browser as well.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from ipaddress import ip_address

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from eal_jira import __version__
from eal_jira.daemon.overview import Overview, overview
from eal_jira.daemon.scrape import exposition
from eal_jira.stages.house import House

STATES = {
    "waiting": "waiting",
    "sending": "being sent",
    "unknown": "looked for, for its answer was lost",
    "parked": "parked until somebody decides",
}
LATE = timedelta(hours=1)
"""A project that was last read so long ago is worth the headline."""


def is_loopback(listen: str) -> bool:
    """Whether only this machine can reach "host:port"."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def status_routes(house: House, listen: str) -> Sequence[Route]:
    """For an address that is not for everybody: these show teams, proposals and what is set aside."""

    async def page(request: Request) -> Response:
        if not _addressed(request, listen):
            return _elsewhere()
        seen = await run_in_threadpool(overview, house, datetime.now(UTC))
        return HTMLResponse(render(seen), headers=_headers())

    async def metrics(request: Request) -> Response:
        if not _addressed(request, listen):
            return _elsewhere()
        return Response(await run_in_threadpool(exposition, house), media_type=CONTENT_TYPE_LATEST)

    return [Route("/", page), Route("/metrics", metrics)]


def _addressed(request: Request, listen: str) -> bool:
    """A page of another site can make a browser ask us under that site's name: then it could read our answer."""
    host = request.headers.get("host", "")
    asked = host if host.endswith("]") else host.rpartition(":")[0] or host
    return not is_loopback(listen) or is_loopback(f"{asked}:0")


def _elsewhere() -> Response:
    return PlainTextResponse("Ask for this page by its own address.\n", 421)


def render(seen: Overview) -> str:
    """The page, the same for the same values."""

    def ago(at: datetime) -> str:
        return span(seen.at - at)

    return _template().render(
        seen=seen,
        headline=_headline(seen),
        version=__version__,
        style=_style(),
        states={**{row.state: "" for row in seen.waiting}, **STATES},
        ago=ago,
        span=span,
        moment=lambda at: f"{at:%Y-%m-%d %H:%M} UTC",
        day=lambda at: f"{at:%Y-%m-%d}",
    )


def _headline(seen: Overview) -> str:
    if seen.last_cycle is None:
        return "Just started"
    waiting = [team.name for team in seen.teams if team.since and not team.approved]
    if waiting:
        return f"{_listed(waiting)} {'waits' if len(waiting) == 1 else 'wait'} for approval of a first plan"
    late = [r.scope for r in seen.readings if r.behind is not None and r.behind > LATE]
    if late:
        return f"{_listed(late)} {'was' if len(late) == 1 else 'were'} read long ago"
    if any(row.state == "parked" for row in seen.waiting) or seen.aside:
        return "At work, with something set aside"
    return "Everything is at work"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def span(length: timedelta) -> str:
    """A length of time in one unit: "5 minutes", "3 days"."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= (2 * size if unit != "minute" else size):
            number = seconds // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _headers() -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


@cache
def _style() -> str:
    return _file("status.css")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_file), trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("status.html")


def _file(name: str) -> str:
    return files("eal_jira.daemon").joinpath(name).read_text(encoding="utf-8")
