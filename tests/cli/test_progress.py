"""How far a first sync has got, for a person at a terminal and for a log."""

from __future__ import annotations

import io

import structlog.testing

from eal_jira.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Ten seconds pass between two looks at it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_terminal_sees_rate_and_time_left_on_one_line() -> None:
    screen, clock = Terminal(), Clock()
    progress = Progress(screen, clock)
    clock.now = 10.0
    progress(1000, 4000)
    assert "1,000 of 4,000 issues, 100 a second, 30 s left" in screen.getvalue()
    clock.now = 40.0
    progress(4000, 4000)
    assert screen.getvalue().count("\n") == 1


def test_a_log_gets_one_line_per_tenth() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock)
    with structlog.testing.capture_logs() as lines:
        for page in range(1, 101):
            clock.now += 1.0
            progress(page * 100, 10_000)
    assert [line["percent"] for line in lines] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert lines[4]["left"] == "50 s"


def test_each_pass_counts_anew() -> None:
    progress = Progress(io.StringIO(), Clock())
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            for read in (500, 1000):
                progress(read, 1000)
    assert [line["percent"] for line in lines] == [50, 100, 50, 100]


def test_small_passes_and_unknown_totals_say_nothing() -> None:
    screen = Terminal()
    progress = Progress(screen)
    progress(20, 20)
    progress(2000, None)
    assert screen.getvalue() == ""
