"""The daemon's web servers: `POST /webhooks/ADAPTER` for webhooks, `GET /livez` and `GET /readyz` for who watches us.

What shows how the work goes (`pages`) stands on `web.status`, an address of its own where webhooks come from outside.

Everybody may knock: nothing is believed, kept or logged of a request before its adapter has found it genuine, and
every request is bounded in size and time.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from eal_jira import metrics
from eal_jira.daemon.intake import Intake
from eal_jira.daemon.pages import is_loopback, status_routes
from eal_jira.errors import ConfigError, EalError, Forged
from eal_jira.hookspecs import Delivery
from eal_jira.stages.house import House
from eal_jira.store import Store

log = structlog.get_logger()

BODY_SIZE = 1 << 20
"""Bytes. A larger delivery is refused, and what it would have told is found by the next whole cycle."""

BODY_TIME = 10.0
"""Seconds from the head of a request to the end of its body."""

HEAD_SIZE = 16 * 1024
CONNECTION_TIME = 30
"""Seconds that a connection may last, whatever it does: it carries one request."""

CONNECTIONS = 100
"""Further ones are answered 503; with bodies of full size they hold 100 MiB."""

STOP_TIME = 3
"""Seconds that requests under way are given to finish."""

RESULTS = {202: "stored", 401: "not signed", 503: "not stored"}
"""What became of a webhook request, by the status of its answer; others were "refused" for their form."""

LOG_EVERY = 60.0
"""Seconds between two lines about requests that were refused."""


@contextmanager
def listening(house: House, wake: Callable[[], None]) -> Iterator[WebServer | None]:
    """The web servers of the config, for as long as the block lasts; gives the one for webhooks, None without one.

    `wake` is called, in another thread, whenever webhooks have named issues. Raises `ConfigError`.
    """
    part = house.settings.web
    with ExitStack() as at_the_end:
        if part.status is not None and part.status != part.listen:
            status = WebServer(part.status, application({}, status_routes(house, part.status), house.store))
            at_the_end.callback(status.stop)
            status.start()
            log.info("showing how the work goes", url=status.url)
        yield None if part.listen is None else _webhooks(house, part.listen, wake, at_the_end)


def _webhooks(house: House, listen: str, wake: Callable[[], None], at_the_end: ExitStack) -> WebServer:
    part = house.settings.web
    if part.webhook_secret is None:
        raise ConfigError(
            "web.listen is set, but web.webhook_secret is not.",
            refused="Nobody is listened to: without a secret, anybody could send webhooks.",
            remedy='Write webhook_secret = { env = "NAME" } below [web], and give it to the tracker\'s webhook too.',
        )
    part.webhook_secret.read()
    adapter = house.settings.tracker.adapter
    intake = Intake(adapter, house.adapters, house.store, part.webhook_secret.read, wake)
    # who can reach this address may see the pages too, unless they have one of their own
    ours = part.status == listen or (part.status is None and is_loopback(listen))
    more = status_routes(house, listen) if ours else ()
    server = WebServer(listen, application({adapter: intake}, more, house.store))
    at_the_end.callback(server.stop)
    server.start()
    log.info("listening for webhooks", url=server.url)
    return server


def application(intakes: Mapping[str, Intake], more: Sequence[Route] = (), store: Store | None = None) -> Starlette:
    """Webhooks of these adapters, health (of the store, where there is one), and whatever else the address is for."""
    app = Starlette(routes=[*webhook_routes(intakes), *health_routes(store), *more])
    app.router.redirect_slashes = False
    return app


def readiness(store: Store) -> dict[str, str]:
    """What keeps us from working, by the part that it is about; empty when nothing does. Writes nothing."""
    found: dict[str, str] = {}
    try:
        with store.read():
            pass
    except EalError as error:
        found["store"] = error.happened
    if store.trouble is not None:
        found["store"] = store.trouble.happened
    if store.fence is not None and not store.fence.holds:
        found["lease"] = store.fence.over().happened
    return found


def health_routes(store: Store | None = None) -> Sequence[Route]:
    async def alive(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(_request: Request) -> Response:
        found = {} if store is None else await run_in_threadpool(readiness, store)
        if not found:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("".join(f"{part}: not ready\n" for part in found), status_code=503)

    return [Route("/livez", alive), Route("/readyz", ready)]


def webhook_routes(intakes: Mapping[str, Intake]) -> Sequence[Route]:
    refused = _Refusals()

    async def webhook(request: Request) -> Response:
        intake = intakes.get(request.path_params["adapter"])
        if intake is None:
            return Response(status_code=404)
        try:
            answer = await taken(request, intake)
        except asyncio.CancelledError:
            answer = refused(503, "not done when we stopped")
        metrics.webhooks.labels(RESULTS.get(answer.status_code, "refused")).inc()
        return answer

    async def taken(request: Request, intake: Intake) -> Response:
        headers = _joined(request)
        if headers.get("content-encoding", "identity") != "identity":
            # what unpacks to gigabytes is small on the wire; no tracker compresses its webhooks
            return refused(415, "compressed")
        try:
            async with asyncio.timeout(BODY_TIME):
                body = await _body(request)
        except TimeoutError:
            return refused(408, "too slow")
        except ClientDisconnect:
            return refused(400, "broken off")
        if body is None:
            return refused(413, "too large")
        try:
            known = await intake.take(Delivery(headers, body))
        except Forged:
            return refused(401, "not signed with our secret")
        except EalError as error:
            return refused(503, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender has to keep it and try again
            return refused(503, "could not be stored", error)
        return Response(status_code=202 if known else 404)

    return [Route("/webhooks/{adapter}", webhook, methods=["POST"])]


def _joined(request: Request) -> dict[str, str]:
    """Headers by name; one that came twice has both values, and so no signature can hide behind another."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(request: Request) -> bytes | None:
    """None when it is too large, without reading further than that."""
    if int(request.headers.get("content-length", 0)) > BODY_SIZE:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_SIZE:
            return None
    return bytes(body)


class _Refusals:
    """Answers without a word, and one line in the log a minute, however many knock."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._told = float("-inf")

    def __call__(self, status: int, reason: str, error: Exception | None = None) -> Response:
        self._counted[reason] += 1
        if time.monotonic() - self._told >= LOG_EVERY:
            log.warning("webhook requests were refused", reasons=dict(self._counted), exc_info=error)
            self._counted.clear()
            self._told = time.monotonic()
        return Response(status_code=status)


class _ToOurLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"ours": {"()": _ToOurLog}},
    "loggers": {"uvicorn.error": {"handlers": ["ours"], "level": "ERROR", "propagate": False}},
}
"""What goes wrong in uvicorn itself stands in our log, in its form. What callers do wrong does not."""


class _Brief(H11Protocol):
    """A connection with an end: uvicorn alone would wait for ever for the rest of a request's head."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._end = self.loop.call_later(CONNECTION_TIME, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)


class WebServer:
    """An application on `listen` ("host:port", port 0 for any free one), in a thread of its own."""

    def __init__(self, listen: str, app: Starlette) -> None:
        self._listen = listen
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=_Brief,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=_LOGGING,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=[("Connection", "close")],
                h11_max_incomplete_event_size=HEAD_SIZE,
                limit_concurrency=CONNECTIONS,
                timeout_graceful_shutdown=STOP_TIME,
            )
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where it answers, once started."""
        if self._socket is None:
            raise RuntimeError("the web server was not started")
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Returns when requests are answered. Raises `ConfigError` when the address can't be had."""
        host, _, port = self._listen.rpartition(":")
        try:
            self._socket = socket.create_server(
                (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except OSError as error:
            raise ConfigError(
                f"web: nothing can listen on {self._listen} ({error.strerror or type(error).__name__}).",
                refused="The daemon was not started.",
                remedy="Stop what listens there, or choose another port.",
            ) from error
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the web server ended while it was starting")
            time.sleep(0.005)

    def stop(self) -> None:
        """Answers what is under way, refuses the rest; at most `STOP_TIME` and a little more."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(STOP_TIME + 2)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket] if self._socket else None)
