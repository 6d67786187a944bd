"""Practices: the same deviation in many issues, judged by how those issues did against comparable ones.

A candidate is one signature of deviation from one guideline version, with at least `min_group` finished issues that
deviated so, and at least `min_group` finished issues to which that version applied and that didn't. A way of working
may help in one place only: the same signature within one type, priority, component or up to one size is a *narrower*
candidate where there are twice as many issues; it is told when it is better and the whole is not. Each candidate is
compared by every outcome, within type, priority and size (`outcomes.stratum`), and all comparisons of a run are
corrected together (Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57:289–300). "Worse" in one
outcome outweighs "better" in another; then both are said.

Looking early must not spoil the test. A candidate is looked at when it first has enough issues, and again each time
its group has doubled; its k-th look may spend level/2^k, so that all looks together spend no more than the level
(alpha spending, after Lan & DeMets 1983, Biometrika 70:659–663). In between, the last verdict stands.

Only finished issues are compared. Unfinished ones are left out of both groups and counted: a way of working whose slow
issues are all still open looks faster than it is. An issue that never stood in a working status has no cycle time and
takes part in the other outcomes only. All of this is observed, not drawn by lot: an association.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from scipy import stats

from eal_jira.learning.evidence import Evidence, Verdict, compare
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import OUTCOMES, held_equal, samples, stratum
from eal_jira.model import Deviation
from eal_jira.process.applies import phrase


def _nothing(_signature: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Applied:
    """A guideline version and the issues to which it applied."""

    guideline: str
    version: int
    title: str
    #: issue ids
    issues: frozenset[str]
    #: outcomes that departing with this signature *is*: a step back is rework, so comparing that would say nothing
    by_definition: Callable[[str], frozenset[str]] = _nothing


@dataclass(frozen=True, slots=True)
class Practice(Keepable):
    """An emergent way of working with its outcomes."""

    team: str
    guideline: str
    version: int
    title: str
    signature: str
    #: the signature as people read it
    label: str
    verdict: Verdict
    #: ids of the finished issues: those that deviated so, and those they were compared with
    trial: tuple[str, ...]
    comparison: tuple[str, ...]
    #: those of `trial` that have no counterpart of the same type, priority and size
    outside: tuple[str, ...]
    #: left out because unfinished
    unfinished_trial: int
    unfinished_comparison: int
    #: by outcome name
    evidence: Mapping[str, Evidence]
    #: where it was seen, when that is narrower than where the guideline applies: field → values
    condition: Mapping[str, tuple[str, ...]]
    held_equal: tuple[str, ...]
    not_held_equal: tuple[str, ...]
    #: all of it in words, for the team
    sentences: tuple[str, ...]
    #: the how-manieth look at this candidate this is, counted from 1
    look: int = 1
    #: a narrower candidate: only issues with these values were compared
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: False: a narrower candidate that adds nothing; it is kept because looks are counted
    told: bool = True

    @property
    def subject(self) -> str:
        """What tells it from other practices under the same guideline."""
        return subject(self.signature, self.where)

    @property
    def strength(self) -> float:
        """The lower limit of what it does better, of the outcome in which it does best; 0 when none is better."""
        return max((e.low or 0.0 for e in self.evidence.values() if e.verdict is Verdict.BETTER), default=0.0)


def subject(signature: str, where: Mapping[str, Sequence[str]]) -> str:
    return f"{signature} where {phrase(where)}" if where else signature


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at a candidate: its number, and how many finished issues the group had."""

    number: int
    group: int


@dataclass(slots=True)
class _Candidate:
    applied: Applied
    signature: str
    label: str
    trial: list[Measures]
    comparison: list[Measures]
    unfinished: tuple[int, int]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    look: int = 1
    evidence: dict[str, Evidence] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return subject(self.signature, self.where)

    @property
    def verdict(self) -> Verdict:
        verdicts = {evidence.verdict for evidence in self.evidence.values()}
        return next((v for v in (Verdict.WORSE, Verdict.BETTER) if v in verdicts), Verdict.CANNOT_TELL)


NARROW = 2
"""A narrower candidate needs so many times the smallest group on either side."""

NO_LOOKS: Mapping[tuple[str, int, str], Look] = MappingProxyType({})


def detect(
    team: str,
    deviations: Iterable[Deviation],
    measures: Iterable[Measures],
    guidelines: Iterable[Applied],
    *,
    looks: Mapping[tuple[str, int, str], Look] = NO_LOOKS,
    min_group: int = 5,
    level: float = 0.05,
) -> tuple[Practice, ...]:
    """Every candidate that is due for a look with its verdict, ordered by guideline and signature.

    `looks`: the last look at each candidate, by guideline, version and subject.

    A deviation counts for the guideline version that it departed from, if that version is among `guidelines`: what
    people did about an older wording is no evidence about this one. Below `min_group` nothing is reported at all.
    """
    known = {issue.issue_id: issue for issue in measures}
    of_version: dict[tuple[str, int], list[Deviation]] = defaultdict(list)
    for deviation in deviations:
        of_version[deviation.guideline, deviation.version].append(deviation)

    candidates = [
        candidate
        for applied in sorted(guidelines, key=lambda applied: (applied.guideline, applied.version))
        for whole in _candidates(applied, of_version[applied.guideline, applied.version], known)
        for candidate in (whole, *_narrower(whole, NARROW * min_group))
        if min(len(candidate.trial), len(candidate.comparison)) >= min_group
        and _due(candidate, looks.get((applied.guideline, applied.version, candidate.subject)))
    ]
    for candidate in candidates:
        for outcome in OUTCOMES:
            if outcome.name not in candidate.applied.by_definition(candidate.signature):
                candidate.evidence[outcome.name] = compare(
                    samples(candidate.trial, outcome),
                    samples(candidate.comparison, outcome),
                    outcome.better,
                    phrase=outcome.phrase,
                    min_group=min_group,
                    level=level,
                )
    _correct_together(candidates)
    return tell(_practice(team, candidate, known) for candidate in candidates)


def tell(practices: Iterable[Practice]) -> tuple[Practice, ...]:
    """Which of them are told: each whole; of the narrower ones of a whole that isn't better, the best that is."""
    practices = tuple(practices)
    best: dict[tuple[str, int, str], Practice] = {}
    for practice in sorted(practices, key=lambda p: (bool(p.where), -p.strength, p.subject)):
        if practice.verdict is Verdict.BETTER:
            best.setdefault((practice.guideline, practice.version, practice.signature), practice)
    return tuple(
        replace(p, told=not p.where or best.get((p.guideline, p.version, p.signature)) is p) for p in practices
    )


def _candidates(
    applied: Applied, deviations: Sequence[Deviation], known: Mapping[str, Measures]
) -> Iterable[_Candidate]:
    deviating: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, str] = {}
    for deviation in sorted(deviations, key=lambda deviation: (deviation.at, deviation.key)):
        if deviation.issue_id in applied.issues and deviation.issue_id in known:
            deviating[deviation.signature].add(deviation.issue_id)
            labels[deviation.signature] = deviation.label
    for signature, ids in sorted(deviating.items()):
        groups = [
            [known[issue_id] for issue_id in sorted(group) if issue_id in known]
            for group in (ids, applied.issues - ids)
        ]
        trial, comparison = ([issue for issue in group if not issue.censored] for group in groups)
        unfinished = len(groups[0]) - len(trial), len(groups[1]) - len(comparison)
        yield _Candidate(applied, signature, labels[signature], trial, comparison, unfinished)


def _narrower(whole: _Candidate, enough: int) -> Iterable[_Candidate]:
    """The same signature within one value of one field; only where that is a real part of the whole."""
    tests: list[tuple[str, str, Callable[[Measures], bool]]] = []
    for name in ("type", "priority", "component"):
        for value in sorted(frozenset().union(*(_values(issue, name) for issue in whole.trial))):
            tests.append((name, value, partial(_has, name, value)))
    sizes = sorted(issue.points for issue in whole.trial if issue.points is not None)
    if sizes:
        middle = sizes[(len(sizes) - 1) // 2]
        tests.append(("points", f"<= {middle:g}", partial(_at_most, middle)))
    for name, value, inside in tests:
        trial = [issue for issue in whole.trial if inside(issue)]
        comparison = [issue for issue in whole.comparison if inside(issue)]
        real = len(trial) < len(whole.trial) and len(comparison) < len(whole.comparison)
        if real and min(len(trial), len(comparison)) >= enough:
            yield _Candidate(
                whole.applied, whole.signature, whole.label, trial, comparison, whole.unfinished, {name: (value,)}
            )


def _has(name: str, value: str, issue: Measures) -> bool:
    return value in _values(issue, name)


def _at_most(points: float, issue: Measures) -> bool:
    return issue.points is not None and issue.points <= points


def _due(candidate: _Candidate, last: Look | None) -> bool:
    if last is None:
        return True
    candidate.look = last.number + 1
    return len(candidate.trial) >= 2 * last.group


def _correct_together(candidates: Sequence[_Candidate]) -> None:
    tested = [
        (candidate, name, evidence.p_value)
        for candidate in candidates
        for name, evidence in candidate.evidence.items()
        if evidence.p_value is not None
    ]
    if tested:
        corrected = stats.false_discovery_control([p for _, _, p in tested], method="bh")
        for (candidate, name, _), p in zip(tested, corrected, strict=True):
            candidate.evidence[name] = candidate.evidence[name].corrected(min(1.0, float(p) * 2**candidate.look))


def _practice(team: str, candidate: _Candidate, known: Mapping[str, Measures]) -> Practice:
    applied = candidate.applied
    counterparts = {stratum(issue) for issue in candidate.comparison}
    compared = [issue for issue in candidate.trial if stratum(issue) in counterparts]
    held, not_held = held_equal([*candidate.trial, *candidate.comparison])
    practice = Practice(
        team=team,
        guideline=applied.guideline,
        version=applied.version,
        title=applied.title,
        signature=candidate.signature,
        label=candidate.label,
        verdict=candidate.verdict,
        trial=tuple(issue.issue_id for issue in candidate.trial),
        comparison=tuple(issue.issue_id for issue in candidate.comparison),
        outside=tuple(issue.issue_id for issue in candidate.trial if stratum(issue) not in counterparts),
        unfinished_trial=candidate.unfinished[0],
        unfinished_comparison=candidate.unfinished[1],
        evidence=candidate.evidence,
        condition={
            **condition(compared, [known[issue_id] for issue_id in applied.issues if issue_id in known]),
            **candidate.where,
        },
        held_equal=held,
        not_held_equal=not_held,
        sentences=(),
        look=candidate.look,
        where=candidate.where,
    )
    without_cycle = sum(issue.cycle_time is None for issue in [*candidate.trial, *candidate.comparison])
    return replace(practice, sentences=tuple(_sentences(practice, without_cycle)))


def condition(seen: Sequence[Measures], everywhere: Sequence[Measures]) -> dict[str, tuple[str, ...]]:
    """The narrowest values of type, priority, component and points that cover every issue in `seen`, field by field.

    A field appears only when it tells the issues in `seen` from others in `everywhere`: an exception that is written
    with it claims no more than was seen. Issues without a priority or component can't be covered by that field. Points
    are covered by the largest that was seen ("<= 5"), as exceptions are written.
    """
    covers: dict[str, tuple[str, ...]] = {}
    for name in ("type", "priority", "component"):
        values = [_values(issue, name) for issue in seen]
        if not values or not all(values):
            continue
        shared = frozenset.intersection(*values)
        if shared:  # one value that they all have, the one that the fewest others have
            rarest = min(shared, key=lambda value: (sum(value in _values(issue, name) for issue in everywhere), value))
            cover = frozenset({rarest})
        else:
            cover = frozenset.union(*values)
        if not all(cover & _values(issue, name) for issue in everywhere):
            covers[name] = tuple(sorted(cover))
    points = [issue.points for issue in seen if issue.points is not None]
    if points and len(points) == len(seen) and any(i.points is None or i.points > max(points) for i in everywhere):
        covers["points"] = (f"<= {max(points):g}",)
    return covers


def _values(issue: Measures, name: str) -> frozenset[str]:
    match name:
        case "type":
            return frozenset({issue.type})
        case "priority":
            return frozenset({issue.priority} if issue.priority else ())
        case _:
            return frozenset(issue.components)


def _sentences(practice: Practice, without_cycle: int) -> Iterable[str]:
    yield (
        f"{len(practice.trial)} finished issues departed from “{practice.title}” in the same way ({practice.label});"
        f" {len(practice.comparison)} to which it applied did not."
    )
    for outcome in OUTCOMES:
        if outcome.name in practice.evidence:
            yield f"{outcome.title}: {practice.evidence[outcome.name].sentence}"
    if practice.condition:
        where = "; ".join(f"{name}: {', '.join(values)}" for name, values in practice.condition.items())
        yield f"It was seen only here: {where}."
    yield f"Held equal: {', '.join(practice.held_equal)}. Not held equal: {', '.join(practice.not_held_equal)}."
    if practice.outside:
        yield (
            f"{len(practice.outside)} of the issues that departed have no counterpart of the same kind and are left"
            " out of the comparison."
        )
    if practice.unfinished_trial or practice.unfinished_comparison:
        yield (
            f"Left out because unfinished: {practice.unfinished_trial} that departed,"
            f" {practice.unfinished_comparison} that did not."
        )
    if without_cycle and "cycle_time" in practice.evidence:
        yield f"{without_cycle} of the issues never stood in a working status and have no cycle time."
    yield "This is an association, not an experiment: issues done this way may differ in other respects as well."
