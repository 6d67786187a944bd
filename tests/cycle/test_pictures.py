"""A proposal carries its evidence as table and chart: attached once, replaced by newer evidence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle

from .conftest import OpenBench
from .test_from_departure_to_better_guideline import FLAVOURS, Life, lived


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
