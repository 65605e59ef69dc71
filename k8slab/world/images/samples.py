"""The images of the documentation's tutorials: agnhost, the bootcamp's server, hello-app, echo-server and the like.

Source    kubernetes.io, "Hello Minikube", "Learn Kubernetes Basics", "StatefulSet Basics", "Set up Ingress
          on Minikube", "Configure Liveness, Readiness and Startup Probes", "Exposing an External
          IP Address"; test/images/agnhost
Left out  agnhost's other commands (it says so and ends), UDP, TLS, /dial, /redirect and /upload of its netexec; the
          source files in the images
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from k8slab.clock import parse_duration
from k8slab.world.images.behaviour import Behaviour, HttpRequest, Reply
from k8slab.world.images.nginx import Nginx

__all__ = [
    "SAMPLES",
]

MIB = 1024 * 1024
Query = Mapping[str, str]


class GoServer(Behaviour):
    """A server in Go that minds no signals: as the first process of its container it ends with code 2."""

    def on_sigterm(self) -> None:
        """The runtime raises the signal once more, the kernel spares a first process, and the runtime gives up."""
        self.exit(2)


class NodeServer(Behaviour):
    """A server in Node that minds no signals: as the first process of its container it ignores them."""

    ports = (8080,)

    def on_sigterm(self) -> None:
        """Go on."""


class Agnhost(GoServer):
    """One of its servers: `netexec`, `liveness`, `serve-hostname`; without a command it pauses."""

    size_bytes = 54 * MIB
    own = frozenset(("agnhost",))

    def start(self) -> None:
        """Begin as the first word says."""
        words = [word for word in (*self.command, *self.args) if word.rpartition("/")[2] != "agnhost"]
        self.server = words[0] if words else "pause"
        self.asked = 0
        if self.server not in ("pause", *SERVERS):
            self.log(f'Error: unknown command "{self.server}" for "app"; this image knows pause, {", ".join(SERVERS)}')
            self.exit(1)
            return
        if self.server != "pause":
            flags = dict(word.lstrip("-").partition("=")[::2] for word in words[1:])
            flag, port = SERVERS[self.server]
            self.port = int(flags.get(flag, port))
            self.listen(self.port)

    def first_lines(self) -> Sequence[str]:
        """netexec says where it listens."""
        if self.server != "netexec":
            return ()
        start = self.container.started_at
        return [
            _klog(start, f"Started {text}") for text in (f"HTTP server on port {self.port}", "UDP server on port  8081")
        ]

    def on_request(self, request: HttpRequest) -> Reply | str:
        """What this server answers under that path."""
        if self.server == "serve-hostname":
            return self.hostname
        path, _, query = request.path.partition("?")
        if self.server == "liveness":
            return self._lives(path)
        self.asked += 1
        self.log(_klog(self.now, f"GET {request.path if query else path}"))
        answer = ANSWERS.get(path, Agnhost._moment)
        return answer(self, request, dict(parse_qsl(query)))

    def _lives(self, path: str) -> Reply:
        up_s = self.now - self.container.started_at
        if path == "/started":
            return Reply(200, f"{up_s:.9g}s")
        if path != "/healthz":
            return Reply(404, "404 page not found\n")
        return Reply(200, "ok") if up_s <= 10 else Reply(500, f"error: {up_s:.9g}")

    def _moment(self, request: HttpRequest, query: Query) -> Reply:
        moment = datetime.fromtimestamp(self.now, UTC)
        up_s = self.now - self.container.started_at
        return Reply(200, f"NOW: {moment:%Y-%m-%d %H:%M:%S.%f}000 +0000 UTC m=+{up_s:.9f}")

    def _hostname(self, request: HttpRequest, query: Query) -> Reply:
        return Reply(200, self.hostname)

    def _client(self, request: HttpRequest, query: Query) -> Reply:
        return Reply(200, f"{request.client}:{32768 + self.asked % 28000}")

    def _echo(self, request: HttpRequest, query: Query) -> Reply:
        code = query.get("code") or "200"
        if not code.isdecimal():
            return Reply(200, f"argument 'code' must be an integer or empty, got \"{code}\"\n")
        return Reply(int(code), query.get("msg", ""))

    def _health(self, request: HttpRequest, query: Query) -> Reply:
        return Reply(200)

    def _shell(self, request: HttpRequest, query: Query) -> Reply:
        done = self.on_exec(("sh", "-c", query.get("shellCommand") or query.get("cmd", "")))
        output = {"output": done.output + done.errors} if done.output + done.errors else {}
        error = {"error": f"exit status {done.exit_code}"} if done.exit_code else {}
        return Reply(200, json.dumps(error | output, separators=(",", ":")))

    def _exit(self, request: HttpRequest, query: Query) -> Reply:
        code, wait = query.get("code") or "0", query.get("wait") or "0s"
        if not code.isdecimal():
            return Reply(200, f"argument 'code' must be an integer [0-127] or empty, got \"{code}\"\n")
        try:
            wait_s = parse_duration(wait)
        except ValueError:
            return Reply(200, f"argument 'wait' must be a valid golang duration or empty, got \"{wait}\"\n")
        if wait_s:
            self.call_later(wait_s, self.exit, int(code))
        else:
            self.exit(int(code))
        return Reply(200)


SERVERS = {"netexec": ("http-port", "8080"), "liveness": ("", "8080"), "serve-hostname": ("port", "9376")}
ANSWERS: dict[str, Callable[[Agnhost, HttpRequest, Query], Reply]] = {
    "/clientip": Agnhost._client,
    "/echo": Agnhost._echo,
    "/exit": Agnhost._exit,
    "/healthz": Agnhost._health,
    "/hostname": Agnhost._hostname,
    "/hostName": Agnhost._hostname,
    "/shell": Agnhost._shell,
    "/shutdown": Agnhost._exit,
}


class Bootcamp(NodeServer):
    """The server of "Learn Kubernetes Basics": it names its Pod and its version."""

    size_bytes = 80 * MIB
    tags = "v[12]"
    lacks = frozenset(("nslookup", "ping", "nc"))

    def start(self) -> None:
        """Listen, and count from now on."""
        super().start()
        self.asked = 0

    def first_lines(self) -> Sequence[str]:
        """When and where it started."""
        start = _iso(self.container.started_at)
        return [f"Kubernetes Bootcamp App Started At: {start} | Running On:  {self.hostname} ", ""]

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The same for every path; each request leaves a line in the log."""
        self.asked += 1
        up_s = self.now - self.container.started_at
        self.log(
            f"Running On: {self.hostname} | Total Requests: {self.asked} | App Uptime: {up_s:.3f} seconds | "
            f"Log Time: {_iso(self.now)}"
        )
        version = self.container.image.reference.rpartition(":v")[2]
        return f"Hello Kubernetes bootcamp! | Running on: {self.hostname} | v={version}\n"


class HelloApp(GoServer):
    """hello-app: greets, in two versions."""

    size_bytes = 11 * MIB
    tags = r"[12]\.0"
    has_shell = False

    @property
    def port(self) -> str:
        """Where it listens: PORT says so, or else it is 8080."""
        return self.env.get("PORT") or "8080"

    def start(self) -> None:
        """Listen."""
        self.listen(int(self.port))

    def first_lines(self) -> Sequence[str]:
        """Where it listens."""
        return [f"{_stamp(self.container.started_at)} Server listening on port {self.port}"]

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The greeting."""
        self.log(f"{_stamp(self.now)} Serving request: {request.path}")
        version = self.container.image.reference.rpartition(":")[2]
        return f"Hello, world!\nVersion: {version}.0\nHostname: {self.hostname}\n"


class NodeHello(NodeServer):
    """node-hello: one line."""

    size_bytes = 260 * MIB
    tags = r"1\.0"

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The line."""
        self.log(f"Received request for URL: {request.path}")
        return "Hello Kubernetes!"


class EchoServer(HelloApp):
    """echo-server: the request, as it arrived."""

    size_bytes = 2 * MIB
    tags = ""

    def first_lines(self) -> Sequence[str]:
        """Where it listens."""
        return [f"Echo server listening on port {self.port}."]

    def on_request(self, request: HttpRequest) -> Reply | str:
        """Who answers, and what was asked."""
        self.log(f"{request.client} | {request.method} {request.path}")
        headers = {"Host": request.host, **request.headers}
        lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
        return (
            f"Request served by {self.hostname}\n\n{request.method} {request.path} HTTP/1.1\n\n{lines}\n{request.body}"
        )


class NginxSlim(Nginx):
    """nginx-slim: nginx with versions of its own."""

    tags = r"0\.\d+"

    def first_lines(self) -> Sequence[str]:
        """Nothing."""
        return ()


SAMPLES: dict[str, type[Behaviour]] = {
    "docker.io/jocatalin/kubernetes-bootcamp": Bootcamp,
    "docker.io/kicbase/echo-server": EchoServer,
    "gcr.io/google-samples/hello-app": HelloApp,
    "gcr.io/google-samples/kubernetes-bootcamp": Bootcamp,
    "gcr.io/google-samples/node-hello": NodeHello,
    "registry.k8s.io/e2e-test-images/agnhost": Agnhost,
    "registry.k8s.io/nginx-slim": NginxSlim,
    "us-docker.pkg.dev/google-samples/containers/gke/hello-app": HelloApp,
}


def _klog(at: float, text: str) -> str:
    """A line of klog's."""
    return f"I{datetime.fromtimestamp(at, UTC):%m%d %H:%M:%S.%f}       1 log.go:245] {text}"


def _iso(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds').partition('+')[0]}Z"


def _stamp(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y/%m/%d %H:%M:%S}"
