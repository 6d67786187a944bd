"""Names of files: readable, the same on every system, and as different as what they are made from."""

from __future__ import annotations

import hashlib
import re
import unicodedata


def folder_name(team: str) -> str:
    """A team's folder: "payments"; with a few more letters where plain ones can't tell the name from others."""
    plain = _plain(team)
    tells = plain and plain == team.casefold().replace(" ", "-")
    return plain if tells else f"{plain}-{_mark(team)}".lstrip("-")


def file_name(key: str) -> str:
    """A page's file, always the same for its key: "retro-payments-2026-03-31-9a1c44.html"."""
    return f"{_plain(key)}-{_mark(key)}.html".lstrip("-")


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].rstrip("-")


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
