"""The sandbox in a process of its own: it lives on when the daemon beside it is killed."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import traceback
from dataclasses import asdict
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from eal_jira.sandbox import Site, serve

from . import scenario

_forked = multiprocessing.get_context("fork")


class Tracker:
    """The other side's handle."""

    def __init__(self, flavour: str, seed: int) -> None:
        self._ours, theirs = _forked.Pipe()
        # made from a process without threads
        self._process = _forked.Process(target=_live, args=(theirs, flavour, seed))
        self._process.start()
        theirs.close()
        self.url, self.user, self.token = self._ours.recv()

    def act(self, number: int) -> None:
        """What people do in this round."""
        self._ask("act", number)

    def advance(self, by: timedelta) -> None:
        self._ask("advance", by)

    def webhook(self, url: str) -> None:
        """From now on every write is told to this address, until `no_webhook`."""
        self._ask("webhook", url)

    def no_webhook(self) -> None:
        self._ask("no_webhook", None)

    def writes(self) -> int:
        """How many writes were accepted."""
        return int(self._ask("writes", None))

    def dump(self, file: Path) -> None:
        """The whole truth, as one JSON document."""
        self._ask("dump", file)

    def close(self) -> None:
        self._ask("close", None)
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()

    def _ask(self, what: str, about: Any) -> Any:
        self._ours.send((what, about))
        kind, answer = self._ours.recv()
        if kind == "failed":
            raise RuntimeError(answer)
        return answer


def _live(pipe: Connection, flavour: str, seed: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    site = scenario.site(flavour, seed)
    rng = random.Random(seed)
    hooks: list[Any] = []
    with serve(site) as served:
        pipe.send((served.url, *site.credentials(scenario.BOT.account_id)))
        while True:
            try:
                what, about = pipe.recv()
            except EOFError:
                return  # whoever asked has gone
            answer = None
            try:
                match what:
                    case "act":
                        scenario.ROUNDS[about].act(site, rng)
                    case "advance":
                        site.clock.advance(about)  # type: ignore[attr-defined]
                    case "webhook":
                        hooks.append(site.add_webhook(about, scenario.HOOK_SECRET))
                    case "no_webhook":
                        while hooks:
                            hooks.pop().close()
                    case "writes":
                        with site.lock:
                            answer = len(site.journal)
                    case "dump":
                        about.write_text(json.dumps(_truth(site), default=str))
            except Exception:  # noqa: BLE001 - the other side raises it
                pipe.send(("failed", traceback.format_exc()))
            else:
                pipe.send(("done", answer))
            if what == "close":
                return


def _truth(site: Site) -> dict[str, Any]:
    with site.lock:
        statuses = {status.id: status.name for status in site.catalogue.statuses.values()}
        return {
            "bot": scenario.BOT.account_id,
            "now": site.clock.now().isoformat(),
            "issues": [
                {
                    "id": str(issue.id),
                    "key": issue.key,
                    "status": statuses[issue.fields["status"]],
                    "labels": issue.fields.get("labels", []),
                    "properties": issue.properties,
                    "histories": [asdict(history) for history in issue.histories],
                    "comments": [asdict(comment) for comment in issue.comments],
                }
                for issue in site.issues.values()
            ],
            "journal": [entry.as_json() for entry in site.journal],
            "requests": [entry.as_json() for entry in site.requests],
        }
