"""Proposals and retros that are tickets carry their charts as files: attached once, replaced by newer ones."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Create, Move

from .conftest import NOW, Bench, OpenBench
from .test_from_departure_to_better_guideline import FLAVOURS, Life, lived
from .test_retros import TEAM as RETROS
from .test_retros import WEEK, forward, prepare, tickets


def pictures(ticket: Any) -> list[Any]:
    return [file for file in ticket.attachments if file.name.startswith("eal-evidence-")]


def text_of(ticket: Any) -> str:
    return json.dumps(ticket.fields["description"], ensure_ascii=False)


def proposed(life: Life) -> Any:
    life.work(20, quick=True)
    life.cycle()
    (row,) = life.proposals()
    return life.ticket(row.key)


@FLAVOURS
def test_a_proposal_has_a_picture_and_says_in_words_what_it_shows(bench: OpenBench, flavour: str) -> None:
    with lived(bench, flavour) as life:
        ticket = proposed(life)
        (file,) = pictures(ticket)
        assert file.content.startswith(b"\x89PNG")
        assert "20 issues done the new way and 20 to compare with; better. Medians: " in text_of(ticket)
        assert "It is attached to this ticket." in text_of(ticket)
        assert "The numbers behind" in text_of(ticket)
        written = len(life.b.writes())
        life.cycle()
        again = life.cycle()
        assert len(life.b.writes()) == written, "running the same cycles again creates nothing new"
        assert again.checked.issues == 0


def test_newer_evidence_replaces_the_picture_and_leaves_the_text(bench: OpenBench) -> None:
    with lived(bench) as life:
        ticket = proposed(life)
        (before,), text = pictures(ticket), text_of(ticket)
        life.work(30, quick=True)
        life.cycle()
        (after,) = pictures(ticket)
        assert after.name != before.name
        assert text_of(ticket) == text
        (words,) = life.words(ticket)
        assert "The picture attached to this ticket shows them." in words


def test_after_the_loss_of_the_database_the_picture_is_found_by_its_name(bench: OpenBench) -> None:
    with lived(bench) as life:
        ticket = proposed(life)
        (before,) = pictures(ticket)
        life.b.lose_the_database()
        with life.b.house() as house:
            for _ in range(3):
                life.site.clock.advance(timedelta(minutes=11))
                approve_plans(house)
                run_cycle(house)
        assert [(file.id, file.name) for file in pictures(ticket)] == [(before.id, before.name)]


@FLAVOURS
def test_a_retro_that_is_a_ticket_has_its_charts_as_files_and_newer_ones_take_their_place(
    bench: OpenBench, flavour: str
) -> None:
    with bench(flavour, RETROS.format(hours=0).replace('["html", "jira"]', '["jira"]')) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            forward(b, WEEK)
            run_cycle(house)
            retro = newest_retro(b)
            before = {file.name: file for file in retro.attachments}
            assert len(before) == len(retro.attachments) == 3
            assert all(file.content.startswith(b"\x89PNG") for file in before.values())
            assert all(name in text_of(retro) for name in before), "the text says where to find each"
            written = len(b.writes())
            forward(b, timedelta(hours=2))
            run_cycle(house)
            assert len(b.writes()) == written, "nothing changed: nothing is sent"

        theirs = b.site.write("ann", b.site.clock.now()).attach(retro, "eal-throughput.png", b"a photo", "image/png")
        for number in range(20, 26):
            b.site.perform(Create(NOW - WEEK, "ann", f"P-{number}", "Story", "Thing", {}))
            b.site.perform(Move(NOW, "ann", f"P-{number}", "Done"))
        b.lose_the_database()
        with b.house() as house:
            for _ in range(3):
                forward(b, timedelta(minutes=11))
                approve_plans(house)
                run_cycle(house)
            assert newest_retro(b) is retro
            after = {file.name: file for file in retro.attachments}
        assert len(after) == len(retro.attachments), "each stands once"
        assert after[theirs.name] is theirs
        ours = {name: file for name, file in after.items() if file is not theirs}
        kinds = Counter(kind(name) for name in ours)
        assert set(kinds.values()) == {1}, "a newer one has taken the older one's place"
        assert kinds.keys() > {kind(name) for name in before}
        assert not ours.keys() & before.keys()
        assert all(name in text_of(retro) for name in ours)


def newest_retro(b: Bench) -> Any:
    """The one of the week from 5 January; which of two tickets is made first is left to chance."""
    (found,) = (i for k in tickets(b, "eal-retro") if "5–11 January" in (i := b.site.find(k)).fields["summary"])
    return found


def kind(name: str) -> str:
    """ "eal-cycle-time-0123456789ab.png" without what the picture shows."""
    return name.rpartition("-")[0]
