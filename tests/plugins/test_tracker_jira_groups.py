"""Who is in a group of Jira, and what doctor says of the groups and links that decisions need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from eal_jira.errors import NotAllowed
from eal_jira.hookspecs import Check, Colour
from eal_jira.sandbox.acts import Person
from eal_jira.sandbox.faults import Instead, Times, on
from eal_jira.sandbox.flavour import Flavour
from tests.plugins.jira_world import BOT, JiraWorld, paths, served
from tests.plugins.test_tracker_jira_doctor import LEARNING, needs


@pytest.fixture(params=["cloud", "datacenter"])
def world(request: pytest.FixtureRequest) -> Iterator[JiraWorld]:
    flavour: Flavour = request.param
    with served(flavour) as world:
        world.site.add_project(LEARNING)
        world.make_issue("Something")
        yield world


def checks(world: JiraWorld, *groups: str, link_kind: str = "") -> dict[str, Check]:
    wanted = replace(needs(), groups=groups, link_kind=link_kind)
    return {check.name: check for check in world.tracker().checks(wanted)}


def test_all_members_are_read_page_by_page(world: JiraWorld) -> None:
    everybody = {f"m-{number}" for number in range(120)}
    for person in sorted(everybody):
        world.site.add_person(Person(person, person, groups=("eng-managers",)))
    tracker = world.tracker()
    tracker.whoami()
    with world.counted() as arrived:
        assert tracker.group_members("eng-managers") == everybody
    assert paths(arrived) == ["GET group/member"] * 3


def test_a_group_that_is_not_there_is_an_error_and_never_an_empty_answer(world: JiraWorld) -> None:
    with pytest.raises(NotAllowed, match="no group 'nobody'") as told:
        world.tracker().group_members("nobody")
    assert "by account id" in told.value.remedy


def test_a_group_that_we_may_not_see_is_told_with_the_right_that_is_missing(world: JiraWorld) -> None:
    login = world.site.people.accounts[BOT].login
    ours = {"X-AAccountId": BOT} if world.site.flavour == "cloud" else {"X-AUSERNAME": login}
    refused = Instead(403, b'{"errorMessages":["no"],"errors":{}}', headers=ours)
    world.site.faults = Times(on("GET", "/group/member"), refused)
    right = "browse users" if world.site.flavour == "cloud" else "administer Jira"
    with pytest.raises(NotAllowed) as told:
        world.tracker().group_members("eng-managers")
    assert right in told.value.remedy


def test_doctor_looks_at_groups_and_names_nobody(world: JiraWorld) -> None:
    world.site.add_person(Person("m-1", "Mary Manager", groups=("eng-managers",)))
    found = checks(world, "eng-managers", "nobody")
    assert found["group eng-managers"].colour is Colour.GREEN
    assert found["group nobody"].colour is Colour.RED
    told = " ".join(check.found for check in found.values())
    assert "m-1" not in told
    assert BOT in told


def test_doctor_knows_the_kind_of_link(world: JiraWorld) -> None:
    kinds = world.tracker().link_kinds()
    assert checks(world, link_kind=kinds[0])["decisions.link"].colour is Colour.GREEN
    missing = checks(world, link_kind="Rhymes with")["decisions.link"]
    assert missing.colour is Colour.YELLOW
    assert kinds[0] in missing.remedy
