"""A small bounded pool: requests that don't need each other's answers go out side by side.

They wait side by side; what is done with an answer that was read is done in turns. Python would run only one of them
at a time anyway, and a decoded answer takes many times the room of its bytes: so there is room for one, not for one a
lane.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Lanes:
    """So many threads, each with a connection of its own (facts 3.3), started when first needed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._turn = threading.Lock()
        #: whether this thread is one of ours, and whether it has the turn
        self._here = threading.local()

    def map(self, act: Callable[[T], R], items: Iterable[T], *, in_turns: bool = True) -> Iterator[R]:
        """The results in the order of the items. No more are under way than there are lanes, so memory stays bounded;
        an error is raised where its result would have been, and what has not begun by then never does."""
        each = iter(items)
        first = list(islice(each, 2))
        if len(first) < 2 or getattr(self._here, "ours", False):
            # a single request needs no second connection; and who is in a lane already, waits for no other one
            yield from map(act, chain(first, each))
            return
        pool = self._opened()
        under_way: deque[Future[R]] = deque()
        try:
            for item in chain(first, each):
                under_way.append(pool.submit(self._in_turn, act, item) if in_turns else pool.submit(act, item))
                if len(under_way) >= self._count:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()

    def _in_turn(self, act: Callable[[T], R], item: T) -> R:
        with self._turn:
            self._here.has_turn = True
            try:
                return act(item)
            finally:
                self._here.has_turn = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around whatever only waits: another lane has its turn meanwhile. Elsewhere than in a lane it does nothing."""
        if not getattr(self._here, "has_turn", False):
            yield
            return
        self._turn.release()
        try:
            yield
        finally:
            self._turn.acquire()

    def _opened(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="jira", initializer=self._enter)
            return self._pool

    def _enter(self) -> None:
        self._here.ours = True

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
