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
from types import MappingProxyType

from eal_jira.learning.measured import MEASURED
from eal_jira.learning.plan_values import (
    better_of,
    comparison_of,
    ends_of,
    guards_of,
    guideline_of,
    measure_of,
    names_of_measures,
    one_of,
    scope_of,
    smallest_of,
    start_of,
)
from eal_jira.learning.plans import NOW, Plan


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

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")

_PERSON = re.compile(
    r"\b(?:assignee|reporter|creator|author|worklogAuthor|watcher|voter|approver|currentUser|membersOf)\b",
    re.IGNORECASE,
)

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

    team = one_of(fields.get("team", ""), guidelines) or (next(iter(guidelines)) if len(guidelines) == 1 else None)
    if team is None:
        ask("team", f"which team tries it? ({', '.join(guidelines)})")
    if "hypothesis" not in fields:
        ask("hypothesis", "what do you expect to get better, and why?")
    known = guidelines.get(team or "", {})
    guideline = guideline_of(fields.get("guideline", ""), known)
    if guideline is None and (team is not None or "guideline" not in fields):
        listed = ", ".join(known) or ("the id of one of the team's" if team is None else "the team has none in force")
        ask("guideline", f"which guideline do you depart from? ({listed})")
    measure = measure_of(fields.get("measure", ""))
    if measure is None:
        ask("measure", f"which number will tell? ({names_of_measures()})")
    better = better_of(fields.get("better", ""), measure)
    if better is None:
        ask("better", "is a lower or a higher number better?")
    guards = guards_of(fields.get("guards", ""))
    if guards is None:
        ask("guards", f"which numbers must not get worse? (any of: {names_of_measures()}; or: none)")
    label, query, issues = scope_of(fields.get("scope", ""))
    if len(query) > LONGEST:
        ask("scope", f"can the query be said in {LONGEST} characters? It has {len(query)}.")
    elif person := _PERSON.search(_QUOTED.sub("", query)):
        ask("scope", f"can the query do without “{person[0]}”? What is tried is a way of working, never a person.")
    elif not label and not query and not issues:
        ask("scope", "which issues take part? (label small-batches; or: query component = iOS; or: issues MOB-12)")
    comparison = comparison_of(fields.get("comparison", ""))
    if comparison is None:
        ask("comparison", "with which others? (same period; or: before)")
    elif query and comparison == "before":
        ask("comparison", "same period? With a query nothing else can be: nobody has looked for the older ones.")
    start = start_of(fields.get("start", ""))
    if start is None:
        ask("start", "when does it begin? (now; when moved; or a day such as 2026-05-04)")
    size, ends = ends_of(fields.get("ends", ""))
    if size is None and ends is None:
        if issues:
            size = len(issues)
        else:
            ask("ends", "when is it over? (after 40 issues; or a day such as 2026-08-31; or both)")
    smallest = smallest_of(fields.get("smallest", ""))
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
