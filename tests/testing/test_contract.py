"""The contract can be kept by a tracker that is no Jira, and it catches those that don't keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from eal_jira.model import Identity, IssuePage, Scope
from eal_jira.testing import TrackerContract, World
from tests.testing.notebook import Notebook, Paper


class TestNotebook(TrackerContract):
    @pytest.fixture
    def world(self) -> World:
        return Paper()

    @pytest.fixture
    def tracker(self, world: Paper) -> Notebook:
        return Notebook(world)


class LocalClock(Notebook):
    def whoami(self) -> Identity:
        now = datetime.now(self._paper.now.tzinfo)
        return Identity(super().whoami().actor, "Etc/UTC", now, "a notebook")


class NewestFirst(Notebook):
    """As some trackers list a history."""

    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        for page in super().changed(scope, since, cursor):
            (record,) = page.records
            yield IssuePage((type(record)(record.issue, record.changes[::-1]),), page.cursor)


class CutShort(Notebook):
    """An embedded history taken as whole."""

    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        for page in super().changed(scope, since, cursor):
            (record,) = page.records
            yield IssuePage((type(record)(record.issue, record.changes[-1:]),), page.cursor)


class CursorTooFar(Notebook):
    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        for page in super().changed(scope, since, cursor):
            further = datetime.fromisoformat(page.cursor) + timedelta(minutes=1)
            yield IssuePage(page.records, further.isoformat())


class NoWindow(Notebook):
    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        return super().changed(scope, None, cursor)


class WindowTooShort(Notebook):
    def changed(self, scope: Scope, since: timedelta | None, cursor: str | None = None) -> Iterator[IssuePage]:
        return super().changed(scope, since and timedelta(minutes=1), cursor)


class WholeSet(Notebook):
    def edit_labels(self, issue_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        theirs = self.look(issue_id).labels
        super().edit_labels(issue_id, add, [*theirs - {*add}, *remove])


class AnyMarker(Notebook):
    def find_comment(self, issue_id: str, marker: str) -> str | None:
        return next((c.id for c in self._paper.records[issue_id].comments if c.marker), None)


class AllOfThem(Notebook):
    """Asked about some issues, it answers about all."""

    def members(self, scope: Scope, among: Sequence[str] | None = None) -> frozenset[str]:
        return super().members(scope)


class WhateverIsNamed(Notebook):
    """Takes every id that it is asked about for a member."""

    def members(self, scope: Scope, among: Sequence[str] | None = None) -> frozenset[str]:
        return super().members(scope) if among is None else frozenset(among)


Promise = Callable[[TrackerContract, Notebook, Paper], None]


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (LocalClock, TrackerContract.test_it_says_who_we_are_by_the_trackers_own_clock),
        (NewestFirst, TrackerContract.test_a_first_pass_brings_every_issue_with_its_history_oldest_first),
        (CutShort, TrackerContract.test_a_first_pass_brings_every_issue_with_its_history_oldest_first),
        (CutShort, TrackerContract.test_an_increment_brings_what_changed_and_all_of_its_history),
        (CursorTooFar, TrackerContract.test_a_pass_goes_on_where_any_of_its_pages_ended),
        (NoWindow, TrackerContract.test_nothing_new_brings_nothing),
        (WindowTooShort, TrackerContract.test_an_increment_brings_what_changed_and_all_of_its_history),
        (WholeSet, TrackerContract.test_labels_of_others_stay),
        (AllOfThem, TrackerContract.test_some_issues_can_be_asked_about),
        (WhateverIsNamed, TrackerContract.test_some_issues_can_be_asked_about),
        (AnyMarker, TrackerContract.test_our_comment_is_found_by_its_marker),
    ],
)
def test_an_adapter_that_breaks_a_promise_is_caught(broken: type[Notebook], promise: Promise) -> None:
    paper = Paper()
    promise(TrackerContract(), Notebook(paper), paper)
    paper = Paper()
    with pytest.raises(AssertionError):
        promise(TrackerContract(), broken(paper), paper)
