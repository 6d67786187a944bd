"""The way to the tracker: each thing that can stand in it is told by name, with what to do."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eal_jira.checkup import address
from eal_jira.checkup.address import look_at_address
from eal_jira.hookspecs import Check, Colour

from .conftest import answering, encrypted, proxy

Certificate = Callable[[int, str], tuple[Path, Path]]
PASSWORD = "pr0xy-passw0rd"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "PATIENCE", 1.0)


def looked(url: str, ca_file: Path | None = None) -> dict[str, Check]:
    found = list(look_at_address(url, None if ca_file is None else str(ca_file), datetime.now(UTC)))
    assert not any(PASSWORD in check.found + check.remedy for check in found)
    return {check.name: check for check in found}


def test_an_open_port_without_proxy_is_green(silent: int) -> None:
    found = looked(f"http://127.0.0.1:{silent}")
    assert {check.colour for check in found.values()} == {Colour.GREEN}
    assert str(silent) in found["connection"].found


def test_a_port_where_nobody_listens_is_red() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = looked(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert found["connection"].colour is Colour.RED
    assert "tracker.url" in found["connection"].remedy


@pytest.mark.parametrize("host", ["nobody.invalid", f"{'x' * 70}.example"])
def test_a_name_that_is_not_known_is_red(host: str) -> None:
    found = looked(f"https://{host}")
    assert f"The name {host} is not known." == found["connection"].found
    assert "encryption" not in found


def test_a_silent_address_leaves_time_for_the_next(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a firewall that drops what goes out over IPv6."""
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = socket.create_connection(full.getsockname())
    known = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", end) for end in (full.getsockname(), ("127.0.0.1", silent))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
    try:
        assert looked(f"http://both.example:{silent}")["connection"].colour is Colour.GREEN
    finally:
        waiting.close()
        full.close()


def test_a_host_elsewhere_without_encryption_is_yellow(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", silent))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
    found = looked("http://jira.example")
    assert found["encryption"].colour is Colour.YELLOW
    assert "https://" in found["encryption"].remedy


# --- certificates ---------------------------------------------------------------------------------------------


def test_a_trusted_certificate_tells_its_last_day(certificate: Certificate) -> None:
    made = certificate(100, "localhost")
    with encrypted(made) as port:
        found = looked(f"https://localhost:{port}", made[0])
    assert found["encryption"].colour is Colour.GREEN


def test_a_certificate_that_ends_soon_is_yellow(certificate: Certificate) -> None:
    made = certificate(5, "localhost")
    with encrypted(made) as port:
        found = looked(f"https://localhost:{port}", made[0])["encryption"]
    assert found.colour is Colour.YELLOW
    assert "in 4 days" in found.found


def test_a_companys_own_authority_is_told_with_the_option_for_it(certificate: Certificate) -> None:
    with encrypted(certificate(100, "localhost")) as port:
        found = looked(f"https://localhost:{port}")["encryption"]
    assert found.colour is Colour.RED
    assert "tracker.options.ca_file" in found.remedy


def test_the_environments_authorities_win_as_they_do_for_requests(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = certificate(100, "localhost"), certificate(100, "elsewhere")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made[0]))
    with encrypted(made) as port:
        assert looked(f"https://localhost:{port}", other[0])["encryption"].colour is Colour.GREEN


def test_another_hosts_certificate_is_red(certificate: Certificate) -> None:
    made = certificate(100, "elsewhere")
    with encrypted(made) as port:
        found = looked(f"https://localhost:{port}", made[0])["encryption"]
    assert found.colour is Colour.RED
    assert "another host's" in found.found


@pytest.mark.parametrize(("code", "said"), [(10, "no longer valid"), (9, "not yet valid")])
def test_a_certificate_out_of_its_time_points_at_the_clock_too(code: int, said: str) -> None:
    refused = ssl.SSLCertVerificationError()
    refused.verify_code = code
    found = address._refused("jira.example", refused, "bundle.pem")
    assert said in found.found
    assert "clock" in found.remedy


def test_a_file_of_authorities_that_is_none_is_red(silent: int, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    found = looked(f"https://127.0.0.1:{silent}", tmp_path / "ca.pem")["encryption"]
    assert found.colour is Colour.RED
    assert "ca.pem" in found.found


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_port_without_encryption_is_red(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answer)

    with answering(talk) as port:
        found = looked(f"https://127.0.0.1:{port}")["encryption"]
    assert found.colour is Colour.RED
    assert "does not speak TLS" in found.found


def test_a_handshake_that_never_ends_is_given_up(silent: int) -> None:
    begun = time.monotonic()
    assert looked(f"https://127.0.0.1:{silent}")["encryption"].colour is Colour.RED
    assert time.monotonic() - begun < 3


# --- proxies --------------------------------------------------------------------------------------------------


def test_a_proxy_is_gone_through_and_shown_without_its_password(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(100, "jira.example")
    known = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    with encrypted(made) as site, proxy(site, known) as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@127.0.0.1:{port}")
        found = looked("https://jira.example", made[0])
    assert f"http://127.0.0.1:{port}" in found["proxy"].found
    assert found["encryption"].colour is Colour.GREEN
    assert heads[0].startswith("CONNECT jira.example:443 ")


@pytest.mark.parametrize(("password", "allow", "said"), [("other", True, "407"), (None, False, "403")])
def test_a_proxy_that_does_not_let_us_through_is_red(
    silent: int, monkeypatch: pytest.MonkeyPatch, password: str | None, allow: bool, said: str
) -> None:
    with proxy(silent, password, allow) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"user:{PASSWORD}@127.0.0.1:{port}")
        found = looked("https://jira.example")["proxy"]
    assert found.colour is Colour.RED
    assert said in found.found


def test_a_proxy_that_is_not_there_is_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    found = looked("https://jira.example")["connection"]
    assert "proxy.invalid" in found.found
    assert "HTTPS_PROXY" in found.remedy


def test_a_proxy_that_says_nothing_is_red(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent}")
    assert looked("https://jira.example")["proxy"].colour is Colour.RED


def test_no_proxy_is_told(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = looked(f"http://127.0.0.1:{silent}")
    assert "NO_PROXY" in found["proxy"].found
    assert found["connection"].colour is Colour.GREEN


def test_a_socks_proxy_is_named_and_left_to_the_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://user:{PASSWORD}@proxy.invalid:1080")
    assert set(looked("https://jira.example")) == {"proxy"}
