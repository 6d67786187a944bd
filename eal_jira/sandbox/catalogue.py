"""The words of a site that all projects share: statuses, issue types, priorities, resolutions, link types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from eal_jira.sandbox.state import IssueType, LinkType, Named, Status

#: key → (id, name, colour) as every Jira has them
CATEGORIES: Mapping[str, tuple[int, str, str]] = {
    "undefined": (1, "No Category", "medium-gray"),
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


class Word(Protocol):
    id: str
    name: str


_W = TypeVar("_W", bound=Word)


def find(words: Mapping[str, _W], id_or_name: str) -> _W | None:
    """By id, else by name without regard to case: the first that fits."""
    if id_or_name in words:
        return words[id_or_name]
    wanted = id_or_name.strip().casefold()
    return next((w for w in words.values() if w.name.casefold() == wanted), None)


class Catalogue:
    def __init__(self) -> None:
        self.statuses: dict[str, Status] = {}
        self.types: dict[str, IssueType] = {}
        self.priorities: dict[str, Named] = {
            str(number): Named(str(number), name)
            for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
        }
        self.resolutions: dict[str, Named] = {}
        self.link_types: dict[str, LinkType] = {
            "10000": LinkType("10000", "Blocks", "is blocked by", "blocks"),
            "10001": LinkType("10001", "Cloners", "is cloned by", "clones"),
            "10002": LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
            "10003": LinkType("10003", "Relates", "relates to", "relates to"),
        }

    def words(self, field_id: str) -> Mapping[str, Word] | None:
        """The words that this field takes by id; None for fields that take other things."""
        words: dict[str, Mapping[str, Word]] = {
            "status": self.statuses,
            "issuetype": self.types,
            "priority": self.priorities,
            "resolution": self.resolutions,
        }
        return words.get(field_id)

    def status(self, name: str, category: str) -> Status:
        """The status of this name and category, made when there is none yet."""
        if category not in CATEGORIES:
            raise ValueError(f"{category!r} is no status category; there are {', '.join(CATEGORIES)}")
        for known in self.statuses.values():
            if known.name.casefold() == name.casefold() and known.category == category:
                return known
        made = Status(free_id(self.statuses), name, category)
        self.statuses[made.id] = made
        return made

    def type(self, name: str) -> IssueType:
        known = find(self.types, name)
        if known is None:
            subtask = name.casefold() in ("sub-task", "subtask")
            known = IssueType(free_id(self.types), name, subtask)
            self.types[known.id] = known
        return known

    def resolution(self, name: str) -> Named:
        known = find(self.resolutions, name)
        if known is None:
            known = Named(free_id(self.resolutions), name)
            self.resolutions[known.id] = known
        return known


def free_id(words: Mapping[str, object]) -> str:
    return str(max([9_999, *(int(i) for i in words if i.isdecimal())]) + 1)
