"""What a running experiment says so far, as a state and in words: gathering, works, doesn't, or no difference shown.

Guards are measures that must not get worse. One that does outweighs a better main measure; and while fewer trial
issues are known by a guard than the main measure took, nothing "works" yet: what comes back comes back later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eal_jira.learning.keepable import Keepable
from eal_jira.learning.martingale import ENOUGH
from eal_jira.learning.trials import BATCH, LEVEL, State, TrialEvidence
from eal_jira.learning.wording import as_told, comparisons, percent


@dataclass(frozen=True, slots=True)
class Result(Keepable):
    """The state of an experiment, with sentences that a team understands."""

    state: State
    main: TrialEvidence
    #: by the measure's name
    guards: Mapping[str, TrialEvidence]
    sentences: tuple[str, ...]


def conclude(
    main: TrialEvidence,
    guards: Mapping[str, TrialEvidence],
    *,
    ended: bool = False,
    stopped: str | None = None,
    smallest_effect: float = 0.0,
    unit: str = "",
) -> Result:
    """The state that follows. `ended`: its end or size was reached; `stopped`: why somebody stopped it.

    `smallest_effect`: the share of the comparison's median that a difference must have to be worth a change.
    """
    worse = [name for name, guard in guards.items() if guard.verdict is State.DOES_NOT]
    young = [
        name
        for name, guard in guards.items()
        if guard.n_trial < (main.better_after or 0) and (guard.waiting_trial or not ended)
    ]
    if stopped is not None:
        state = State.STOPPED
    elif worse:
        state = State.DOES_NOT
    elif main.verdict is State.WORKS and young:
        state = State.GATHERING
    elif main.verdict is not State.GATHERING:
        state = main.verdict
    else:
        state = State.NO_DIFFERENCE if ended and not main.waiting_trial else State.GATHERING
    sentences = [
        *_sentences(state, main, worse, young, stopped),
        *_of_guards(guards),
        *_of_medians(state, main, smallest_effect, unit),
        *_limits(main),
    ]
    return Result(state, main, dict(guards), tuple(sentences))


# --- in words ---------------------------------------------------------------------------------------------------


def _sentences(
    state: State, main: TrialEvidence, worse: Sequence[str], young: Sequence[str], stopped: str | None
) -> Iterable[str]:
    yield _compared(main) or (
        f"Cannot tell yet: {main.n_trial} trial issues and {main.n_comparison} comparable ones count so far."
    )
    match state:
        case State.WORKS:
            yield f"It works: the evidence against “no difference” is {main.e_better:.0f}, and {ENOUGH:.0f} is enough."
        case State.DOES_NOT if worse:
            better = " although the main measure got better" if main.verdict is State.WORKS else ""
            yield f"It doesn't work out{better}: {', '.join(worse)} got worse, which was to be guarded."
        case State.DOES_NOT:
            yield f"It doesn't: the evidence that it does worse is {main.e_worse:.0f}, and {ENOUGH:.0f} is enough."
        case State.NO_DIFFERENCE:
            yield (
                "No difference was shown: from these issues one cannot tell. That is a result, too: either way of"
                " working will do, as far as this can say."
            )
        case State.STOPPED:
            yield f"It was stopped: {stopped}"
        case State.GATHERING if young and main.verdict is State.WORKS:
            yield f"The main measure is better. What was to be guarded is not known for long enough yet: {_and(young)}."
        case State.GATHERING if max(main.e_better, main.e_worse) < ENOUGH:
            yield (
                f"The evidence stands at {max(main.e_better, main.e_worse):.1f} of {ENOUGH:.0f}: cannot tell yet."
                + (f" About {main.more_needed} more trial issues if it goes on like this." if main.more_needed else "")
            )


def _compared(e: TrialEvidence) -> str:
    """The effect with its interval; "" while there is none."""
    if e.effect is None or e.low is None or e.high is None or e.ahead is None or e.behind is None:
        return ""
    effect, low, high = as_told(e.effect, e.low, e.high, e.ahead, e.behind)
    return (
        f"{comparisons(e.effect, e.ahead, e.behind, e.phrase)} ({percent(effect)}, with {percent(1 - LEVEL)}"
        f" confidence between {percent(low)} and {percent(high)}, however often one looks; {e.n_trial} issues"
        f" against {e.n_comparison})."
    )


def _of_guards(guards: Mapping[str, TrialEvidence]) -> Iterable[str]:
    for name, guard in guards.items():
        match guard.verdict:
            case State.DOES_NOT:
                said = "it got worse."
            case State.WORKS:
                said = "it got better, too."
            case _ if guard.effect is None:
                said = "cannot tell yet, too few issues are known."
            case _:
                said = "nothing shows that it got worse."
        yield f"Guarded, {name}: {said} {_compared(guard)}".rstrip()


def _of_medians(state: State, main: TrialEvidence, smallest: float, unit: str) -> Iterable[str]:
    ours, theirs = main.median_trial, main.median_comparison
    if ours is None or theirs is None:
        return
    yield f"Medians: {_number(ours)} against {_number(theirs)} {unit}".rstrip() + "."
    if state is State.WORKS and theirs and abs(ours - theirs) / abs(theirs) < smallest:
        yield (
            f"That is a difference of less than {percent(smallest)} of the median, which the plan calls too small to be"
            " worth a change."
        )


def _limits(main: TrialEvidence) -> Iterable[str]:
    if main.waiting_trial:
        yield (
            f"{main.waiting_trial} trial issues wait for their turn: an issue counts when all that began before it are"
            " known, so that quick ones don't get ahead"
            + (f", and when {BATCH} others of the same time and kind are there to compare" * main.same_period)
            + "."
        )
    if not main.same_period:
        yield (
            "The issues it is compared with are from before: whatever else changed since then is in this difference as"
            " well and can't be separated from it."
        )


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
