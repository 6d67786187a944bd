"""What people and their monitoring see of the daemon: the page at `/`, and `/metrics`."""

from __future__ import annotations

import http.client
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from eal_jira.assemble import assembled
from eal_jira.cli.cycle import approve_plans
from eal_jira.cycle import run_cycle
from eal_jira.daemon import pages
from eal_jira.daemon.overview import Aside, Overview, Proposal, Reading, Team, overview
from eal_jira.daemon.pages import is_loopback, render, span
from eal_jira.daemon.scrape import exposition
from eal_jira.daemon.web import listening
from eal_jira.errors import StoreFull
from eal_jira.model import SetAside
from eal_jira.settings import load_settings
from eal_jira.store import leases, strays, work
from eal_jira.store.bans import Ban
from eal_jira.store.counts import Waiting
from eal_jira.store.trouble import full

from .conftest import OpenBench, event, post, signed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}"


def get(url: str, path: str, host: str | None = None) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    connection.close()
    return found


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def seen(**changed: object) -> Overview:
    whole = Overview(
        at=NOW,
        last_cycle=NOW - timedelta(minutes=1),
        readings=[Reading("PAY", timedelta(minutes=2))],
        teams=[Team("Payments", NOW - timedelta(days=30), True, 0, 12, 5, NOW - timedelta(days=1))],
        proposals=[],
        waiting=[],
        aside=[],
        more_aside=0,
        bans=[],
        token=None,
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


# --- metrics --------------------------------------------------------------------------------------------------


def test_metrics_tell_what_the_store_knows_and_what_was_counted(bench: OpenBench) -> None:
    with bench() as b, b.house() as house:
        for number in range(1, 7):
            b.make(number)
            b.finish(number)
        b.clock.advance(timedelta(minutes=5))
        run_cycle(house)
        with listening(house, lambda: None) as server:
            assert server is not None
            body = event("10001")
            assert post(server.url, body, signed(body)) == 202
            assert post(server.url, body, {}) == 401
            status, headers, text = get(server.url, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    found = samples(text)
    assert found["eal_jira_findings_open", ("review-before-done", "Team")] == 6
    assert found["eal_jira_queue_depth", ("tag",)] == 6, "the first plan waits for approval"
    assert found["eal_jira_queue_depth", ("issues to nudge",)] == 1
    assert found["eal_jira_effects_unknown", ()] == 0
    assert found["eal_jira_http_requests_total", ("200", "GET myself")] >= 1
    assert found["eal_jira_http_request_duration_seconds_count", ("GET myself",)] >= 1
    assert found["eal_jira_webhooks_total", ("stored",)] >= 1
    assert found["eal_jira_webhooks_total", ("not signed",)] >= 1
    assert found["eal_jira_last_success_timestamp_seconds", ("cycle",)] > 0
    assert found["eal_jira_db_bytes", ()] + found["eal_jira_wal_bytes", ()] > 100_000
    assert found["eal_jira_store_readable", ()] == 1
    assert {labels[0] for name, labels in found if name == "eal_jira_sync_lag_seconds"} == {"P", "EAL"}
    assert not re.search(r"\bP-\d|10001", text), "no issue's key or id"


def test_few_deviations_are_no_figure(bench: OpenBench) -> None:
    with bench() as b, b.house() as house:
        for number in range(1, 5):
            b.make(number)
            b.finish(number)
        b.clock.advance(timedelta(minutes=5))
        run_cycle(house)
        with listening(house, lambda: None) as server:
            assert server is not None
            assert "findings_open{" not in get(server.url, "/metrics")[2]
            assert "fewer than 5" in get(server.url, "/")[2]


def test_a_store_that_can_not_be_read_leaves_the_other_figures(bench: OpenBench) -> None:
    with bench() as b, b.house() as house:
        run_cycle(house)
        with listening(house, lambda: None) as server:
            assert server is not None
            with house.store.write() as connection:
                connection.exec_driver_sql("ALTER TABLE watermarks RENAME TO elsewhere")
            status, _, text = get(server.url, "/metrics")
    assert status == 200
    found = samples(text)
    assert found["eal_jira_store_readable", ()] == 0
    assert found["eal_jira_http_requests_total", ("200", "GET myself")] >= 1


# --- the page -------------------------------------------------------------------------------------------------


def test_the_page_tells_how_far_everything_has_got(bench: OpenBench) -> None:
    with bench() as b, b.house() as house:
        run_cycle(house)
        approve_plans(house)
        with house.store.write() as connection:
            work.set_aside(connection, "record", NOW, [SetAside("record", "P-1", f"It is odd: {HOSTILE}")])
        with listening(house, lambda: None) as server:
            assert server is not None
            status, headers, text = get(server.url, "/")
    assert status == 200
    assert "<td>at work for" in text
    assert "<b>P</b>: up to" in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_another_sites_name_gets_no_answer(bench: OpenBench) -> None:
    with bench() as b, b.house() as house, listening(house, lambda: None) as server:
        assert server is not None
        for path in ("/", "/metrics"):
            assert get(server.url, path, host="attacker.example")[0] == 421
            assert get(server.url, path, host=f"localhost:{urlsplit(server.url).port}")[0] == 200


@pytest.mark.parametrize(("status", "shown"), [("", False), ('status = "127.0.0.1:0"', True)])
def test_an_address_for_everybody_shows_no_pages(bench: OpenBench, status: str, shown: bool) -> None:
    with bench() as b:
        config = b.write_config()
        text = config.read_text().replace('listen = "127.0.0.1:0"', f'listen = "0.0.0.0:0"\n{status}')
        config.write_text(text)
        with assembled(load_settings(config)) as house, listening(house, lambda: None) as server:
            assert server is not None
            url = server.url.replace("0.0.0.0", "127.0.0.1")
            assert get(url, "/")[0] == 404
            assert get(url, "/metrics")[0] == 404
            assert get(url, "/livez")[0] == 200


def test_pages_need_no_webhooks(bench: OpenBench, capsys: pytest.CaptureFixture[str]) -> None:
    with bench() as b:
        config = b.write_config()
        lines = [line for line in config.read_text().splitlines() if not line.startswith(("listen", "webhook_secret"))]
        config.write_text("\n".join(lines).replace("[web]", '[web]\nstatus = "127.0.0.1:0"'))
        with assembled(load_settings(config)) as house, listening(house, lambda: None) as server:
            assert server is None
            said = capsys.readouterr()
            url = re.search(r"http://127\.0\.0\.1:\d+", said.out + said.err)
            assert url is not None
            assert get(url[0], "/")[0] == 200
            assert post(url[0], b"{}", {}) == 404


def test_every_foreign_word_on_the_page_is_text() -> None:
    page = render(
        seen(
            proposals=[Proposal("T", HOSTILE, HOSTILE, 'https://x.example/?a=1&b="', NOW)],
            aside=[Aside("record", HOSTILE, HOSTILE, NOW)],
            teams=[Team(HOSTILE, NOW, False, 3, None, 5, None)],
            bans=[Ban("endpoint:GET x", NOW, HOSTILE), Ban("pages:x", NOW, "")],
            waiting=[Waiting(HOSTILE, "parked", 1, NOW)],
            token=HOSTILE,
        )
    )
    assert "<script" not in page
    assert "49" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert page.count("&lt;script&gt;") >= 8
    assert page.count("https:") == 1, "nothing is loaded from anywhere"


@pytest.mark.parametrize(
    ("changed", "headline"),
    [
        ({}, "Everything is at work"),
        ({"last_cycle": None}, "Just started"),
        ({"teams": [Team("A", NOW, False, 3, None, 5, None)]}, "A waits for approval of a first plan"),
        ({"readings": [Reading("PAY", timedelta(hours=2)), Reading("X", None)]}, "PAY was read long ago"),
        ({"waiting": [Waiting("tag", "parked", 1, NOW)]}, "At work, with something set aside"),
    ],
)
def test_the_headline_says_what_matters_most(changed: dict[str, object], headline: str) -> None:
    assert f"<h1>{headline}</h1>" in render(seen(**changed))


def test_a_long_list_is_cut_and_says_so(bench: OpenBench) -> None:
    with bench() as b, b.house() as house:
        with house.store.write() as connection:
            work.set_aside(connection, "record", NOW, [SetAside("record", f"P-{n}", "Odd.") for n in range(60)])
        found = overview(house, NOW)
    assert (len(found.aside), found.more_aside) == (50, 10)
    assert "and 10 more" in render(found)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 seconds"), (1, "1 second"), (61, "1 minute"), (7300, "2 hours"), (200_000, "2 days")]
)
def test_a_length_of_time_is_told_in_one_unit(seconds: int, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("listen", "ours"),
    [
        ("127.0.0.1:80", True),
        ("localhost:80", True),
        ("[::1]:80", True),
        ("0.0.0.0:80", False),
        ("example.org:1", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(listen: str, ours: bool) -> None:
    assert is_loopback(listen) is ours
    assert pages.STATES["parked"]


def test_metrics_tell_who_leads_whether_the_disk_is_full_and_what_was_healed(bench: OpenBench) -> None:
    with bench() as b:
        with assembled(load_settings(b.write_config())) as house:
            alone = samples(exposition(house).decode())
            assert (alone["eal_jira_leader", ()], alone["eal_jira_disk_full", ()]) == (0, 0)
        with assembled(load_settings(b.write_config()), lease=leases.CYCLE) as house:
            with house.store.write() as connection:
                strays.put(connection, "10001", "EAL-1", "proposal/one", strays.HEALED, NOW)
            with pytest.raises(StoreFull), house.store.write():
                raise full(house.store.name, "database or disk is full")
            told = samples(exposition(house).decode())
            assert (told["eal_jira_leader", ()], told["eal_jira_disk_full", ()]) == (1, 1)
            assert told["eal_jira_duplicates_healed_total", ()] == 1
            with house.store.write():
                pass
            assert samples(exposition(house).decode())["eal_jira_disk_full", ()] == 0
            with house.store.write() as connection:
                connection.execute(text("UPDATE leases SET holder = '{}'"))
            assert samples(exposition(house).decode())["eal_jira_leader", ()] == 0, "somebody else has it"
