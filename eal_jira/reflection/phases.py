"""Whether each phase of the loop has somebody who looks after it, and time. A phase without is a loop that stops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.scorecard import Held


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    what: str
    #: what is missing; empty: it is well looked after
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of the phases: whether there is an owner, never who."""

    guidelines_owned: bool
    collaboration_owned: bool
    data_owned: bool
    reflection_owned: bool
    approvers: bool
    guidelines: Sequence[GuidelineVersion]
    retros: Sequence[Held]
    reflection_hours: float


def phases(kept: Kept) -> tuple[Phase, ...]:
    return (
        Phase("Guidelines", "best knowledge as a starting point", tuple(_guidelines(kept))),
        Phase("Working together", "tools and help for judgement now", _owner(kept.collaboration_owned)),
        Phase("Process data", "what happened, beside what came out", _owner(kept.data_owned)),
        Phase("Reflection", "a habit with a calendar", tuple(_reflection(kept))),
        Phase(
            "Decisions",
            "an answer to what the team proposes",
            () if kept.approvers else ("Nobody is listed who may decide.",),
        ),
    )


def _owner(owned: bool) -> tuple[str, ...]:
    return () if owned else ("It has no owner.",)


def _guidelines(kept: Kept) -> Iterable[str]:
    if not kept.guidelines:
        yield "There are no guidelines yet."
        return
    alone = sum(not version.steward for version in kept.guidelines)
    if not kept.guidelines_owned and alone:
        yield f"{alone} of {len(kept.guidelines)} have no steward, and the phase has no owner."
    if not any(version.review_on for version in kept.guidelines):
        yield "None has a day for another look."


def _reflection(kept: Kept) -> Iterable[str]:
    yield from _owner(kept.reflection_owned)
    if not kept.reflection_hours:
        yield "No time is planned for it."
    elif kept.retros and all(retro.used == 0 for retro in kept.retros[:3]):
        yield "Time is planned, but none was logged as used in the latest retros."
