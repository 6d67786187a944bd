"""An effect in words that a team understands: "in 7 of 10 comparisons the issue done the new way finished sooner"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a sentence says it: "the issue {way} {better}"."""

    better: str = "did better"
    worse: str = "did worse"
    way: str = "done the new way"


def comparisons(effect: float, ahead: float, behind: float, phrase: Phrase) -> str:
    """An effect as a team says it: "In 7 of 10 comparisons the issue done the new way finished sooner"."""
    issue = f"the issue {phrase.way}"
    if ahead == behind == 0:
        return "All comparisons were even"
    if often_even(ahead, behind):
        return (
            f"In {_of(ahead, 100)} comparisons {issue} {phrase.better}, in {_of(behind, 100)} it {phrase.worse},"
            " the rest were even"
        )
    if effect >= 0.5:
        return f"In {_of(effect, 10)} comparisons {issue} {phrase.better}"
    return f"In {_of(1 - effect, 10)} comparisons {issue} {phrase.worse}"


def as_told(effect: float, low: float, high: float, ahead: float, behind: float) -> tuple[float, float, float]:
    """The effect with its interval, turned round where `comparisons` speaks of the issue that did worse."""
    turned = effect < 0.5 and not often_even(ahead, behind)
    return (1 - effect, 1 - high, 1 - low) if turned else (effect, low, high)


def often_even(ahead: float, behind: float) -> bool:
    return 1 - ahead - behind >= 0.05


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _of(share: float, whole: int) -> str:
    """A share as "7 of 10", never rounded up to all or down to none."""
    count = round(share * whole)
    if count == whole and share < 1:
        return f"more than {whole - 1} of {whole}"
    if count == 0 and share > 0:
        return f"fewer than 1 of {whole}"
    return f"{count} of {whole}"
