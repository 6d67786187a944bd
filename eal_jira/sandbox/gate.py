"""The gate before the application: keeps the request log, opens the gateway's paths, and lets things go wrong.

Faults happen here, so that no handler knows of them: before the effect (the application is never asked) or after it
(the application has acted, but its answer doesn't arrive).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import time
from dataclasses import asdict

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from eal_jira.sandbox.faults import Cut, Delay, Exchange, Fault, Instead, Reset, Rewrite, Silence
from eal_jira.sandbox.journal import RequestEntry
from eal_jira.sandbox.site import Site

CONTROL = "/_sandbox"


class HeldConnections:
    """Knows the transport of every open connection by its client address, so that one can be dropped."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        held = self._transports

        class Protocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                held[transport.get_extra_info("peername")] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                held.pop(self.transport.get_extra_info("peername"), None)
                super().connection_lost(exc)

        self.protocol = Protocol

    def reset(self, client: tuple[str, int]) -> None:
        """Drop the connection so that the other side sees a reset, not an orderly end."""
        transport = self._transports[client]
        sock = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it may be gone already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class Gate:
    def __init__(self, app: ASGIApp, site: Site, connections: HeldConnections) -> None:
        self._app = app
        self._site = site
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        request = _Arrived(self._site, scope)
        _open_gateway(scope, self._site.cloud_id)
        with self._site.lock:
            fault = self._site.faults.fault(request.exchange) if self._site.faults else None
        await self._pass(fault, request, scope, receive, send)

    async def _pass(self, fault: Fault | None, request: _Arrived, scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(fault, Delay):
            await asyncio.sleep(fault.seconds)
        if fault is None or isinstance(fault, Delay):
            await self._app(scope, receive, request.logging(send))
            return
        acted = _Captured()
        if isinstance(fault, Rewrite | Cut) or fault.after_effect:
            await self._app(scope, receive, acted.send)
        else:
            await _drain(receive)
        if isinstance(fault, Silence):
            request.log(None)
            await _until_gone(receive)
        elif isinstance(fault, Reset):
            request.log(None)
            self._connections.reset(tuple(scope["client"]))
            await _until_gone(receive)
        elif isinstance(fault, Instead):
            headers = {"content-type": fault.media_type, **fault.headers}
            await _send(request.logging(send), fault.status, headers, fault.body)
        elif isinstance(fault, Rewrite):
            await _send(request.logging(send), acted.status, acted.headers, fault.body(acted.body))
        else:
            await acted.send_cut(request.logging(send), fault.size)
            self._connections.reset(tuple(scope["client"]))
            await _until_gone(receive)


class _Arrived:
    """A request on its way through the gate. It is in the log before the first byte of its answer leaves."""

    def __init__(self, site: Site, scope: Scope) -> None:
        self._site = site
        self._scope = scope
        self._monotonic = time.monotonic()
        self.exchange = Exchange(
            number=next(site.arrivals),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("ascii", "replace"),
            at=site.clock.now(),
        )

    def log(self, status: int | None) -> None:
        account = self._scope.get("eal.account")
        entry = RequestEntry(**asdict(self.exchange), status=status, account=account, monotonic=self._monotonic)
        with self._site.lock:
            self._site.requests.append(entry)

    def logging(self, send: Send) -> Send:
        async def logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.log(message["status"])
            await send(message)

        return logged


class _Captured:
    """An answer of the application that is not sent (yet)."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send_cut(self, send: Send, size: int) -> None:
        """The head with the full length, then only the first bytes."""
        headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body[:size], "more_body": True})
        await asyncio.sleep(0.05)  # let the bytes leave before the connection is dropped


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    headers = {k.lower(): v for k, v in headers.items()} | {"content-length": str(len(body))}
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _drain(receive: Receive) -> None:
    """Read the request's body to its end."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _open_gateway(scope: Scope, cloud_id: str) -> None:
    """`/ex/jira/{cloudId}/rest/…` is the same site under the gateway's address (facts/jira.md 4)."""
    match = re.fullmatch(f"/ex/jira/{re.escape(cloud_id)}(/.*)", scope["path"])
    if match:
        scope["path"] = match[1]
        scope["raw_path"] = match[1].encode()
        scope["eal.gateway"] = True
