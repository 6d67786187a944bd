"""Every verb stands once, whether its answer was lost after the effect or before it; the tracker's journal tells."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from eal_jira.model import RemoteLinkDraft
from eal_jira.outbox.bounds import SEARCH_LAG, SETTLE
from eal_jira.outbox.intents import Attached, Comment, Intent, Linked, LinkedElsewhere, Tag, Transition
from eal_jira.sandbox.acts import Create, Move
from eal_jira.sandbox.faults import Exchange, Fault, Instead, Reset, Times
from eal_jira.store import issues

from .conftest import NOW, TICKET, Bench

KINDS = {
    "create": "create",
    "comment": "comment",
    "transition": "transition",
    "link": "link",
    "attachment": "attachment",
}
PATHS = {
    "create": "/issue",
    "comment": "/comment",
    "transition": "/transitions",
    "link": "/issueLink",
    "attachment": "/attachments",
}


def wish(bench: Bench, kind: str) -> Intent:
    here = str(bench.site.issue("P-1").id)
    match kind:
        case "create":
            return TICKET
        case "comment":
            return Comment("deviation/one", "What made that better?", issue_id=here)
        case "transition":
            return Transition("close/one", "Done", issue_id=here)
        case "link":
            other = bench.site.perform(Create(NOW, "ann", "P-2", "Task", "Another"))
            return Linked("Relates", issue_id=here, other_id=str(other.id))
        case _:
            return Attached("chart.png", b"\x89PNG some bytes", issue_id=here)


def effects(bench: Bench, kind: str) -> int:
    """How often the site accepted it from us; a link is told at both of its ends."""
    told = [entry for entry in bench.site.journal if entry.actor == "bot" and entry.kind == KINDS[kind]]
    return len({entry.artefact["link"] for entry in told}) if kind == "link" else len(told)


@pytest.fixture(autouse=True)
def _words(bench: Bench) -> None:
    with bench.tracker() as tracker, bench.store.write() as connection:
        issues.save_vocabulary(connection, tracker.vocabulary())


@pytest.mark.parametrize("kind", KINDS)
def test_what_took_effect_before_its_answer_was_lost_is_found_and_not_sent_again(bench: Bench, kind: str) -> None:
    wanted = wish(bench, kind)
    bench.wants(wanted)
    lost = Reset(after_effect=True) if kind in ("create", "comment") else Instead(502, after_effect=True)
    bench.site.faults = Times(lambda e: e.method == "POST" and e.path.endswith(PATHS[kind]), lost)
    bench.until_done(wanted)
    assert effects(bench, kind) == 1
    sent = [each for each in bench.site.requests if each.method == "POST" and each.path.endswith(PATHS[kind])]
    assert len(sent) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_took_no_effect_is_sent_again_when_nothing_can_be_under_way_any_more(bench: Bench, kind: str) -> None:
    wanted = wish(bench, kind)
    bench.wants(wanted)
    bench.site.faults = Times(lambda e: e.method == "POST" and e.path.endswith(PATHS[kind]), Reset(after_effect=False))
    bench.until_done(wanted, every=timedelta(seconds=30))
    assert effects(bench, kind) == 1
    first, second = [
        each.at for each in bench.site.requests if each.method == "POST" and each.path.endswith(PATHS[kind])
    ]
    assert second - first >= (SEARCH_LAG if kind == "create" else SETTLE)


def test_a_comment_that_takes_effect_only_after_its_connection_has_gone_stands_once(bench: Bench) -> None:
    """It looks as if it never arrived, and arrives a minute later: a resend in between would have doubled it."""
    wanted = wish(bench, "comment")
    bench.wants(wanted)
    bench.site.faults = Times(lambda e: e.method == "POST", Reset(after_effect=False))
    bench.deliver()
    bench.later(timedelta(seconds=30))
    bench.deliver()
    issue = bench.site.issue("P-1")
    bench.later(timedelta(seconds=30))
    with bench.tracker() as tracker:
        tracker.whoami()
        tracker.add_comment(str(issue.id), "What made that better?", "deviation/one")
    bench.until_done(wanted)
    assert len(issue.comments) == 1
    assert effects(bench, "comment") == 1, "not even for a moment was there another one"


def test_the_same_file_is_attached_once_and_other_content_is_another_file(bench: Bench) -> None:
    here = str(bench.site.issue("P-1").id)
    first, again = Attached("chart.png", b"one", issue_id=here), Attached("chart.png", b"two", issue_id=here)
    bench.wants(first)
    bench.deliver()
    bench.wants(first, again)
    bench.deliver()
    files = bench.site.issue("P-1").attachments
    assert [file.content for file in files] == [b"one", b"two"]
    assert len({file.name for file in files}) == 2
    assert all(file.name.startswith("chart-") and file.name.endswith(".png") for file in files)


def picture(bench: Bench, content: bytes) -> Attached:
    return Attached("eal-evidence.png", content, issue_id=str(bench.site.issue("P-1").id), replaces=True)


def test_a_newer_picture_takes_the_older_ones_place_and_people_keep_their_files(bench: Bench) -> None:
    issue = bench.site.issue("P-1")
    for name in ("eal-evidence.png", "eal-evidence-of-mine.png", "other-0123456789ab.png"):
        bench.site.write("ann", bench.now).attach(issue, name, b"hers", "image/png")
    for content in (b"one", b"two", b"two", b"three"):
        bench.wants(picture(bench, content))
        bench.deliver()
    assert [file.content for file in issue.attachments] == [b"hers", b"hers", b"hers", b"three"]
    told = Counter(entry.kind for entry in bench.site.journal if entry.actor == "bot")
    assert told == {"attachment": 3, "attachment-delete": 2}, "the same again writes nothing"


@pytest.mark.parametrize("after_effect", [True, False])
def test_a_lost_answer_on_the_way_to_a_newer_picture_leaves_one(bench: Bench, after_effect: bool) -> None:
    older, newer = picture(bench, b"one"), picture(bench, b"two")
    bench.wants(older)
    bench.until_done(older)
    lost = Instead(502, after_effect=after_effect)
    bench.site.faults = Times(lambda e: e.method == "POST" and e.path.endswith("/attachments"), lost)
    bench.wants(newer)
    bench.until_done(newer)
    assert [file.content for file in bench.site.issue("P-1").attachments] == [b"two"]
    assert effects(bench, "attachment") == 2


def test_an_older_picture_that_we_may_not_take_away_stays_and_holds_up_nothing(bench: Bench) -> None:
    bench.wants(picture(bench, b"one"))
    bench.deliver()
    bench.site.people.revoke("bot", None, ["DELETE_OWN_ATTACHMENTS"])
    bench.wants(picture(bench, b"two"))
    bench.deliver()
    assert bench.state(picture(bench, b"two")) == "done"
    assert [file.content for file in bench.site.issue("P-1").attachments] == [b"one", b"two"]


def test_a_link_elsewhere_is_replaced_by_its_id_and_left_alone_while_it_is_right(bench: Bench) -> None:
    here = str(bench.site.issue("P-1").id)
    for title in ("Retro 1", "Retro 1", "Retro one"):
        bench.wants(LinkedElsewhere(RemoteLinkDraft("eal/retro/1", "https://x.invalid/1", title, "is told in"), here))
        bench.deliver()
    (link,) = bench.site.issue("P-1").remote_links
    assert link.body["object"]["title"] == "Retro one"
    assert link.body["relationship"] == "is told in"
    assert Counter(entry.kind for entry in bench.site.journal if entry.actor == "bot") == {
        "remote-link": 1,
        "remote-link-edit": 1,
    }


def test_a_link_that_somebody_made_already_is_not_made_again(bench: Bench) -> None:
    wanted = wish(bench, "link")
    kinds = {kind.name: kind.id for kind in bench.site.catalogue.link_types.values()}
    bench.site.write("ann").link(kinds["Relates"], bench.site.issue("P-1"), bench.site.issue("P-2"))
    bench.wants(wanted)
    assert bench.deliver().written == 0
    assert bench.state(wanted) == "done"


def test_whoever_moves_an_issue_on_has_the_last_word(bench: Bench) -> None:
    """Our move took effect, its answer was lost, and a person moved the issue back: it stays there."""
    wanted = wish(bench, "transition")
    bench.wants(wanted)

    class AndLooksFail:
        """So that the adapter itself can't see that it arrived."""

        def fault(self, exchange: Exchange) -> Fault | None:
            if exchange.method == "POST":
                return Reset(after_effect=True)
            posted = any(e.method == "POST" for e in bench.site.requests)
            return Instead(502) if posted and "/issue/" in exchange.path else None

    bench.site.faults = AndLooksFail()
    bench.deliver()
    assert effects(bench, "transition") == 1
    bench.site.faults = None
    # "Open" is where it was: nobody can tell a move back from one that never arrived, so another place
    bench.site.project("P").statuses.append(bench.site.catalogue.status("Parked", "new").id)
    bench.site.perform(Move(bench.now, "ann", "P-1", "Parked"))
    bench.until_done(wanted)
    assert effects(bench, "transition") == 1
    assert bench.row(wanted).result is not None
    assert (bench.row(wanted).result or {}).get("overtaken") is True


def test_one_lane_goes_in_order_and_waits_for_no_other(bench: Bench) -> None:
    other = bench.site.perform(Create(NOW, "ann", "P-2", "Task", "Another"))
    slow = wish(bench, "comment")
    behind = Transition("close/one", "Done", issue_id=str(bench.site.issue("P-1").id))
    free = Tag(str(other.id), ("eal-deviation",), (), {"schema": 1, "deviations": []})
    bench.wants(slow, behind, free)
    bench.site.faults = Times(lambda e: e.method == "POST" and e.path.endswith("/comment"), Reset(after_effect=False))
    bench.deliver()
    assert (bench.state(slow), bench.state(behind), bench.state(free)) == ("unknown", "waiting", "done")
    bench.until_done(slow, behind, free)
    ours = [entry.kind for entry in bench.site.journal if entry.actor == "bot" and entry.key == "P-1"]
    assert ours == ["comment", "transition"]
