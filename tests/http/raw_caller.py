"""A client that sends bytes, whether they are HTTP or not."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from http_caller import Caller

CLOSE = "Connection: close"


@contextlib.contextmanager
def connected(caller: Caller, *, tls: bool = True) -> Iterator[socket.socket]:
    """A connection to the caller's server."""
    where = urlsplit(caller.server.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        if not tls:
            yield plain
            return
        context = ssl.create_default_context(cadata=caller.root)
        with context.wrap_socket(plain, server_hostname=where.hostname) as secret:
            yield secret


def headed(caller: Caller, line: str, *headers: str, body: bytes = b"") -> bytes:
    """A request of the admin: its first line without the version, headers, and a body of any shape."""
    host = urlsplit(caller.server.url).netloc
    lines = [f"{line} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {caller.server.token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def answer_to(caller: Caller, sent: bytes, *, tls: bool = True) -> bytes:
    """What the server says until it hangs up."""
    with connected(caller, tls=tls) as connection:
        with contextlib.suppress(OSError):  # it may have hung up already
            connection.sendall(sent)
        return rest_of(connection)


def rest_of(connection: socket.socket) -> bytes:
    """What comes until the other side hangs up. Raises TimeoutError when it does not."""
    parts = []
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)
