"""Our own endpoint: it takes what the tracker would sign, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus

import requests

from eal_jira.adapters import Adapters
from eal_jira.errors import ConfigError
from eal_jira.hookspecs import Check
from eal_jira.settings import Secret, Settings

NAME = "webhooks"
PATIENCE = 3.0
"""Seconds for an answer: it comes from this machine."""

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - told apart, not listened on

Serve = Callable[[str, Secret], AbstractContextManager[str]]
"""Listens on "host:port" as the daemon does, with this secret and a store of its own; gives the address.

Raises `ConfigError` when nothing can listen there.
"""


def look_at_webhooks(settings: Settings, adapters: Adapters, serve: Serve) -> Iterator[Check]:
    """Sends a genuine delivery and two forged ones: to the daemon where it runs, else to `serve`."""
    part, adapter = settings.web, settings.tracker.adapter
    if part.listen is None:
        yield Check.green(NAME, f"None are listened for (web.listen): we ask every {settings.run.every} seconds.")
        return
    secret = part.webhook_secret
    if secret is None:
        yield Check.red(
            NAME,
            "web.listen is set, but web.webhook_secret is not: the daemon will not start.",
            'Write webhook_secret = { env = "NAME" } below [web], and give it to the tracker\'s webhook too.',
        )
        return
    try:
        genuine = adapters.genuine_delivery(adapter, secret.read().encode())
    except ConfigError as error:
        yield Check.of_error(NAME, error)
        return
    if genuine is None:
        yield Check.yellow(NAME, f"The adapter {adapter!r} takes no webhooks.", "Remove web.listen.")
        return
    host, _, port = part.listen.rpartition(":")
    daemon = f"http://{_ANYWHERE.get(host, host)}:{port}"
    running = _is_alive(daemon)
    with nullcontext(daemon) if running else serve(part.listen, secret) as address:
        endpoint = f"{address}/webhooks/{adapter}"
        whose = "the daemon that runs" if running else "our endpoint"
        yield _taken(_post(endpoint, genuine.headers, genuine.body), whose, secret, part.listen)
        # one without its signature, and one whose body was changed on the way
        forged = _post(endpoint, {}, genuine.body), _post(endpoint, genuine.headers, genuine.body + b" ")
        yield _refused(forged, whose)


def _taken(status: int, whose: str, secret: Secret, listen: str) -> Check:
    if 200 <= status < 300:
        return Check.green(
            NAME, f"A signed delivery was taken by {whose} at {listen}; only the tracker's own shows that it gets here."
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return Check.red(
            NAME,
            f"A delivery signed with the secret from {secret.place} was refused by {whose}.",
            "The daemon knows another secret: give it the same environment and config, and restart it.",
        )
    return Check.red(
        NAME,
        f"A signed delivery was answered with status {status} by {whose}.",
        f"Look into the daemon's log, and whether something else listens on {listen}.",
    )


def _refused(statuses: tuple[int, ...], whose: str) -> Check:
    if set(statuses) == {HTTPStatus.UNAUTHORIZED}:
        return Check.green(NAME, "Deliveries without a signature, or changed after signing, are refused.")
    return Check.red(
        NAME,
        f"Forged deliveries were answered by {whose} with status {' and '.join(map(str, statuses))} instead of 401.",
        "Let nobody reach that port until it is clear what listens there.",
    )


def _is_alive(address: str) -> bool:
    try:
        return _session().get(f"{address}/livez", timeout=PATIENCE).text == "alive\n"
    except requests.RequestException:
        return False


def _post(endpoint: str, headers: Mapping[str, str], body: bytes) -> int:
    """The status of the answer, 0 when there was none."""
    given = {"content-type": "application/json", **headers}
    try:
        return _session().post(endpoint, data=body, headers=given, timeout=PATIENCE, allow_redirects=False).status_code
    except requests.RequestException:
        return 0


def _session() -> requests.Session:
    session = requests.Session()
    # no proxy of the environment stands between this machine and itself
    session.trust_env = False
    return session
