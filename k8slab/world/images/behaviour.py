"""What a container does: the base class of every image's behaviour, and what travels to and from it.

A behaviour is a small class. It starts, answers requests, may do something every second, and ends when it
is told to. Everything it needs to know about itself is an attribute: `self.env`, `self.args`, `self.now`.
Whatever it raises is a crash of its own container and nobody else's:

    class Shop(Behaviour):
        def on_request(self, request):
            if request.path == "/crash":
                raise RuntimeError("out of stock")
            return Reply(200, f"hello from {self.hostname}")

    world.images.register("shop/web", Shop)

Left out  signals but TERM and KILL; UDP; more than one process in a container
"""

from __future__ import annotations

import random as chance
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from k8slab.world.files import Text
from k8slab.world.images import shell
from k8slab.world.images.calls import FOREVER_S, Call, Pause, Place, Steps
from k8slab.world.outgoing import PodNetwork

if TYPE_CHECKING:
    from k8slab.world.commands import Command
    from k8slab.world.containers import Container

__all__ = [
    "Behaviour",
    "ExecResult",
    "Health",
    "HttpRequest",
    "PassedOn",
    "Reply",
    "StartError",
    "not_found",
]

NOTHING: Mapping[str, str] = {}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ALPINE = frozenset(("bash",))


class HttpRequest(NamedTuple):
    """One request that reached a container."""

    path: str = "/"
    method: str = "GET"
    host: str = ""
    port: int = 80
    headers: Mapping[str, str] = NOTHING
    body: str = ""
    client: str = ""


class Reply(NamedTuple):
    """The answer to a request, and how long the container thought about it.

    `size_bytes` is the size of a body that is larger than what is written out here; None: it is all here.
    """

    status: int = 200
    body: str = ""
    latency_s: float = 0.001
    headers: Mapping[str, str] = NOTHING
    size_bytes: int | None = None


class PassedOn(NamedTuple):
    """Where a proxy sends a request: to one of `urls`, in turn, as one for `host`; to up to `tries` of them in need."""

    urls: tuple[str, ...]
    host: str = ""
    tries: int = 1


class ExecResult(NamedTuple):
    """What a command run inside a container printed, and how it ended; `refusal` is why it could not even begin."""

    exit_code: int
    output: str = ""
    latency_s: float = 0.0
    errors: str = ""
    refusal: str = ""


class Health(NamedTuple):
    """What a gRPC health service says: SERVING, NOT_SERVING, SERVICE_UNKNOWN, or UNIMPLEMENTED where there is none."""

    status: str = "SERVING"
    detail: str = ""
    latency_s: float = 0.0


class StartError(Exception):
    """The container's process cannot be started at all (no such program)."""


def not_found(name: str) -> str:
    """Why a program cannot be started, as runc says it."""
    problem = f"stat {name}: no such file or directory" if "/" in name else "executable file not found in $PATH"
    return f'exec: "{name}": {problem}'


class Behaviour:
    """What the process of one image does; override what differs.

    `ports` are listened on whatever the manifest says; without them it is the container's containerPorts.
    `tags` is a pattern for the tags that exist, empty for all. `files` are those of the image, `lacks` names programs
    of the little shell that it has not, `own` those that it was made for (a script may call them), `base` the image
    it is built upon (its layers are pulled once). `cpu_m` (thousandths of a core) and `memory_bytes` are what the
    process takes until it says otherwise (`use`); a request costs `cpu_s_per_request` of CPU time on top.
    `workers` is how many requests are worked on at once (0: as many as the CPU allows), `queue_length` how many more
    may wait, each of all these takes `memory_bytes_per_request`; `calls` is how often a request asks other Services
    (`{"http://cart/": 1.0}`). See capacity.py for saying so in a manifest.
    """

    ports: ClassVar[tuple[int, ...]] = ()
    size_bytes: ClassVar[int] = 0
    tags: ClassVar[str] = ""
    base: ClassVar[str] = ""
    has_shell: ClassVar[bool] = True
    cpu_m: ClassVar[float] = 1.0
    memory_bytes: ClassVar[int] = 8 * 1024 * 1024
    cpu_s_per_request: ClassVar[float] = 0.0005
    workers: ClassVar[int] = 0
    queue_length: ClassVar[int] = 1024
    memory_bytes_per_request: ClassVar[int] = 0
    calls: ClassVar[Mapping[str, float]] = {}
    lacks: ClassVar[frozenset[str]] = frozenset()
    own: ClassVar[frozenset[str]] = frozenset()
    entrypoint: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[Mapping[str, Text]] = {}
    container: Container
    stdin: str = ""
    session: Command | None = None

    def start(self) -> None:
        """Begin: the process has just been started."""
        self.listen(*(self.ports or self.container.config.ports))

    def on_request(self, request: HttpRequest) -> Reply | str:
        """Answer one request; a plain text is a 200."""
        return Reply(200, f"{self.container.config.image} on {self.hostname}\n")

    def passes_on(self, request: HttpRequest) -> PassedOn | None:
        """Where a proxy would send this request; None: it answers itself.

        So a flow passes through it; a single request is forwarded by `on_request`.
        """
        return None

    def on_requests(self, count: float) -> None:
        """So many requests of a flow were answered since the last call: what each of them leaves behind, together.

        A flow asks `on_request` only now and then, to learn how it is answered.
        """

    def on_second(self) -> None:
        """Called every second, but only where a subclass overrides it."""

    def on_sigterm(self) -> None:
        """Asked to end; who does not call `exit` is killed when the grace period is over."""
        self.exit(0)

    def ended(self) -> None:
        """Called when the process is over, however it came to that (but not in a power cut)."""

    def first_lines(self) -> Sequence[str]:
        """What it prints when it starts; asked for only when somebody reads the log."""
        return ()

    def on_exec(self, command: Sequence[str]) -> ExecResult:
        """Run a command beside the process (`kubectl exec`, exec probes); `self.stdin` is its standard input."""
        if not self.has_shell or not command or not shell.finds(command[0], self.place):
            return ExecResult(127, refusal=not_found(command[0] if command else ""))
        if self.session is not None:
            return self.session.begin(self.place, command)
        out: list[str] = []
        errors: list[str] = []
        code, seconds = shell.finish(shell.Shell(self.place, out.append, errors.append, self.stdin), command)
        return ExecResult(code, "".join(out), seconds, "".join(errors))

    def on_input(self, data: bytes) -> None:
        """Something was typed at the process: most do not read."""

    def on_input_end(self) -> None:
        """Nothing more will be typed."""

    def run_own(self, call: Call) -> Steps:
        """Be one of the programs that the image was made for, which a script calls: here a server that goes on."""
        self.container.become(self.container.image.behaviour())
        yield Pause(FOREVER_S)
        return 0

    def on_health(self, service: str) -> Health | str:
        """Answer a gRPC health check; a plain text is the status."""
        return Health()

    def listen(self, *ports: int) -> None:
        """Accept connections at these ports from now on."""
        self.container.listening.update(ports)
        self.container.sandbox.vm.network.changed()

    def close(self, *ports: int) -> None:
        """Accept connections at these ports no longer."""
        self.container.listening.difference_update(ports)
        self.container.sandbox.vm.network.changed()

    def exit(self, code: int = 0, message: str = "") -> None:
        """End the process; `message` shows in the container's state."""
        self.container.exit(int(code) % 256, message=str(message))

    def use(
        self,
        *,
        cpu_m: float | None = None,
        memory_bytes: int | None = None,
        leak_bytes_per_s: int | None = None,
        disk_bytes: int | None = None,
    ) -> None:
        """Take so much from now on; what is not named stays. A leak lets the memory grow until it is named again."""
        if self.container.meter is not None:
            self.container.meter.use(cpu_m, memory_bytes, leak_bytes_per_s, disk_bytes)

    def work(self, cpu_s: float, fn: Callable[..., object], *args: Any, threads: float = 1.0) -> None:
        """Compute for so many seconds of CPU time, then call `fn(*args)`; a CPU limit makes it take longer."""
        if self.container.meter is not None:
            took_s = self.container.meter.work(cpu_s, threads)
            self.container.call_later(took_s, self._worked, threads, fn, args)

    def _worked(self, threads: float, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        if self.container.meter is not None:
            self.container.meter.rest(threads)
        fn(*args)

    def call_later(self, delay_s: float, fn: Callable[..., object], *args: Any, background: bool = False) -> None:
        """Call `fn(*args)` in `delay_s` seconds, if the process still runs then."""
        self.container.call_later(delay_s, fn, *args, background=background)

    def log(self, text: str) -> None:
        """Write to standard output."""
        self.container.log(text)

    @property
    def place(self) -> Place:
        """Where programs of the little shell run."""
        vm = self.container.sandbox.vm
        env = {"PATH": PATH, **self.env, "HOME": "/root"}
        net = PodNetwork(vm.network, self.container.sandbox)
        up_s = vm.loop.now - vm.loop.start_s
        place = Place(self.container.files, env, lambda: vm.loop.now, net, self.missing, up_s)
        is_server = type(self).run_own is Behaviour.run_own
        return place if is_server else place._replace(own=self.own, run_own=self.run_own)

    @property
    def missing(self) -> frozenset[str]:
        """Programs that the image has not."""
        image = self.container.image
        is_small = image.behaviour.base and "alpine" in image.reference.rpartition(":")[2]
        return ALPINE if is_small else image.behaviour.lacks

    @property
    def env(self) -> Mapping[str, str]:
        """The environment variables."""
        return self.container.config.env

    @property
    def command(self) -> tuple[str, ...]:
        """The manifest's command, empty when it leaves the image's own."""
        return self.container.config.command

    @property
    def args(self) -> tuple[str, ...]:
        """The manifest's arguments."""
        return self.container.config.args

    @property
    def hostname(self) -> str:
        """What the process takes its machine to be called: the pod's name, unless its manifest says otherwise."""
        return self.container.sandbox.called[0]

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.container.sandbox.vm.loop.now

    @property
    def random(self) -> chance.Random:
        """The slab's seeded source of chance."""
        return self.container.sandbox.vm.loop.random
