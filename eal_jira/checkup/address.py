"""The way to the tracker: proxy, name, connection, certificate. Asks nothing of what answers there.

It goes the way that the adapters' HTTP library goes: its reading of the environment, its trust in certificates.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_auth_from_url, get_environ_proxies, select_proxy
from urllib3.util import make_headers
from urllib3.util.ssl_ import create_urllib3_context

from eal_jira.hookspecs import Check

PATIENCE = 5.0
"""Seconds for the connection, and again for the proxy and the handshake."""

RENEWAL = timedelta(days=14)
"""A certificate with less time left should have been renewed."""

_PORTS = {"http": 80, "https": 443}
_EXPIRED, _NOT_YET, _OTHER_HOST = 10, 9, (62, 64)
"""OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_…)."""


@dataclass(frozen=True, slots=True)
class _Trouble(Exception):
    check: Check


def look_at_address(url: str, ca_file: str | None, now: datetime) -> Iterator[Check]:
    """`ca_file` is the PEM file that the config names for this site."""
    target = urlsplit(url)
    proxy = _proxy(url)
    yield _told_of_proxy(target, proxy)
    if proxy is not None and proxy.scheme not in ("http", ""):
        # what such a proxy is asked for goes through its own protocol: the adapter's first request will tell
        return
    try:
        with _connected(target, proxy) as connection:
            where_to = target if proxy is None else proxy
            yield Check.green("connection", f"{where_to.hostname} answers on port {_port(where_to)}.")
            if target.scheme == "https":
                if proxy is not None:
                    _tunnel(connection, target, proxy)
                yield _certificate(connection, str(target.hostname), ca_file, now)
            else:
                yield from _told_of_plain_text(str(target.hostname))
    except _Trouble as trouble:
        yield trouble.check


# --- the proxy ------------------------------------------------------------------------------------------------


def _proxy(url: str) -> SplitResult | None:
    chosen = select_proxy(url, get_environ_proxies(url))
    return None if not chosen else urlsplit(chosen if "://" in chosen else f"http://{chosen}")


def _told_of_proxy(target: SplitResult, proxy: SplitResult | None) -> Check:
    if proxy is not None:
        # never the whole address: it may hold a password
        return Check.green("proxy", f"All requests go through {proxy.scheme}://{proxy.hostname}:{_port(proxy)}.")
    if getproxies().keys() & {target.scheme, "all"}:
        return Check.green("proxy", f"NO_PROXY lets requests to {target.hostname} go without the proxy.")
    return Check.green("proxy", "None is set in the environment.")


def _tunnel(connection: socket.socket, target: SplitResult, proxy: SplitResult) -> None:
    """Asks the proxy for a way through. Raises `_Trouble` when it gives none."""
    place = f"{target.hostname}:{_port(target)}"
    user, password = get_auth_from_url(proxy.geturl())
    headers = {"host": place, **(make_headers(proxy_basic_auth=f"{user}:{password}") if user else {})}
    request = "\r\n".join([f"CONNECT {place} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""])
    try:
        connection.sendall(request.encode("latin-1"))
        answer = http.client.HTTPResponse(connection, method="CONNECT")
        answer.begin()
    except (OSError, http.client.HTTPException) as error:
        raise _Trouble(
            Check.red("proxy", f"The proxy does not answer ({type(error).__name__}).", "Check HTTPS_PROXY.")
        ) from None
    if answer.status == http.client.PROXY_AUTHENTICATION_REQUIRED:
        raise _Trouble(
            Check.red(
                "proxy",
                "The proxy wants another user or password (status 407).",
                "Write both into HTTPS_PROXY, as in http://user:password@proxy:3128.",
            )
        )
    if answer.status != http.client.OK:
        raise _Trouble(
            Check.red(
                "proxy",
                f"The proxy does not let us through to {place} (status {answer.status}).",
                f"Ask whoever runs the proxy to allow {target.hostname}, or name it in NO_PROXY.",
            )
        )


# --- name and connection --------------------------------------------------------------------------------------


def _connected(target: SplitResult, proxy: SplitResult | None) -> socket.socket:
    """A connection to the site or to the proxy on the way. Raises `_Trouble`."""
    place = target if proxy is None else proxy
    key = "tracker.url" if proxy is None else "HTTPS_PROXY and HTTP_PROXY"
    host, port = str(place.hostname), _port(place)
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise _Trouble(
            Check.red("connection", f"The name {host} is not known.", f"Check {key}, then this machine's name server.")
        ) from None
    end = time.monotonic() + PATIENCE
    reason = "no connection within the time limit"
    for family, kind, protocol, _, address in addresses:
        if time.monotonic() >= end:
            break
        connection = socket.socket(family, kind, protocol)
        # one silent address must leave time for the next
        connection.settimeout(max(0.1, (end - time.monotonic()) / 2))
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            reason = "no connection within the time limit" if isinstance(error, TimeoutError) else str(error.strerror)
            continue
        connection.settimeout(PATIENCE)
        return connection
    raise _Trouble(
        Check.red(
            "connection",
            f"{host} does not answer on port {port}: {reason}.",
            f"Check {key}, and that a firewall lets this machine out to it.",
        )
    )


def _port(place: SplitResult) -> int:
    return place.port or _PORTS.get(place.scheme, 1080)


def _told_of_plain_text(host: str) -> Iterator[Check]:
    if host not in ("localhost", "127.0.0.1", "::1"):
        yield Check.yellow(
            "encryption",
            f"{host} is asked without encryption: whoever listens on the way learns the token.",
            "Write https:// in tracker.url.",
        )


# --- the certificate ------------------------------------------------------------------------------------------


def _certificate(connection: socket.socket, host: str, ca_file: str | None, now: datetime) -> Check:
    trusted = (
        os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or ca_file or DEFAULT_CA_BUNDLE_PATH
    )
    context = create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        if Path(trusted).is_dir():
            context.load_verify_locations(capath=trusted)
        else:
            context.load_verify_locations(cafile=trusted)
    except OSError:
        return Check.red(
            "encryption",
            f"{trusted}, which should name the certificate authorities we trust, can't be read.",
            "Mend REQUESTS_CA_BUNDLE or tracker.options.ca_file: it must be a PEM file.",
        )
    try:
        with context.wrap_socket(connection, server_hostname=host) as encrypted:
            shown = encrypted.getpeercert() or {}
    except ssl.SSLCertVerificationError as refused:
        return _refused(host, refused, trusted)
    except OSError as broken:
        reason = broken.reason if isinstance(broken, ssl.SSLError) and broken.reason else type(broken).__name__
        return Check.red(
            "encryption",
            f"{host} does not speak TLS with us ({reason}).",
            "Check the port in tracker.url, and whether something between us and it takes encryption apart.",
        )
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    if until - now < RENEWAL:
        return Check.yellow(
            "encryption",
            f"The certificate of {host} ends on {until:%Y-%m-%d}, in {(until - now).days} days.",
            "Remind whoever runs the site to renew it: after that day no request will go out.",
        )
    return Check.green("encryption", f"The certificate of {host} is good until {until:%Y-%m-%d}.")


def _refused(host: str, refused: ssl.SSLCertVerificationError, trusted: str) -> Check:
    code = refused.verify_code
    if code in (_EXPIRED, _NOT_YET):
        return Check.red(
            "encryption",
            f"The certificate of {host} is {'no longer' if code == _EXPIRED else 'not yet'} valid.",
            "Look at this machine's clock; if it is right, whoever runs the site must renew the certificate.",
        )
    if code in _OTHER_HOST:
        return Check.red(
            "encryption",
            f"The certificate shown for {host} is another host's.",
            "Check tracker.url: it must be the name that the site itself goes by.",
        )
    return Check.red(
        "encryption",
        f"Nobody listed in {trusted} vouches for the certificate of {host} ({refused.verify_message}).",
        "If your company has a certificate authority of its own, write the path of its PEM file into "
        "tracker.options.ca_file or REQUESTS_CA_BUNDLE.",
    )
