"""A hundred webhook deliveries a second: is every one stored before it is acknowledged, and how soon?

    python -m bench.webhooks --seconds 60 --rate 100

The web server and its store run in a process of their own; this one sends, at a fixed pace whatever the answers take,
and reads the store after each answer.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import json
import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

SECRET = "a secret of some length"  # noqa: S105 - of a store that lasts as long as the run
WORDS = "What somebody wrote into the description, at some length. " * 80


def serve(folder: str, told: Connection) -> None:
    """The daemon's web server on a store in `folder`, until told otherwise."""
    from eal_jira.adapters import Adapters
    from eal_jira.daemon.intake import Intake
    from eal_jira.daemon.web import WebServer, application
    from eal_jira.store import open_store

    store = open_store("sqlite:///eal.db", Path(folder))
    intake = Intake("jira", Adapters.installed(), store, lambda: SECRET, lambda: None)
    server = WebServer("127.0.0.1:0", application({"jira": intake}))
    server.start()
    told.send(server.url)
    told.recv()
    server.stop()
    store.close()


class Sender:
    """Sends deliveries about different issues; `answers` and `took` (seconds) grow with every one."""

    def __init__(self, address: str, database: Path) -> None:
        self._address = address
        self._database = database
        self.answers: Counter[str] = Counter()
        self.took: list[float] = []

    def send(self, number: int, at: float) -> None:
        told = {
            "webhookEvent": "jira:issue_updated",
            "issue": {"id": str(number + 1), "fields": {"description": WORDS}},
        }
        body = json.dumps(told).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": f"sha256={signature}", "X-Atlassian-Webhook-Identifier": f"id-{number}"}
        time.sleep(max(0.0, at - time.monotonic()))
        begin = time.monotonic()
        try:
            connection = http.client.HTTPConnection(self._address, timeout=20)
            connection.request("POST", "/webhooks/jira", body, headers)
            status = str(connection.getresponse().status)
            connection.close()
        except OSError as error:
            status = type(error).__name__
        self.took.append(time.monotonic() - begin)
        self.answers[status] += 1
        if status.startswith("2") and not self._stored(number):
            self.answers["acknowledged, but not stored"] += 1

    def _stored(self, number: int) -> bool:
        with sqlite3.connect(self._database) as connection:
            found = connection.execute("SELECT 1 FROM deliveries WHERE id = ?", (f"id-{number}",)).fetchone()
        connection.close()
        return found is not None


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seconds", type=int, default=60)
    given.add_argument("--rate", type=int, default=100)
    args = given.parse_args()
    number = args.seconds * args.rate
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, theirs))
        server.start()
        sender = Sender(ours.recv().removeprefix("http://"), Path(folder) / "eal.db")
        begin = time.monotonic() + 0.5
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda n: sender.send(n, begin + n / args.rate), range(number)))
        lasted = time.monotonic() - begin
        ours.send("stop")
        server.join()
    centiles = [1000 * took for took in statistics.quantiles(sender.took, n=100)]
    sys.stdout.write(
        f"{number} deliveries in {lasted:.1f} s: {dict(sender.answers)}\n"
        f"median {centiles[49]:.1f} ms, p99 {centiles[98]:.1f} ms, longest {1000 * max(sender.took):.1f} ms\n"
    )


if __name__ == "__main__":
    main()
