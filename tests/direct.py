"""A sandbox without a socket: a transport for `requests` that calls the site's application where it stands.

Same application, same gate with its faults, same errors on the client's side (`test_direct` holds it to them); no
thread, no connection, and nobody waits for a time-out. For tests that ask many thousand times.
"""

from __future__ import annotations

import asyncio
import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import requests
from jira import JIRA
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import IncompleteRead, ProtocolError, ReadTimeoutError

from eal_jira.sandbox import Site
from eal_jira.sandbox.gate import Gate
from eal_jira.sandbox.server import application
from eal_tracker_jira import site as adapter

URL = "http://sandbox.invalid"


class Direct(BaseAdapter):
    """Sends requests to a site. May be used by several threads."""

    def __init__(self, site: Site, url: str = URL) -> None:
        super().__init__()
        site.base_url = url
        self._app = application(site)
        self._site = site
        # as many as were ever in use at once: threads come and go
        self._idle: deque[asyncio.AbstractEventLoop] = deque()
        self._build = HTTPAdapter().build_response

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:  # type: ignore[override]
        call = _Call(request)
        with self._loop() as loop:
            loop.run_until_complete(Gate(self._app, self._site, call)(call.scope, call.receive, call.send))  # type: ignore[arg-type]
        call.fail_as_a_socket_would(request)
        body = HTTPResponse(
            io.BytesIO(bytes(call.body)), call.headers, call.status, preload_content=False, request_url=request.url
        )
        return self._build(request, body)

    @contextmanager
    def _loop(self) -> Iterator[asyncio.AbstractEventLoop]:
        try:
            loop = self._idle.pop()
        except IndexError:
            loop = asyncio.new_event_loop()
        try:
            yield loop
        finally:
            self._idle.append(loop)

    def close(self) -> None:
        """A client that is closed leaves the transport to the others."""

    def end(self) -> None:
        while self._idle:
            self._idle.pop().close()


class _Call:
    """One request as ASGI sees it; stands in for the gate's connections, too."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        parts = urlsplit(request.url or "")
        path = str(parts.path)
        given = request.body or b""
        self._given = given.encode() if isinstance(given, str) else bytes(given)
        self._sent = False
        self._was_reset = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "root_path": "",
            "query_string": str(parts.query).encode("ascii"),
            "headers": [(k.lower().encode("latin-1"), _bytes(v)) for k, v in request.headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("sandbox.invalid", 80),
        }

    async def receive(self) -> dict[str, Any]:
        if self._sent:
            return {"type": "http.disconnect"}
        self._sent = True
        return {"type": "http.request", "body": self._given, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in message["headers"]}
        else:
            self.body += message.get("body", b"")

    def reset(self, _client: object) -> None:
        self._was_reset = True

    def fail_as_a_socket_would(self, request: requests.PreparedRequest) -> None:
        if self.status and self._was_reset:
            announced = int(self.headers.get("content-length", "0"))
            broken = IncompleteRead(len(self.body), announced - len(self.body))
            raise requests.exceptions.ChunkedEncodingError(ProtocolError("Connection broken", broken), request=request)
        if self._was_reset:
            aborted = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
            raise requests.ConnectionError(aborted, request=request)
        if not self.status:
            raise requests.ReadTimeout(ReadTimeoutError(None, None, "Read timed out."), request=request)  # type: ignore[arg-type]


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


@contextmanager
def reached(site: Site, url: str = URL) -> Iterator[str]:
    """While inside, the Jira adapter's clients reach the site at the address given, without a socket.

    Several sites may be reached at once, each at an address of its own.
    """
    transport = Direct(site, url)
    opened = adapter.open_client

    def open_client(*args: Any) -> JIRA:
        client = opened(*args)
        client._session.mount(url, transport)
        # looking for a proxy in the environment takes as long as half of the answer
        client._session.trust_env = False
        return client

    try:
        with patch.object(adapter, "open_client", open_client):
            yield url
    finally:
        transport.end()
