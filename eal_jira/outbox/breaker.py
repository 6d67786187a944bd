"""The breaker: stops loops and floods even where we fail to recognise our own echo.

It counts what was sent, in the store, so a restart starts nothing anew. What comes too fast waits; a reply too many is
held until somebody looks at it or the conversation is over. Pure: what was sent comes in, what may go out comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eal_jira.outbox.bounds import CONVERSATION_ENDS, Bounds

HOUR = timedelta(hours=1)
KEPT = 2 * CONVERSATION_ENDS
"""How long what was sent is remembered."""

NOTICE = (
    "I have answered here several times in a row, so I stop now: this looks like two programs talking to each other. "
    "Nothing else is affected. If a person asks, I answer again tomorrow, or as soon as an operator runs "
    "`eal-jira outbox retry`."
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What is about to be sent, as the breaker counts it."""

    #: "ticket", "comment" or "reply"
    kind: str
    #: a project's key, an issue's id, a conversation
    place: str

    @property
    def ref(self) -> str:
        """How the notice in `status` names it."""
        return f"{self.kind} {self.place}"


class Held(Exception):
    """The breaker keeps an intent back until a moment, or (None) until somebody decides."""

    def __init__(self, effect: Effect, until: datetime | None, reason: str) -> None:
        super().__init__(reason)
        self.effect = effect
        self.until = until
        self.reason = reason


def check(effect: Effect, sent: Sequence[datetime], now: datetime, bounds: Bounds) -> None:
    """`sent`: when effects of this kind and place went out, oldest first. Raises `Held`."""
    match effect.kind:
        case "ticket":
            recent = [at for at in sent if at > now - HOUR]
            if len(recent) >= bounds.tickets_per_hour:
                until = recent[-bounds.tickets_per_hour] + HOUR
                reason = f"{len(recent)} tickets were made in {effect.place} within an hour; the others follow later."
                raise Held(effect, until, reason)
        case "comment":
            if sent and sent[-1] > now - bounds.comment_pause:
                minutes = bounds.comment_pause.total_seconds() / 60
                reason = (
                    f"One comment on an issue in {minutes:g} minutes; the next one on {effect.place} follows later."
                )
                raise Held(effect, sent[-1] + bounds.comment_pause, reason)
        case "reply":
            if len(conversation(sent, now)) >= bounds.replies:
                reason = (
                    f"{bounds.replies} replies in one conversation ({effect.place}): this may be a loop. Further ones "
                    "are held; `eal-jira outbox list --state held` shows them, `outbox retry` sends them."
                )
                raise Held(effect, None, reason)
        case _:
            raise ValueError(f"the breaker knows no {effect.kind!r}")


def conversation(sent: Sequence[datetime], now: datetime) -> list[datetime]:
    """The replies of the conversation that goes on: back to the last long silence."""
    going: list[datetime] = []
    later = now
    for at in reversed(sent):
        if later - at > CONVERSATION_ENDS:
            break
        going.append(at)
        later = at
    return going
