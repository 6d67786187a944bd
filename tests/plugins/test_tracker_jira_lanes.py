"""Lanes wait side by side and work in turns, in order, and stop at an error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from eal_tracker_jira.lanes import Lanes

COUNT = 4


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    lanes = Lanes(COUNT)
    yield lanes
    lanes.close()


def test_all_lanes_wait_at_once_and_one_works(lanes: Lanes) -> None:
    together = threading.Barrier(COUNT, timeout=10)
    working = threading.Lock()
    crowded: list[int] = []

    def act(item: int) -> int:
        with lanes.waiting():
            # passed only when as many wait as there are lanes
            together.wait()
        if not working.acquire(blocking=False):
            crowded.append(item)
            return item
        time.sleep(0.01)
        working.release()
        return item

    assert [*lanes.map(act, range(4 * COUNT))] == [*range(4 * COUNT)]
    assert crowded == []


def test_what_fails_while_waiting_fails_alone_and_its_turn_goes_on(lanes: Lanes) -> None:
    def act(item: int) -> int:
        with lanes.waiting():
            if item == 2:
                raise OSError("the connection broke")
        return item

    results = lanes.map(act, range(20))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(OSError, match="the connection broke"):
        next(results)
    assert [*lanes.map(act, range(3, 30))] == [*range(3, 30)]


def test_outside_a_lane_waiting_is_nothing(lanes: Lanes) -> None:
    with lanes.waiting(), lanes.waiting():
        pass
    assert [*lanes.map(str, [7])] == ["7"]
