"""What all tests share: a fresh store, and the folder of real data where it is present."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from eal_jira.store import Store, open_store

# The gate judges a change, not today's luck: there the examples are the same each time. Elsewhere they are drawn anew.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///eal.db", tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and specifications beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real tracker data is not here")
    return SHARED
