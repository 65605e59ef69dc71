"""The behaviours of the images that the course uses."""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.world.images import shell
from k8slab.world.images.behaviour import Behaviour, ExecResult, Health, HttpRequest, Reply, StartError

__all__ = [
    "BUILT_IN",
    "Busybox",
    "ControlPlane",
    "CoreDns",
    "Daemon",
    "Nginx",
    "Pause",
    "ShellProcess",
]

MIB = 1024 * 1024


class ShellProcess(Behaviour):
    """A container whose manifest names a shell script or a busybox program as its command.

    Like a real PID 1 without a handler it does not react to SIGTERM: it is killed when the grace period is over.
    """

    def start(self) -> None:
        """Run the command; the process ends when the command does."""
        command = self.command + self.args
        if not shell.understands(command) and command[0] not in shell.SHELLS:
            raise StartError(f'exec: "{command[0]}": executable file not found in $PATH')
        self._steps = shell.execute(command, self.container.files, {"HOSTNAME": self.hostname, **self.env})
        self._go_on()

    def on_sigterm(self) -> None:
        """Ignore it, as the kernel does for a PID 1 that installed no handler."""

    def _go_on(self) -> None:
        try:
            pause = next(self._steps)
        except StopIteration as end:
            if end.value.output:
                self.log(end.value.output.rstrip("\n"))
            self.exit(end.value.code)
        else:
            self.call_later(pause.seconds, self._go_on, background=pause.background)


class Busybox(ShellProcess):
    """busybox, alpine: a shell and small programs. Without a command there is nothing to do, and it ends."""

    size_bytes = 2 * MIB

    def start(self) -> None:
        """Run the command, or end at once: a shell without a terminal reads the end of its input."""
        if self.command + self.args:
            super().start()
        else:
            self.exit(0)


class Pause(Behaviour):
    """registry.k8s.io/pause: sleeps until it is told to end."""

    size_bytes = 319_488
    has_shell = False


class Daemon(Behaviour):
    """A server that is there and speaks no HTTP: whoever asks it for a page gets nonsense."""

    def on_request(self, request: HttpRequest) -> Reply | str:
        """Refuse, as a database does that is sent HTTP."""
        return Reply(400, "this is not a web server\n")

    def on_health(self, service: str) -> Health | str:
        """There is no such service."""
        return Health("UNIMPLEMENTED", "unknown service grpc.health.v1.Health")


class Nginx(Behaviour):
    """nginx: one welcome page, 404 for everything else, a quick and clean end."""

    ports = (80,)
    size_bytes = 72_099_501
    tags = r"(latest|stable|mainline|alpine|perl|\d+|1\.(\d|[12]\d|3[01])(\.\d+)?)(-[a-z0-9.-]+)?"

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The welcome page, or 404."""
        if request.path.split("?")[0] in ("/", "/index.html"):
            return Reply(200, NGINX_PAGE, headers={"Server": "nginx"})
        return Reply(404, "<html><head><title>404 Not Found</title></head></html>\n", headers={"Server": "nginx"})

    def on_exec(self, command: Sequence[str]) -> ExecResult:
        """`nginx -s quit`, as a preStop hook asks; everything else is for the shell."""
        if not command or command[0].rpartition("/")[2] != "nginx":
            return super().on_exec(command)
        if tuple(command[1:]) in (("-s", "quit"), ("-s", "stop")):
            self.exit(0)
        return ExecResult(0)


class Httpd(Behaviour):
    """httpd: It works!"""

    ports = (80,)
    size_bytes = 58_720_256

    def on_request(self, request: HttpRequest) -> Reply | str:
        """The page that says that it works, or 404."""
        return Reply(200, "<html><body><h1>It works!</h1></body></html>\n") if request.path == "/" else Reply(404)


class Redis(Daemon):
    """redis."""

    ports = (6379,)
    size_bytes = 44 * MIB


class Postgres(Daemon):
    """postgres: refuses to start without a password, as the image does."""

    ports = (5432,)
    size_bytes = 155 * MIB

    def start(self) -> None:
        """Check the environment, then listen."""
        if not self.env.get("POSTGRES_PASSWORD") and self.env.get("POSTGRES_HOST_AUTH_METHOD") != "trust":
            self.log("Error: Database is uninitialized and superuser password is not specified.")
            self.exit(1)
        else:
            super().start()


class HealthyDaemon(Behaviour):
    """A component of Kubernetes: no shell, and a health endpoint that answers ok."""

    has_shell = False

    def on_request(self, request: HttpRequest) -> Reply | str:
        """Say ok where health is asked for."""
        healthy = request.path.split("?")[0] in ("/health", "/healthz", "/livez", "/readyz", "/ready")
        return Reply(200, "ok") if healthy else Reply(404, "404 page not found\n")


class CoreDns(HealthyDaemon):
    """coredns: the cluster's DNS; the answers themselves come from the proxy's name lookup."""

    ports = (53, 8080, 8181, 9153)
    size_bytes = 22_384_805


class ControlPlane(HealthyDaemon):
    """etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy: stands for the agent itself."""

    size_bytes = 28 * MIB
    own_port = 0

    def start(self) -> None:
        """Listen on the component's well-known port, whatever the manifest declares."""
        name = self.container.config.image.rpartition("/")[2].partition(":")[0]
        self.listen(*WELL_KNOWN_PORTS.get(name, ()), *self.container.config.ports)


WELL_KNOWN_PORTS = {
    "etcd": (2379, 2381),
    "kube-apiserver": (6443,),
    "kube-controller-manager": (10257,),
    "kube-scheduler": (10259,),
    "kube-proxy": (10249, 10256),
}

BUILT_IN: dict[str, type[Behaviour]] = {
    "docker.io/library/alpine": Busybox,
    "docker.io/library/busybox": Busybox,
    "docker.io/library/httpd": Httpd,
    "docker.io/library/nginx": Nginx,
    "docker.io/library/postgres": Postgres,
    "docker.io/library/redis": Redis,
    "registry.k8s.io/busybox": Busybox,
    "registry.k8s.io/coredns/coredns": CoreDns,
    "registry.k8s.io/e2e-test-images/busybox": Busybox,
    "registry.k8s.io/pause": Pause,
    **{f"registry.k8s.io/{name}": ControlPlane for name in WELL_KNOWN_PORTS},
}

NGINX_PAGE = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is answered by a web server that does nothing else yet.</p>
</body>
</html>
"""
