"""The site itself: acts, the journal, the index against a plain model, keys, links, caches, and many threads."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.errors import ConfigError
from eal_jira.sandbox import Create, Edit, Move, Person, ProjectPlan, Say, Site, VirtualClock, serve
from eal_jira.sandbox.fields import SPRINT
from eal_jira.sandbox.plainjson import dumps
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, small_site


def test_acts_leave_the_traces_that_jira_leaves(flavour: str) -> None:
    site = small_site(flavour)
    at = [START - timedelta(days=30) + timedelta(hours=n) for n in range(6)]
    site.perform(
        Create(at[0], "ada", "PAY-1", "Story", "First", {"priority": "High", "labels": ["x"], "components": ["API"]})
    )
    site.perform(Move(at[1], "bob", "PAY-1", "In Progress"))
    site.perform(Edit(at[2], "bob", "PAY-1", "assignee", "bob"))
    site.perform(Edit(at[3], "ada", "PAY-1", "components", ["UI"]))
    site.perform(Say(at[4], "ada", "PAY-1", "hello"))
    issue = site.perform(Move(at[5], "bob", "PAY-1", "Done"))
    told = [[(i["field"], i["fromString"], i["toString"]) for i in h.items] for h in issue.histories]
    assert told == [
        [("status", "To Do", "In Progress")],
        [("assignee", None, "Bob Martin")],
        [("Component", "API", None), ("Component", None, "UI")],
        [("resolution", None, "Done"), ("status", "In Progress", "Done")],
    ]
    assert [h.created for h in issue.histories] == [at[1], at[2], at[3], at[5]]
    assert (issue.created, issue.updated, issue.resolved) == (at[0], at[5], at[5])
    kinds = [(e.kind, e.at, e.actor, e.via) for e in site.journal]
    assert kinds[:2] == [("create", at[0], "ada", "act"), ("transition", at[1], "bob", "act")]
    assert [e.number for e in site.journal] == list(range(1, 7))


def test_an_act_that_can_not_be_is_an_error_and_leaves_nothing(flavour: str) -> None:
    site = small_site(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    before = len(site.journal)
    for act in (
        Create(START, "ada", "PAY-1", "Story", "again"),
        Create(START, "ada", "NOPE-1", "Story", "x"),
        Move(START, "ada", "PAY-1", "Nowhere"),
        Move(START, "ada", "PAY-9", "Done"),
        Edit(START, "ada", "PAY-1", "nonsense", 1),
    ):
        with pytest.raises((KeyError, ValueError)):
            site.perform(act)
    assert len(site.journal) == before


def test_acts_in_the_past_come_in_the_order_of_their_moments() -> None:
    site = small_site()
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    site.perform(Edit(START + timedelta(hours=2), "ada", "PAY-1", "summary", "b"))
    site.perform(Edit(START + timedelta(hours=1), "ada", "PAY-1", "labels", ["l"]))
    issue = site.issue("PAY-1")
    assert [h.items[0]["field"] for h in issue.histories] == ["labels", "summary"]
    assert issue.updated == START + timedelta(hours=2)


def test_setting_what_is_set_leaves_no_trace() -> None:
    site = small_site()
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"labels": ["a"]}))
    before = len(site.journal)
    site.perform(Edit(START + timedelta(hours=1), "ada", "PAY-1", "labels", ["a"]))
    site.perform(Move(START + timedelta(hours=1), "ada", "PAY-1", "To Do"))
    assert (len(site.journal), site.issue("PAY-1").updated) == (before, START)


def test_listeners_hear_every_write() -> None:
    site = small_site()
    heard: list[str] = []
    site.listeners.append(lambda entry: heard.append(entry.kind))
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    site.perform(Say(START, "ada", "PAY-1", "hi"))
    assert heard == ["create", "comment"]


def test_statuses_are_shared_by_name_and_category() -> None:
    site = small_site()
    other = site.add_project(ProjectPlan("ABC", "Abc", (("To Do", "new"), ("Done", "indeterminate"))))
    pay = site.project("PAY")
    assert other.statuses[0] == pay.statuses[0]
    assert other.statuses[1] not in pay.statuses, "another category, another status"
    with pytest.raises(ValueError, match="no status category"):
        site.add_project(ProjectPlan("BAD", "Bad", (("Open", "todo"),)))
    with pytest.raises(ValueError, match="already"):
        site.add_project(ProjectPlan("ABC", "Again", (("To Do", "new"),)))


# --- what an answer embeds is never stale ---------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["summary", "status", "person", "status renamed", "parent", "sprint", "link gone"])
def test_a_change_elsewhere_shows_at_once(connect: Connect, flavour: str, deed: str) -> None:
    """Answers are kept as text; whatever they embed must still be the newest."""
    site = small_site(flavour)
    board = site.add_board("b", "PAY")
    sprint = site.add_sprint(board.id, "S", start=START, state="active")
    site.perform(Create(START, "ada", "PAY-1", "Story", "one", {"Sprint": sprint.id, "assignee": "bob"}))
    site.perform(Create(START, "ada", "PAY-2", "Sub-task", "two", {"parent": "PAY-1"}))
    site.perform(Create(START, "ada", "PAY-3", "Story", "three"))
    site.write("ada").link("10000", site.issue("PAY-1"), site.issue("PAY-3"))
    client = connect(site)
    keys = "PAY-1", "PAY-2", "PAY-3"
    before = {key: client.get(f"issue/{key}", expand="changelog") for key in keys}
    later = START + timedelta(hours=1)
    {
        "summary": lambda: site.perform(Edit(later, "ada", "PAY-3", "summary", "changed")),
        "status": lambda: site.perform(Move(later, "ada", "PAY-2", "Done")),
        "person": lambda: site.rename_person("bob", "Robert"),
        "status renamed": lambda: site.rename_status("To Do", "Ready"),
        "parent": lambda: site.perform(Edit(later, "ada", "PAY-1", "summary", "changed")),
        "sprint": lambda: site.close_sprint(sprint.id),
        "link gone": lambda: site.delete("PAY-3"),
    }[deed]()
    changed = {
        key for key in keys if client("GET", f"issue/{key}", params={"expand": "changelog"}).text != dumps(before[key])
    }
    expected = {
        "summary": {"PAY-1", "PAY-3"},
        "status": {"PAY-1", "PAY-2"},
        "person": {"PAY-1"},
        "status renamed": set(keys),
        "parent": set(keys),
        "sprint": {"PAY-1"},
        "link gone": {"PAY-1", "PAY-3"},
    }
    assert changed == expected[deed]


def test_a_warm_site_answers_the_same(connect: Connect, flavour: str) -> None:
    answers = []
    for warm in False, True:
        site = small_site(flavour)
        site.perform(Create(START, "ada", "PAY-1", "Story", "one", {"description": "h1. x"}))
        client = connect(site)
        if warm:
            site.warm()
        answers.append(client("GET", "issue/PAY-1").text.replace(client.url, ""))
    assert answers[0] == answers[1]


# --- the index against a model --------------------------------------------------------------------------------------

deeds = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["create", "edit", "edit", "delete"]), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.sampled_from([10, 30, 60, 90])),
        st.tuples(st.just("lag"), st.sampled_from([0, 60, 180])),
    ),
    min_size=4,
    max_size=25,
)


@given(deeds)
@settings(deadline=None, max_examples=300)
def test_search_sees_what_was_true_a_lag_ago(story: list[tuple[str, int]]) -> None:
    """The model keeps every version with the moment from which it is seen; the index must agree after each deed."""
    site = small_site()
    site.perform(Create(START - timedelta(days=1), "ada", "PAY-1", "Story", "first"))
    clock = site.clock
    assert isinstance(clock, VirtualClock)
    seen: dict[str, list[tuple[datetime, str | None]]] = {"PAY-1": [(START - timedelta(days=1), "first")]}
    lag = site.index_lag = timedelta(seconds=60)
    bot = site.people.accounts["bot"]
    for step, (deed, number) in enumerate(story):
        alive = [i.key for i in site.issues.values()]
        key = alive[number % len(alive)] if alive and deed != "create" else None
        text = f"v{step}"
        if deed == "wait":
            clock.advance(timedelta(seconds=number))
        elif deed == "lag":
            lag = site.index_lag = timedelta(seconds=number)
        elif deed == "create":
            key = site.perform(Create(clock.now(), "ada", f"PAY-{site.project('PAY').next_number}", "Story", text)).key
        elif key and deed == "edit":
            site.perform(Edit(clock.now(), "ada", key, "summary", text))
        elif key:
            site.delete(key)
        if key and deed in ("create", "edit", "delete"):
            versions = seen.setdefault(key, [])
            since = max([clock.now() + lag, *(at for at, _ in versions[-1:])])
            versions.append((since, None if deed == "delete" else text))
        expected = {}
        for each, versions in seen.items():
            visible = [text for since, text in versions if since <= clock.now()]
            if visible and visible[-1] is not None:
                expected[each] = visible[-1]
        found = site.search.find("project = PAY", bot).issues
        assert {i.key: i.fields["summary"] for i in found} == expected
        assert site.search.find("project = PAY", bot).issues == found, "asked again, the same"


# --- many at once -----------------------------------------------------------------------------------------------------


def test_many_clients_and_acts_at_once_lose_nothing(connect: Connect, flavour: str) -> None:
    site = small_site(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    client = connect(site)
    errors: list[str] = []

    def label(worker: int) -> None:
        mine = Client.of(client.url, site)
        for n in range(10):
            answer = mine("PUT", "issue/PAY-1", json={"update": {"labels": [{"add": f"w{worker}-{n}"}]}})
            if answer.status_code != 204:
                errors.append(answer.text)
        mine.close()

    def act() -> None:
        for n in range(2, 52):
            site.perform(Create(START, "ada", f"PAY-{n}", "Story", "y"))

    threads = [threading.Thread(target=label, args=(w,)) for w in range(4)] + [threading.Thread(target=act)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(site.issue("PAY-1").fields["labels"]) == 40
    assert len(site.issue("PAY-1").histories) == 40
    assert len(site.issues) == 51
    assert len(site.requests) == 40
    assert [e.number for e in site.journal] == list(range(1, len(site.journal) + 1))


def test_a_clock_that_does_not_know_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 1, 1))
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 1, 1))


def test_people_of_one_name_have_their_own_logins_and_tokens(flavour: str) -> None:
    site = Site(flavour, VirtualClock(START))  # type: ignore[arg-type]
    for number in range(3):
        site.add_person(Person(f"p{number}", "Ada Lovelace"))
    credentials = [site.credentials(f"p{number}") for number in range(3)]
    assert len({token for _, token in credentials}) == 3
    assert len({a.login for a in site.people.accounts.values()}) == 3
    old = site.credentials("p0")[1]
    assert site.people.new_token(site.people.accounts["p0"]) != old
    assert site.people.by_token(old) is None


def test_the_sprint_field_is_there_once_however_many_projects() -> None:
    site = small_site()
    assert [f.name for f in site.fields if f.custom == SPRINT] == ["Sprint"]


def test_a_port_that_is_taken_is_named_with_its_remedy(connect: Connect) -> None:
    taken = int(connect(small_site()).url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=f"can't listen on 127.0.0.1:{taken}.*Name another port"):
        serve(small_site(), port=taken)
