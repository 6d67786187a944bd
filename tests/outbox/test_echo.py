"""Our own changes are known by account and mark: a person with our token and an automation of ours are not us."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from eal_jira.model import Actor, Change
from eal_jira.outbox.echo import digest, is_ours, without_ours
from eal_jira.process.log import build_trace
from eal_jira.testing.builders import MONDAY, STATUSES, comment, issue

US = Actor("bot")


def labelled(before: str, after: str, actor: Actor | None = US) -> Change:
    return Change("7", 0, MONDAY + timedelta(hours=1), actor, "labels", None, before, None, after)


def attached(name: str, *, gone: bool = False) -> Change:
    came = Change("8", 0, MONDAY, US, "attachment", None, None, "10", name)
    return replace(came, from_id="10", from_text=name, to_id=None, to_text=None) if gone else came


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        (labelled("", "eal-deviation"), True),
        (labelled("hers eal-deviation", "hers"), True),
        (labelled("", "eal-deviation", Actor("ann")), False),
        (labelled("", "eal-deviation", None), False),
        (labelled("", "urgent"), False),
        (labelled("", "eal-deviation urgent"), False),
        (labelled("hers", "hers"), False),
        (replace(labelled("", "eal-deviation"), field="status", from_id="1", to_id="2"), False),
        (attached("eal-evidence-0123456789ab.png"), True),
        (attached("eal-evidence-0123456789ab.png", gone=True), True),
        (attached("screenshot.png"), False),
        (replace(attached("eal-evidence-0123456789ab.png"), actor=Actor("ann")), False),
    ],
    ids=[
        *("label", "removal", "a person's", "nobody's", "another label", "both", "nothing", "another field"),
        *("our file", "our file gone", "another file", "a person's file"),
    ],
)
def test_a_change_is_ours_by_account_and_mark(change: Change, ours: bool) -> None:
    assert is_ours(change, [US]) is ours


def test_what_we_wrote_leaves_the_content_as_it_was_and_what_anybody_else_does_changes_it() -> None:
    plain = issue(1, created=MONDAY)
    before = digest(build_trace(plain, []), [], [US])
    later = plain.updated + timedelta(hours=2)
    echoed = replace(plain, labels=("eal-deviation",), property={"schema": 1}, updated=later)
    changes = [labelled("", "eal-deviation")]
    ours = replace(comment("Why?", 1, at=later, actor=US), marker="deviation/one")
    assert digest(build_trace(echoed, without_ours(changes, [US])), [ours], [US]) == before

    def differs(who: Actor, *, moved: bool = False, said: bool = False) -> bool:
        move = Change("8", 0, later, who, "status", STATUSES[0].id, None, STATUSES[1].id, None)
        now = replace(echoed, status=STATUSES[1].id) if moved else echoed
        all_changes = [*changes, *([move] if moved else [])]
        comments = [ours, *([comment("Because.", 2, at=later, actor=who)] if said else [])]
        return digest(build_trace(now, without_ours(all_changes, [US])), comments, [US]) != before

    assert differs(Actor("ann"), moved=True)
    assert differs(US, moved=True), "somebody who uses our token"
    assert differs(US, said=True), "an automation under our account has no marker"
