"""The Jira adapter keeps the contract of trackers, on Jira Cloud and on Jira Data Center."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eal_jira.testing import TrackerContract
from eal_tracker_jira.service import JiraTracker
from tests.plugins.jira_world import JiraWorld, served


class TestJiraCloud(TrackerContract):
    @pytest.fixture
    def world(self) -> Iterator[JiraWorld]:
        with served("cloud") as world:
            yield world

    @pytest.fixture
    def tracker(self, world: JiraWorld) -> JiraTracker:
        return world.tracker()


class TestJiraDataCenter(TrackerContract):
    @pytest.fixture
    def world(self) -> Iterator[JiraWorld]:
        with served("datacenter") as world:
            yield world

    @pytest.fixture
    def tracker(self, world: JiraWorld) -> JiraTracker:
        return world.tracker()
