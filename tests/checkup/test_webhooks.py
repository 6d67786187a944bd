"""The self-test of the webhook endpoint: real deliveries, to our own server or to the daemon that runs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from eal_jira.adapters import Adapters
from eal_jira.checkup.webhooks import look_at_webhooks
from eal_jira.cli.doctor import serve_for
from eal_jira.daemon.intake import Intake
from eal_jira.daemon.web import WebServer, application
from eal_jira.errors import ConfigError
from eal_jira.hookspecs import Check, Colour
from eal_jira.settings import Settings
from eal_jira.store import Store

SECRET = "webh00k-s3cret"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAL_WEBHOOKS", SECRET)
    # the way to our own endpoint leads through no proxy
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def settings(web: dict[str, Any]) -> Settings:
    tracker = {"adapter": "jira", "url": "https://x.example", "token": {"env": "T"}, "learning_project": "EAL"}
    return Settings.model_validate({"tracker": tracker, "teams": [{"name": "Team", "projects": ["P"]}], "web": web})


def looked(port: int, secret: str = "EAL_WEBHOOKS") -> list[Check]:
    adapters = Adapters.installed()
    given = settings({"listen": f"127.0.0.1:{port}", "webhook_secret": {"env": secret}})
    found = list(look_at_webhooks(given, adapters, serve_for("jira", adapters)))
    assert not any(SECRET in check.found + check.remedy for check in found)
    return found


@contextmanager
def daemon(store: Store, port: int, secret: str = SECRET) -> Iterator[None]:
    intake = Intake("jira", Adapters.installed(), store, lambda: secret, lambda: None)
    server = WebServer(f"127.0.0.1:{port}", application({"jira": intake}))
    server.start()
    try:
        yield
    finally:
        server.stop()


def test_without_a_daemon_our_own_endpoint_takes_the_genuine_and_refuses_the_forged(port: int) -> None:
    found = looked(port)
    assert [check.colour for check in found] == [Colour.GREEN, Colour.GREEN]
    assert "our endpoint" in found[0].found
    # and the port is free again
    socket.create_server(("127.0.0.1", port)).close()


def test_a_daemon_that_runs_is_asked_itself_and_keeps_one_row(store: Store, port: int) -> None:
    with daemon(store, port):
        for _ in range(2):
            assert ["the daemon that runs" in check.found for check in looked(port)] == [True, False]
    with store.read() as connection:
        kept = connection.exec_driver_sql("SELECT id, set_aside != '' FROM deliveries").fetchall()
        waiting = connection.exec_driver_sql("SELECT count(*) FROM work").scalar()
    assert [tuple(row) for row in kept] == [("eal-jira-doctor", 1)]
    assert waiting == 0


def test_a_daemon_with_another_secret_is_red(store: Store, port: int) -> None:
    with daemon(store, port, "the secret of yesterday"):
        found = looked(port)
    assert found[0].colour is Colour.RED
    assert "restart" in found[0].remedy


def test_a_daemon_that_takes_everything_is_red(port: int) -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def anything(_request: object) -> PlainTextResponse:
        return PlainTextResponse("alive\n")

    routes = [Route("/livez", anything), Route("/webhooks/jira", anything, methods=["POST"])]
    server = WebServer(f"127.0.0.1:{port}", Starlette(routes=routes))
    server.start()
    try:
        found = looked(port)
    finally:
        server.stop()
    assert [check.colour for check in found] == [Colour.GREEN, Colour.RED]
    assert "200" in found[1].found


def test_a_port_that_something_else_has_is_an_error_with_its_remedy(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eal_jira.checkup.webhooks.PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ConfigError, match="another port"):
        looked(port)


@pytest.mark.parametrize(
    ("web", "colour"),
    [
        ({}, Colour.GREEN),
        ({"listen": "127.0.0.1:1"}, Colour.RED),
        ({"listen": "127.0.0.1:1", "webhook_secret": {"env": "EAL_NOT_SET"}}, Colour.RED),
    ],
)
def test_nothing_is_listened_on_without_a_secret(web: dict[str, Any], colour: Colour) -> None:
    adapters = Adapters.installed()
    (found,) = look_at_webhooks(settings(web), adapters, serve_for("jira", adapters))
    assert found.colour is colour


def test_an_adapter_without_webhooks_needs_no_server() -> None:
    adapters = Adapters.installed()
    given = settings({"listen": "127.0.0.1:1", "webhook_secret": {"env": "EAL_WEBHOOKS"}})
    other = given.model_copy(update={"tracker": given.tracker.model_copy(update={"adapter": "carrier-pigeon"})})
    (found,) = look_at_webhooks(other, adapters, serve_for("carrier-pigeon", adapters))
    assert found.colour is Colour.YELLOW


def test_listening_everywhere_is_asked_on_this_machine(port: int) -> None:
    adapters = Adapters.installed()
    given = settings({"listen": f"0.0.0.0:{port}", "webhook_secret": {"env": "EAL_WEBHOOKS"}})
    found = list(look_at_webhooks(given, adapters, serve_for("jira", adapters)))
    assert [check.colour for check in found] == [Colour.GREEN, Colour.GREEN]
