"""Secrets: each can be read, and by nobody else on the machine."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from eal_jira.errors import ConfigError
from eal_jira.hookspecs import Check
from eal_jira.settings import Secret

_OTHERS = stat.S_IROTH | stat.S_IWOTH
_GROUP_WRITES = stat.S_IWGRP


def look_at_secret(name: str, secret: Secret) -> Iterator[Check]:
    """`name` is the secret's key in the config. Its content is read, and goes nowhere."""
    try:
        secret.read()
    except ConfigError as error:
        yield Check.of_error(name, error)
        return
    mode = None if secret.file is None else _mode(secret.file.expanduser())
    if mode is not None and mode & (_OTHERS | _GROUP_WRITES):
        yield Check.yellow(
            name,
            f"Read from {secret.place}, whose mode {mode:04o} opens it to others on this machine.",
            f"Run: chmod 600 {secret.file} (a container gets it with that mode from its secret's settings).",
        )
    else:
        yield Check.green(name, f"Read from {secret.place}.")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
