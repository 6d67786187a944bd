"""The plan of an experiment as people write and read it: plain lines of text.

    Team: Mobile
    Hypothesis: Reviewed in small batches while it is written, a story is done sooner.
    Departs from: review-before-testing
    Measure: cycle time
    Guards: rework and reopenings
    Scope: label small-batches
    Ends: after 40 issues

What we write reads back the same; what lacks, or can't be read, becomes a question by the name of its line.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from eal_jira.learning.evidence import Direction
from eal_jira.learning.measured import MEASURED
from eal_jira.learning.plans import NOW, WHEN_MOVED, Comparison, Plan


@dataclass(frozen=True, slots=True)
class Unready:
    """What a plan lacks: its line's name → a question for those who wrote it."""

    missing: Mapping[str, str]


Fields = Mapping[str, str]

_NAMES = {
    "team": "team",
    "hypothesis": "hypothesis",
    "departs from": "guideline",
    "guideline": "guideline",
    "measure": "measure",
    "better": "better",
    "guard": "guards",
    "guards": "guards",
    "scope": "scope",
    "compared with": "comparison",
    "comparison": "comparison",
    "start": "start",
    "end": "ends",
    "ends": "ends",
    "smallest effect": "smallest",
}
TITLES = MappingProxyType(
    {
        "team": "Team",
        "hypothesis": "Hypothesis",
        "guideline": "Departs from",
        "measure": "Measure",
        "better": "Better",
        "guards": "Guards",
        "scope": "Scope",
        "comparison": "Compared with",
        "start": "Start",
        "ends": "Ends",
        "smallest": "Smallest effect",
    }
)
"""The names of a plan's lines, in the order in which they are written."""

_LINE = re.compile(r"^[\s>*•#\-]*(?P<name>[A-Za-z][A-Za-z ]*?)[\s*_]*:[\s*_]*(?P<value>.*?)[\s]*$")
_ESCAPED = re.compile(r"\\([^\w\s])")
_HINT = re.compile(r"^(<.*>|…|\.\.\.|\?|-)?$", re.DOTALL)
_KEY = re.compile(r"\b[A-Z][A-Z0-9_]*-\d+\b")
_COUNT = re.compile(r"(\d+)\s*(?:trial\s+)?(?:issues?|tickets?|stories)\b|^(?:after\s+)?(\d+)$", re.IGNORECASE)
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
_QUERY = re.compile(r"^(?:query|jql)\b\s*[:=]?\s*(.*)$", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_PERSON = re.compile(
    r"\b(?:assignee|reporter|creator|author|worklogAuthor|watcher|voter|approver|currentUser|membersOf)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"label(?:led)?\s*[:=]?\s*[“\"'`]?([^\s“”\"'`,;]+)", re.IGNORECASE)

LARGEST = 1000
"""Trial issues that a plan may ask for at most."""

LONGEST = 1000
"""Characters of a query, at most."""


def fields_of(text: str) -> Fields:
    """The lines of a plan that are filled in, by what they say. Of two lines of one name the first counts."""
    found: dict[str, str] = {}
    for line in html.unescape(_ESCAPED.sub(r"\1", text)).splitlines():
        match = _LINE.match(line)
        name = _NAMES.get(" ".join(match["name"].split()).casefold()) if match else None
        if match and name and not _HINT.match(value := match["value"].strip()):
            found.setdefault(name, value)
    return found


def read_plan(
    text: str,
    title: str,
    *,
    guidelines: Mapping[str, Mapping[str, str]],
    origin: str | None = None,
) -> Plan | Unready:
    """The plan that these lines are, or what they lack.

    `guidelines`: by team, the ids of its guidelines in force with their titles; either may be written.
    """
    fields = fields_of(text)
    missing: dict[str, str] = {}

    def ask(name: str, question: str) -> None:
        missing[TITLES[name]] = question

    team = _one_of(fields.get("team", ""), guidelines) or (next(iter(guidelines)) if len(guidelines) == 1 else None)
    if team is None:
        ask("team", f"which team tries it? ({', '.join(guidelines)})")
    if "hypothesis" not in fields:
        ask("hypothesis", "what do you expect to get better, and why?")
    known = guidelines.get(team or "", {})
    guideline = _guideline(fields.get("guideline", ""), known)
    if guideline is None and (team is not None or "guideline" not in fields):
        listed = ", ".join(known) or ("the id of one of the team's" if team is None else "the team has none in force")
        ask("guideline", f"which guideline do you depart from? ({listed})")
    measure = _measure(fields.get("measure", ""))
    if measure is None:
        ask("measure", f"which number will tell? ({_names_of_measures()})")
    better = _better(fields.get("better", ""), measure)
    if better is None:
        ask("better", "is a lower or a higher number better?")
    guards = _guards(fields.get("guards", ""))
    if guards is None:
        ask("guards", f"which numbers must not get worse? (any of: {_names_of_measures()}; or: none)")
    label, query, issues = _scope(fields.get("scope", ""))
    if len(query) > LONGEST:
        ask("scope", f"can the query be said in {LONGEST} characters? It has {len(query)}.")
    elif person := _PERSON.search(_QUOTED.sub("", query)):
        ask("scope", f"can the query do without “{person[0]}”? What is tried is a way of working, never a person.")
    elif not label and not query and not issues:
        ask("scope", "which issues take part? (label small-batches; or: query component = iOS; or: issues MOB-12)")
    comparison = _comparison(fields.get("comparison", ""))
    if comparison is None:
        ask("comparison", "with which others? (same period; or: before)")
    elif query and comparison == "before":
        ask("comparison", "same period? With a query nothing else can be: nobody has looked for the older ones.")
    start = _start(fields.get("start", ""))
    if start is None:
        ask("start", "when does it begin? (now; when moved; or a day such as 2026-05-04)")
    size, ends = _ends(fields.get("ends", ""))
    if size is None and ends is None:
        if issues:
            size = len(issues)
        else:
            ask("ends", "when is it over? (after 40 issues; or a day such as 2026-08-31; or both)")
    smallest = _smallest(fields.get("smallest", ""))
    if smallest is None:
        ask("smallest", "how small a difference would still be worth a change? (such as 10 %)")
    if missing or team is None or guideline is None or measure is None or better is None:
        return Unready(missing)
    return Plan(
        title=" ".join(title.split()),
        hypothesis=fields["hypothesis"],
        team=team,
        guideline=guideline,
        measure=measure,
        better=better,
        guards=tuple(name for name in guards or () if name != measure),
        label=label,
        query=query,
        issues=issues,
        comparison=comparison or "same period",
        start=start or NOW,
        size=size,
        ends=ends,
        smallest_effect=0.1 if smallest is None else smallest,
        origin=origin,
    )


def lines_of(plan: Plan) -> Mapping[str, str]:
    """The plan as the lines of a ticket, by their names: `read_plan` reads the same from them."""
    scope = f"issues {', '.join(plan.issues)}"
    if plan.label or plan.query:
        scope = f"label {plan.label}" if plan.label else f"query {plan.query}"
    over = [f"after {plan.size} issues"] * (plan.size is not None) + [str(plan.ends)] * (plan.ends is not None)
    values = {
        "team": plan.team,
        "hypothesis": plan.hypothesis,
        "guideline": plan.guideline,
        "measure": plan.measured.title.lower(),
        "better": plan.better,
        "guards": ", ".join(MEASURED[name].title.lower() for name in plan.guards) or "none",
        "scope": scope,
        "comparison": plan.comparison,
        "start": plan.start,
        "ends": " or ".join(over),
        "smallest": f"{100 * plan.smallest_effect:g} %",
    }
    return {title: " ".join(values[name].split()) for name, title in TITLES.items()}


def _names_of_measures() -> str:
    return ", ".join(measured.title.lower() for measured in MEASURED.values())


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.replace("_", " ")).split()).casefold()


def _one_of(text: str, names: Mapping[str, object]) -> str | None:
    return next((name for name in names if text and _folded(name) == _folded(text)), None)


def _guideline(text: str, known: Mapping[str, str]) -> str | None:
    """By id, by title, or as the one id that stands somewhere in the line."""
    whole = next((g for g, title in known.items() if text and _folded(text) in (_folded(g), _folded(title))), None)
    if whole is not None:
        return whole
    within = [g for g, title in known.items() if g in text.split() or (title and title.casefold() in text.casefold())]
    return within[0] if len(within) == 1 else None


def _measure(text: str) -> str | None:
    wanted = _folded(text)
    for name, measured in MEASURED.items():
        if wanted and wanted in (_folded(name), _folded(measured.title)):
            return name
    return None


def _better(text: str, measure: str | None) -> Direction | None:
    if not text:
        return MEASURED[measure].better if measure else "lower"
    match text.split()[0].casefold().strip(".,;"):
        case "lower" | "less" | "fewer" | "shorter":
            return "lower"
        case "higher" | "more" | "longer":
            return "higher"
    return None


def _guards(text: str) -> tuple[str, ...] | None:
    """None where something in the list is no measure. A line that is missing names none."""
    if not text or _folded(text) in ("none", "nothing", "no"):
        return ()
    found = [_measure(part) for part in re.split(r"[,;]", text) if part.strip()]
    return None if None in found else tuple(dict.fromkeys(name for name in found if name))


def _scope(text: str) -> tuple[str, str, tuple[str, ...]]:
    """Label, query, keys of issues: one of them, or none."""
    if asked := _QUERY.match(text):
        return "", asked[1].strip(), ()
    if named := _LABEL.search(text):
        return named[1], "", ()
    return "", "", tuple(dict.fromkeys(_KEY.findall(text)))


def _comparison(text: str) -> Comparison | None:
    wanted = _folded(text)
    if not wanted or "same" in wanted or "beside" in wanted:
        return "same period"
    return "before" if "before" in wanted or "older" in wanted else None


def _start(text: str) -> str | None:
    wanted = _folded(text)
    if wanted in ("", "now", "at once"):
        return NOW
    if "moved" in wanted:
        return WHEN_MOVED
    return None if (day := _day(text)) is None else day.isoformat()


def _ends(text: str) -> tuple[int | None, date | None]:
    counted = _COUNT.search(text)
    size = int(counted[1] or counted[2]) if counted else None
    return (size if size is not None and 1 <= size <= LARGEST else None), _day(text)


def _day(text: str) -> date | None:
    found = _DAY.search(text)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[0])
    except ValueError:
        return None


def _smallest(text: str) -> float | None:
    if not text:
        return 0.1
    found = _PERCENT.search(text)
    share = float(found[1].replace(",", ".")) / 100 if found else -1.0
    return share if 0 <= share < 1 else None


def blank(teams: Sequence[str]) -> Mapping[str, str]:
    """The template: each line with a hint in angle brackets, which counts as not filled in."""
    hints = {
        "team": f"<one of: {', '.join(teams)}>" if len(teams) != 1 else teams[0],
        "hypothesis": "<what do you expect to get better, and why?>",
        "guideline": "<id of the guideline>",
        "measure": "cycle time",
        "better": "lower",
        "guards": "rework and reopenings",
        "scope": "<label small-batches; or: query component = iOS; or: issues ABC-12, ABC-15>",
        "comparison": "same period",
        "start": NOW,
        "ends": "after 40 issues",
        "smallest": "10 %",
    }
    return {title: hints[name] for name, title in TITLES.items()}
