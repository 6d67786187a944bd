"""From what people write on a retro to a ticket, to what became of it on the next one; and the managers' digest."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.store import learning, learnings
from eal_pages_html.marked import NOTES, NOTES_END

from .conftest import NOW, Bench, OpenBench
from .test_killed_between_stages import GUIDELINE, STATUSES

TEAM = """projects = ["P"]
guidelines = "g.toml"
since = 2025-01-01
retro = "weekly"
pages = ["html", "jira"]
reflection_hours = {hours}
[digest]
when = "weekly"
"""
WEEK = timedelta(weeks=1)


def forward(b: Bench, by: timedelta) -> datetime:
    b.site.clock.advance(by)  # type: ignore[attr-defined]
    return b.site.clock.now()


def prepare(b: Bench, issues: int = 7) -> None:
    b.site.add_person(Person("ann", "Ann Example"))
    b.site.add_project(ProjectPlan("P", "Project", STATUSES))
    (b.folder / "g.toml").write_text(GUIDELINE)
    for number in range(1, issues + 1):
        b.site.perform(Create(NOW - 3 * WEEK, "ann", f"P-{number}", "Story", "Thing", {}))
        b.site.perform(Move(NOW - WEEK + timedelta(hours=number), "ann", f"P-{number}", "Done"))


def pages(b: Bench, word: str) -> list[Path]:
    return sorted((b.folder / "retros").rglob(f"{word}-*.html"))


def write(page: Path, notes: str) -> None:
    """What a person does with an editor."""
    content = page.read_bytes()
    start, end = content.index(NOTES) + len(NOTES), content.index(NOTES_END)
    page.write_bytes(content[:start] + notes.encode() + content[end:])


def tickets(b: Bench, label: str) -> list[str]:
    return sorted(issue.key for issue in b.site.issues.values() if label in (issue.fields.get("labels") or []))


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_an_action_becomes_one_ticket_and_the_next_retro_tells_what_became_of_it(
    bench: OpenBench, flavour: str
) -> None:
    with bench(flavour, TEAM.format(hours=4)) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            forward(b, WEEK)
            run_cycle(house)
            first = pages(b, "retro")[-1]
            retro = tickets(b, "eal-retro")[-1]
            write(
                first, "<ul><li><input type=checkbox> pair on the <b>next</b> migration</li></ul>\nGoal: fewer calls\n"
            )
            b.site.perform(Say(b.site.clock.now(), "ann", retro, "We talked.\n\nAction: Ask the shop"))

            made = []
            for _ in range(4):  # looked at again and again: one ticket each
                forward(b, timedelta(hours=2))
                made.append(run_cycle(house).reflected.actions)
            assert sum(made) == 2
            keys = tickets(b, "eal-action")
            assert len(keys) == 2
            b.site.perform(Move(b.site.clock.now(), "ann", keys[0], "Approved"))
            kept = first.read_bytes()

            forward(b, WEEK)
            run_cycle(house)
            second = pages(b, "retro")[-1].read_text()
            assert second != first.read_text()
            assert first.read_bytes() == kept, "a page that was written is left as it was"
            assert "fewer calls" in second
            with house.store.read() as connection:
                assert {a.text for a in learning.actions(connection, "Team")} == {
                    "pair on the next migration",
                    "Ask the shop",
                }
        lines = re.findall(r'<li><span class="chip chip-\w+">(\w+)</span> ([^<]*) \(<a [^>]*>(EAL-\d+)', second)
        assert {(state, key) for state, text, key in lines if "ask" in text.lower() or "pair" in text} == {
            ("done", keys[0]),
            ("open", keys[1]),
        }
        assert "Ann" not in second


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_what_people_write_into_the_description_of_a_retro_that_is_an_issue_is_heard(
    bench: OpenBench, flavour: str
) -> None:
    with bench(flavour, TEAM.format(hours=0).replace('["html", "jira"]', '["jira"]')) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            forward(b, WEEK)
            run_cycle(house)
            (retro,) = [i for i in b.site.issues.values() if i.fields["summary"].endswith("5–11 January 2026")]
            before = retro.fields["description"]
            if flavour == "cloud":
                lines = [
                    {"type": "paragraph", "content": [{"type": "text", "text": text}]}
                    for text in ("Action: ask the shop", "Goal: fewer calls")
                ]
                after: object = {**before, "content": [lines[0], *before["content"], lines[1]]}
            else:
                after = f"Action: ask the shop\n{before}\nGoal: fewer calls"
            b.site.perform(Edit(b.site.clock.now(), "ann", retro.key, "description", after))
            for _ in range(3):
                forward(b, timedelta(hours=2))
                run_cycle(house)
            (action,) = tickets(b, "eal-action")
            assert b.site.issue(action).fields["summary"] == "Team: ask the shop"
            assert retro.fields["description"] == after, "what people wrote stays, and so does ours"
            b.site.perform(Move(b.site.clock.now(), "ann", action, "Approved"))
            forward(b, WEEK)
            run_cycle(house)
            (second,) = [i for i in b.site.issues.values() if i.fields["summary"].endswith("12–18 January 2026")]
            told = json.dumps(second.fields["description"], ensure_ascii=False)
            assert "fewer calls" in told
            assert action in told


def test_time_is_planned_used_and_cut_in_sight(bench: OpenBench) -> None:
    with bench("cloud", TEAM.format(hours=4)) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            forward(b, WEEK)
            run_cycle(house)
            (ticket, *_) = tickets(b, "eal-retro")
            writer = b.site.write("ann", b.site.clock.now())
            writer.worklog(b.site.issue(ticket), 5_400, b.site.clock.now())
            forward(b, WEEK)
            run_cycle(house)
        assert "1.5 of 4 planned hours were used for reflection." in pages(b, "retro")[-1].read_text()
        b.team = TEAM.format(hours=2)
        with b.house() as house:
            forward(b, WEEK)
            run_cycle(house)
        assert "4 hours were planned for the time before" in pages(b, "retro")[-1].read_text()
        card = pages(b, "scorecard")[0].read_text()
        assert "It has no owner." in card
        assert "1.5 hours" in card
        assert card.count("<h3>") == 7


def test_a_managers_question_on_the_digest_stands_on_the_next_retro_and_on_no_other(bench: OpenBench) -> None:
    with bench("cloud", TEAM.format(hours=0)) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            run_cycle(house)
            (digest,) = pages(b, "digest")
            assert "has no open question from you yet" in digest.read_text()
            write(digest, "\n<p>Question for Team: What would you stop doing?</p>\n")
            forward(b, WEEK)
            run_cycle(house)
            asked = "What would you stop doing?"
            assert asked in pages(b, "retro")[-1].read_text()
            forward(b, WEEK)
            run_cycle(house)
            assert asked not in pages(b, "retro")[-1].read_text()
            assert "has no open question from you yet" in digest.read_text(), "a new one is asked for"
            assert "What would you stop doing?" in digest.read_text(), "what was written stays"
            assert "Ann" not in digest.read_text()


def test_the_host_changes_each_time_and_what_others_could_use_is_kept_and_its_use_told(bench: OpenBench) -> None:
    team = 'hosts = ["a developer", "a tester", "a designer"]\n' + TEAM.format(hours=0)
    with bench("cloud", team) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            forward(b, WEEK)
            run_cycle(house)
            hosted = [page.read_text() for page in pages(b, "retro")]
            write(pages(b, "retro")[-1], "\nHost: Ann\nFor others: Ask the shop early\n")
            for _ in range(2):  # looked at again: kept once
                forward(b, timedelta(hours=2))
                run_cycle(house)
            with house.store.read() as connection:
                (known,) = learnings.listed(connection, "Team")
                assert (known.kind, known.body["what"], known.body["grade"]) == (
                    "said",
                    "Ask the shop early",
                    "opinion",
                )
            b.site.add_project(ProjectPlan("Q", "Another", STATUSES))
            other = b.site.perform(Create(b.site.clock.now(), "ann", "Q-1", "Story", "We try it, too", {}))
            (ticket,) = [i for i in b.site.issues.values() if i.fields["summary"].endswith("5–11 January 2026")]
            kind = next(iter(b.site.catalogue.link_types))
            b.site.write("ann", b.site.clock.now()).link(kind, other, ticket)
            forward(b, WEEK)
            run_cycle(house)
            hosted.append(pages(b, "retro")[-1].read_text())
        turns = [re.findall(r"hosted by <strong>([^<]*)</strong>", page) for page in hosted]
        assert turns == [["a developer"], ["a tester"], ["a designer"]]
        assert re.search(r"Ask the shop early \(opinion.*\): others have begun to link to it", hosted[-1])
        assert "Ann" not in hosted[-1]


def test_a_cycle_over_nothing_new_writes_no_page(bench: OpenBench) -> None:
    with bench("cloud", TEAM.format(hours=0)) as b:
        prepare(b)
        with b.house() as house:
            run_cycle(house)
            approve_plans(house)
            forward(b, WEEK)
            run_cycle(house)
            run_cycle(house)
            before = {p: p.stat().st_mtime_ns for p in (b.folder / "retros").rglob("*")}
            forward(b, timedelta(minutes=1))
            assert run_cycle(house).delivered.written == 0
            assert {p: p.stat().st_mtime_ns for p in (b.folder / "retros").rglob("*")} == before
