"""For adapter authors: the contract as tests to inherit, and sample values.

from eal_jira.testing import TrackerContract

class TestMyTracker(TrackerContract):
    @pytest.fixture
    def world(self): ...      # a `World`: your tracker, seen from behind
    @pytest.fixture
    def tracker(self, world): ...    # your adapter, connected to it
"""

import pytest

# without this the contract's assertions would fail without saying what they compared
pytest.register_assert_rewrite("eal_jira.testing.contract")

from eal_jira.testing.contract import TrackerContract  # noqa: E402
from eal_jira.testing.world import World  # noqa: E402

__all__ = ["TrackerContract", "World"]
