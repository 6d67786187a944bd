"""A file that we and people share: ours stands between markers, theirs is kept byte for byte.

    (theirs) generated … notes (theirs) end of notes … end of generated (theirs)

So people may write before the page, after it, and in the notes in its middle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from eal_jira.errors import RefusedByTracker

BEGIN = b"<!-- eal-jira: generated from here on; what you change in this part is overwritten -->"
NOTES = b"<!-- eal-jira: your notes from here on; every byte is kept -->"
NOTES_END = b"<!-- eal-jira: end of your notes; generated from here on -->"
END = b"<!-- eal-jira: end of what is generated -->"

_MARKERS = (BEGIN, NOTES, NOTES_END, END)
_SHARED = re.compile(b"(.*)" + b"(.*)".join(map(re.escape, _MARKERS)) + b"(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Theirs:
    """What people wrote, as it stands in the file."""

    before: bytes = b""
    notes: bytes = b"\n"
    after: bytes = b"\n"

    def written(self, nothing: bytes) -> str:
        """Before, in and after the notes, as text. `nothing`: what stands in the notes until people write there."""
        return b"\n".join([self.before, self.notes.replace(nothing.strip(), b""), self.after]).decode(
            "utf-8", "replace"
        )


def theirs(content: bytes) -> Theirs | None:
    """What people wrote in a file of ours; None where the markers don't stand once each and in order."""
    found = _SHARED.fullmatch(content)
    if found is None or any(content.count(marker) != 1 for marker in _MARKERS):
        return None
    return Theirs(before=found[1], notes=found[3], after=found[5])


def kept(content: bytes | None, path: Path, nothing: bytes) -> Theirs:
    """What has to stay of the file; for a new one, notes with `nothing` in them. Raises `RefusedByTracker`."""
    found = Theirs(notes=nothing) if content is None else theirs(content)
    if found is None:
        raise RefusedByTracker(
            f"The page {path} no longer has its four marker comments, each once and in order.",
            refused="It was left as it is, because what people wrote in it can't be told from what was generated.",
            remedy="Put the comments back as another page has them, or move the file away: then it is made anew.",
        )
    return found


def put_together(top: bytes, bottom: bytes, kept: Theirs) -> bytes:
    """The file: our two parts with theirs around and between them."""
    return b"".join([kept.before, BEGIN, top, NOTES, kept.notes, NOTES_END, bottom, END, kept.after])
