"""Known practices from books, standards and research, to start from: data in one TOML file a topic.

A practice is a guideline without a team: its rule names statuses as many boards have them, and `adapt` says what to
change. What is copied into a team's file becomes the team's own.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from eal_jira.errors import UsageError
from eal_jira.process import toml
from eal_jira.process.names import suggestion
from eal_jira.process.rules import parse_rule, rule_kinds

__all__ = ["Practice", "practice", "practices"]


@dataclass(frozen=True, slots=True)
class Practice:
    #: the file it stands in
    topic: str
    id: str
    title: str
    #: author, title, year
    source: str
    purpose: str
    why: str
    #: what to change before it is yours
    adapt: str
    #: as in a guideline file
    rule: Mapping[str, Any]
    applies_to: Mapping[str, Any] = field(default_factory=dict)

    @property
    def checkable(self) -> bool:
        """Whether the kind of its rule is installed here."""
        return self.rule["kind"] in rule_kinds

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_guideline(self, today: date) -> str:
        """The text for a team's guideline file, in force from `today`, with what to adapt as a comment."""
        return "\n".join(self._lines(today))

    def _lines(self, today: date) -> Iterator[str]:
        yield "[[guideline]]"
        for line in textwrap.wrap(f"To adapt: {self.adapt}", 116, break_on_hyphens=False):
            yield toml.comment(line)
        for name in ("id", "title", "purpose", "source", "why"):
            yield f"{name} = {toml.text(getattr(self, name))}"
        yield f"in_force_from = {toml.value(today)}"
        if self.applies_to:
            yield f"applies_to = {toml.value(self.applies_to)}"
        yield f"rule = {toml.value(self.rule)}"
        yield ""

    def told(self) -> Iterator[str]:
        """What there is to know, line by line."""
        yield f"{self.title} ({self.id})"
        yield f"Good for: {self.purpose}"
        yield f"Why: {self.why}"
        yield f"From: {self.source}"
        if self.checkable:
            yield f"Rule: {parse_rule(self.rule).describe()}"
        else:
            yield f"Rule: of the kind {self.rule['kind']}, which is not installed here."
        if self.applies_to:
            yield f"For: {toml.value(self.applies_to)}"
        yield f"To adapt: {self.adapt}"
        yield f"Into your guideline file: eal-jira guidelines library copy {self.id}"


@cache
def practices() -> tuple[Practice, ...]:
    """All of them, by topic in the order of the files' names, then as written."""
    folder = resources.files(__name__)
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(
        Practice(topic=file.name.removesuffix(".toml"), **table)
        for file in files
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["practice"]
    )


def practice(id_: str) -> Practice:
    """The practice of this id. Raises `UsageError`."""
    known = {found.id: found for found in practices()}
    if id_ not in known:
        raise UsageError(f"The library has no practice {id_!r}.", remedy=suggestion(id_, sorted(known)))
    return known[id_]
