"""Secrets are known by their value and taken out of every line, whatever form they take in it."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from eal_jira import redaction
from eal_jira.cli.logs import LogFormat, logging_to_stderr
from eal_jira.settings import Secret

TOKEN = 'ATATT3x/Ffé+"GF0=a b'


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_forms", ())
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "line",
    [
        f"refused {TOKEN}!",
        f"https://x.example/?token={quote(TOKEN, safe='')}",
        f"token={quote_plus(TOKEN)}",
        json.dumps({"token": TOKEN}),
        "Basic " + base64.b64encode(f"someone@example.com:{TOKEN}".encode()).decode(),
        "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode(),
        base64.b64encode(f"1{TOKEN}2".encode()).decode(),
        base64.urlsafe_b64encode(TOKEN.encode()).decode(),
    ],
)
def test_a_secret_is_taken_out_in_every_form(line: str) -> None:
    redaction.learn(TOKEN)
    cleaned = redaction.clean(line)
    assert redaction.SHOWN in cleaned
    assert TOKEN not in cleaned
    for word in cleaned.replace("Basic ", "").split(redaction.SHOWN):
        assert len(word) < 45


@given(before=st.text(max_size=5), secret=st.text(st.characters(codec="ascii"), min_size=12), after=st.text(max_size=5))
def test_in_base64_no_piece_of_it_stays_wherever_it_stands(before: str, secret: str, after: str) -> None:
    redaction._forms = ()
    redaction.learn(secret)
    cleaned = redaction.clean(base64.b64encode(f"{before}{secret}{after}".encode()).decode())
    # what is left beside the mark can hold no more than the ends of what stood around
    left = sum(len(part) for part in cleaned.split(redaction.SHOWN))
    assert redaction.SHOWN in cleaned
    assert left <= 4 * (len(before.encode()) + len(after.encode())) / 3 + 12


def test_other_lines_stay_as_they_are() -> None:
    redaction.learn(TOKEN)
    redaction.learn("short")
    assert redaction.clean("a short line about nothing") == "a short line about nothing"


@pytest.mark.parametrize("form", ["human", "json"])
def test_the_log_holds_no_secret_that_was_read(
    form: LogFormat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("A_TOKEN", TOKEN)
    secret = Secret(env="A_TOKEN").read()
    logging_to_stderr(form)
    log = structlog.get_logger()
    try:
        raise RuntimeError(f"they said {secret}")
    except RuntimeError:
        log.exception("it broke", said=f"Bearer {secret}")
    said = capsys.readouterr().err
    assert "it broke" in said
    assert "they said ***" in said
    assert "Bearer ***" in said
    assert "locals" not in said, "no local variables"
    assert secret not in said
    assert json.dumps(secret)[1:-1] not in said
    if form == "json":
        (line,) = [json.loads(line) for line in said.splitlines()]
        assert line["event"] == "it broke"
        assert line["timestamp"].endswith("Z")
    assert logging.getLogger("eal_jira").handlers == []
