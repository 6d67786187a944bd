"""What changed between two versions of a guideline, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eal_jira.process.applies import Table, phrase
from eal_jira.process.rules import parse_rule
from eal_jira.process.versions import PROBED, GuidelineVersion


def difference(old: GuidelineVersion, new: GuidelineVersion) -> tuple[str, ...]:
    """What changed from `old` to `new` for those who work by it, one readable line each; empty: nothing did."""
    return tuple(_difference(old, new))


def _difference(old: GuidelineVersion, new: GuidelineVersion) -> Iterator[str]:
    if new.title != old.title:
        yield f'title changed from "{old.title}" to "{new.title}"'
    for name in ("purpose", "why", "source", "steward", "support"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{name} reworded: {after}" if after else f"{name} left out"
    yield from _listed_difference("key point", old.key_points, new.key_points)
    yield from _listed_difference("open question", old.open_questions, new.open_questions)
    yield from _listed_difference("evidence", _told(old.evidence), _told(new.evidence))
    if new.mandatory != old.mandatory:
        yield "mandatory from now on" if new.mandatory else "no longer mandatory"
    if new.tentative != old.tentative:
        yield "a starting point again" if new.tentative else "no longer a starting point: the team has settled on it"
    if new.domain != old.domain:
        how = "probed from now on, not checked" if new.domain in PROBED else "checked from now on"
        yield f"domain changed from {old.domain} to {new.domain}" + (
            f": {how}" if (new.domain in PROBED) != (old.domain in PROBED) else ""
        )
    if new.pin != old.pin:
        yield (
            "work stays on the version it began under"
            if new.pin == "start"
            else "work is judged by the version in force at each event"
        )
    if new.review_on != old.review_on:
        yield f"next look on {new.review_on}" if new.review_on else "no day for the next look any more"
    if new.retired != old.retired:
        yield "retired" if new.retired else f"taken up again: {_asked(new)}"
    elif old.rule != new.rule:
        yield from _rule_difference(old, new)
    yield from _applies_difference(old.applies_to, new.applies_to)
    if old.holds_when != new.holds_when:
        yield (
            f"holds when {phrase(new.holds_when)}"
            if new.holds_when
            else f"holds not only when {phrase(old.holds_when)}"
        )
    yield from (f"exception added: {phrase(table)}" for table in new.except_ if table not in old.except_)
    yield from (f"exception removed: {phrase(table)}" for table in old.except_ if table not in new.except_)


def _listed_difference(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    yield from (f"{name} added: {text}" for text in new if text not in old)
    yield from (f"{name} left out: {text}" for text in old if text not in new)


def _told(evidence: Iterable[Mapping[str, str]]) -> list[str]:
    return [", ".join(f"{key} {text}" for key, text in link.items()) for link in evidence]


def _rule_difference(old: GuidelineVersion, new: GuidelineVersion) -> Iterator[str]:
    if old.rule is not None and new.rule is not None:
        before, after = parse_rule(old.rule), parse_rule(new.rule)
        if type(before) is type(after):
            yield from after.differences(before)
            return
    yield f"now: {_asked(new)}"
    yield f"before: {_asked(old)}"


def _asked(version: GuidelineVersion) -> str:
    return "nothing that the tracker shows" if version.rule is None else parse_rule(version.rule).describe()


def _applies_difference(old: Table, new: Table) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        before: Sequence[object] = old.get(name, ())
        after: Sequence[object] = new.get(name, ())
        if not before:
            yield f"applies only to {phrase({name: new[name]})}"
        elif not after:
            yield f"applies whatever the {name}, no longer only to {phrase({name: old[name]})}"
        else:
            yield from (f"applies also to {name} {value}" for value in after if value not in before)
            yield from (f"no longer applies to {name} {value}" for value in before if value not in after)
