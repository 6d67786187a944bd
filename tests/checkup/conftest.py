"""Servers for a doctor to look at: silent, encrypted, and proxies of every temper."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a socket that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where every connection is dealt with by `answer`, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=deal, args=(connection,), daemon=True).start()

        def deal(connection: socket.socket) -> None:
            with connection:
                try:
                    answer(connection)
                except OSError:
                    return  # the client has seen enough

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str], tuple[Path, Path]]:
    """Makes (certificate, key): self-signed, good for so many days, for a name."""
    if shutil.which("openssl") is None:
        pytest.skip("certificates are made with the openssl command, which is not here")
    folder = tmp_path_factory.mktemp("certificates")

    def make(days: int, name: str) -> tuple[Path, Path]:
        pem, key = folder / f"{days}-{name}.pem", folder / f"{days}-{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", str(key), "-out", str(pem), "-days", str(days), "-subj", f"/CN={name}",
             "-addext", f"subjectAltName=DNS:{name}"],
            check=True,
            capture_output=True,
        )  # fmt: skip
        return pem, key

    return make


@contextmanager
def encrypted(certificate: tuple[Path, Path]) -> Iterator[int]:
    """The port of a server that shakes hands with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def shake(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as spoken:
            spoken.recv(1)

    with answering(shake) as port:
        yield port


@contextmanager
def proxy(to: int, password: str | None = None, allow: bool = True) -> Iterator[tuple[int, list[str]]]:
    """A proxy that takes everybody to the port `to`, and the heads of requests that came to it."""
    heads: list[str] = []

    def relay(connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1000)
        heads.append(head.decode("latin-1"))
        if password is not None and password not in heads[-1]:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif not allow:
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        else:
            with socket.create_connection(("127.0.0.1", to)) as target:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=_copy, args=(target, connection), daemon=True).start()
                _copy(connection, target)

    with answering(relay) as port:
        yield port, heads


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return  # one of both has closed


@pytest.fixture
def store_kind() -> str:
    """What is looked at here is a file, or says itself that it is not."""
    return "sqlite"
