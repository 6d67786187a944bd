"""The connection: the `jira` library's client carries authentication, TLS, proxies and the connection pool.

It is told neither to ask anything by itself nor to repeat anything: its own retries send creates four times (facts
3.3). What to send, how often and what an answer means stands in `gateway` and `answers`.
"""

from __future__ import annotations

from jira import JIRA
from jira.client import TokenAuth
from requests import Session

from eal_jira import __version__
from eal_jira.errors import ConfigError
from eal_jira.hookspecs import Connection
from eal_tracker_jira.options import Options

CONNECT_TIMEOUT = 5.0
"""Seconds until a connection must stand."""

_HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"eal-jira/{__version__}",
    # field names and messages in one language, whatever the account prefers (facts 1.4)
    "X-Force-Accept-Language": "true",
    "Accept-Language": "en",
}


def open_client(connection: Connection, options: Options) -> JIRA:
    """A client that has sent nothing yet. Raises `ConfigError` when the secret can't be read."""
    client = JIRA(
        server=connection.url,
        options={"headers": dict(_HEADERS), "verify": options.ca_file or True},
        get_server_info=False,
        max_retries=0,
        timeout=(CONNECT_TIMEOUT, options.timeout),
        logging=False,
    )
    sign_in(client, connection)
    return client


def sign_in(client: JIRA, connection: Connection) -> bool:
    """Puts the secret as it is now on the connection: Basic with a user, a bearer token without (facts 4).

    True when it is another one than before.
    """
    secret = connection.secret()
    if not secret.isascii() or not secret.isprintable():
        raise ConfigError(
            "tracker.token holds characters that no Jira token has.",
            remedy="Copy the token again, without spaces or breaks.",
        )
    session = session_of(client)
    before = session.auth
    session.auth = (connection.user.encode(), secret.encode()) if connection.user else _Bearer(secret)  # type: ignore[assignment]
    return bool(session.auth != before)


class _Bearer(TokenAuth):
    """Equal when the token is."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bearer) and self._token == other._token

    __hash__ = None  # type: ignore[assignment]


def session_of(client: JIRA) -> Session:
    return client._session  # the library has no public name for it
