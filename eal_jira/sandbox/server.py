"""The sandbox on a socket: the application, and uvicorn in a thread on 127.0.0.1.

with serve(site) as served:
    requests.get(served.url + "/rest/api/3/serverInfo")
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from functools import cache
from types import TracebackType
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from eal_jira.errors import ConfigError
from eal_jira.sandbox.control import control_routes
from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.gate import Gate, HeldConnections
from eal_jira.sandbox.pages import page_routes
from eal_jira.sandbox.rest.answers import Answer, Refusal
from eal_jira.sandbox.rest.call import Call, authenticate
from eal_jira.sandbox.rest.routes import Endpoint, endpoints
from eal_jira.sandbox.site import Site


def application(site: Site) -> ASGIApp:
    """The ASGI application of a site, without the gate that `serve` puts before it."""
    rest = _rest(site.flavour)
    others = Starlette(routes=[*control_routes(site), *page_routes(site)])

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["eal.site"] = site
        await rest.get(_place(scope["path"]), others)(scope, receive, send)

    return answer


@cache
def _rest(flavour: Flavour) -> Mapping[tuple[int, str], Starlette]:
    """The endpoints by place, made once for all sites: a request is held against a few of them, not against 200."""
    routes: dict[tuple[int, str], list[Route]] = {}
    for endpoint in endpoints(flavour):
        route = Route(endpoint.path, _endpoint(endpoint), methods=[endpoint.method])
        routes.setdefault(_place(endpoint.path), []).append(route)
    return {place: Starlette(routes=here) for place, here in routes.items()}


def _place(path: str) -> tuple[int, str]:
    """What a path has in common with its endpoint: how deep it is, and its first three words."""
    words = path.rstrip("/").split("/")
    return len(words), "/".join(words[:4])


def _endpoint(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        site: Site = request.scope["eal.site"]
        body = await request.body()
        with site.lock:
            answer, account = _answer(site, endpoint, request, body)
            now = site.clock.now()
        request.scope["eal.account"] = account and account.id
        headers = {
            "Date": format_datetime(now, usegmt=True),
            "X-Arequestid": uuid4().hex,
            **answer.headers,
        }
        if site.flavour == "cloud":
            headers["Atl-Traceid"] = uuid4().hex
            if account:
                headers["X-AAccountId"] = account.id
        else:
            headers["X-AUSERNAME"] = account.login if account else "anonymous"
        if account:
            headers["X-Seraph-LoginReason"] = "OK"
        media = answer.media_type if answer.body else None
        return Response(answer.body, answer.status, headers, media)

    return respond


def _answer(site: Site, endpoint: Endpoint, request: Request, body: bytes) -> tuple[Answer, Any]:
    account = None
    try:
        gateway = bool(request.scope.get("eal.gateway"))
        account = authenticate(site, request.headers.get("Authorization"), gateway=gateway)
        call = Call(
            site,
            endpoint.method,
            endpoint.version,
            request.path_params,
            request.query_params,
            body,
            account,
            request.headers,
            request.url.path,
        )
        return endpoint.handler(call), account
    except Refusal as refusal:
        return refusal.answer(), account


class Served:
    """A site that answers on a socket until `close`."""

    def __init__(self, site: Site, host: str, port: int) -> None:
        self.site = site
        self._socket = _listening(host, port)
        self.host, self.port = self._socket.getsockname()
        self.url = f"http://{self.host}:{self.port}"
        site.base_url = self.url
        connections = HeldConnections()
        self._server = uvicorn.Server(
            uvicorn.Config(
                Gate(application(site), site, connections),
                http=connections.protocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=60,
            )
        )
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the sandbox did not start on {self.url}")
            time.sleep(0.005)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def wait(self) -> None:
        """Until somebody calls `close` (from a signal handler, say)."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _listening(host: str, port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as problem:
        taken.close()
        raise ConfigError(
            f"The sandbox can't listen on {host}:{port}: {problem.strerror}.",
            remedy="Name another port, or 0 for a free one.",
        ) from problem
    return taken


def serve(site: Site, port: int = 0, host: str = "127.0.0.1") -> Served:
    """Put a site on a socket; port 0 takes a free one. Sets the site's `base_url`."""
    return Served(site, host, port)
