"""The family of errors. Each carries three answers: what happened, what was refused, what to do next.

An error is worded here once; whoever catches it prints `str(error)` and exits with `error.exit_code`
(sysexits.h numbers, see DESIGN 9). Secrets never enter a message: errors are built from places and names, not values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

About = Literal["site", "endpoint", "issue"]
"""What a limit is about: everything, one kind of request, or the writes on one issue."""


class EalError(Exception):
    """Something a user or operator can mend. Never printed with a traceback."""

    exit_code = 75

    def __init__(self, happened: str, *, refused: str = "", remedy: str = "") -> None:
        self.happened = happened
        self.refused = refused
        self.remedy = remedy
        super().__init__(" ".join(part for part in (happened, refused, remedy) if part))


class UsageError(EalError):
    """The command line asks for something that can't be done."""

    exit_code = 2


class ConfigError(EalError):
    """The configuration or a guideline file can't be used."""

    exit_code = 78


class NoSecret(ConfigError):
    """A secret can't be read where it should stand. While the daemon runs, somebody may just be replacing it."""


class AdapterError(ConfigError):
    """An adapter is missing, broken, or was asked for something it can't do."""


class TrackerUnreachable(EalError):
    """The tracker gave no usable answer: no connection, a time-out, a server error, a page instead of data."""

    exit_code = 69


class AnswerUnknown(TrackerUnreachable):
    """A write was sent and its answer got lost: it may or may not have taken effect. Never simply resent."""


class TryLater(EalError):
    """The tracker asks for patience. `wait` is the minimum it named, None when it named none."""

    exit_code = 75

    def __init__(
        self,
        happened: str,
        *,
        wait: timedelta | None = None,
        reason: str = "",
        about: About = "site",
        refused: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(happened, refused=refused, remedy=remedy)
        self.wait = wait
        self.about = about
        #: the tracker's word for the limit that was met, empty when it gave none
        self.reason = reason


class NotAllowed(EalError):
    """The tracker knows us and says no, or does not know us."""

    exit_code = 77


class NotKnown(NotAllowed):
    """The tracker does not know who we are: asking again with this credential could lock the account."""


class RefusedByTracker(EalError):
    """The tracker understood the request and refuses its content: `problems` says why, by field."""

    exit_code = 75

    def __init__(
        self, happened: str, *, problems: dict[str, str] | None = None, refused: str = "", remedy: str = ""
    ) -> None:
        super().__init__(happened, refused=refused, remedy=remedy)
        self.problems = problems or {}


class Gone(RefusedByTracker):
    """The issue can't be seen: deleted, moved out of sight, or hidden. These look the same from outside."""


class Forged(EalError):
    """A webhook request that does not prove where it comes from."""


class StoreError(EalError):
    """The database can't be opened, is newer than this program, or is in use."""

    exit_code = 78


class StoreUnavailable(EalError):
    """The database can't be used just now: it gives no answer, or its disk is full. Later it may again."""

    exit_code = 75


class StoreFull(StoreUnavailable):
    """There is no room for what was to be stored."""


class StoreDamaged(StoreError):
    """What is stored is not what was written: nothing that rests on it may go out."""


class RowsDamaged(StoreDamaged):
    """Issues whose stored rows are not what was written: they can be had again from the tracker."""

    def __init__(self, issue_ids: Sequence[str]) -> None:
        self.issue_ids = tuple(issue_ids)
        super().__init__(
            f"What is stored of {len(self.issue_ids)} issues is damaged (ids {', '.join(self.issue_ids[:5])}).",
            refused="Nothing that rests on it is written to the tracker.",
            remedy="They are read again in the next cycle; a damaged disk is worth a look.",
        )


class VerdictsDamaged(StoreDamaged):
    """Rows that judging has written are not what was written: judged again, the team's issues say the same."""

    def __init__(self, table: str, keys: Sequence[tuple[object, ...]]) -> None:
        self.table = table
        #: primary keys, as they stand there now
        self.keys = tuple(keys)
        super().__init__(
            f"What is stored of a team's {table} is damaged ({len(self.keys)} rows).",
            refused="Nothing that rests on it is written to the tracker.",
            remedy="All issues of the team are judged again in the next cycle; a damaged disk is worth a look.",
        )


class LeaseHeld(EalError):
    """Another eal-jira is at work on the same database."""

    exit_code = 75


class WrittenElsewhere(EalError):
    """Another installation writes to the same learning project under our account: one has a copy of our database."""

    exit_code = 78


class LeaseLost(EalError):
    """We may write no more: our time is over, and another one may have taken over."""

    exit_code = 75
