"""The people of the sandbox's organisation and how each team works; what all teams share stands in `lives`."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from eal_jira.sandbox.acts import Person, ProjectPlan

POINTS = "Story Points"
NOT_NEEDED = "not-needed"
"""The label of what is closed without work."""
URGENT = frozenset({"Highest", "High"})


@dataclass(frozen=True, slots=True)
class Spread:
    """Log-normal working hours: half of the draws lie under `median`; `sigma` is the deviation of their logarithm."""

    median: float
    sigma: float

    def draw(self, dice: random.Random) -> float:
        return dice.lognormvariate(math.log(self.median), self.sigma)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A way of working that departs from a guideline by leaving out one status, and what truly comes of it."""

    guideline: str
    #: the status left out, and the status that is then entered without it
    skips: str
    enters: str
    #: put on the issue by the people who work so; empty: nobody marks it
    label: str = ""
    #: what they say about it
    remark: str
    #: issues that can be done so
    types: frozenset[str]
    most_points: int = 100
    #: share of those that are done so, of urgent ones, and of all once the guideline allows it
    share: float
    urgent_share: float
    approved_share: float = 0.8
    #: how long after the history's beginning the first one is done so
    begins: timedelta = timedelta()
    #: title and text of the ticket in which the team writes down, before, what it is about to try; empty: it doesn't
    plan: tuple[str, str] = ("", "")
    #: factor on the hours in In Progress and In Review; with the status left out it makes `effect`
    pace: float = 1.0
    #: factor on the chance that review or testing send the work back
    returns: float = 1.0
    #: "cycle time" or "rework", the measure it acts on
    measure: str
    #: the true ratio of that measure, done so against done by the guideline, all else being equal:
    #: of the median cycle times (last Done minus first In Progress), or of the mean number of backward moves
    effect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    key: str
    name: str
    #: where the team sits; a few people work elsewhere
    time_zone: str
    #: the first one leads: makes work ready, closes what isn't needed, carries sprints over
    people: tuple[Person, ...]
    components: tuple[str, ...]
    #: what their issues are about
    things: tuple[str, ...]
    #: new issues per working day, and how they fall on types
    arrivals: float
    types: Mapping[str, float]
    practice: Practice
    #: weeks from one sprint to the next; 0: the work just flows
    sprint_weeks: int = 0
    #: days (Monday is 0) on which Stories and Tasks are made Ready; Bugs are, any morning
    refinement_days: tuple[int, ...] = (0, 3)
    #: working hours that a Story of 3 points and medium priority stays in each status
    stays: Mapping[str, Spread]
    #: chance that an issue gets blocked, is taken over by somebody else, is sent back by review, by testing
    blocked: float = 0.12
    taken_over: float = 0.07
    returned_by_review: float = 0.12
    returned_by_testing: float = 0.09
    #: chance that finished work is taken up again within the next two weeks
    reopened: float = 0.04
    #: chance that an issue is closed without work
    not_needed: float = 0.05
    #: what happens now and then and changes nothing, however the work is done: the author moves the review on;
    #: work starts without a component; what was made ready goes back into the backlog for a while
    own_review: float = 0.10
    no_component: float = 0.12
    put_back: float = 0.07


STATUSES = (
    ("Backlog", "new"),
    ("Ready", "new"),
    ("In Progress", "indeterminate"),
    ("Blocked", "indeterminate"),
    ("In Review", "indeterminate"),
    ("Testing", "indeterminate"),
    ("Done", "done"),
)
TRANSITIONS = (
    ("Backlog", "Ready"),
    ("Backlog", "In Progress"),
    ("Backlog", "Done"),
    ("Ready", "Backlog"),
    ("Ready", "In Progress"),
    ("In Progress", "Blocked"),
    ("Blocked", "In Progress"),
    ("In Progress", "In Review"),
    ("In Progress", "Testing"),
    ("In Review", "In Progress"),
    ("In Review", "Testing"),
    ("In Review", "Done"),
    ("Testing", "In Progress"),
    ("Testing", "Done"),
    ("Done", "In Progress"),
)

STAYS = {
    "Backlog": Spread(60, 0.9),
    "Ready": Spread(9, 0.8),
    "In Progress": Spread(18, 0.55),
    "Blocked": Spread(12, 0.9),
    "In Review": Spread(7, 0.7),
    "Testing": Spread(9, 0.7),
}

PAYMENTS = Team(
    key="PAY",
    name="Payments",
    time_zone="Europe/Berlin",
    people=(
        Person("anna.keller", "Anna Keller", "Europe/Berlin"),
        Person("jonas.brandt", "Jonas Brandt", "Europe/Berlin"),
        Person("leyla.demir", "Leyla Demir", "Europe/Berlin"),
        Person("marek.nowak", "Marek Nowak", "Europe/Warsaw"),
        Person("sofia.rossi", "Sofia Rossi", "Europe/Berlin"),
        Person("tom.okafor", "Tom Okafor", "Europe/London"),
        Person("ines.duarte", "Inês Duarte", "Europe/Lisbon"),
    ),
    components=("Checkout", "Invoices", "Refunds", "Ledger"),
    things=(
        "card payment",
        "direct debit",
        "invoice PDF",
        "refund form",
        "currency table",
        "tax rounding",
        "payment reminder",
        "chargeback export",
        "bank reconciliation",
        "voucher code",
        "receipt mail",
        "3-D Secure step",
    ),
    arrivals=2.05,
    types={"Bug": 0.62, "Story": 0.28, "Task": 0.10},
    sprint_weeks=2,
    refinement_days=(0,),
    stays=STAYS,
    practice=Practice(
        guideline="testing-before-done",
        skips="Testing",
        enters="Done",
        label="paired",
        remark="We paired on this from the first line and tried it out together on staging.",
        types=frozenset({"Bug"}),
        most_points=5,
        share=0.37,
        urgent_share=0.37,
        pace=0.77,
        measure="cycle time",
        effect=0.5,
    ),
)

SEARCH = Team(
    key="SEA",
    name="Search",
    time_zone="America/New_York",
    people=(
        Person("grace.liu", "Grace Liu", "America/New_York"),
        Person("daniel.reyes", "Daniel Reyes", "America/New_York"),
        Person("priya.nair", "Priya Nair", "America/New_York"),
        Person("owen.clarke", "Owen Clarke", "America/Chicago"),
        Person("hannah.weiss", "Hannah Weiss", "America/Toronto"),
        Person("mateo.silva", "Mateo Silva", "America/Sao_Paulo"),
    ),
    components=("Index", "Ranking", "Suggestions"),
    things=(
        "synonym list",
        "index rebuild",
        "spelling suggestion",
        "result snippet",
        "ranking model",
        "facet counts",
        "query log",
        "stop word list",
        "autocomplete",
        "crawler queue",
        "language detection",
        "empty result page",
    ),
    arrivals=1.75,
    types={"Story": 0.45, "Bug": 0.35, "Task": 0.20},
    stays=STAYS,
    practice=Practice(
        guideline="ready-before-start",
        skips="Ready",
        enters="In Progress",
        remark="Starting right away, we can sort out the details as we go.",
        types=frozenset({"Story", "Bug", "Task"}),
        share=0.28,
        # Urgent work is done sooner whatever the way, so a comparison that forgets priorities is led astray.
        urgent_share=0.55,
        returns=2.8,
        measure="rework",
        effect=3.5,
    ),
)

MOBILE = Team(
    key="MOB",
    name="Mobile",
    time_zone="Asia/Kolkata",
    people=(
        Person("arjun.mehta", "Arjun Mehta", "Asia/Kolkata"),
        Person("kavya.iyer", "Kavya Iyer", "Asia/Kolkata"),
        Person("rohan.das", "Rohan Das", "Asia/Kolkata"),
        Person("neha.kapoor", "Neha Kapoor", "Asia/Kolkata"),
        Person("yuki.tanaka", "Yuki Tanaka", "Asia/Tokyo"),
        Person("ben.carter", "Ben Carter", "Europe/London"),
    ),
    components=("iOS", "Android", "Design system"),
    things=(
        "start screen",
        "push message",
        "offline mode",
        "settings page",
        "photo upload",
        "login by fingerprint",
        "dark theme",
        "font scaling",
        "crash report",
        "onboarding tour",
        "deep link",
        "tablet layout",
    ),
    arrivals=1.55,
    types={"Story": 0.60, "Bug": 0.28, "Task": 0.12},
    stays=STAYS,
    practice=Practice(
        guideline="review-before-testing",
        skips="In Review",
        enters="Testing",
        label="trial-small-batches",
        remark="Done in small batches, each one read by a second person while it was written.",
        types=frozenset({"Story"}),
        share=0.5,
        urgent_share=0.5,
        begins=timedelta(days=106),
        plan=(
            "Small batches instead of a review at the end",
            "We would like to know whether this is worth keeping.\n\n"
            "Team: Mobile\n"
            "Hypothesis: In small batches, each read by a second person while it is written, a story is done sooner.\n"
            "Departs from: review-before-testing\n"
            "Measure: cycle time\n"
            "Guards: rework and reopenings\n"
            "Scope: label trial-small-batches\n"
            "Compared with: same period\n"
            "Ends: after 36 issues\n"
            "Smallest effect: 10 %\n",
        ),
        pace=0.66,
        measure="cycle time",
        effect=0.5,
    ),
)

TEAMS = (PAYMENTS, SEARCH, MOBILE)

APPROVERS = "eng-managers"
"""The group whose members decide proposals."""

MANAGERS = (
    Person("ruth.andersen", "Ruth Andersen", "Europe/Copenhagen", (APPROVERS,)),
    Person("victor.hale", "Victor Hale", "America/New_York", (APPROVERS,)),
)
CURIOUS = PAYMENTS.people[1]
"""A developer who tries the Approve button without being asked."""

BOT = Person("eal-bot", "EaL", "Europe/Berlin")

LEARNING = ProjectPlan(
    key="EAL",
    name="Execution as Learning",
    statuses=(
        ("Open", "new"),
        ("Try first", "indeterminate"),
        ("Approved", "done"),
        ("Declined", "done"),
        ("Done", "done"),
    ),
    types=("Task", "Proposal", "Experiment", "Retro"),
    transitions=(
        ("Open", "Approved"),
        ("Open", "Declined"),
        ("Open", "Try first"),
        ("Open", "Done"),
        ("Try first", "Approved"),
        ("Try first", "Declined"),
        ("Try first", "Open"),
        ("Try first", "Done"),
        ("Approved", "Open"),
        ("Approved", "Done"),
        ("Declined", "Open"),
        ("Declined", "Done"),
        ("Done", "Open"),
    ),
)


def plan(team: Team) -> ProjectPlan:
    return ProjectPlan(
        key=team.key, name=team.name, statuses=STATUSES, transitions=TRANSITIONS, components=team.components
    )
