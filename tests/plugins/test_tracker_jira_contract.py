"""The Jira adapter keeps the contract of trackers, on Jira Cloud and on Jira Data Center."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.people import PROJECT_ADMIN
from eal_jira.testing import TrackerContract
from eal_tracker_jira.service import JiraTracker
from tests.plugins.jira_world import BOT, JiraWorld, served


class OnTheSandbox(TrackerContract):
    flavour: Flavour

    @pytest.fixture(scope="class")
    @classmethod
    def jira(cls) -> Iterator[JiraWorld]:
        with served(cls.flavour) as world:
            yield world

    @pytest.fixture
    def world(self, jira: JiraWorld) -> Iterator[JiraWorld]:
        world = jira.in_new_project()
        yield world
        world.close()

    @pytest.fixture
    def tracker(self, world: JiraWorld) -> JiraTracker:
        return world.tracker()


class TestJiraCloud(OnTheSandbox):
    flavour = "cloud"


class TestJiraDataCenter(OnTheSandbox):
    flavour = "datacenter"

    @pytest.fixture
    def tracker(self, world: JiraWorld) -> JiraTracker:
        # who writes is kept in a property of the project, for which this is needed
        world.site.grant(BOT, world.project, PROJECT_ADMIN)
        return world.tracker()
