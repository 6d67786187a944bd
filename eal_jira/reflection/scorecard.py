"""The scorecard: does a team's way of working serve learning, or only output? Seven contrasts, from its own data.

The contrasts are Amy Edmondson's (The Competitive Imperative of Learning, Harvard Business Review, 2008), in our words.
Each has one or two indicators: the quarter that ended against the one before, and what would move them. There is no
sum, no grade and no place in a list: a scorecard is for the team that it is about, beside nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from eal_jira.documents.words import count, number
from eal_jira.learning.evidence import Verdict
from eal_jira.process.versions import IMPORTED, GuidelineVersion, in_force
from eal_jira.reflection.follow import Action, Known
from eal_jira.reflection.learned import Outlook, Tried

QUARTER = timedelta(days=91)
NOT_YET = "not known yet"
LATE = timedelta(days=14)
"""An answer that takes longer is late."""


@dataclass(frozen=True, slots=True)
class Indicator:
    name: str
    now: str
    before: str
    #: "up", "down", "as before" or "cannot tell yet"
    trend: str
    #: what deserves a second look, "" where nothing does
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Contrast:
    title: str
    efficiency: str
    learning: str
    indicators: tuple[Indicator, ...]
    #: what would move it
    move: str


@dataclass(frozen=True, slots=True)
class Held:
    """One retro, as much of it as the scorecard asks for."""

    end: datetime
    question: bool
    planned: float
    used: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the scorecard is made of."""

    versions: Sequence[GuidelineVersion]
    proposals: Sequence[Outlook]
    experiments: Sequence[Tried]
    known: Sequence[Known]
    actions: Sequence[Action]
    retros: Sequence[Held]
    #: since when the team has been followed: no quarter before it is compared with
    since: datetime
    most_experiments: int
    zone: tzinfo
    min_group: int


@dataclass(frozen=True, slots=True)
class _Look:
    """The evidence seen at the end of a quarter."""

    evidence: Evidence
    end: datetime

    def within(self, at: datetime | None) -> bool:
        return at is not None and self.end - QUARTER <= at < self.end

    @property
    def day(self) -> date:
        return self.end.astimezone(self.evidence.zone).date()

    @property
    def guidelines(self) -> Sequence[GuidelineVersion]:
        return [v for v in in_force(self.evidence.versions, self.end) if v.rule is not None]

    @property
    def changes(self) -> Sequence[GuidelineVersion]:
        return [v for v in self.evidence.versions if v.version > 1 and self.within(v.in_force_from)]

    @property
    def running(self) -> int:
        return sum(e.began < self.end and (e.ended is None or e.ended >= self.end) for e in self.evidence.experiments)

    @property
    def answered(self) -> Sequence[Outlook]:
        return [p for p in self.evidence.proposals if self.within(p.decided)]

    @property
    def waiting(self) -> Sequence[Outlook]:
        return [p for p in self.evidence.proposals if p.made < self.end and not (p.decided and p.decided < self.end)]

    @property
    def retros(self) -> Sequence[Held]:
        return [r for r in self.evidence.retros if self.within(r.end) or r.end == self.end]


def scorecard(evidence: Evidence, end: datetime) -> tuple[Contrast, ...]:
    """The seven contrasts at `end`. The same evidence gives the same scorecard."""
    now = _Look(evidence, end)
    before = _Look(evidence, end - QUARTER) if evidence.since <= end - QUARTER - QUARTER / 2 else None
    return tuple(_contrasts(now, before))


def _contrasts(now: _Look, before: _Look | None) -> Iterable[Contrast]:
    yield Contrast(
        "Direction instead of answers",
        "Leaders give the answers.",
        "Leaders set the direction and say why it matters.",
        (
            _shares("Guidelines that say why, beside what they are good for", now, before, _reasons),
            _shares("Retros with an open question from the manager", now, before, _asked),
        ),
        "Add a why to a guideline that lacks one; ask the team one question whose answer you do not know.",
    )
    yield Contrast(
        "Teams find the answers",
        "People carry out directions.",
        "People, mostly in teams, find out what works.",
        (_shares("Changes of guidelines that came from the team's own work", now, before, _own),),
        "Look at what went well against the guideline, and propose it; anybody's comment can start that.",
    )
    yield Contrast(
        "A starting point instead of a finished design",
        "The best way is designed beforehand.",
        "A tentative way is where we start.",
        (
            _shares("Guidelines with a day for another look", now, before, _reviewed),
            _counts("Looks that are overdue", now, before, _overdue, high="Looks are overdue: make them or move them."),
        ),
        "Give each guideline a review_on, and take the look on that day.",
    )
    yield Contrast(
        "Change is normal",
        "Changes are rare and large.",
        "Small changes and experiments are a way of life.",
        (_counts("Changes of guidelines", now, before, lambda look: len(look.changes)), _running(now, before)),
        "Try one small thing on purpose, with an end date; undo it if it does not help.",
    )
    yield Contrast(
        "Feedback goes both ways",
        "Feedback goes from the boss to people, and corrects.",
        "Managers coach, and people tell what they learn from the work.",
        (_shares("Answers that came with words", now, before, _worded, flag=_one_way(now)), _answer_time(now, before)),
        "Answer what waits, say why, and say what you do not know.",
    )
    yield Contrast(
        "Judgement needs information",
        "Problems are rare; people ask when they are not sure.",
        "Problems are solved all the time, and information guides the judgement.",
        (
            _shares("Known ways of departing of which we can tell what comes", now, before, _told),
            _shares("Guidelines that tell what makes them work", now, before, _guided),
        ),
        "Write down key points; run an experiment on what nobody can tell yet.",
    )
    least = now.evidence.min_group
    yield Contrast(
        "No fear",
        "Fear does little harm to the work, and may even help with dull work.",
        "Fear stops experiments, hides options and keeps questions and problems quiet.",
        (
            _counts("Experiments begun and actions written by the team", now, before, _spoken, least=least),
            _counts("Proposals that came up", now, before, _raised, least=least),
        ),
        "Thank for the last bad news in public; answer a proposal with a question before a verdict.",
    )


# --- one number of a quarter each -----------------------------------------------------------------------------

Share = tuple[int, int]
"""So many of so many."""


def _reasons(look: _Look) -> Share:
    return sum(bool(v.why) for v in look.guidelines), len(look.guidelines)


def _asked(look: _Look) -> Share:
    return sum(r.question for r in look.retros), len(look.retros)


def _own(look: _Look) -> Share:
    return sum(v.origin != IMPORTED for v in look.changes), len(look.changes)


def _reviewed(look: _Look) -> Share:
    return sum(v.review_on is not None for v in look.guidelines), len(look.guidelines)


def _overdue(look: _Look) -> int:
    return sum(v.review_on is not None and v.review_on < look.day for v in look.guidelines)


def _worded(look: _Look) -> Share:
    return sum(bool(p.answer) for p in look.answered), len(look.answered)


def _told(look: _Look) -> Share:
    seen = [k.practice for k in look.evidence.known if k.since < look.end]
    return sum(p.verdict is not Verdict.CANNOT_TELL for p in seen), len(seen)


def _guided(look: _Look) -> Share:
    return sum(bool(v.key_points or v.evidence) for v in look.guidelines), len(look.guidelines)


def _spoken(look: _Look) -> int:
    begun = sum(look.within(e.began) for e in look.evidence.experiments)
    return begun + sum(look.within(a.made) for a in look.evidence.actions)


def _raised(look: _Look) -> int:
    return sum(look.within(p.made) for p in look.evidence.proposals)


# --- indicators -----------------------------------------------------------------------------------------------


def _shares(name: str, now: _Look, before: _Look | None, of: Callable[[_Look], Share], *, flag: str = "") -> Indicator:
    here = of(now)
    there = None if before is None else of(before)
    known = here[1] > 0 and there is not None and there[1] > 0
    trend = _trend(here[0] / here[1], there[0] / there[1]) if known and there is not None else "cannot tell yet"
    return Indicator(name, _of(here), NOT_YET if there is None else _of(there), trend, flag)


def _of(share: Share) -> str:
    return f"{share[0]} of {share[1]}" if share[1] else "none"


def _counts(
    name: str,
    now: _Look,
    before: _Look | None,
    of: Callable[[_Look], int],
    *,
    least: int = 0,
    high: str = "",
    low: str = "",
) -> Indicator:
    here = of(now)
    there = None if before is None else of(before)
    told = there is not None and not (0 < here < least or 0 < there < least)
    trend = _trend(here, there) if told and there is not None else "cannot tell yet"
    flag = high if here and high else low if not here and low else ""
    return Indicator(name, _few(here, least), NOT_YET if there is None else _few(there, least), trend, flag)


def _few(found: int, least: int) -> str:
    return f"fewer than {least}" if 0 < found < least else f"{found:,}"


def _trend(here: float, there: float) -> str:
    return "up" if here > there else "down" if here < there else "as before"


def _running(now: _Look, before: _Look | None) -> Indicator:
    most = now.evidence.most_experiments
    found = _counts("Experiments under way at the end", now, before, lambda look: look.running)
    flag = ""
    if now.running > most:
        flag = f"More than {most} at once: none of them will get enough issues soon."
    elif now.running == 0 and not any(now.within(e.began) or now.within(e.ended) for e in now.evidence.experiments):
        flag = "No experiment for a whole quarter."
    return Indicator(found.name, found.now, found.before, found.trend, flag)


def _one_way(now: _Look) -> str:
    """The team said something, and nothing came back all quarter."""
    said = _spoken(now) + len(now.waiting)
    came_back = now.answered or any(retro.question for retro in now.retros)
    return "Nothing came back to what the team said." if said and not came_back else ""


def _answer_time(now: _Look, before: _Look | None) -> Indicator:
    """Days that answered proposals waited, the median; and whether one waits longer than `LATE`."""
    late = sum(now.end - p.made > LATE for p in now.waiting)
    flag = f"{count(late, 'proposal has', 'proposals have')} waited for more than {LATE.days} days." if late else ""
    here, there = _days(now), None if before is None else _days(before)
    trend = "cannot tell yet" if here is None or there is None else _trend(here, there)
    told = "none answered" if here is None else f"{number(here)} days"
    past = NOT_YET if before is None else "none answered" if there is None else f"{number(there)} days"
    return Indicator("Half of the answers took up to", told, past, trend, flag)


def _days(look: _Look) -> float | None:
    waited = sorted((p.decided - p.made) / timedelta(days=1) for p in look.answered if p.decided is not None)
    return waited[(len(waited) - 1) // 2] if waited else None
