"""A small team that makes the daemon do every kind of write, in rounds; between the rounds somebody pulls the plug.

Six of twelve issues skip the review and are quick: that makes labels, properties, comments, a proposal and a retro.
Then people go on working, a manager decides, a week goes by, the team edits its guidelines, webhooks arrive.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from eal_jira.sandbox import Site, VirtualClock
from eal_jira.sandbox.acts import Create, Edit, Move, Person, ProjectPlan, Say

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LAG = timedelta(minutes=3)
"""How late the sandbox's search knows of a write."""

BOT = Person("eal-bot", "EAL bot", account_type="app")
ANN, KIM = Person("ann", "Ann"), Person("kim", "Kim")
HOOK_SECRET = "the secret of the webhooks"
STATUSES = (("Open", "new"), ("Doing", "indeterminate"), ("Review", "indeterminate"), ("Done", "done"))
LEARNING = ProjectPlan(
    "EAL", "Learning", (("Open", "new"), ("Approved", "done"), ("Declined", "done"), ("Try first", "done"))
)
REVIEW = """
[[guideline]]
id = "review-before-done"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes sees what the first can't"
source = "Bacchelli & Bird, 2013"
rule = { kind = "precedence", first = "Review", then = "Done" }
"""
REOPENED = """
[[guideline]]
id = "done-stays-done"
title = "What is done stays done"
purpose = "Finished work can be relied on"
source = "the team's own practice"
mandatory = true
why = "Others build on it"
rule = { kind = "absence", from = "Done", status = "Doing" }
"""
BLOCKED = """
[[guideline]]
id = "never-open-again"
title = "Nothing goes back to the beginning"
purpose = "What was begun is brought to an end"
source = "the team's own practice"
mandatory = true
why = "Half-done work helps nobody"
rule = { kind = "absence", from = "Doing", status = "Open" }
"""


@dataclass(frozen=True, slots=True)
class Round:
    name: str
    #: what happens in the tracker before it (or, in a round of the daemon, while it runs)
    act: Callable[[Site, random.Random], None]
    #: what stands in the guideline file during it
    guidelines: str
    #: the command that runs in it: "cycle", or "run" with webhooks arriving
    command: str = "cycle"


def site(flavour: str, seed: int) -> Site:
    made = Site(flavour=flavour, clock=VirtualClock(START))  # type: ignore[arg-type]
    made.index_lag = LAG
    for person in (BOT, ANN, KIM):
        made.add_person(person)
    made.add_project(LEARNING)
    made.add_project(ProjectPlan("P", "Project", STATUSES))
    begin = START - timedelta(days=6)
    rng = random.Random(seed)
    for n in range(12):
        quick, key, at = n % 2 == 0, f"P-{n + 1}", begin + timedelta(hours=2 * n)
        made.perform(Create(at, "ann", key, "Story", f"Thing {n}", {"priority": "Medium"}))
        made.perform(Move(at + timedelta(hours=1), "ann", key, "Doing"))
        if not quick:
            made.perform(Move(at + timedelta(hours=40 + n), "ann", key, "Review"))
        made.perform(Move(at + timedelta(hours=8 + n + rng.random() if quick else 70 + n), "ann", key, "Done"))
    return made


def _go(at: Site, by: timedelta) -> datetime:
    return at.clock.advance(by)  # type: ignore[attr-defined, no-any-return]


def _first(at: Site, _rng: random.Random) -> None:
    _go(at, LAG)


def _work(at: Site, rng: random.Random) -> None:
    """Somebody skips the review, somebody takes something up again, somebody says something."""
    _go(at, timedelta(hours=rng.randint(1, 8)))
    _people_work(at, rng, timedelta(minutes=5))
    _go(at, LAG)


def _people_work(at: Site, rng: random.Random, step: timedelta) -> None:
    now = _go(at, step)
    number = max(issue.number for issue in at.issues.values() if issue.key.startswith("P-")) + 1
    at.perform(Create(now, "ann", f"P-{number}", "Story", f"Thing {number}", {"priority": "Medium"}))
    at.perform(Move(now, "ann", f"P-{number}", "Doing"))
    at.perform(Move(_go(at, step), "ann", f"P-{number}", "Done"))
    again = f"P-{rng.choice(range(1, 13))}"
    at.perform(Move(_go(at, step), "ann", again, "Doing"))
    at.perform(Say(at.clock.now(), "ann", again, f"Taken up again, there was more to it ({rng.random():.6f})."))
    at.perform(Move(_go(at, step), "ann", again, "Review"))
    at.perform(Move(_go(at, step), "ann", again, "Done"))
    at.perform(Edit(at.clock.now(), "kim", again, "summary", f"Thing, seen again ({rng.random():.6f})"))


def _meanwhile(at: Site, rng: random.Random) -> None:
    """The same while the daemon works: in the middle of a cycle no clock jumps by hours."""
    _people_work(at, rng, timedelta(seconds=30))
    _go(at, LAG)


def _decided(at: Site, _rng: random.Random) -> None:
    """The manager approves every open proposal."""
    now = _go(at, timedelta(days=1))
    for issue in list(at.issues.values()):
        if "eal-proposal" in issue.fields.get("labels", ()) and not issue.histories:
            at.perform(Say(now, "kim", issue.key, "Good idea."))
            at.perform(Move(now, "kim", issue.key, "Approved"))
    _go(at, LAG)


def _next_week(at: Site, rng: random.Random) -> None:
    _go(at, timedelta(days=7))
    _work(at, rng)


ROUNDS = (
    Round("first", _first, REVIEW + REOPENED),
    Round("work", _work, REVIEW + REOPENED),
    Round("decided", _decided, REVIEW + REOPENED),
    Round("next week", _next_week, REVIEW + REOPENED),
    Round("new rule", _work, REVIEW + REOPENED + BLOCKED),
    Round("daemon", _meanwhile, REVIEW + REOPENED + BLOCKED, "run"),
)


def write_config(folder: Path, url: str, user: str | None, token: str, port: int) -> Path:
    (folder / "token").write_text(token)
    (folder / "hook").write_text(HOOK_SECRET)
    config = folder / "eal-jira.toml"
    config.write_text(
        f"""
[tracker]
adapter = "jira"
url = "{url}"
{f'user = "{user}"' if user else ""}
token = {{ file = "{folder / "token"}" }}
learning_project = "EAL"
[run]
every = 1
[web]
listen = "127.0.0.1:{port}"
webhook_secret = {{ file = "{folder / "hook"}" }}
[[teams]]
name = "Team"
projects = ["P"]
guidelines = "g.toml"
since = 2025-01-01
pages = ["html", "jira"]
comments = true
retro = "weekly"
min_group = 3
approvers = ["kim"]
[practices]
team_first = 0
"""
    )
    return config
