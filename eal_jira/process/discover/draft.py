"""Habits as a guideline file: text that people read, correct, and take over. It loads as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from eal_jira.process import toml
from eal_jira.process.discover.habits import CounterExample, Habits, Learnt

_SHOWN = 10
"""So many issues of one counter-example are named; the rest is counted."""


def draft(habits: Habits, today: date) -> str:
    """The file. What it says is in force from `today`, so that no past work is held against it."""
    return "\n".join(
        [*_head(habits), *(line for learnt in habits.learnt for line in _guideline(learnt, habits, today))]
    )


def _head(habits: Habits) -> Iterator[str]:
    t = habits.thresholds
    span = f", {habits.first:%Y-%m-%d} to {habits.last:%Y-%m-%d}" if habits.first and habits.last else ""
    yield toml.comment(f"A draft for {habits.team}, learnt from {habits.issues} issues{span}.")
    yield from _wrapped(
        "It tells what usually happened, which is not yet what is good. Read every line, strike out what you don't "
        "mean, correct the rest, and see with `eal-jira guidelines backtest` what it would have asked about."
    )
    yield "#"
    yield from _wrapped(
        f"Thresholds: a step is usual when it was taken {t.step_times} times by {t.step_issues} issues and makes up "
        f"{100 * t.step_share:g} % of the steps out of its status; a field when {100 * t.field_share:g} % of the "
        f"arrivals had it and at most {100 * t.field_at_creation:g} % of the issues had it from the start; a limit "
        f"covers {100 * t.percentile:g} % (times in working time); two people when {100 * t.hands_share:g} % of the "
        f"cases were. Fields, times, people and work in progress need {t.least_issues} issues."
    )
    if habits.left_out:
        yield "#"
        yield toml.comment("Not learnt:")
        for sentence in habits.left_out:
            yield from _wrapped(sentence, first="- ", then="  ")
    yield ""


def _guideline(learnt: Learnt, habits: Habits, today: date) -> Iterator[str]:
    span = f", {habits.first:%Y-%m-%d} to {habits.last:%Y-%m-%d}" if habits.first and habits.last else ""
    yield "[[guideline]]"
    yield toml.comment(f"Support: {learnt.support}.")
    for other in learnt.counter_examples:
        yield from _wrapped(f"Counter-example: {other.what}: {_named(other)}")
    yield f"id = {toml.text(learnt.id)}"
    yield f"title = {toml.text(learnt.title)}"
    yield f"purpose = {toml.text(learnt.purpose)}"
    yield f"source = {toml.text(f'Learnt from {habits.issues} issues of {habits.team}{span}')}"
    yield f"why = {toml.text(f'Usual so far: {learnt.support}. What is usual need not be best.')}"
    yield f"in_force_from = {toml.value(today)}"
    rows = learnt.rule.get("from")
    if isinstance(rows, Mapping):
        yield "[guideline.rule]"
        yield from (f"{toml.key(name)} = {toml.value(part)}" for name, part in learnt.rule.items() if name != "from")
        yield "[guideline.rule.from]"
        for left, reached in rows.items():
            if left in learnt.notes:
                yield toml.comment(learnt.notes[left])
            yield f"{toml.key(left)} = {toml.value(reached)}"
    else:
        yield f"rule = {toml.value(learnt.rule)}"
    yield ""


def _named(other: CounterExample) -> str:
    times = "once" if other.count == 1 else f"{other.count} times"
    shown: Sequence[str] = other.issues[:_SHOWN]
    more = f" and {len(other.issues) - _SHOWN} more" if len(other.issues) > _SHOWN else ""
    return f"{times} ({', '.join(shown)}{more})"


def _wrapped(words: str, first: str = "", then: str = "") -> Iterator[str]:
    for line in textwrap.wrap(words, 116, initial_indent=first, subsequent_indent=then, break_on_hyphens=False):
        yield toml.comment(line)
