"""The adapter's own table of the config file, ``[tracker.options]``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from eal_jira.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Options:
    #: seconds to wait for (the next piece of) an answer
    timeout: float = 60.0
    #: reading requests that may be under way at once
    connections: int = 6
    #: PEM file of the certificate authority, for sites behind a company's own
    ca_file: str | None = None
    #: id of the field that holds the estimate, where detection picks the wrong one ("customfield_10016")
    points_field: str | None = None
    #: what Atlassian grants our app per hour, for `eal-jira status`; API tokens have no such quota (facts 3.1)
    points_per_hour: int | None = None


def read_options(table: Mapping[str, object]) -> Options:
    """Raises `ConfigError` that names the key."""
    known = [field.name for field in fields(Options)]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It knows: {', '.join(known)}."
            raise ConfigError(f"tracker.options.{key} is not an option of the jira adapter.", remedy=hint)
    timeout = table.get("timeout", Options().timeout)
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not 1 <= timeout <= 600:
        raise ConfigError(
            "tracker.options.timeout is not a number of seconds from 1 to 600.", remedy="Write: timeout = 60"
        )
    ca_file = _text(table, "ca_file", 'ca_file = "/etc/ssl/company.pem"')
    if ca_file is not None and not Path(ca_file).is_file():
        raise ConfigError(
            f"tracker.options.ca_file: there is no file {ca_file}.", remedy="Write the path of a PEM file."
        )
    connections = table.get("connections", Options().connections)
    if not isinstance(connections, int) or isinstance(connections, bool) or not 1 <= connections <= 16:
        raise ConfigError(
            "tracker.options.connections is not a whole number from 1 to 16.", remedy="Write: connections = 6"
        )
    quota = table.get("points_per_hour")
    if quota is not None and (not isinstance(quota, int) or isinstance(quota, bool) or quota < 1):
        raise ConfigError(
            "tracker.options.points_per_hour is not a whole number from 1 on.", remedy="Write: points_per_hour = 65000"
        )
    points_field = _text(table, "points_field", 'points_field = "customfield_10016"')
    return Options(float(timeout), connections, ca_file, points_field, quota)


def _text(table: Mapping[str, object], key: str, example: str) -> str | None:
    value = table.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ConfigError(f"tracker.options.{key} is not a text.", remedy=f"Write: {example}")
