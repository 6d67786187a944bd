"""Asked to stop, the daemon is gone within ten seconds, whatever it is doing; and says that all is well."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import os, sys, threading, time
from eal_jira.daemon import stop
stop.GRACE, stop.LAST = 0.6, 1.2
{setup}
with stop.Stop() as it:
    it.tell(lambda: sys.stdout.write("told "))
    print("ready", flush=True)
    {act}
print("over", flush=True)
"""


def run(act: str, setup: str = "", signals: int = 1) -> tuple[int, str, float]:
    """How it ended, what it printed, and how long after the first signal."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(act=act, setup=setup)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    begin = time.monotonic()
    for _ in range(signals):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    said, _ = process.communicate(timeout=20)
    return process.returncode, said, time.monotonic() - begin


def test_before_the_next_request_it_stops() -> None:
    code, said, _ = run("while True: time.sleep(0.01); it.check()")
    assert (code, said) == (0, "told over\n")


def test_what_makes_no_request_is_interrupted() -> None:
    code, said, took = run("time.sleep(30)")
    assert (code, said) == (0, "told over\n")
    assert took >= 0.6


def test_a_second_signal_interrupts_at_once() -> None:
    code, said, took = run("time.sleep(30)", setup="stop.GRACE, stop.LAST = 25, 30", signals=2)
    assert (code, said) == (0, "told over\n")
    assert took < 10


def test_what_can_not_be_brought_to_an_end_ends_all_the_same() -> None:
    act = "\n    ".join(["while True:", "    try: time.sleep(30)", "    except stop.Stopped: pass"])
    code, said, took = run(act)
    assert (code, "over" in said) == (0, False)
    assert took >= 1.2


def test_another_exception_is_not_swallowed() -> None:
    code, said, _ = run("raise SystemExit(78)", signals=0)
    assert (code, "over" in said) == (78, False)


@pytest.mark.parametrize("late", [signal.SIGTERM, signal.SIGALRM])
def test_a_signal_when_all_is_over_changes_nothing(late: signal.Signals) -> None:
    code, said, _ = run(f"it.asked or time.sleep(30)\nos.kill(os.getpid(), {int(late)})")
    assert (code, said) == (0, "told over\n")
