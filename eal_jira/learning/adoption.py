"""After an approved change: is the new way followed, and did the measure hold?

Both periods are compared with the machinery of `evidence`, within type, priority and size. A comparison of before and
since is an association: whatever else changed in that time is in it too, and the sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from scipy import stats

from eal_jira.learning.evidence import Evidence, Verdict, compare
from eal_jira.learning.keepable import Keepable
from eal_jira.learning.measures import Measures
from eal_jira.learning.outcomes import CYCLE_TIME, Outcome, samples
from eal_jira.learning.wording import percent


@dataclass(frozen=True, slots=True)
class Share(Keepable):
    """Which part of the eligible finished issues was done the new way; no share below `min_group`."""

    finished: int
    #: left out because unfinished
    unfinished: int
    doing_it: int | None = None
    share: float | None = None
    #: Wilson's interval at 1 − level
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Adoption(Keepable):
    before: Share
    since: Share
    #: name of the outcome that `evidence` is about; its trial group is the time since the change
    outcome: str
    evidence: Evidence
    sentence: str
    #: the how-manieth look this is, counted from 1; the k-th may spend level/2^k, as for practices
    look: int = 1

    @property
    def reversed(self) -> bool:
        """Whether the work has done worse since, surely enough to look at the change again."""
        return self.evidence.verdict is Verdict.WORSE


def follow_up(
    before: Sequence[Measures],
    after: Sequence[Measures],
    *,
    doing_it_before: Set[str],
    doing_it_after: Set[str],
    outcome: Outcome = CYCLE_TIME,
    min_group: int = 5,
    level: float = 0.05,
    look: int = 1,
) -> Adoption:
    """What became of a change. `before` and `after`: the issues that the new way is for; `doing_it_…`: issue ids."""
    then = _share(before, doing_it_before, min_group, level)
    since = _share(after, doing_it_after, min_group, level)
    evidence = compare(
        samples(after, outcome),
        samples(before, outcome),
        outcome.better,
        phrase=replace(outcome.phrase, way="done since the change"),
        min_group=min_group,
        level=level,
    )
    if evidence.p_value is not None:
        evidence = evidence.corrected(min(1.0, evidence.p_value * 2**look))
    words = " ".join(_sentences(then, since, evidence, outcome, level))
    return Adoption(then, since, outcome.name, evidence, words, look)


def _share(issues: Sequence[Measures], doing_it: Set[str], min_group: int, level: float) -> Share:
    finished = [issue for issue in issues if not issue.censored]
    counted = Share(len(finished), len(issues) - len(finished))
    if len(finished) < min_group:
        return counted
    doing = sum(issue.issue_id in doing_it for issue in finished)
    interval = stats.binomtest(doing, len(finished)).proportion_ci(1 - level, method="wilson")
    return replace(
        counted, doing_it=doing, share=doing / len(finished), low=float(interval.low), high=float(interval.high)
    )


def _sentences(then: Share, since: Share, evidence: Evidence, outcome: Outcome, level: float) -> Iterable[str]:
    yield f"Since the change {_followed(since, level)}; before it {_followed(then, level)}."
    if evidence.median_trial is not None and evidence.median_comparison is not None:
        unit = outcome.unit
        yield (
            f"{outcome.title}, median: {evidence.median_trial:.1f} {unit} since,"
            f" {evidence.median_comparison:.1f} {unit} before."
        )
    yield evidence.sentence
    if since.unfinished:
        yield (
            f"{since.unfinished} issues since the change are unfinished and not counted yet; with them the time since"
            " the change may turn out longer."
        )
    yield (
        "Before and since are two periods: this is an association, and it cannot separate the change from whatever"
        " else changed in that time."
    )


def _followed(share: Share, level: float) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "too few issues were finished to give a share"
    return (
        f"{share.doing_it} of {share.finished} finished issues were done the new way ({percent(share.share)},"
        f" {percent(1 - level)} interval {percent(share.low)} to {percent(share.high)})"
    )
