"""What the tests of the sandbox share: a small site, a plain client, the API descriptions beside the checkout."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from eal_jira.sandbox import Person, ProjectPlan, Served, Site, VirtualClock

SHARED = Path(__file__).parents[2].parent / "shared"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STATUSES = (("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done"))


@cache
def spec(name: str) -> Any:
    """An API description of the shared folder; the test is skipped where there is none."""
    path = SHARED / "specs" / name
    if not path.is_file():
        pytest.skip(f"no API description {name}: {path.parent} is not here")
    return json.loads(path.read_text())


def small_site(flavour: str = "cloud", **more: Any) -> Site:
    """Two projects, three people, a virtual clock; nothing has happened yet."""
    site = Site(flavour=flavour, clock=VirtualClock(START), **more)  # type: ignore[arg-type]
    for account, name in ("ada", "Ada Lovelace"), ("bob", "Bob Martin"), ("bot", "EAL Bot"):
        site.add_person(Person(account, name))
    for key, name in ("PAY", "Payments"), ("WEB", "Website"):
        site.add_project(ProjectPlan(key, name, STATUSES, components=("API", "UI"), types=("Story", "Bug", "Sub-task")))
    return site


def loadable(key: str, id: int = 7, **fields: Any) -> dict[str, Any]:
    """The least that a record needs to be taken over."""
    least = {
        "project": {"id": "5", "key": key.partition("-")[0]},
        "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        "issuetype": {"id": "1", "name": "Bug"},
        "created": "2020-01-01T00:00:00.000+0000",
        "updated": "2020-01-02T00:00:00.000+0000",
    }
    return {"id": str(id), "key": key, "fields": least | fields}


class Client:
    """Plain requests against a served site, as one account; `version` is the flavour's own REST version."""

    def __init__(self, served: Served, account: str | None = "bot") -> None:
        self._connect(served.url, served.site, account)

    @classmethod
    def of(cls, url: str, site: Site, account: str | None = "bot") -> Client:
        """Another client of a site that is served already: one for each thread."""
        client = cls.__new__(cls)
        client._connect(url, site, account)
        return client

    def _connect(self, url: str, site: Site, account: str | None) -> None:
        self.site, self.url = site, url
        self.version = "3" if site.flavour == "cloud" else "2"
        self._session = requests.Session()
        if account is not None:
            user, token = site.credentials(account)
            if user is None:
                self._session.headers["Authorization"] = f"Bearer {token}"
            else:
                self._session.auth = (user, token)

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        """`path` is absolute, or stands below /rest/api/{version}/."""
        if not path.startswith("/"):
            path = f"/rest/api/{self.version}/{path}"
        return self._session.request(method, self.url + path, timeout=10, **more)

    def get(self, path: str, **query: Any) -> Any:
        answer = self("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self("POST", path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def headers(self) -> dict[str, str]:
        """What tells who asks, for requests that don't go through this client."""
        prepared = self._session.prepare_request(requests.Request("GET", self.url))
        return {"Authorization": str(prepared.headers["Authorization"])}

    def close(self) -> None:
        self._session.close()
