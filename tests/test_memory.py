"""Blocks that were freed leave the process (`eal_jira.memory`)."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COMES_AND_GOES = """
import pathlib, re, sys, threading
from eal_jira.memory import return_what_is_free

if "free" in sys.argv:
    return_what_is_free()
stays, done = [], threading.Barrier(5)

def work():
    for _ in range(3):
        goes = []
        for _ in range(25):
            goes.append(b"x" * (1 << 20))
            stays.append(b"y" * 2000)
        goes.clear()
    done.wait()
    done.wait()

for _ in range(4):
    threading.Thread(target=work).start()
done.wait()
print(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
done.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps memory in another way")
def test_large_blocks_that_are_free_do_not_stay_because_a_small_one_lies_between() -> None:
    assert kib("free") < kib("kept") - 8 * 1024


def kib(how: str) -> int:
    command = [sys.executable, "-c", COMES_AND_GOES, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
