"""One container: a process with a state, run by the behaviour of its image.

    CREATED ──start──► RUNNING ──exit, crash, kill──► EXITED

A container never comes back: a restart is a new container with a higher `attempt`.

Source    the Container Runtime Interface's ContainerStatus; containerd's reasons Completed, Error, StartError, Unknown
Left out  a node's own /etc/hosts in pods on its network
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.world.chains import answer_after_calls
from k8slab.world.files import Files, Mount, Text, as_bytes
from k8slab.world.images.behaviour import Behaviour, ExecResult, Health, HttpRequest, Reply, StartError
from k8slab.world.images.calls import FOREVER_S
from k8slab.world.images.capacity import capacity_of
from k8slab.world.images.programs import ShellProcess
from k8slab.world.images.registry import Image
from k8slab.world.images.shell import SHELLS, understands
from k8slab.world.logs import Log
from k8slab.world.outlets import Outlet
from k8slab.world.resources import Limits, Meter, whole_pages

if TYPE_CHECKING:
    from k8slab.clock import Timer
    from k8slab.world.commands import Command, Session
    from k8slab.world.runtime import Sandbox

__all__ = [
    "Container",
    "ContainerConfig",
]

CREATED, RUNNING, EXITED = "CREATED", "RUNNING", "EXITED"
SIGKILL_CODE, START_ERROR_CODE, LOST_CODE = 137, 128, 255
TIMERS_KEPT = 16  # a process forgets timers that have run when it has collected so many
NOTHING: Mapping[str, str] = {}
UNLIMITED = Limits()
MESSAGE_BYTES, MESSAGE_LOG_BYTES, MESSAGE_LINES = 4096, 2048, 80
FOLDERS = ("/bin/", "/dev/", "/home/", "/proc/", "/root/", "/sys/", "/tmp/", "/usr/", "/var/log/")
HOSTS = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n{}\t{}\n"
RESOLV_CONF = "search {0}.svc.cluster.local svc.cluster.local cluster.local\nnameserver {1}\noptions ndots:5\n"
RUNC = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: "
)


class ContainerConfig(NamedTuple):
    """What a kubelet asks a runtime for."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = NOTHING
    ports: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    message_path: str = ""
    has_message_in_log: bool = False
    limits: Limits = UNLIMITED
    stdin: bool = False
    tty: bool = False


class Container:
    """A process on a VM, or what is remembered of it."""

    __slots__ = (
        "_files",
        "_kill_at",
        "_log",
        "_timers",
        "attempt",
        "behaviour",
        "commands",
        "config",
        "created_at",
        "exit_code",
        "finished_at",
        "id",
        "image",
        "listening",
        "message",
        "meter",
        "reason",
        "sandbox",
        "sandbox_attempt",
        "started_at",
        "state",
    )

    def __init__(self, sandbox: Sandbox, config: ContainerConfig, image: Image, attempt: int) -> None:
        self.sandbox = sandbox
        self.config = config
        self.image = image
        self.attempt = attempt
        self.sandbox_attempt = sandbox.attempt
        self.id = hashlib.sha256(f"{sandbox.uid}/{config.name}/{attempt}".encode()).hexdigest()
        self.state = CREATED
        self.created_at = sandbox.vm.loop.now
        self.started_at = self.finished_at = 0.0
        self.exit_code = 0
        self.reason = self.message = ""
        self.listening: set[int] = set()
        self._files: Files | None = None
        self._log = Log()
        self.behaviour: Behaviour | None = None
        self.meter: Meter | None = None
        self.commands: tuple[Session, ...] = ()  # who is told when it ends
        self._timers: list[Timer] = []
        self._kill_at = float("inf")

    @property
    def name(self) -> str:
        """The container's name in its pod."""
        return self.config.name

    @property
    def files(self) -> Files:
        """What the container sees: paths to texts. What it writes outside of volumes is lost with it."""
        if self._files is None:
            self._files = Files({**self._own_files(), **self.image.behaviour.files}, self.config.mounts)
        return self._files

    @property
    def is_running(self) -> bool:
        """The process runs."""
        return self.state == RUNNING

    @property
    def memory_bytes(self) -> int:
        """The memory that the process takes now, in whole pages."""
        return whole_pages(self.meter.memory.value) if self.meter is not None else 0

    @property
    def disk_bytes(self) -> int:
        """What the process has written outside of volumes."""
        return int(self.meter.disk.value) if self.meter is not None and self.meter.disk is not None else 0

    @property
    def kill_at(self) -> float:
        """When the process is killed if it has not ended by then; infinity while nobody wants that."""
        return self._kill_at if self.is_running else float("inf")

    @property
    def is_stopping(self) -> bool:
        """The process has been asked to end."""
        return self.state == RUNNING and self._kill_at < float("inf")

    def start(self) -> None:
        """Start the process. It may be over at once."""
        self.state = RUNNING
        self.started_at = self.sandbox.vm.loop.now
        self.meter = Meter(self)
        self.run(self._begin)

    def ask(self, request: HttpRequest, *, alone: bool = False) -> Reply | None:
        """Have the process answer a request; None when the connection breaks.

        Alone: it asks nobody else, and the request does not count.
        """
        if self.behaviour is None or not self.is_running:
            return None
        reply = self.run(self._answer, self.behaviour, request, alone)
        return reply if isinstance(reply, Reply) and self.is_running else None

    def exec(self, command: tuple[str, ...], stdin: str = "") -> ExecResult:
        """Run a command inside the container."""
        if self.behaviour is None or not self.is_running:
            return ExecResult(1, f'container "{self.name}" is not running')
        self.behaviour.stdin = stdin
        result = self.run(self.behaviour.on_exec, command)
        return result if isinstance(result, ExecResult) else ExecResult(1, "")

    def begin(self, command: Command, words: Sequence[str]) -> str:
        """Begin a command that takes its time; why it cannot, "" when it can."""
        if self.behaviour is None or not self.is_running:
            return f'container "{self.name}" is not running'
        self.commands += (command,)
        self.behaviour.session = command
        result = self.run(self.behaviour.on_exec, tuple(words))
        if self.behaviour is not None:
            self.behaviour.session = None
        if not command.has_begun:
            command.finish(result if isinstance(result, ExecResult) else ExecResult(1))
        return result.refusal if isinstance(result, ExecResult) else ""

    def health(self, service: str) -> Health:
        """Have the process answer a gRPC health check."""
        broken = Health("UNIMPLEMENTED", "connection error: EOF")
        if self.behaviour is None or not self.is_running:
            return broken
        answer = self.run(self.behaviour.on_health, service)
        if not self.is_running:
            return broken
        return answer if isinstance(answer, Health) else Health(str(answer))

    def terminate(self, grace_s: float) -> None:
        """Ask the process to end, and kill it if it still runs after `grace_s` seconds."""
        was_stopping, when = self.is_stopping, self.sandbox.vm.loop.now + grace_s
        if not self.is_running or when >= self._kill_at:
            return
        self._kill_at = when
        self.call_later(grace_s, self.kill)
        if not was_stopping and self.behaviour is not None:
            self.run(self.behaviour.on_sigterm)

    def kill(self) -> None:
        """SIGKILL: end the process whatever it does."""
        self.exit(SIGKILL_CODE)

    def resize(self, limits: Limits) -> None:
        """Let the process take so much from now on."""
        self.config = self.config._replace(limits=limits)
        if self.meter is not None:
            self.meter.resize(self)

    def out_of_memory(self) -> None:
        """The kernel ends the process: it took more memory than it may, or than there is."""
        self.exit(SIGKILL_CODE, "OOMKilled")

    def exit(self, code: int, reason: str = "", message: str = "") -> None:
        """The process is over; the runtime tells whoever watches it."""
        if self.state != RUNNING:
            return
        self.lose(code, reason or ("Completed" if code == 0 else "Error"), message)
        if self.behaviour is not None:
            self.run(self.behaviour.ended)
        self.sandbox.vm.runtime.exited(self)

    def lose(self, code: int = LOST_CODE, reason: str = "Unknown", message: str = "") -> None:
        """Be over without anybody noticing, as in a power cut."""
        self.state = EXITED
        self._log.finish(self.sandbox.vm.loop.now)
        self.exit_code, self.reason = code, reason
        self.message = ": ".join(filter(None, (message, self._last_words(code))))
        self.finished_at = self.sandbox.vm.loop.now
        self.listening.clear()
        self.sandbox.vm.network.changed()
        for command in self.commands:
            command.lost()
        if self.meter is not None:
            self.sandbox.note_use(self.meter)
            self.meter.close()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def call_later(self, delay_s: float, fn: Callable[..., object], *args: Any, background: bool = False) -> None:
        """Call `fn(*args)` in `delay_s` seconds, if the process still runs then."""
        if not delay_s >= 0:
            raise ValueError(f"time only moves forward: {delay_s!r}")
        if not self.is_running or delay_s == FOREVER_S:
            return
        if len(self._timers) >= TIMERS_KEPT:
            self._timers = [timer for timer in self._timers if timer.is_pending]
        loop = self.sandbox.vm.loop
        self._timers.append(loop.call_later(delay_s, self.run, fn, *args, background=background))

    def log(self, text: str) -> None:
        """Print whole lines."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Print."""
        self._log.write(self.sandbox.vm.loop.now, text)

    def log_line(self, text: Text) -> None:
        """Print one line, made when it is read."""
        self._log.line(self.sandbox.vm.loop.now, text)

    def log_lines(self) -> list[tuple[float, str]]:
        """All that is kept of what it printed: when, and what."""
        lines = self._log.read()
        if self.behaviour is None or self._log.is_rotated:
            return lines
        try:
            return [*((self.started_at, str(line)) for line in self.behaviour.first_lines()), *lines]
        except Exception:  # a learner's code: nobody else is to suffer from it
            return lines

    def follow(self, outlet: Outlet) -> None:
        """Tell somebody each line that it prints from now on, and its end."""
        if self.is_running:
            self._log.follow(outlet)
        else:
            outlet.end()

    def feed(self, data: bytes) -> None:
        """Give the process input."""
        if self.behaviour is not None and self.is_running:
            self.run(self.behaviour.on_input, data)

    def end_input(self) -> None:
        """Give the process the end of its input."""
        if self.behaviour is not None and self.is_running:
            self.run(self.behaviour.on_input_end)

    def run(self, fn: Callable[..., object], *args: Any) -> object:
        """Call into the behaviour; whatever it raises crashes this container and nothing else."""
        try:
            return fn(*args)
        except StartError as error:
            self.exit(START_ERROR_CODE, "StartError", f"{RUNC}{error}")
        except SystemExit as end:  # a learner's `exit(1)`
            self.exit(end.code if isinstance(end.code, int) else int(end.code is not None))
        except Exception as error:  # a learner's code: its failure belongs to the container, not to the loop
            text = f"{type(error).__name__}: {error}"
            self.log(text)
            self.exit(1, "Error", text)
        return None

    def _own_files(self) -> dict[str, Text]:
        """What the runtime and the kubelet write into every container."""
        host, full = self.sandbox.called
        names = host if full == host else f"{full}\t{host}"
        own, usual = (
            self.sandbox.resolver,
            RESOLV_CONF.format(self.sandbox.namespace, self.sandbox.vm.network.name_server),
        )
        return {
            "/etc/hostname": f"{host}\n",
            "/etc/hosts": lambda: HOSTS.format(self.sandbox.ip, names) + (own.host_lines if own is not None else ""),
            "/etc/resolv.conf": own.text if own is not None else usual,
            **dict.fromkeys(FOLDERS, ""),
        }

    def _last_words(self, code: int) -> str:
        """What the process has written as its termination message; its last lines where that is asked for."""
        path = self.config.message_path
        if self._files is not None and path and self._files.get(path):
            return as_bytes(self._files[path])[:MESSAGE_BYTES].decode(errors="ignore")
        if not self.config.has_message_in_log or not code:
            return ""
        lines = [line + "\n" for _, line in self.log_lines()[-MESSAGE_LINES:]]
        return as_bytes("".join(lines))[-MESSAGE_LOG_BYTES:].decode(errors="ignore")

    def _begin(self) -> None:
        capacity_of(Behaviour, self.config.env)  # a process that is set up wrongly does not start
        self.become(self._program())

    def become(self, behaviour: Behaviour) -> None:
        """Have the process behave like this from now on."""
        self.behaviour = behaviour
        behaviour.container = self
        behaviour.start()
        if type(behaviour).on_second is not Behaviour.on_second:
            self.call_later(1.0, self._each_second, background=True)

    def _answer(self, behaviour: Behaviour, request: HttpRequest, alone: bool) -> Reply:
        reply, slowness, queued_s = behaviour.on_request(request), 1.0, 0.0
        if self.meter is not None:
            if not alone:
                self.meter.asked()
            slowness, queued_s = self.meter.slowness, self.meter.queued_s
        if isinstance(reply, str):
            reply = Reply(200, reply)
        if not isinstance(reply, Reply):
            raise TypeError(f"on_request must return a Reply or a text, not {reply!r}")
        capacity = capacity_of(type(behaviour), self.config.env)
        thought_s = float(reply.latency_s if capacity.latency_s is None else capacity.latency_s)
        latency_s = max(thought_s, capacity.cpu_s) * slowness + queued_s
        reply = reply._replace(status=int(reply.status), body=str(reply.body), latency_s=latency_s)
        if capacity.answer_bytes is not None:
            reply = reply._replace(size_bytes=capacity.answer_bytes)
        is_asking = capacity.calls and not alone and self.is_running
        return answer_after_calls(self, reply, capacity.calls) if is_asking else reply

    def _program(self) -> Behaviour:
        """The image's own behaviour, or the shell when the manifest's command asks for something it can do."""
        of_image = self.image.behaviour
        command = self.config.command or of_image.entrypoint
        if command != self.config.command:
            self.config = self.config._replace(command=command)
        words = command + self.config.args
        is_typed = bool(words) and self.config.stdin and words[0] in SHELLS
        is_scripted = is_typed or (bool(words) and understands(words, of_image.lacks, of_image.own))
        is_scripted &= of_image.has_shell
        if not is_scripted or issubclass(of_image, ShellProcess):
            return of_image()
        return ShellProcess()

    def _each_second(self) -> None:
        if self.behaviour is not None:
            self.behaviour.on_second()
            self.call_later(1.0, self._each_second, background=True)
