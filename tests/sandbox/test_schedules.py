"""One seed, one schedule: it can be printed, played again, and it leaves the site as it was."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import requests

from eal_jira.sandbox import Create, Site
from eal_jira.sandbox.faults import Cut, Instead, Reset, Rewrite, Silence
from eal_jira.sandbox.schedules import REASONS, Mischance, SameToken, mishaps
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, Client, small_site


@pytest.fixture
def site(flavour: str) -> Site:
    site = small_site(flavour)
    for n in range(1, 8):
        site.perform(Create(START + timedelta(minutes=n), "ada", f"PAY-{n}", "Story", f"Thing {n}"))
    return site


def outcome(client: Client) -> str:
    """What a caller sees of one request."""
    try:
        answer = client("GET", "field")
    except requests.RequestException as broken:
        return type(broken).__name__
    return f"{answer.status_code} {len(answer.content)}"


def test_the_same_seed_gives_the_same_list_and_another_seed_another() -> None:
    assert mishaps(3) == mishaps(3)
    assert len({str(mishaps(seed)) for seed in range(50)}) == 50


def test_the_same_seed_over_the_same_requests_is_the_same_run(site: Site, connect: Connect) -> None:
    client = connect(site)
    runs = []
    for seed in (11, 11, 12):
        with Mischance(site, seed, requests=30, silences=False):
            runs.append([outcome(client) for _ in range(30)])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_every_kind_of_mishap_comes_up() -> None:
    found = Counter[str]()
    for mishap in (m for seed in range(200) for m in mishaps(seed)):
        match mishap.fault:
            case Reset(after) | Silence(after):
                found[f"{type(mishap.fault).__name__} {after}"] += 1
            case Instead(status=429) as limited:
                found[limited.headers["RateLimit-Reason"]] += 1
                found["429 with a wait" if "Retry-After" in limited.headers else "429 without"] += 1
            case Instead() as instead:
                found[f"{instead.status} {instead.media_type.partition(';')[0]}"] += 1
            case Rewrite(body):
                found[type(body).__name__] += 1
            case Cut():
                found["Cut"] += 1
            case None:
                found["lag" if mishap.lag is not None else "no rows" if mishap.rows == 0 else "few rows"] += 1
    assert {*REASONS, "429 with a wait", "429 without"} <= set(found)
    assert {"Reset True", "Reset False", "Silence True", "Silence False", "Cut"} <= set(found)
    assert {"Shortened", "Garbled", "SameToken", "lag", "no rows", "few rows"} <= set(found)
    assert {"200 text/html", "200 application/json", "500 text/html", "503 application/json"} <= set(found)


def test_a_schedule_without_silences_keeps_nobody_waiting() -> None:
    every = [m for seed in range(200) for m in mishaps(seed, silences=False)]
    assert every
    assert not any(isinstance(m.fault, Silence) for m in every)


def test_the_site_is_as_before_when_the_schedule_is_over(site: Site, connect: Connect) -> None:
    site.index_lag = timedelta(minutes=3)
    client = connect(site)
    with Mischance(site, 5, requests=40, share=1.0, silences=False):
        for _ in range(40):
            outcome(client)
    assert (site.faults, site.limits.search_rows, site.index_lag) == (None, None, timedelta(minutes=3))
    assert len({outcome(client) for _ in range(3)}) == 1


def test_a_failure_under_a_schedule_says_how_to_play_it_again(site: Site) -> None:
    with pytest.raises(AssertionError) as failed, Mischance(site, 42):
        raise AssertionError("the mirror lost an issue")
    (note,) = failed.value.__notes__
    assert note.startswith("Mischance(site, seed=42, requests=60, share=0.25, silences=True)\n  request ")
    assert len(note.splitlines()) == 1 + len(mishaps(42))


def keys(client: Client, body: dict[str, object]) -> tuple[list[str], str | None]:
    answer = client("POST", "search/jql", json={"jql": "project = PAY ORDER BY key", "fields": ["key"], **body}).json()
    return [issue["key"] for issue in answer["issues"]], answer.get("nextPageToken")


def test_empty_and_short_pages_lose_nothing(connect: Connect) -> None:
    """Cloud may give fewer rows than asked for, none included, and a token that goes on (facts 1.1)."""
    site = small_site("cloud")
    for n in range(1, 8):
        site.perform(Create(START + timedelta(minutes=n), "ada", f"PAY-{n}", "Story", f"Thing {n}"))
    client = connect(site)
    found: list[str] = []
    token = None
    for rows in (0, 2, 0, 0, 3, None):
        site.limits.search_rows = rows
        page, token = keys(client, {"nextPageToken": token} if token else {})
        assert len(page) == (2 if rows is None else rows)
        found += page
    assert found == [f"PAY-{n}" for n in range(1, 8)]
    assert token is None


def test_a_repeated_token_would_lead_round_and_round(connect: Connect) -> None:
    site = small_site("cloud")
    for n in range(1, 8):
        site.perform(Create(START + timedelta(minutes=n), "ada", f"PAY-{n}", "Story", f"Thing {n}"))
    client = connect(site)

    class Repeating:
        what = Rewrite(SameToken())

        def fault(self, _exchange: object) -> Rewrite:
            return self.what

    site.faults, site.limits.search_rows = Repeating(), 2
    pages, token = [], None
    for _ in range(5):
        page, token = keys(client, {"nextPageToken": token} if token else {})
        pages.append(page)
    assert pages == [["PAY-1", "PAY-2"], *[["PAY-3", "PAY-4"]] * 4]
