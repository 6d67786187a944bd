"""Which pages the folder holds: a small JSON file that the index is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from eal_jira.errors import RefusedByTracker
from eal_pages_html import files

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Entry:
    team: str
    title: str
    date: str
    #: relative to the site's folder, with slashes
    file: str


def load(path: Path) -> dict[str, Entry]:
    """Page key → entry; empty when there is no file yet. Raises `RefusedByTracker` for one that can't be used."""
    content = files.read(path)
    if content is None:
        return {}
    try:
        document = json.loads(content)
        if document["schema_version"] != SCHEMA:
            raise ValueError(f"schema_version is {document['schema_version']!r}, not {SCHEMA}")
        return {key: Entry(**entry) for key, entry in document["pages"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedByTracker(
            f"The list of pages {path} can't be used ({error}).",
            refused="No page was written, so that none gets lost from the index.",
            remedy="Restore it from a backup, or delete it: then the index lists the pages written from now on.",
        ) from error


def dump(pages: Mapping[str, Entry]) -> bytes:
    document = {"schema_version": SCHEMA, "pages": {key: asdict(pages[key]) for key in sorted(pages)}}
    return (json.dumps(document, indent=1) + "\n").encode()
