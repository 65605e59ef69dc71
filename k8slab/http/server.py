"""The server itself: a socket on loopback with TLS, in a thread of its own.

Left out  addresses other than loopback unless they are asked for; HTTP/2 (clients fall back to HTTP/1.1)
"""

from __future__ import annotations

import secrets
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import uvicorn

from k8slab.http.app import App
from k8slab.http.certificates import Authority, Pair
from k8slab.http.connections import HEADER_LIMIT_BYTES, IDLE_S, Listener, PeerProtocol, PeerWebSocket
from k8slab.http.kubeconfig import write_kubeconfig
from k8slab.http.login import Login
from k8slab.http.pacing import Paced, Pacer
from k8slab.wire import Request, Response

__all__ = ["HttpServer"]

ADMIN, ADMINS = "kubernetes-admin", "kubeadm:cluster-admins"
NAMES = ("localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


class HttpServer:
    """`handle` behind HTTPS, while `loop` follows the real clock `speed` times as fast.

    Attributes: `url`; `kubeconfig`, the path of the file written for clients; `token`, the admin's.
    Use it as a context manager, or `close` it. Raises ValueError for what is no speed, OSError when the address
    cannot be had.
    """

    def __init__(
        self,
        handle: Callable[[Request], Response],
        loop: Paced,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        kubeconfig: str | Path | None = None,
        speed: float = 1.0,
    ) -> None:
        self.pacer = Pacer(loop, speed)
        self._open = ExitStack()  # what `close` closes
        with self._open:
            self._socket = _bound(host, port)
            self._open.callback(self._socket.close)
            self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="k8slab-")))
            self.url = f"https://{_shown(host)}:{self._socket.getsockname()[1]}"
            self.token = secrets.token_urlsafe(32)
            self.kubeconfig = Path(kubeconfig) if kubeconfig else self._folder / "kubeconfig"
            authority, login = Authority(), Login(handle, ADMIN, ADMINS, self.token)
            app = App(login.answer, self.pacer, login, {host, *NAMES})
            self._server = Listener(self._config(app, authority, host), app.end_streams)
            pair = authority.for_user(ADMIN, ADMINS)
            write_kubeconfig(self.kubeconfig, self.url, authority.certificate, ADMIN, pair, self.token)
            self._start()
            self._open = self._open.pop_all()

    def close(self) -> None:
        """Stop answering and stop the clock."""
        self._open.close()

    def _start(self) -> None:
        """Start the threads. Raises RuntimeError when that of the server ends at once."""
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="k8slab-http", daemon=True)
        self.pacer.start()
        self._open.callback(self.pacer.stop)
        self._thread.start()
        self._open.callback(self._stop)
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.005)
        if not self._server.started:
            raise RuntimeError("the server did not start") from self._problem

    def _run(self) -> None:
        try:
            self._server.run([self._socket])
        except BaseException as error:  # of a thread nobody would hear
            self._problem = error

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> HttpServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<k8slab at {self.url}, KUBECONFIG={self.kubeconfig}>"

    def _config(self, app: App, authority: Authority, host: str) -> uvicorn.Config:
        pair = authority.for_server(dict.fromkeys([*NAMES, host]))
        config = uvicorn.Config(
            app,
            http=PeerProtocol,
            loop="asyncio",
            ws=PeerWebSocket,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the app tells virtual time
            headers=[("cache-control", "no-cache, private")],
            timeout_keep_alive=IDLE_S,
            h11_max_incomplete_event_size=HEADER_LIMIT_BYTES,
        )
        config.load()
        config.ssl = self._tls(authority, pair)
        return config

    def _tls(self, authority: Authority, pair: Pair) -> ssl.SSLContext:
        """A context that shows the server's certificate and looks at the client's, if there is one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with tempfile.NamedTemporaryFile(dir=self._folder) as file:  # 0600, and gone at once
            file.write(pair.certificate + pair.key)
            file.flush()
            context.load_cert_chain(file.name)
        context.load_verify_locations(cadata=authority.certificate.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # by name, or asyncio sets no TCP_NODELAY
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
