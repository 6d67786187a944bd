"""A user's mistake: one clear sentence with place and remedy, the right exit code, nothing half-done."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from eal_jira.sandbox import Site, VirtualClock, serve
from eal_jira.sandbox.acts import Create, Move, Person, ProjectPlan

from .cycle.conftest import BOT, LEARNING, NOW

SECRET = "s3cret-t0ken-of-the-bot"


def eal(*words: object, folder: Path, token: str = SECRET) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "eal_jira", *map(str, words)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "EAL_JIRA_TOKEN": token, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def config(folder: Path, url: str, user: str | None = "eal-bot@example.com", team: str = "") -> Path:
    path = folder / "eal-jira.toml"
    path.write_text(
        f"""
[tracker]
adapter = "jira"
url = "{url}"
{f'user = "{user}"' if user else ""}
token = {{ env = "EAL_JIRA_TOKEN" }}
learning_project = "EAL"
[[teams]]
name = "Team"
projects = ["P"]
{team}
"""
    )
    return path


def refused(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    """One sentence or two, no traceback, no secret, nothing on stdout."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr
    for text in (done.stdout, done.stderr):
        assert SECRET not in text
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 3


@pytest.fixture
def site() -> Iterator[tuple[Site, str]]:
    site = Site(flavour="cloud", clock=VirtualClock(NOW))
    for person in (BOT, Person("ann", "Ann")):
        site.add_person(person)
    site.add_project(LEARNING)
    site.add_project(ProjectPlan("P", "Project", (("Open", "new"), ("Review", "indeterminate"), ("Done", "done"))))
    site.perform(Create(NOW, "ann", "P-1", "Task", "Something"))
    site.perform(Move(NOW, "ann", "P-1", "Done"))
    with serve(site, port=0) as served:
        yield site, served.url


def test_help_names_every_command(tmp_path: Path) -> None:
    done = eal("--help", folder=tmp_path)
    assert done.returncode == 0
    for command in ("demo", "cycle", "run", "status", "deviations", "practices", "proposals", "guidelines", "sandbox"):
        assert command in done.stdout


def test_no_config_names_the_example(tmp_path: Path) -> None:
    refused(eal("cycle", folder=tmp_path), 78, "eal-jira.toml", "config.example.toml")


def test_an_unknown_key_is_told_with_the_right_word(tmp_path: Path) -> None:
    path = config(tmp_path, "http://127.0.0.1:1", team='guidlines = "x"')
    refused(eal("cycle", folder=tmp_path), 78, str(path.name), "teams.0.guidlines", "Did you mean 'guidelines'")
    assert not (tmp_path / "eal.db").exists()


def test_a_wrong_type_is_told_with_its_place(tmp_path: Path) -> None:
    config(tmp_path, "http://127.0.0.1:1", team="min_group = []")
    refused(eal("cycle", folder=tmp_path), 78, "teams.0.min_group", "integer")


def test_a_tracker_that_is_not_there_is_exit_69(tmp_path: Path) -> None:
    config(tmp_path, "http://127.0.0.1:9")
    refused(eal("cycle", folder=tmp_path), 69, "127.0.0.1:9")


def test_a_wrong_token_is_exit_77_and_asked_once(tmp_path: Path, site: tuple[Site, str]) -> None:
    """One attempt: more of them would lock the account (facts/jira.md 4)."""
    config(tmp_path, site[1], user=site[0].credentials("eal-bot")[0])
    refused(eal("cycle", folder=tmp_path), 77, "token")
    assert sum(request.status == 401 for request in site[0].requests) == 1


def test_a_login_page_instead_of_data_is_told_as_one(tmp_path: Path) -> None:
    class LoginPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><form action=login>Password: <input name=p></form></html>")

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), LoginPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        config(tmp_path, f"http://127.0.0.1:{server.server_address[1]}")
        done = eal("cycle", folder=tmp_path)
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode in (69, 77)
    refused(done, done.returncode, "page")
    assert "<form" not in done.stderr


def test_an_invalid_guideline_is_set_aside_and_the_others_work(tmp_path: Path, site: tuple[Site, str]) -> None:
    (tmp_path / "g.toml").write_text(
        """
[[guideline]]
id = "good"
title = "Work is reviewed"
purpose = "Four eyes"
source = "A book"
rule = { kind = "precedence", first = "Review", then = "Done" }

[[guideline]]
id = "bad"
title = "Work is reviewed soon"
purpose = "Fresh memory"
source = "A book"
rule = { kind = "time_limt", status = "Review", at_most = "2 days" }
"""
    )
    user, token = site[0].credentials("eal-bot")
    config(tmp_path, site[1], user=user, team='guidelines = "g.toml"\nsince = 2020-01-01')
    done = eal("cycle", folder=tmp_path, token=token)
    assert done.returncode == 0, done.stderr
    lint = eal("guidelines", "lint", folder=tmp_path, token=token)
    assert lint.returncode == 1
    assert "g.toml, line 14" in lint.stdout
    assert 'Did you mean "time_limit"?' in lint.stdout
    told = json.loads(eal("deviations", "--json", folder=tmp_path, token=token).stdout)
    assert [d["guideline"] for d in told["deviations"]] == ["good"]
    status = json.loads(eal("status", "--json", folder=tmp_path, token=token).stdout)
    assert [item["ref"] for item in status["set_aside"]] == ["Team: bad"]


def test_the_first_run_on_old_work_writes_nothing_until_approved(tmp_path: Path, site: tuple[Site, str]) -> None:
    (tmp_path / "g.toml").write_text(
        """
[[guideline]]
id = "good"
title = "Work is reviewed"
purpose = "Four eyes"
source = "A book"
rule = { kind = "precedence", first = "Review", then = "Done" }
"""
    )
    user, token = site[0].credentials("eal-bot")
    config(tmp_path, site[1], user=user, team='guidelines = "g.toml"\nsince = 2020-01-01\nretro = "0 0 1 1 *"')
    written = len(site[0].journal)
    first = eal("cycle", folder=tmp_path, token=token)
    assert "P-1" in first.stdout
    assert "eal-jira cycle --approve" in first.stderr
    eal("cycle", "--dry-run", "--approve", folder=tmp_path, token=token)
    assert len(site[0].journal) == written
    approved = eal("cycle", "--approve", folder=tmp_path, token=token)
    assert approved.returncode == 0, approved.stderr
    assert len(site[0].journal) > written
    assert "eal-deviation" in site[0].issue("P-1").fields["labels"]


def test_an_unknown_team_is_a_usage_error(tmp_path: Path) -> None:
    config(tmp_path, "http://127.0.0.1:9")
    refused(eal("deviations", "--team", "Teem", folder=tmp_path), 2, "Teem", "Team")
