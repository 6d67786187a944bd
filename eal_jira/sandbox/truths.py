"""What is truly so in the living history, for whoever checks what was found in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from eal_jira.sandbox.acts import Act, Create, Edit, Move
from eal_jira.sandbox.teams import MOBILE, PAYMENTS, SEARCH, Team


@dataclass(frozen=True, slots=True)
class Truth:
    """One planted way of working and what comes of it."""

    team: str
    project: str
    #: id of the guideline it departs from
    guideline: str
    #: the departure in words
    signature: str
    #: the label of its issues, empty when nobody marks them
    label: str
    #: "cycle time" or "rework"
    measure: str
    #: true ratio of the measure, this way against the guideline's way; see `Practice.effect`
    effect: float
    #: keys of the issues that have departed so far, oldest departure first
    issues: tuple[str, ...]

    @property
    def direction(self) -> str:
        """Less time and less rework are better."""
        return "better" if self.effect < 1 else "worse"


@dataclass(frozen=True, slots=True)
class Truths:
    #: of Payments: halves the cycle time, costs nothing
    practice: Truth
    #: of Search: brings more work back
    rework: Truth
    #: of Mobile: a deliberate trial that halves the cycle time
    experiment: Truth


def truths(acts: Iterable[Act]) -> Truths:
    """The truths, with the issues in which they show after these acts."""
    acts = tuple(acts)
    return Truths(*(_truth(team, departed(team, acts)) for team in (PAYMENTS, SEARCH, MOBILE)))


def departed(team: Team, acts: Iterable[Act]) -> tuple[str, ...]:
    """Keys of the team's issues that were done in its own way, by the order in which that began to show."""
    practice = team.practice
    been: defaultdict[str, set[str]] = defaultdict(set)
    types: dict[str, str] = {}
    labels: defaultdict[str, tuple[object, ...]] = defaultdict(tuple)
    found: dict[str, None] = {}
    for act in acts:
        if not act.key.startswith(f"{team.key}-"):
            continue
        match act:
            case Create():
                types[act.key] = act.type
            case Edit(field="labels", value=[*value]):
                labels[act.key] = tuple(value)
            case Move(to=practice.enters) if types[act.key] in practice.types:
                marked = not practice.label or practice.label in labels[act.key]
                if marked and practice.skips not in been[act.key]:
                    found[act.key] = None
        if isinstance(act, Move):
            been[act.key].add(act.to)
    return tuple(found)


def _truth(team: Team, issues: tuple[str, ...]) -> Truth:
    practice = team.practice
    return Truth(
        team=team.name,
        project=team.key,
        guideline=practice.guideline,
        signature=f"{practice.enters} without {practice.skips}",
        label=practice.label,
        measure=practice.measure,
        effect=practice.effect,
        issues=issues,
    )
