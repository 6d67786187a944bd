"""The store: its file, the SQLite beneath it, and the disk around it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from eal_jira.errors import EalError, StoreError
from eal_jira.hookspecs import Check
from eal_jira.store import health
from eal_jira.store.engines import URL, address, named

PATIENCE = 8.0
"""Seconds for looking through the whole file."""

MEBIBYTE = 1024 * 1024
LITTLE, TOO_LITTLE = 500 * MEBIBYTE, 50 * MEBIBYTE
"""Bytes of free space, beside the room for a copy of the database that a migration may need."""


def look_at_store(url: str, folder: Path, password: Callable[[], str] | None = None) -> Iterator[Check]:
    """`url` is the config's store.url, `folder` the one that its relative path starts from. Raises `StoreError`."""
    parsed = address(url, folder)
    if parsed.get_backend_name() != "sqlite":
        yield _server(parsed, password)
        return
    file = Path(str(parsed.database))
    yield _sqlite(health.SQLITE)
    if not file.parent.is_dir():
        yield Check.red("store", f"There is no folder {file.parent} for the database.", f"Run: mkdir -p {file.parent}")
        return
    yield _file(file) if file.exists() else _none_yet(file)
    size = file.stat().st_size if file.exists() else 0
    yield free_space(file.parent, shutil.disk_usage(file.parent).free, size)


def _server(url: URL, password: Callable[[], str] | None) -> Check:
    name = named(url)
    try:
        schema, known = health.server_schema(url, password)
    except EalError as error:
        return Check.of_error("store", error)
    if schema is not None and schema not in known:
        return Check.red(
            "store",
            f"{name} was written by a newer eal-jira (schema {schema}).",
            "Update eal-jira, or restore a backup made before the update.",
        )
    return Check.green("store", f"{name} answers." if schema else f"{name} answers; the first cycle fills it.")


def _sqlite(version: tuple[int, int, int]) -> Check:
    shown = ".".join(map(str, version))
    if not health.has_wal_reset_bug(version):
        return Check.green("SQLite", f"Version {shown}.")
    return Check.yellow(
        "SQLite",
        f"Version {shown} can damage a database that two programs write to at the same moment (the WAL-reset bug).",
        "Run eal-jira with a Python whose SQLite is 3.51.3 or newer (or 3.50.7, 3.44.6); until then let no second "
        "eal-jira work on the same database.",
    )


def _none_yet(file: Path) -> Check:
    if not os.access(file.parent, os.W_OK | os.X_OK):
        return Check.red("store", f"{file} can't be made.", f"Give this account the right to write {file.parent}.")
    return Check.green("store", f"{file} will be made by the first cycle.")


def _file(file: Path) -> Check:
    if not os.access(file, os.W_OK):
        return Check.red("store", f"{file} may not be written.", "Give this account the right to write it.")
    try:
        broken = health.damage(file, PATIENCE)
        newer = None if broken else health.newer_schema(file)
    except StoreError as error:
        return Check.of_error("store", error)
    if broken:
        return Check.red(
            "store",
            f"{file} is damaged: {'; '.join(broken)}.",
            "Stop the daemon, keep the file aside, and put the newest backup in its place.",
        )
    if newer is not None:
        return Check.red(
            "store",
            f"{file} was written by a newer eal-jira (schema {newer}).",
            "Update eal-jira, or restore a backup made before the update.",
        )
    if broken is None:
        return Check.yellow(
            "store",
            f"{file} is too large to be looked through in {PATIENCE:.0f} seconds.",
            f'When nothing else runs: sqlite3 {file} "PRAGMA quick_check"',
        )
    return Check.green("store", f"{file} is whole.")


def free_space(folder: Path, free: int, size: int) -> Check:
    """`free` bytes are left for a database of `size` bytes."""
    found = f"{free // MEBIBYTE} MiB are free beside a database of {size // MEBIBYTE} MiB."
    remedy = f"Make room on the disk of {folder}, or move the database: store.url."
    if free < TOO_LITTLE:
        return Check.red("disk", found, remedy)
    if free < LITTLE + size:
        return Check.yellow("disk", found, remedy)
    return Check.green("disk", found)
