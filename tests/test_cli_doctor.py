"""`eal-jira doctor` and `eal-jira status` as people and scripts meet them."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eal_jira.sandbox import Create, Person, ProjectPlan, RealClock, Site, serve
from eal_jira.sandbox.flavour import Flavour
from eal_jira.store import bans, facts, open_store
from eal_jira.store.bans import Ban

from .cycle.conftest import BOT, LEARNING

WEBHOOK_SECRET = "webh00k-s3cret"
LIMIT = 15.0


@pytest.fixture
def flavour() -> Flavour:
    """Tests that differ between the two say so; what is asked of Jira has tests of its own."""
    return "cloud"


@pytest.fixture
def site(flavour: Flavour) -> Iterator[Site]:
    site = Site(flavour=flavour, clock=RealClock())
    for person in (BOT, Person("ann", "Ann")):
        site.add_person(person)
    site.add_project(LEARNING)
    site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Done", "done"))))
    site.perform(Create(datetime.now(UTC), "ann", "P-1", "Task", "Something"))
    with serve(site):
        yield site


def config(folder: Path, site: Site | None, url: str | None = None, tracker: str = "", more: str = "") -> None:
    user, token = ("eal-bot@example.com", "s3cret-t0ken") if site is None else site.credentials("eal-bot")
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    (folder / "eal-jira.toml").write_text(
        f"""
[tracker]
adapter = "jira"
url = "{url or site.base_url}"
{f'user = "{user}"' if user else ""}
token = {{ file = "{folder / "token"}" }}
learning_project = "EAL"
{tracker}
[pages.html]
folder = "retros"
[experiments]
done = "Declined"
{more}
[[teams]]
name = "Team"
projects = ["P"]
retro = "0 0 1 1 *"
"""
    )


def eal(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "eal_jira", *words],
        check=False,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "EAL_WEBHOOKS": WEBHOOK_SECRET, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def doctor(folder: Path, *words: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and findings. Every yellow and red one has its remedy, and no output holds a secret."""
    done = eal("doctor", "--json", *words, folder=folder, **environment)
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    checks = document["checks"]
    for check in checks:
        assert set(check) == {"name", "colour", "found", "remedy"}
        assert check["remedy"] or check["colour"] == "green", check
    for colour in ("green", "yellow", "red"):
        assert document[colour] == sum(check["colour"] == colour for check in checks)
    secrets = [WEBHOOK_SECRET]
    if (folder / "token").is_file():
        secrets.append((folder / "token").read_text())
    assert not any(secret and secret in done.stdout + done.stderr for secret in secrets)
    assert "Traceback" not in done.stderr
    return done.returncode, checks


def of(checks: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(check for check in checks if check["name"] == name)


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_a_whole_installation_is_green_and_nothing_is_written(tmp_path: Path, site: Site) -> None:
    config(tmp_path, site, more='[web]\nlisten = "127.0.0.1:0"\nwebhook_secret = { env = "EAL_WEBHOOKS" }')
    before = sorted(tmp_path.iterdir()), len(site.journal)
    code, checks = doctor(tmp_path)
    assert [check for check in checks if check["colour"] != "green" and check["name"] != "SQLite"] == []
    assert code == 0
    assert (sorted(tmp_path.iterdir()), len(site.journal)) == before
    assert {"config", "connection", "tracker.token", "account", "store", "pages html", "webhooks"} <= {
        check["name"] for check in checks
    }


def test_what_is_red_makes_the_exit_code_one_and_the_other_checks_go_on(tmp_path: Path, site: Site) -> None:
    config(tmp_path, site, tracker="token_expires = 2020-01-01")
    site.revoke("eal-bot", "EAL", "CREATE_ISSUES")
    code, checks = doctor(tmp_path)
    assert code == 1
    assert {check["name"] for check in checks if check["colour"] == "red"} == {"token's last day", "project EAL"}


def test_a_wrong_token_is_sent_once(tmp_path: Path, site: Site) -> None:
    config(tmp_path, site)
    (tmp_path / "token").write_text("an-0ld-t0ken")
    code, checks = doctor(tmp_path)
    assert code == 1
    assert of(checks, "account")["colour"] == "red"
    assert sum(request.status == 401 for request in site.requests) == 1


def test_a_broken_config_is_one_red_line_per_problem_and_exit_code_one(tmp_path: Path) -> None:
    config(tmp_path, None, url="example.atlassian.net", tracker='lerning_project = "X"')
    code, checks = doctor(tmp_path)
    assert code == 1
    assert [check["name"] for check in checks] == ["config", "config"]
    assert "Did you mean 'learning_project'?" in checks[1]["found"] + checks[0]["found"]


def test_no_config_at_all_is_red_and_says_what_to_copy(tmp_path: Path) -> None:
    code, checks = doctor(tmp_path)
    assert code == 1
    assert "config.example.toml" in checks[0]["remedy"]


def test_an_adapter_that_is_not_installed_does_not_keep_the_rest_from_being_looked_at(tmp_path: Path) -> None:
    config(tmp_path, None, url="http://127.0.0.1:9")
    path = tmp_path / "eal-jira.toml"
    path.write_text(path.read_text().replace('adapter = "jira"', 'adapter = "jyra"'))
    code, checks = doctor(tmp_path)
    assert code == 1
    assert of(checks, "tracker")["remedy"] == "Did you mean 'jira'?"
    assert of(checks, "store")["colour"] == "green"


def test_an_address_that_never_answers_takes_less_than_fifteen_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config(tmp_path, None, url=f"https://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        code, checks = doctor(tmp_path)
        assert time.monotonic() - begun < LIMIT
    assert code == 1
    assert of(checks, "tracker")["colour"] == "red"
    assert of(checks, "store")["colour"] == "green"


def test_a_name_server_and_a_proxy_with_a_password_are_told_without_it(tmp_path: Path) -> None:
    config(tmp_path, None, url="https://jira.invalid")
    code, checks = doctor(tmp_path, HTTPS_PROXY="http://user:pr0xy-passw0rd@127.0.0.1:9")
    assert code == 1
    assert "127.0.0.1:9" in of(checks, "proxy")["found"]
    assert "pr0xy-passw0rd" not in json.dumps(checks)


# --- for people -----------------------------------------------------------------------------------------------


def test_without_a_terminal_each_finding_is_one_plain_line(tmp_path: Path) -> None:
    config(tmp_path, None, url="http://127.0.0.1:9")
    done = eal("doctor", folder=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert all(line.partition(":")[0] in ("green", "yellow", "red") for line in lines)
    assert "\x1b" not in done.stdout
    assert done.stderr.splitlines()[-1].endswith(" red.")


@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal_there_are_symbols_and_colour_only_where_wanted(tmp_path: Path, no_color: str) -> None:
    config(tmp_path, None, url="http://127.0.0.1:9")
    ours, theirs = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    if no_color:
        environment["NO_COLOR"] = no_color
    process = subprocess.Popen(
        [sys.executable, "-m", "eal_jira", "doctor"], cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # how a terminal tells that its other end has closed
    os.close(ours)
    assert process.wait(60) == 1
    text = shown.decode()
    assert "✔" in text
    assert "✘" in text
    assert "→ " in text
    green = "\x1b[32m"
    assert (green in text) is (not no_color)


# --- status ---------------------------------------------------------------------------------------------------


def test_status_tells_lag_token_and_bans(tmp_path: Path, site: Site) -> None:
    soon = datetime.now(UTC).date() + timedelta(days=5)
    config(tmp_path, site, tracker=f"token_expires = {soon}")
    assert eal("cycle", "--dry-run", folder=tmp_path).returncode == 0
    store = open_store("sqlite:///eal.db", tmp_path)
    with store.write() as connection:
        bans.put(connection, Ban("", datetime.now(UTC) + timedelta(hours=1), "jira-quota-tenant-based"))
        facts.put_moment(connection, "last_cycle_here", datetime.now(UTC) - timedelta(hours=2))
    store.close()
    told = json.loads(eal("status", "--json", folder=tmp_path).stdout)
    assert told["last_cycle"] is not None
    assert [(scope["scope"], scope["reading_since"]) for scope in told["scopes"]] == [("EAL", None), ("P", None)]
    # the daemon has been down for two hours, and so long has nothing been read
    assert all(7200 <= scope["lag_seconds"] < 7260 for scope in told["scopes"])
    assert str(soon) in told["token"]
    assert [ban["reason"] for ban in told["bans"]] == ["jira-quota-tenant-based"]
    shown = eal("status", folder=tmp_path).stdout
    for words in ("Last cycle: 20", "Scope P: read up to 20", f"expires on {soon}", "asks for patience until"):
        assert words in shown


def test_status_before_the_first_cycle_says_never(tmp_path: Path) -> None:
    config(tmp_path, None, url="http://127.0.0.1:9")
    shown = eal("status", folder=tmp_path)
    assert shown.returncode == 0
    assert "Last cycle: never" in shown.stdout
