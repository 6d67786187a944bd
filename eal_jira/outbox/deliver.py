"""Delivers intents: look, write, record. Nothing is ever sent blindly a second time.

Creating a ticket has no idempotency key in any tracker we know, so its protocol (facts/jira.md 5.4) is: write down
the newest key, look, send once; if the answer is lost, look again (by key, then by search) until the search index
must have caught up, and only then send again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from eal_jira.errors import AnswerUnknown, Gone, NotAllowed, RefusedByTracker, TrackerUnreachable, TryLater
from eal_jira.hookspecs import Pages, Tracker
from eal_jira.model import Figure, IssueRef, Page, SetAside, TicketDraft
from eal_jira.store import Store, intents, work
from eal_jira.store.claims import claim
from eal_jira.store.intents import IntentRow

SEARCH_LAG = timedelta(minutes=10)
"""How long a new ticket may stay invisible to search; only after that may a create be sent again."""

LOOK_AGAIN = timedelta(minutes=1)
NO_PERMISSION_PAUSE = timedelta(hours=1)
BATCH = 200


@dataclass(slots=True)
class Delivered:
    """What a delivery did, by verb."""

    done: dict[str, int] = field(default_factory=dict)
    written: int = 0
    parked: int = 0
    postponed: int = 0
    #: why delivery stopped before everything was tried, in one sentence
    stopped: str = ""


class Later(Exception):
    """This intent can't be finished now; look again at `until`, in `state`."""

    def __init__(self, until: datetime, state: str = "unknown") -> None:
        super().__init__()
        self.until = until
        self.state = state


class Outbox:
    """Delivers what the store wants to the tracker and the pages."""

    def __init__(self, store: Store, tracker: Tracker, pages: Mapping[str, Pages]) -> None:
        self._store = store
        self._tracker = tracker
        self._pages = pages
        self._verbs: dict[str, Callable[[IntentRow, datetime], Mapping[str, Any]]] = {
            "tag": self._tag,
            "ticket": self._ticket,
            "comment": self._comment,
            "page": self._page,
        }
        self._report = Delivered()

    def deliver(self, now: datetime) -> Delivered:
        """Everything that may go out now, lane by lane. Raises nothing for a tracker that is away: it reports."""
        self._report = Delivered()
        #: verb → until when the tracker takes no more of what it needs
        held: dict[str, datetime] = {}
        for row in self._due(now):
            if row.verb in held:
                self._postpone(row, held[row.verb])
                continue
            claim(self._store, row)
            try:
                result = self._verbs[row.verb](row, now)
            except Later as later:
                self._mark(row, later.state, not_before=later.until)
                self._report.postponed += 1
            except AnswerUnknown:
                self._mark(row, "unknown", not_before=now, attempts=row.attempts + 1)
                self._report.postponed += 1
            except (RefusedByTracker, Gone) as error:
                self._park(row, str(error), now)
            except NotAllowed as error:
                self._mark(row, row.state, not_before=now + NO_PERMISSION_PAUSE)
                self._report.stopped = str(error)
                break
            except TryLater as error:
                until = now + (error.wait or LOOK_AGAIN)
                self._postpone(row, until)
                if error.about == "site":
                    self._report.stopped = str(error)
                    break
                if error.about == "endpoint":
                    held[row.verb] = until
            except TrackerUnreachable as error:
                self._report.stopped = str(error)
                break
            else:
                self._finish(row, result)
        return self._report

    def _due(self, now: datetime) -> Iterator[IntentRow]:
        """Goes round the lanes until nothing new may go out; each intent is tried once."""
        tried: set[tuple[str, str]] = set()
        while True:
            with self._store.read() as connection:
                rows = intents.next_of_lanes(connection, now, BATCH)
            fresh = [row for row in rows if (row.key, row.hash) not in tried]
            if not fresh:
                return
            for row in fresh:
                tried.add((row.key, row.hash))
                yield row

    # --- one step per verb ------------------------------------------------------------------------------------

    def _tag(self, row: IntentRow, now: datetime) -> Mapping[str, Any]:
        want = row.payload
        can = self._tracker.capabilities
        state = self._tracker.look(want["issue"])
        add = [label for label in want["add"] if label not in state.labels]
        remove = [label for label in want["remove"] if label in state.labels]
        # the property first: whoever finds the label finds its explanation beside it
        if can.properties and dict(state.property or {}) != want["property"]:
            self._tracker.set_property(want["issue"], want["property"])
            self._report.written += 1
        if can.labels and (add or remove):
            self._tracker.edit_labels(want["issue"], add, remove)
            self._report.written += 1
        return {"issue": want["issue"]}

    def _ticket(self, row: IntentRow, now: datetime) -> Mapping[str, Any]:
        if row.result is not None:
            return row.result
        want = row.payload
        before = row.before or {}
        if row.state == "waiting":
            before = {"highest": self._tracker.highest_key(want["project"]), "sent": now.isoformat()}
        found = self._tracker.find_tickets(want["project"], want["marker"], before["highest"])
        if found:
            return _ref(found[0])
        if row.state != "waiting" and now < datetime.fromisoformat(before["sent"]) + SEARCH_LAG:
            raise Later(now + LOOK_AGAIN)
        if row.state != "waiting":
            # the window is over and there is none: the earlier request did not take effect
            before = {"highest": self._tracker.highest_key(want["project"]), "sent": now.isoformat()}
        self._mark(row, "sending", before=before)
        draft = TicketDraft(
            project=want["project"],
            type=want["type"],
            summary=want["summary"],
            body=want["body"],
            marker=want["marker"],
            labels=tuple(want["labels"]),
            figures=_figures(want["figures"]),
        )
        ref = self._tracker.create(draft)
        self._report.written += 1
        return _ref(ref)

    def _comment(self, row: IntentRow, now: datetime) -> Mapping[str, Any]:
        want = row.payload
        issue_id = want["issue"] or self._ticket_id(want["ticket"], now)
        known = self._tracker.find_comment(issue_id, want["marker"])
        if known is None:
            known = self._tracker.add_comment(issue_id, want["body"], want["marker"])
            self._report.written += 1
        elif self._tracker.capabilities.edit_comments and row.result is not None:
            self._tracker.edit_comment(issue_id, known, want["body"], want["marker"])
            self._report.written += 1
        return {"issue": issue_id, "comment": known}

    def _page(self, row: IntentRow, now: datetime) -> Mapping[str, Any]:
        page = row.payload["page"]
        ref = self._pages[row.payload["adapter"]].put(Page(**{**page, "figures": _figures(page["figures"])}))
        return {"id": ref.id, "url": ref.url}

    def _ticket_id(self, marker: str, now: datetime) -> str:
        with self._store.read() as connection:
            ticket = intents.get(connection, f"ticket:{marker}")
        if ticket is None or ticket.result is None:
            # its ticket was parked: there is nothing to comment on until it exists
            raise Later(now + NO_PERMISSION_PAUSE, state="waiting")
        return str(ticket.result["id"])

    # --- recording --------------------------------------------------------------------------------------------

    def _mark(self, row: IntentRow, state: str, **values: Any) -> None:
        with self._store.write() as connection:
            intents.mark(connection, row.key, state, **values)

    def _postpone(self, row: IntentRow, until: datetime) -> None:
        self._mark(row, row.state, not_before=until)
        self._report.postponed += 1

    def _finish(self, row: IntentRow, result: Mapping[str, Any]) -> None:
        with self._store.write() as connection:
            current = intents.get(connection, row.key)
            # stated anew while it was under way: deliver the new wish as well
            state = "done" if current is not None and current.hash == row.hash else "waiting"
            intents.mark(connection, row.key, state, result=dict(result), not_before=None)
            work.set_aside(connection, "intent", row.made, (), cleared=[row.key])
        self._report.done[row.verb] = self._report.done.get(row.verb, 0) + 1

    def _park(self, row: IntentRow, reason: str, now: datetime) -> None:
        with self._store.write() as connection:
            intents.mark(connection, row.key, "parked", attempts=row.attempts + 1)
            work.set_aside(connection, "intent", now, [SetAside("intent", row.key, reason)])
        self._report.parked += 1


def _ref(ref: IssueRef) -> dict[str, str]:
    return {"id": ref.id, "key": ref.key}


def _figures(stored: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    return tuple(
        Figure(**{**figure, "header": tuple(figure["header"]), "rows": tuple(map(tuple, figure["rows"]))})
        for figure in stored
    )
