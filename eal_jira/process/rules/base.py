"""What every rule kind is: options that people write, a sentence that people read, and a check.

A new kind is one file with a subclass of `Rule`; a plugin hands its own in through the hook ``eal_rule_kinds``. The
class docstring is the manual text of the kind. Options are pydantic fields, each with a description and an example.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from eal_jira.model import Finding, Trace
from eal_jira.process.context import JudgeContext
from eal_jira.process.examples import Example
from eal_jira.process.names import folded

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""The name of a status or field, as people see it in the tracker."""


class Rule(BaseModel):
    """A checkable form of a guideline.

    `check` runs on every trace, so it stays lean: `trace.moves` are the status changes (the creation is the first),
    `context.names.keys[move.to]` is the comparable form of a status's name, to be held against `folded(option)`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str

    #: whether `check` looks at nothing but the order in which statuses came: then the judge needs to ask only once for
    #: all issues that went the same way, as long as nothing was found
    BY_ORDER: ClassVar[bool] = False
    PASS: ClassVar[Example]
    FAIL: ClassVar[Example]

    @abstractmethod
    def describe(self) -> str:
        """One sentence with the options filled in, true of an issue that follows the rule."""

    @abstractmethod
    def check(self, trace: Trace, context: JudgeContext) -> Iterator[Finding]:
        """The departures of this trace up to `context.now`, in order; the same ones whenever it is asked again.

        A finding's `at` is when the departure happened, which decides the guideline version that counts. `events` are
        those it rests on, the decisive one last. `signature` is built on ids (`context.names.identity`), never on
        people. `sentence` is neutral, tells what happened, and ends in a question.
        """

    def due(self, trace: Trace, context: JudgeContext) -> datetime | None:
        """The next moment after `context.now` at which `check` may find more with no new event; None: never."""
        return None

    def relaxed(self, signature: str, context: JudgeContext, traces: Sequence[Trace] = ()) -> Rule | None:
        """This rule changed so that departures with this signature are allowed; None when only an exception can.

        `traces` are issues that departed so: where a limit has to move, they say how far.
        """
        return None

    def speaks_of(self, signature: str, context: JudgeContext) -> frozenset[str]:
        """Names of outcomes (`learning.outcomes`) that a departure with this signature *is*.

        A step back is rework and a long stay is time: comparing those by that outcome would say nothing.
        """
        return frozenset()

    @abstractmethod
    def statuses(self) -> Iterable[str]:
        """Names of all statuses in the options, to be checked against the tracker's."""

    def field_names(self) -> Iterable[str]:
        """Names of all fields in the options, to be checked against the tracker's."""
        return ()

    def differences(self, old: Self) -> Iterator[str]:
        """What changed since `old`, a line each, as people read it."""
        for name, info in type(self).model_fields.items():
            before, after = getattr(old, name), getattr(self, name)
            if before != after:
                yield f"{info.alias or name} changed from {_shown(before)} to {_shown(after)}"

    def plain(self) -> dict[str, object]:
        """The rule as a plain table, as a guideline file and the store hold it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def changed(self, **options: object) -> Self:
        """This rule with other options, checked as if it had been written so."""
        return type(self).model_validate({**self.plain(), **options})


R = TypeVar("R", bound=Rule)


def two_different(rule: R, one: str, other: str, keys: tuple[str, str] = ("first", "then")) -> R:
    """The rule, if these two options name different statuses."""
    if folded(one) == folded(other):
        raise PydanticCustomError(
            "same_status",
            "names one status as both {one} and {other}",
            {"one": keys[0], "other": keys[1], "remedy": "Name two different statuses."},
        )
    return rule


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value is None else str(value)
