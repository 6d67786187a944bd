"""Secrets and the day they end: told in time, never shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.checkup.credentials import look_at_secret
from eal_jira.checkup.expiry import LOG_EVENT, MARKS, look_at_expiry, token_warning
from eal_jira.daemon.token_watch import TokenWatch
from eal_jira.hookspecs import Check, Colour
from eal_jira.settings import Secret

CONTENT = "s3cret-t0ken"
LAST = date(2026, 6, 30)


def looked(secret: Secret) -> Check:
    (found,) = look_at_secret("tracker.token", secret)
    assert CONTENT not in found.found + found.remedy
    return found


def before(days: int) -> datetime:
    return datetime(2026, 6, 30, 12, tzinfo=UTC) - timedelta(days=days)


@pytest.mark.parametrize(
    ("mode", "colour"),
    [(0o600, Colour.GREEN), (0o640, Colour.GREEN), (0o644, Colour.YELLOW), (0o660, Colour.YELLOW)],
)
def test_a_secret_that_others_may_read_or_change_is_yellow(tmp_path: Path, mode: int, colour: Colour) -> None:
    file = tmp_path / "token"
    file.write_text(CONTENT)
    file.chmod(mode)
    found = looked(Secret(file=file))
    assert found.colour is colour
    assert ("chmod 600" in found.remedy) is (colour is Colour.YELLOW)


def test_a_link_to_a_secret_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    """As Kubernetes mounts them: the link is open to everybody, the file isn't."""
    (tmp_path / "real").write_text(CONTENT)
    (tmp_path / "real").chmod(0o400)
    (tmp_path / "token").symlink_to("real")
    assert looked(Secret(file=tmp_path / "token")).colour is Colour.GREEN


def test_a_secret_that_can_not_be_read_says_where_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    for secret in (
        Secret(file=tmp_path / "missing"),
        Secret(file=tmp_path / "empty"),
        Secret(env="EAL_NOT_SET"),
        Secret(command=("/bin/false",)),
    ):
        found = looked(secret)
        assert found.colour is Colour.RED
        assert secret.place.split()[-1].strip("'") in found.found


@given(st.integers(-400, 400))
def test_the_warning_begins_a_month_before_and_changes_at_the_marks(days: int) -> None:
    told = token_warning(LAST, before(days))
    assert (told is None) == (days > max(MARKS))
    if told is not None:
        assert str(LAST) in told
        same_mark = next((mark for mark in MARKS if days <= mark), None) == next(
            (mark for mark in MARKS if days + 1 <= mark), None
        )
        over = days < 0 <= days + 1
        assert (told == token_warning(LAST, before(days + 1))) == (same_mark and not over)


@pytest.mark.parametrize(
    ("days", "colour"),
    [(31, Colour.GREEN), (30, Colour.YELLOW), (1, Colour.YELLOW), (0, Colour.YELLOW), (-1, Colour.RED)],
)
def test_the_tokens_last_day_is_yellow_before_and_red_after(days: int, colour: Colour) -> None:
    (found,) = look_at_expiry(LAST, before(days))
    assert found.colour is colour


def test_a_token_without_a_last_day_is_green_and_says_so() -> None:
    (found,) = look_at_expiry(None, before(0))
    assert found.colour is Colour.GREEN
    assert "tracker.token_expires" in found.found
    assert token_warning(None, before(0)) is None


def test_the_daemon_warns_once_a_day() -> None:
    watch = TokenWatch(LAST)
    with structlog.testing.capture_logs() as logged:
        for hour in range(24 * 33):
            watch.look(datetime(2026, 5, 30, tzinfo=UTC) + timedelta(hours=hour))
    assert {entry["event"] for entry in logged} == {LOG_EVENT}
    # 31 May to 30 June, and the day after
    assert len(logged) == 32
    assert len({entry["reason"] for entry in logged}) == len(MARKS) + 1
