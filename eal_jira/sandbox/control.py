"""The sandbox's own switches, for other processes: `/_sandbox/…`. No part of Jira."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from eal_jira.sandbox.clock import VirtualClock
from eal_jira.sandbox.site import Site


def control_routes(site: Site) -> list[Route]:
    """
    GET  /_sandbox            flavour, address, clock, counts
    GET  /_sandbox/clock      {"now": …}
    POST /_sandbox/clock      {"advance_seconds": 60} or {"set": "2026-01-01T00:00:00+00:00"}: a virtual clock only
    POST /_sandbox/index      {"lag_seconds": 180}
    GET  /_sandbox/requests   the request log, `?since=N` leaves out the first N
    GET  /_sandbox/journal    the accepted writes, `?since=N` leaves out the first N
    """

    async def overview(_request: Request) -> JSONResponse:
        with site.lock:
            return JSONResponse(
                {
                    "flavour": site.flavour,
                    "url": site.base_url,
                    "now": site.clock.now().isoformat(),
                    "projects": sorted(p.key for p in site.projects.values()),
                    "issues": len(site.issues),
                    "histories": sum(len(i.histories) for i in site.issues.values()),
                    "requests": len(site.requests),
                    "writes": len(site.journal),
                }
            )

    async def clock(request: Request) -> JSONResponse:
        if request.method == "POST":
            if not isinstance(site.clock, VirtualClock):
                return _refused("this sandbox runs on the real clock; start it with a virtual one to move it")
            given = await _object(request)
            try:
                if "set" in given:
                    site.clock.set(datetime.fromisoformat(given["set"]))
                else:
                    site.clock.advance(timedelta(seconds=float(given["advance_seconds"])))
            except (KeyError, TypeError, ValueError):
                return _refused('send {"advance_seconds": 60} or {"set": "2026-01-01T00:00:00+00:00"}')
        return JSONResponse({"now": site.clock.now().isoformat()})

    async def index(request: Request) -> JSONResponse:
        given = await _object(request)
        try:
            lag = timedelta(seconds=float(given["lag_seconds"]))
        except (KeyError, TypeError, ValueError):
            return _refused('send {"lag_seconds": 180}')
        with site.lock:
            site.index_lag = lag
        return JSONResponse({"lag_seconds": lag.total_seconds()})

    async def requests(request: Request) -> JSONResponse:
        with site.lock:
            return JSONResponse([entry.as_json() for entry in site.requests[_since(request) :]])

    async def journal(request: Request) -> JSONResponse:
        with site.lock:
            return JSONResponse([entry.as_json() for entry in site.journal[_since(request) :]])

    return [
        Route("/_sandbox", overview),
        Route("/_sandbox/clock", clock, methods=["GET", "POST"]),
        Route("/_sandbox/index", index, methods=["POST"]),
        Route("/_sandbox/requests", requests),
        Route("/_sandbox/journal", journal),
    ]


async def _object(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _refused(message: str) -> JSONResponse:
    return JSONResponse({"error": message}, 400)


def _since(request: Request) -> int:
    text = request.query_params.get("since", "0")
    return int(text) if text.isdecimal() else 0
