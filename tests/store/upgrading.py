"""A process that is killed while it migrates: before the n-th statement, for each n it is told.

    python tests/store/upgrading.py URL-WITH-{n} FIRST STEP

Prints how many statements a whole migration has; the parent looks at what is left of each database.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import Engine, event

from eal_jira.store import open_store


def migrate(url: str, die_before: int) -> int:
    """The number of statements, unless we die before."""
    seen = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def counted(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == die_before:
            os.kill(os.getpid(), signal.SIGKILL)

    open_store(url).close()
    return seen


def main(url: str, first: int, step: int) -> None:
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, str(migrate(url.replace("{n}", "0"), 0)).encode())
        os._exit(0)
    os.wait()
    total = int(os.read(read, 20))
    for number in range(first, total + 1, step):
        if os.fork() == 0:
            migrate(url.replace("{n}", str(number)), number)
            os._exit(0)
        _, status = os.wait()
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"not killed before statement {number}")
    sys.stdout.write(str(total))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
