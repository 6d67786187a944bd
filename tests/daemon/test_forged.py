"""Forged, altered, packed, huge and slow requests: all are refused, and nothing is left of them."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import http.client
import json
import socket
import time
import zlib
from collections import Counter
from collections.abc import Iterator

import pytest

from eal_jira.daemon import web
from eal_jira.store import Store

from .conftest import SECRET, Door, OpenBench, address, chunked, event, post, rows, signed

BODY = event("10001", padding="ä" * 50)
RIGHT = signed(BODY)["X-Hub-Signature"]
HEAD = (
    f"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {RIGHT}\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()
DELIVERIES = "SELECT id FROM deliveries"

Request = tuple[str, bytes, list[tuple[str, str]]]
"""What is wrong, body, headers."""


def forgeries() -> Iterator[Request]:
    """None of them proves that its sender knows the secret."""
    for what, value in signatures().items():
        headers = [] if value is None else [("X-Hub-Signature", value)]
        yield what, BODY, headers
        yield f"{what}, in pieces", BODY, [("Transfer-Encoding", "chunked"), *headers]
    for name in ("X-Hub-Signature-256", "X-Signature", "Authorization", "Hub-Signature", "X_Hub_Signature"):
        yield f"in the header {name}", BODY, [(name, RIGHT)]
    for other in (RIGHT, "sha256=" + "0" * 64, "", "sha1=" + "0" * 40):
        for name in ("X-Hub-Signature", "x-hub-signature"):
            pairs = [("X-Hub-Signature", RIGHT), (name, other)]
            yield f"twice: {pairs}", BODY, pairs
            yield f"twice: {pairs[::-1]}", BODY, pairs[::-1]
    signature = ("X-Hub-Signature", RIGHT)
    for what, body in bodies().items():
        yield what, body, [signature]
        for kind in ("application/json;charset=utf-16", "application/x-www-form-urlencoded"):
            yield f"{what} as {kind}", body, [signature, ("Content-Type", kind)]
        yield f"{what}, under a known name", body, [signature, ("X-Atlassian-Webhook-Identifier", "known")]
    for what, body in packed().items():
        for encoding in ("gzip", "deflate", "br", "zstd", "gzip, identity", "IDENTITY", "x"):
            for proof in (signed(body), signed(BODY)):
                yield f"{what} said to be {encoding}", body, [*proof.items(), ("Content-Encoding", encoding)]


def signatures() -> dict[str, str | None]:
    digest = RIGHT.removeprefix("sha256=")
    hashes = {name: hmac.new(SECRET.encode(), BODY, name).hexdigest() for name in ("md5", "sha1", "sha224", "sha512")}
    return {
        "missing": None,
        "empty": "",
        "scheme only": "sha256=",
        "no scheme": digest,
        "scheme in upper case": RIGHT.replace("sha256", "SHA256"),
        "upper case": "sha256=" + digest.upper(),
        "one letter in upper case": "sha256=" + digest.replace("a", "A", 1).replace("b", "B", 1),
        "spaces inside": RIGHT.replace("=", " = "),
        "quoted": f'"{RIGHT}"',
        "zeros": "sha256=" + "0" * 64,
        "no letters of a number": "sha256=" + "g" * 64,
        "longer": RIGHT + "0",
        "twice in one": f"{RIGHT}, {RIGHT}",
        "a right one after a wrong one": f"sha256={'0' * 64}, {RIGHT}",
        "a wrong one after a right one": f"{RIGHT},sha256={'0' * 64}",
        "no key": "sha256=" + hashlib.sha256(BODY).hexdigest(),
        "key before": "sha256=" + hashlib.sha256(SECRET.encode() + BODY).hexdigest(),
        "key behind": "sha256=" + hashlib.sha256(BODY + SECRET.encode()).hexdigest(),
        "base64": "sha256=" + "q" * 43 + "=",
        "Latin-1 letters": "sha256=" + "é" * 64,
        "a very long one": "sha256=" + "0" * 8000,
        **{f"downgraded to {name}": f"{name}={value}" for name, value in hashes.items()},
        **{f"{name} as sha256": f"sha256={value}" for name, value in hashes.items()},
        **{f"secret {s!r}": signed(BODY, s)["X-Hub-Signature"] for s in ("", "a", SECRET + " ", SECRET[:-1])},
        **{f"cut after {size}": f"sha256={digest[:size]}" for size in range(1, 64, 3)},
        **{f"digit {n} altered": f"sha256={digest[:n]}{int(digest[n], 16) ^ 1:x}{digest[n + 1 :]}" for n in range(64)},
    }


def bodies() -> dict[str, bytes]:
    """What is not what was signed."""
    told = json.loads(BODY)
    plain = json.dumps(told, ensure_ascii=False)
    flipped = {}
    for bit in range(0, len(BODY) * 8, 31):
        altered = bytearray(BODY)
        altered[bit // 8] ^= 1 << bit % 8
        flipped[f"bit {bit} altered"] = bytes(altered)
    return flipped | {
        "re-serialised": json.dumps(told, indent=1).encode(),
        "compact": json.dumps(told, separators=(",", ":")).encode(),
        "other order": json.dumps(dict(reversed(told.items()))).encode(),
        "unescaped": plain.encode(),
        "a space behind": BODY + b" ",
        "a newline behind": BODY + b"\r\n",
        "a mark before": b"\xef\xbb\xbf" + BODY,
        "cut": BODY[:-1],
        "nothing": b"",
        "another issue": BODY.replace(b"10001", b"10002"),
        "something behind": BODY + BODY,
        **{charset: plain.encode(charset) for charset in ("utf-16", "utf-32", "latin-1")},
    }


def packed() -> dict[str, bytes]:
    return {
        "gzip": gzip.compress(BODY),
        "deflate": zlib.compress(BODY),
        "a bomb": gzip.compress(BODY + b" " * 10_000_000),
        "plain": BODY,
    }


def test_more_than_five_hundred_forgeries_are_refused_and_leave_no_trace(bench: OpenBench) -> None:
    """Refused without a word; no row, no request to the tracker, nothing woken (facts/reliability.md R5a)."""
    with bench() as b:
        b.make(1)
        with b.running() as daemon, b.requests() as asked:
            known = daemon.rows("SELECT * FROM work")
            answers: Counter[int] = Counter()
            for what, body, headers in forgeries():
                connection = http.client.HTTPConnection(*address(daemon.url), timeout=10)
                connection.putrequest("POST", "/webhooks/jira")
                for name, value in headers:
                    connection.putheader(name, value.encode("latin-1"))
                pieces = ("Transfer-Encoding", "chunked") in headers
                if not pieces:
                    connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body, encode_chunked=pieces)
                answer = connection.getresponse()
                assert (answer.status, answer.read()) in ((401, b""), (415, b"")), what
                answers[answer.status] += 1
                connection.close()
            assert answers.total() >= 500
            assert answers[415] == 56
            assert daemon.rows(DELIVERIES) == []
            assert daemon.rows("SELECT * FROM work") == known
            assert len(daemon.cycles) == 1
        assert asked == []


def test_what_is_too_large_is_refused_whoever_signed_it(door: Door) -> None:
    """25 MB, announced or in pieces, and one byte over the limit; the limit itself is fine."""
    at_most = event("10001", padding="x" * (web.BODY_SIZE - 80))
    at_most += b" " * (web.BODY_SIZE - len(at_most))
    assert door.deliver(at_most) == 202
    assert post(door.url, b"", {"Content-Length": str(web.BODY_SIZE + 1)} | signed(b"")) == 413
    huge = BODY + b" " * 25_000_000
    head = f"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {signed(huge)['X-Hub-Signature']}\r\n"
    # refused before the end of the body: whoever goes on sending may find the connection gone
    assert door.raw(f"{head}Content-Length: {len(huge)}\r\n\r\n".encode() + huge) in (413, None)
    assert door.raw(chunked(huge, signed(huge), 60_000)) in (413, None)
    assert door.raw(chunked(at_most + b" ", signed(at_most + b" "), 60_000)) in (413, None)
    assert len(rows(door.store, DELIVERIES)) == 1


def test_who_is_too_slow_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BODY_TIME", 0.3)
    assert door.raw(HEAD + BODY[:-1]) == 408
    assert door.raw(HEAD) == 408
    with socket.create_connection(address(door.url), timeout=5) as drip:
        drip.sendall(HEAD)
        begin = time.monotonic()
        try:
            for byte in BODY:
                drip.sendall(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            pass
        assert time.monotonic() - begin < 2
    assert rows(door.store, DELIVERIES) == []


def test_a_head_that_never_ends_is_cut_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "CONNECTION_TIME", 0.3)
    door = Door(store)
    try:
        assert door.raw(b"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\nX-A: ") is None
        assert door.raw(b"") is None
        # refused before its end: whoever goes on sending may find the connection gone
        assert door.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n") in (400, None)
        assert door.deliver(BODY) == 202
    finally:
        door.server.stop()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 99999999999999999999",
        "Content-Length: " + "9" * 5000,
        "Content-Length: -1",
        "Content-Length: x",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: gzip",
        "Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 2",
        "Transfer-Encoding: chunked\r\nX: y\r\n\r\nno number",
    ],
)
def test_an_odd_head_is_refused(door: Door, head: str) -> None:
    request = f"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {RIGHT}\r\n{head}\r\n\r\n{{}}"
    assert door.raw(request.encode()) in (400, 413, 415, 501)
    assert rows(door.store, DELIVERIES) == []


def test_a_sender_that_hangs_up_leaves_nothing(door: Door) -> None:
    with socket.create_connection(address(door.url), timeout=5) as connection:
        connection.sendall(HEAD + BODY[:-1])
    assert door.deliver(event("1"), "next") == 202
    assert rows(door.store, DELIVERIES) == [("next",)]
