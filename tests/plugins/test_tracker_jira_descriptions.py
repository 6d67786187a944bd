"""A description shared with people: ours between two lines, theirs to the byte, on both kinds of Jira."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.errors import RefusedByTracker
from eal_jira.model import IssueRef, TicketDraft
from eal_tracker_jira.descriptions import BEGIN, END, merged_markup, merged_nodes
from tests.plugins.jira_world import ANN, JiraWorld, paths, served

FIRST, SECOND = "Hello **you**.\n\n- one\n", "# Another\n\nAll new."


class Shared:
    """A page of ours that is an issue, and Ann who edits it in the browser."""

    def __init__(self, world: JiraWorld) -> None:
        self.world = world
        self.tracker = world.tracker()
        self.tracker.whoami()
        draft = TicketDraft(world.project, "Task", "A retro", FIRST, "retro/1", ("eal-retro",), shared=True)
        self.ref: IssueRef = self.tracker.create(draft)
        self.cloud = world.site.flavour == "cloud"
        self._address = f"{world.url}/rest/api/{3 if self.cloud else 2}/issue/{self.ref.id}"
        user, token = world.site.credentials(ANN)
        self._headers = {} if user else {"Authorization": f"Bearer {token}"}
        self._auth = (user, token) if user else None

    @property
    def description(self) -> Any:
        answer = requests.get(self._address, auth=self._auth, headers=self._headers, timeout=5)
        return answer.json()["fields"]["description"]

    def edit(self, nodes: Callable[[list[Any]], list[Any]], markup: Callable[[str], str]) -> None:
        now = self.description
        after = {**now, "content": nodes(now["content"])} if self.cloud else markup(now)
        answer = requests.put(
            self._address, json={"fields": {"description": after}}, auth=self._auth, headers=self._headers, timeout=5
        )
        assert answer.ok, answer.text

    def describe(self, body: str) -> bool:
        return self.tracker.describe(self.ref.id, body, ())


@pytest.fixture(params=["cloud", "datacenter"])
def page(request: pytest.FixtureRequest) -> Iterator[Shared]:
    with served(request.param) as world:
        yield Shared(world)


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def test_a_shared_ticket_says_where_ours_begins_and_ends(page: Shared) -> None:
    said = json.dumps(page.description)
    assert said.index(BEGIN) < said.index("Hello") < said.index(END)


def test_the_same_again_writes_nothing(page: Shared) -> None:
    with page.world.counted() as arrived:
        assert not page.describe(FIRST)
    assert paths(arrived) == [f"GET issue/{page.ref.id}"]


def test_another_text_is_edited_in_place_and_theirs_stays(page: Shared) -> None:
    page.edit(
        lambda nodes: [paragraph("Ours, above"), *nodes, paragraph("Ours, below")],
        lambda text: f"h1. Ours,  above\r\n{text}\n{{color:red}}Ours, below{{color}}  ",
    )
    before = page.description
    assert page.describe(SECOND)
    after = page.description
    assert "All new" in json.dumps(after)
    assert "Hello" not in json.dumps(after)
    if page.cloud:
        assert (after["content"][0], after["content"][-1]) == (before["content"][0], before["content"][-1])
    else:
        assert after.startswith("h1. Ours,  above")
        assert after.endswith("\n{color:red}Ours, below{color}  ")
    assert not page.describe(SECOND)


def task(text: str, state: str) -> dict[str, Any]:
    item = {"type": "taskItem", "attrs": {"localId": "1", "state": state}, "content": [{"type": "text", "text": text}]}
    return {"type": "taskList", "attrs": {"localId": "2"}, "content": [item]}


def test_what_people_write_around_ours_is_heard_and_nothing_of_ours_or_of_what_they_quote(page: Shared) -> None:
    assert page.tracker.theirs(page.ref.id) == ""
    quoted = {"type": "blockquote", "content": [paragraph("Action: quoted")]}
    page.edit(
        lambda nodes: [paragraph("Goal: calm"), *nodes, quoted, task("ask the shop", "TODO"), task("done", "DONE")],
        lambda text: f"Goal: calm\r\n{text}\r\n{{quote}}Action: quoted{{quote}}\r\n[ ] ask the shop\r\n[x] done",
    )
    assert page.tracker.theirs(page.ref.id).split("\n") == ["Goal: calm", "[ ] ask the shop", "[x] done"]
    page.describe(f"Action: ours\n\n_{END}_\n\nAction: of a text that looks like our last line")
    assert "Action" not in page.tracker.theirs(page.ref.id)


def test_where_our_lines_are_gone_nothing_is_taken_for_theirs(page: Shared) -> None:
    page.edit(lambda nodes: nodes[:-1], lambda text: text.replace(END, "end"))
    assert page.tracker.theirs(page.ref.id) == ""


def test_a_description_without_our_lines_is_left_alone(page: Shared) -> None:
    page.edit(lambda nodes: [paragraph("mine")], lambda text: "mine")
    before = page.description
    with pytest.raises(RefusedByTracker, match="two lines"):
        page.describe(SECOND)
    assert page.description == before


def test_an_empty_description_is_made_anew(page: Shared) -> None:
    page.edit(lambda nodes: [{"type": "paragraph", "content": []}], lambda text: " ")
    assert page.describe(SECOND)
    assert END in json.dumps(page.description)


def test_ours_gets_shorter_where_theirs_is_long(page: Shared) -> None:
    page.edit(
        lambda nodes: [*nodes, paragraph("x" * 25_000)],
        lambda text: text + "\n" + "x" * 25_000,
    )
    long = "\n\n".join(f"Paragraph {number} " + "y" * 200 for number in range(100))
    assert page.describe(long)
    said = json.dumps(page.description)
    assert "cut here" in said
    assert "x" * 25_000 in said
    assert len(said if page.cloud else page.description) <= 32_767


@given(st.text(alphabet="ab _\n\r{}|", max_size=60), st.text(alphabet="ab _\n\r{}|", max_size=60))
def test_whatever_stands_around_ours_in_markup_stays_to_the_character(above: str, below: str) -> None:
    fresh = merged_markup("", FIRST, {})
    after = merged_markup(f"{above}\n{fresh}\n{below}", SECOND, {})
    assert after.startswith(f"{above}\n")
    assert after.endswith(f"\n{below}")
    assert merged_markup(after, FIRST, {}) == f"{above}\n{fresh}\n{below}"


NODES = st.lists(
    st.recursive(
        st.builds(paragraph, st.text(min_size=1, max_size=5)),
        lambda inner: st.builds(
            lambda c: {"type": "blockquote", "content": c}, st.lists(inner, min_size=1, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=4,
)


@given(NODES, NODES)
def test_whatever_nodes_stand_around_ours_stay_as_they_are(above: list[Any], below: list[Any]) -> None:
    fresh = merged_nodes(None, FIRST, {})
    shared = {**fresh, "content": [*above, *fresh["content"], *below]}
    after = merged_nodes(shared, SECOND, {})
    assert after["content"][: len(above)] == above
    assert after["content"][len(after["content"]) - len(below) :] == below
    assert merged_nodes(after, FIRST, {}) == shared
