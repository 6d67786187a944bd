"""The table ``[pages.confluence]`` of the config."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from eal_jira.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Options:
    #: without a slash at its end; on Cloud it ends with /wiki
    url: str
    space: str
    #: the credential as it is now
    secret: Callable[[], str]
    #: the account's e-mail; None: the token is a personal access token
    user: str | None = None
    #: id of the page under which ours are made, None: the space's homepage
    parent: str | None = None
    #: PEM file of the certificate authority, for sites behind a company's own
    ca_file: str | None = None
    #: seconds to wait for (the next piece of) an answer
    timeout: float = 60.0


KEYS = ("url", "user", "token", "space", "parent", "ca_file", "timeout")


def read_options(table: Mapping[str, object], secret: Callable[[], str] | None) -> Options:
    """Raises `ConfigError` that names the key."""
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It knows: {', '.join(KEYS)}."
            raise ConfigError(f"pages.confluence.{key} is not an option of the confluence adapter.", remedy=hint)
    if secret is None:
        raise ConfigError(
            "pages.confluence.token is missing.", remedy='Write: token = { env = "EAL_CONFLUENCE_TOKEN" }'
        )
    url, space = _text(table, "url"), _text(table, "space")
    if url is None or space is None:
        missing, example = ("url", "https://example.atlassian.net/wiki") if url is None else ("space", "TEAM")
        raise ConfigError(f"pages.confluence.{missing} is missing.", remedy=f'Write: {missing} = "{example}"')
    ca_file = _text(table, "ca_file")
    if ca_file is not None and not Path(ca_file).is_file():
        raise ConfigError(
            f"pages.confluence.ca_file: there is no file {ca_file}.", remedy="Write the path of a PEM file."
        )
    timeout = table.get("timeout", 60)
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not 1 <= timeout <= 600:
        raise ConfigError(
            "pages.confluence.timeout is not a number of seconds from 1 to 600.", remedy="Write: timeout = 60"
        )
    parent = _text({**table, "parent": str(table["parent"])} if "parent" in table else table, "parent")
    if parent is not None and not parent.isdecimal():
        raise ConfigError(
            "pages.confluence.parent is no page id.",
            remedy='Write the number in the page\'s address: parent = "123456"',
        )
    return Options(_address(url), space, secret, _text(table, "user"), parent, ca_file, float(timeout))


def _text(table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ConfigError(f"pages.confluence.{key} is not a text.", remedy=f'Write it like: {key} = "…"')


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError("pages.confluence.url is no web address.", remedy="Begin it with https:// or http://.")
    if parts.username or parts.password:
        raise ConfigError(
            "pages.confluence.url holds a user or password.", remedy="Put the credential in user and token."
        )
    url = url.rstrip("/")
    return f"{url}/wiki" if parts.hostname.endswith(".atlassian.net") and not parts.path.strip("/") else url
