"""Guideline files: TOML in, guideline versions out.

A file holds ``[[guideline]]`` tables (DESIGN 5). The same id several times, with different ``in_force_from``, is one
guideline's versions in order; a table with ``retired = true``, an id and a day ends it. A guideline with a mistake in
any of its versions is left out whole, with a `Problem` per mistake, and the others work: half a guideline would judge
by a version that people meant to replace. What is missing from a file is not thereby retired.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any

from eal_jira.model import Vocabulary
from eal_jira.process import applies
from eal_jira.process.contradictions import contradictions
from eal_jira.process.entries import Entry, Retirement, in_utc, read_entry
from eal_jira.process.lines import Lines
from eal_jira.process.names import Names, suggestion
from eal_jira.process.problems import Mistake, Problem
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import GuidelineVersion, timeline


@dataclass(frozen=True, slots=True)
class ParsedGuidelines:
    """What a guideline file holds: the versions that can be used, by guideline and time, and what is to be mended."""

    versions: tuple[GuidelineVersion, ...]
    problems: tuple[Problem, ...]
    _place: str = ""
    _text: str = field(default="", repr=False)
    #: which ``[[guideline]]`` of the file, counted from 0, holds a version: by id and number
    _blocks: Mapping[tuple[str, int], int] = field(default_factory=dict, repr=False)
    #: what works as it is and would serve people better otherwise
    hints: tuple[Problem, ...] = ()

    def unknown_names(self, vocabulary: Vocabulary) -> tuple[Problem, ...]:
        """`check_names` for every version of the file, with lines."""
        names, lines = Names(vocabulary), Lines(self._text)
        return tuple(
            Problem(
                self._place,
                lines.of(self._blocks[version.guideline, version.version], (unknown.key,), unknown.name),
                version.guideline,
                unknown.key,
                unknown.what,
                unknown.remedy,
            )
            for version in self.versions
            for unknown in _unknown(version, names)
        )


def parse_guidelines(text: str, place: str, zone: tzinfo) -> ParsedGuidelines:
    """Reads a guideline file. `place` names it in problems; a day begins at midnight in the team's `zone`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return ParsedGuidelines((), (_not_toml(place, error),), place, text)
    lines = Lines(text)
    problems = [
        Problem(
            place,
            lines.of_key(key),
            "",
            key,
            f'"{key}" is not a key that can be used here.',
            suggestion(key, ["guideline"]),
        )
        for key in document
        if key != "guideline"
    ]
    tables = document.get("guideline", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        what, remedy = '"guideline" is not a list of tables.', "Start each one with [[guideline]], in double brackets."
        problems.append(Problem(place, lines.of_key("guideline"), "", "guideline", what, remedy))
        tables = []
    versions, wrong = _versions(tables, zone)
    for block, mistake in wrong:
        line, guideline = lines.of(block, mistake.path), str(tables[block].get("id", ""))
        problems.append(Problem(place, line, guideline, ".".join(mistake.path), mistake.what, mistake.remedy))
    blocks = {(version.guideline, version.version): block for version, block in versions}
    hints = tuple(_hint(place, lines.of(block, ("key_points",)), v) for v, block in versions if _lacks_a_reason(v))
    return ParsedGuidelines(tuple(v for v, _ in versions), tuple(problems), place, text, blocks, hints)


def check_names(version: GuidelineVersion, vocabulary: Vocabulary) -> list[Problem]:
    """Statuses and fields of this version that the tracker doesn't know, each with the nearest one it does."""
    return [
        Problem(f"version {version.version}", None, version.guideline, unknown.key, unknown.what, unknown.remedy)
        for unknown in _unknown(version, Names(vocabulary))
    ]


def _lacks_a_reason(version: GuidelineVersion) -> bool:
    """A job is taught as step, key point and reason (Training Within Industry, 1940–45)."""
    newest = version.in_force_until is None and not version.retired
    return newest and bool(version.key_points) and not version.why


def _hint(place: str, line: int | None, version: GuidelineVersion) -> Problem:
    what = "It has key points, and nothing says why they matter."
    remedy = "Say so in `why`: who knows the reason can tell when another way serves it better."
    return Problem(place, line, version.guideline, "key_points", what, remedy)


# --- from tables to versions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Written:
    block: int
    since: datetime
    entry: Entry | Retirement


def _versions(
    tables: Sequence[dict[str, Any]], zone: tzinfo
) -> tuple[list[tuple[GuidelineVersion, int]], list[tuple[int, Mistake]]]:
    """The versions of the guidelines without a mistake, and all mistakes, each with its block."""
    written: dict[str, list[_Written]] = {}
    wrong: list[tuple[int, Mistake]] = []
    for block, table in enumerate(tables):
        entry, found = read_entry(table)
        wrong.extend((block, mistake) for mistake in found)
        if entry is not None:
            since = in_utc(entry.in_force_from, zone)
            written.setdefault(entry.id, []).append(_Written(block, since, entry))
    for entries in written.values():
        entries.sort(key=lambda e: e.since)
        wrong.extend(_together(entries))
    spoilt = {tables[block].get("id") for block, _ in wrong if isinstance(tables[block].get("id"), str)}
    versions: list[tuple[GuidelineVersion, int]] = []
    for guideline in sorted(written.keys() - spoilt):
        versions.extend(
            zip(timeline(_numbered(written[guideline])), (e.block for e in written[guideline]), strict=True)
        )
    blocks = {(version.guideline, version.version): block for version, block in versions}
    for later, earlier, why in contradictions([v for v, _ in sorted(versions, key=lambda pair: pair[1])]):
        block = blocks[later.guideline, later.version]
        what = f'It can\'t be followed together with "{earlier.guideline}": {why}.'
        wrong.append((block, Mistake(("rule",), what, "Retire one of the two, or say which issues each is for.")))
        versions = [pair for pair in versions if pair[0].guideline != later.guideline]
    return versions, sorted(wrong, key=lambda w: w[0])


def _together(entries: Sequence[_Written]) -> Iterator[tuple[int, Mistake]]:
    """What is wrong between the versions of one guideline, which come by time."""
    if isinstance(entries[0].entry, Retirement):
        remedy = "Leave it out, or check the id and the days of its versions."
        yield entries[0].block, Mistake(("retired",), "There is no earlier version that could be retired.", remedy)
    for before, after in pairwise(entries):
        if before.since == after.since:
            what = f'Two guidelines with the id "{after.entry.id}" are in force from the same moment.'
            remedy = "Give one of them another id, or an in_force_from on which it replaces the other."
            yield after.block, Mistake(("id",), what, remedy)
        if isinstance(before.entry, Entry) and isinstance(after.entry, Entry) and _wordless(before.entry, after.entry):
            what = f"It replaces the way since {before.since:%Y-%m-%d}, and nothing says what that was good for."
            remedy = "Say so in `old_way`: whoever knows why the old way worked, loses less of it."
            yield after.block, Mistake(("old_way",), what, remedy)


def _wordless(before: Entry, after: Entry) -> bool:
    return before.rule != after.rule and not after.old_way


def _numbered(entries: Sequence[_Written]) -> Iterator[GuidelineVersion]:
    version: GuidelineVersion | None = None
    for number, written in enumerate(entries, start=1):
        entry = written.entry
        if isinstance(entry, Entry):
            version = GuidelineVersion(
                guideline=entry.id,
                version=number,
                in_force_from=written.since,
                title=entry.title,
                purpose=entry.purpose,
                source=entry.source,
                why=entry.why,
                rule=None if entry.rule is None else parse_rule(entry.rule).plain(),
                old_way=entry.old_way,
                support=entry.support,
                mandatory=entry.mandatory,
                tentative=entry.tentative,
                domain=entry.domain,
                pin=entry.pin,
                steward=entry.steward,
                key_points=entry.key_points,
                open_questions=entry.open_questions,
                evidence=tuple(map(dict, entry.evidence)),
                review_on=entry.review_on,
                applies_to=applies.normal(entry.applies_to or {}),
                holds_when=applies.normal(entry.holds_when or {}),
                except_=tuple(map(applies.normal, entry.exceptions)),
            )
        elif version is not None:
            why = entry.why or version.why
            version = replace(
                version,
                version=number,
                in_force_from=written.since,
                rule=None,
                retired=True,
                why=why,
                old_way="",
                review_on=None,
            )
        if version is not None:
            yield version


# --- problems -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unknown:
    #: "rule", "applies_to" or "except"
    key: str
    name: str
    what: str
    remedy: str


def _unknown(version: GuidelineVersion, names: Names) -> Iterator[_Unknown]:
    if version.rule is None:
        return
    rule = parse_rule(version.rule)
    for name in rule.statuses():
        if not names.known_status(name):
            remedy = suggestion(name, names.status_names())
            yield _Unknown("rule", name, f'The tracker has no status "{name}".', remedy)
    fields = [("rule", name) for name in rule.field_names()]
    fields += [("applies_to", name) for name in applies.field_names(version.applies_to)]
    fields += [("holds_when", name) for name in applies.field_names(version.holds_when)]
    fields += [("except", name) for table in version.except_ for name in applies.field_names(table)]
    for key, name in fields:
        if not names.fields(name):
            remedy = suggestion(name, names.field_names())
            yield _Unknown(key, name, f'The tracker has no field "{name}".', remedy)


def _not_toml(place: str, error: tomllib.TOMLDecodeError) -> Problem:
    at = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", str(error))
    line = int(at[1]) if at and at[1] else None
    told = str(error)[: at.start()] if at else str(error)
    remedy = "Nothing of the file can be used until it is mended."
    return Problem(place, line, "", "", f"This is not TOML: {told}.", remedy)
