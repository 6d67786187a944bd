"""What anybody may suggest in a comment: a change of a guideline, on one line, with the reasons around it.

eal propose review-before-done: except type = Bug; points <= 3
eal propose review-before-done: retire
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from eal_jira.model import Actor, Comment
from eal_jira.process.applies import Table, mistakes_in, normal
from eal_jira.process.versions import GuidelineVersion

FIELDS = ("type", "priority", "labels", "component", "points")

_LINE = re.compile(
    r"^[ \t]*@?eal[ \t,:-]+propose\b[ \t:,]*(?P<guideline>\w[\w-]*)[ \t]*[:,]?[ \t]*(?P<change>[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_PART = re.compile(r"(?P<field>\w+)\s*(?P<sign><=|>=|<|>|=|:|\bis\b)?\s*(?P<values>.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Suggestion:
    #: id of the guideline, as it was written
    guideline: str
    #: the exception that is asked for; None: it is to be retired
    exception: Table | None
    #: False: the line says no change that a rule could have
    usable: bool
    comment: Comment

    def applied(self, version: GuidelineVersion) -> GuidelineVersion:
        if self.exception is None:
            return replace(version, rule=None)
        return replace(version, except_=(*version.except_, normal(self.exception)))


def suggestions(comments: Iterable[Comment], us: Collection[Actor]) -> Iterator[Suggestion]:
    """What people suggest, oldest first, the first line of each comment that does. We suggest nothing ourselves."""
    for comment in comments:
        found = None if comment.marker is not None or comment.actor in us else _LINE.search(comment.text)
        if found is not None:
            yield _read(found["guideline"], found["change"].strip().rstrip("."), comment)


def _read(guideline: str, change: str, comment: Comment) -> Suggestion:
    if change.casefold() in ("retire", "retire it", "drop it"):
        return Suggestion(guideline, None, True, comment)
    word, _, rest = change.partition(" ")
    table = _table(rest) if word.casefold().rstrip(":") in ("except", "exception", "unless") else None
    return Suggestion(guideline, table, table is not None, comment)


def _table(text: str) -> Table | None:
    table: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in re.split(r";|\band\b", text))):
        found = _PART.fullmatch(part)
        if found is None or found["field"].casefold() not in FIELDS:
            return None
        field, sign = found["field"].casefold(), found["sign"] or "="
        values = [value.strip().strip("“”\"'") for value in re.split(r",|\bor\b", found["values"])]
        if sign in ("<", "<=", ">", ">="):
            table[field] = [f"{sign} {value}" for value in values]
        elif field == "points":
            if not all(re.fullmatch(r"\d+(\.\d+)?", value) for value in values):
                return None
            table[field] = [float(value) for value in values]
        else:
            table[field] = values
    return None if not table or list(mistakes_in(table, ("except",))) else normal(table)
