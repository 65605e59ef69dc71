"""The behaviours of the images that the course uses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from k8slab.world.images import shell
from k8slab.world.images.apache import Httpd, PhpApache
from k8slab.world.images.bases import DEBIAN, TRIXIE
from k8slab.world.images.behaviour import Behaviour, ExecResult, Health, HttpRequest, Reply, StartError, not_found
from k8slab.world.images.calls import Call, Steps
from k8slab.world.images.calls import Pause as Wait
from k8slab.world.images.nginx import Nginx
from k8slab.world.images.samples import SAMPLES
from k8slab.world.images.stress import Stress
from k8slab.world.images.typed import INTERRUPTED_CODE, Interrupted, Typed

__all__ = [
    "BUILT_IN",
    "Busybox",
    "ControlPlane",
    "CoreDns",
    "Daemon",
    "Interpreter",
    "Pause",
    "ShellProcess",
]

MIB = 1024 * 1024
WORK_S = 5.0


class ShellProcess(Behaviour):
    """A container whose manifest names a shell script or a busybox program as its command.

    Like a real PID 1 it does not react to SIGTERM unless its script has a trap for it: it is killed when the grace
    period is over.
    """

    memory_bytes = MIB
    cpu_m = 0.1
    _shell: shell.Shell | None = None
    _typed: Typed | None = None
    _is_reading = False
    _turn = 0

    def start(self) -> None:
        """Run the command; the process ends when the command does."""
        command = self.words()
        own = self.container.image.behaviour.own
        if not shell.understands(command, self.missing, own) and command[0] not in shell.SHELLS:
            raise StartError(not_found(command[0]))
        place = self.place._replace(own=own, run_own=self.run_own)
        config, write = self.container.config, self.container.write
        self._typed = Typed(write if config.tty else None) if config.stdin else None
        self._shell = shell.Shell(place, write, write, self._typed or "")
        self._steps = self._shell.run(command)
        self._go_on()

    def words(self) -> Sequence[str]:
        """The command line."""
        return self.command + self.args or ("sh",)

    def on_sigterm(self) -> None:
        """Ignore it, as the kernel does for a PID 1 without a handler; a trap runs when the current command is over."""
        if self._shell is not None:
            self._shell.is_signalled = "TERM" in self._shell.traps

    def on_input(self, data: bytes) -> None:
        """Hand it to whoever reads; Ctrl-C ends what a shell does just now."""
        if self._typed is not None and self._typed.feed(data):
            self._go_on(Interrupted())
        elif self._is_reading:
            self._go_on()

    def on_input_end(self) -> None:
        """Tell whoever reads."""
        if self._typed is not None:
            self._typed.end()
        if self._is_reading:
            self._go_on()

    def _go_on(self, thrown: Exception | None = None) -> None:
        self._turn += 1
        try:
            pause = next(self._steps) if thrown is None else self._steps.throw(thrown)
        except StopIteration as end:
            self.exit(end.value)
        except Interrupted:
            self.exit(INTERRUPTED_CODE)
        else:
            self._is_reading = pause.reads
            self.use(cpu_m=1000.0 if pause.spins else self.cpu_m)
            self.call_later(pause.seconds, self._wake, self._turn, background=pause.background)

    def _wake(self, turn: int) -> None:
        if turn == self._turn:  # or else an interrupt has ended the pause
            self._go_on()


class Busybox(ShellProcess):
    """busybox, alpine: a shell and small programs. Without a command there is nothing to do, and it ends."""

    size_bytes = 2 * MIB
    lacks = frozenset(("bash", "curl"))

    def start(self) -> None:
        """Run the command, or end at once: a shell without a terminal reads the end of its input."""
        if self.command + self.args or self.container.config.stdin:
            super().start()
        else:
            self.exit(0)


class BusyboxPlus(Busybox):
    """radial/busyboxplus: busybox with curl."""

    size_bytes = 4 * MIB
    lacks = frozenset(("bash",))


class Debian(Busybox):
    """debian, ubuntu: bash and the core utilities."""

    size_bytes = 29 * MIB
    lacks = DEBIAN


class Curl(ShellProcess):
    """curlimages/curl: its arguments are curl's, unless the first is the name of a program.

    Source: curl/curl-container, etc/entrypoint.sh
    """

    size_bytes = 9 * MIB
    lacks = frozenset(("bash",))

    def words(self) -> Sequence[str]:
        """The command, or what the image's entrypoint makes of the arguments."""
        if self.command or (self.args and shell.finds(self.args[0], self.place)):
            return self.command + self.args
        return "curl", *self.args


class Interpreter(Busybox):
    """perl, python, node …: no line of a script is executed, but it takes its time and ends.

    It sleeps as long as the script's sleeps say (without any, five seconds), prints the texts that are printed as
    they stand there, and ends with the code that the script's exit names. With a containerPort it serves instead.
    """

    size_bytes = 47 * MIB
    base = TRIXIE
    lacks = DEBIAN
    own = frozenset(("perl", "python", "python3", "node", "ruby", "php", "java", "go"))

    def start(self) -> None:
        """Run a script of the language, or leave it to the shell."""
        command = self.command + self.args
        is_own = bool(command) and command[0].rpartition("/")[2] in self.own
        if self.container.config.ports and not shell.understands(command or ("python",), self.missing):
            Behaviour.start(self)
        elif not is_own:
            super().start()
        elif "http.server" in command:
            self.listen(*[int(word) for word in command if word.isdecimal()] or [8000])
        else:
            self._work(_plan(" ".join(command[1:])))

    def on_sigterm(self) -> None:
        """A server ends; a script knows nothing of signals, like any first process without a handler."""
        if self.container.listening:
            self.exit(0)
        else:
            super().on_sigterm()

    def run_own(self, call: Call) -> Steps:
        """Run a script of the language that a script of the shell calls."""
        plan = _plan(" ".join(call.args))
        yield Wait(plan.seconds or WORK_S)
        call.out("".join(f"{text}\n" for text in plan.printed))
        return plan.code

    def _work(self, plan: Plan) -> None:
        self.use(memory_bytes=12 * MIB)
        if plan.seconds:
            self.call_later(plan.seconds, self._end, plan)
        else:
            self.work(WORK_S, self._end, plan)

    def _end(self, plan: Plan) -> None:
        for text in plan.printed:
            self.log(text)
        self.exit(plan.code)


class Plan(NamedTuple):
    """What a script seems to be about: how long it sleeps, what it prints, how it ends."""

    seconds: float
    printed: list[str]
    code: int


def _plan(script: str) -> Plan:
    sleeps = [float(number) for number in re.findall(r"sleep[( ]\s*(\d+\.?\d*)", script)]
    code = re.search(r"exit[( ]\s*(\d+)", script)
    printed = [text for _, text in re.findall(r"""print\(\s*(['"])([^'"]*)\1\s*\)""", script)]
    if digits := re.search(r"bpi\((\d+)\)", script):
        printed.append(_pi(min(int(digits[1]), 10_000)))
    return Plan(sum(sleeps), printed, int(code[1]) if code else 0)


class Pause(Behaviour):
    """registry.k8s.io/pause: sleeps until it is told to end."""

    size_bytes = 319_488
    memory_bytes, cpu_m = MIB // 4, 0.0
    has_shell = False


class Daemon(Behaviour):
    """A server that is there and speaks no HTTP: whoever asks it for a page gets nonsense."""

    base = TRIXIE
    lacks = DEBIAN

    def on_request(self, request: HttpRequest) -> Reply | str:
        """Refuse, as a database does that is sent HTTP."""
        return Reply(400, "this is not a web server\n")

    def on_health(self, service: str) -> Health | str:
        """There is no such service."""
        return Health("UNIMPLEMENTED", "unknown service grpc.health.v1.Health")


class Redis(Daemon):
    """redis: answers redis-cli ping."""

    own = frozenset(("redis-server",))
    ports = (6379,)
    size_bytes = 44 * MIB
    memory_bytes, cpu_m = 9 * MIB, 2.0

    def first_lines(self) -> Sequence[str]:
        """What the server says when it starts."""
        return ["1:M * Server initialized", "1:M * Ready to accept connections tcp"]

    def on_exec(self, command: Sequence[str]) -> ExecResult:
        """`redis-cli ping`; everything else is for the shell."""
        return ExecResult(0, "PONG\n") if tuple(command) == ("redis-cli", "ping") else super().on_exec(command)


class Postgres(Daemon):
    """postgres: refuses to start without a password, as the image does."""

    own = frozenset(("postgres",))
    ports = (5432,)
    size_bytes = 155 * MIB
    memory_bytes, cpu_m = 40 * MIB, 2.0

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
    memory_bytes, cpu_m = 16 * MIB, 3.0

    def first_lines(self) -> Sequence[str]:
        """What the server says when it starts."""
        return [".:53", f"CoreDNS-{self.container.image.reference.rpartition(':v')[2]}", "linux/amd64, go1.26.1, "]


class ControlPlane(HealthyDaemon):
    """etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy.

    The work is done by the daemon of that name on the same machine, which starts and ends with its container.
    """

    size_bytes = 28 * MIB

    @property
    def is_the_clusters(self) -> bool:
        """The container belongs to the cluster itself: anybody may run the image."""
        return self.container.sandbox.namespace == "kube-system"

    @property
    def component(self) -> str:
        """The name of the program."""
        return self.container.config.image.rpartition("/")[2].partition(":")[0]

    def first_lines(self) -> Sequence[str]:
        """What a component says first: its version; etcd in its own way."""
        started = datetime.fromtimestamp(self.container.started_at, UTC)
        version = self.container.image.reference.rpartition(":")[2]
        if "/etcd:" in self.container.image.reference:
            stamp = started.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            return [f'{{"level":"info","ts":"{stamp}","msg":"ready to serve client requests"}}']
        return [f'{started.strftime("I%m%d %H:%M:%S.%f")}       1 server.go:217] "Version info" version="{version}"']

    def start(self) -> None:
        """Listen on the component's well-known port, whatever the manifest declares."""
        vm, name = self.container.sandbox.vm, self.component
        self.listen(*WELL_KNOWN_PORTS.get(name, ()), *self.container.config.ports)
        cpu_m, mebibytes = TAKES.get(name, (1, 16))
        part = min(1.0, vm.memory_bytes / SMALL_BYTES)
        self.use(cpu_m=cpu_m, memory_bytes=int(mebibytes * MIB * part))
        if self.is_the_clusters and name in vm.daemons:
            vm.start_daemon(name)

    def ended(self) -> None:
        """What it was the container of is over, too."""
        if self.is_the_clusters:
            self.container.sandbox.vm.stop_daemon(self.component)


WELL_KNOWN_PORTS = {
    "etcd": (2379, 2381),
    "kube-apiserver": (6443,),
    "kube-controller-manager": (10257,),
    "kube-scheduler": (10259,),
    "kube-proxy": (10249, 10256),
}
SMALL_BYTES = 2048 * MIB  # a machine with less is too small for kubeadm; here all of it shrinks
TAKES = {  # thousandths of a CPU and MiB, about what a small cluster of kubeadm's takes
    "etcd": (20, 60),
    "kube-apiserver": (40, 240),
    "kube-controller-manager": (15, 55),
    "kube-scheduler": (4, 25),
    "kube-proxy": (1, 20),
}

BUILT_IN: dict[str, type[Behaviour]] = {
    **SAMPLES,
    "docker.io/curlimages/curl": Curl,
    "docker.io/polinux/stress": Stress,
    "docker.io/vish/stress": Stress,
    "docker.io/radial/busyboxplus": BusyboxPlus,
    "docker.io/library/alpine": Busybox,
    "docker.io/library/busybox": Busybox,
    "docker.io/library/debian": Debian,
    "docker.io/library/httpd": Httpd,
    "docker.io/library/nginx": Nginx,
    "docker.io/library/node": Interpreter,
    "docker.io/library/perl": Interpreter,
    "docker.io/library/postgres": Postgres,
    "docker.io/library/python": Interpreter,
    "docker.io/library/redis": Redis,
    "docker.io/library/ruby": Interpreter,
    "docker.io/library/ubuntu": Debian,
    "registry.k8s.io/busybox": Busybox,
    "registry.k8s.io/coredns/coredns": CoreDns,
    "registry.k8s.io/e2e-test-images/busybox": Busybox,
    "registry.k8s.io/hpa-example": PhpApache,
    "registry.k8s.io/pause": Pause,
    **{f"registry.k8s.io/{name}": ControlPlane for name in WELL_KNOWN_PORTS},
}


def _pi(digits: int) -> str:
    """π to so many digits, by Machin's formula."""

    def arctan_of_inverse(x: int, one: int) -> int:
        term = total = one // x
        n, sign = 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    one = 10 ** (digits + 9)
    text = str(4 * (4 * arctan_of_inverse(5, one) - arctan_of_inverse(239, one)))
    return f"3.{text[1:digits]}"
