"""Files that are whole or not there at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from glob import escape
from pathlib import Path

from eal_jira import failpoints
from eal_jira.errors import NotAllowed, TryLater
from eal_jira.hookspecs import Check


def read(path: Path) -> bytes | None:
    """The file's content, None when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _said(error, f"The file {path} can't be read") from error


def write(path: Path, content: bytes) -> bool:
    """Makes the file hold this content, in one step; False when it already does and nothing was written."""
    if read(path) == content:
        return False
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, beside)
        failpoints.reach("file", path.suffix, "before")
        beside.replace(path)
        failpoints.reach("file", path.suffix, "written")
        # what a process that died left here, if it died at the same file
        for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
            left.unlink(missing_ok=True)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _said(error, f"The file {path} can't be written") from error
    return True


def check(name: str, folder: Path) -> Check:
    """Whether files could be written into the folder, or the folder be made where it is missing."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        happened = _said(error, f"Nothing can be written into {there}").happened
        key = f"{name.replace(' ', '.')}.folder"
        return Check.red(name, happened, f"Give this account the right to it, or name another {key}.")
    if there == folder.absolute():
        return Check.green(name, f"{folder} can be written.")
    return Check.green(name, f"{folder} will be made with the first page.")


def _said(error: OSError, happened: str) -> NotAllowed | TryLater:
    reason = f"{happened}: {error.strerror or type(error).__name__}."
    if isinstance(error, PermissionError):
        return NotAllowed(reason, remedy="Give this account the right to it, or name another folder in the config.")
    remedy = "The page is made again at the next try; see to the disk if this stays so."
    # no other writes wait for a disk
    return TryLater(reason, about="endpoint", remedy=remedy)
