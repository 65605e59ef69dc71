"""The scenarios of the in-process kubectl, typed into the real one against a served cluster."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from parity import Typed, told, typed

from k8slab import Cluster
from k8slab.http import HttpServer
from k8slab.wire import Request, Response

LONGEST_S = 30.0
STILL = "1m"  # so long must nothing change before the kubectl of this process stops to follow
FAST = 20.0  # virtual seconds in a real one, while a command waits for something
WATCHES = re.compile(r"^(wait|(rollout status|delete)(?!.*=false)|get .*(-w|--watch)\b)")
ASKS_AGAIN = re.compile(r"^(exec|drain)")
FOLLOWS = re.compile(r"^(get .*(-w|--watch)\b|logs .*-f\b)")
REFUSED = re.compile(
    r"^(error:|Error from server|The .* is invalid|the server doesn't|command terminated|Unable to connect|no($| - ))",
    re.MULTILINE,
)


class Seen(NamedTuple):
    """What the real kubectl prints, on a terminal, and whether it ended as something that failed."""

    lines: list[str]
    has_failed: bool


def kubectl_path() -> str | None:
    """The kubectl beside this Python, or else on the PATH; None when there is none."""
    return shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")


def is_refused(answer: list[str]) -> bool:
    """An answer says that something went wrong."""
    return REFUSED.search("\n".join(answer)) is not None


def answers(scenario: str, home: Path) -> Iterator[tuple[Typed, Seen]]:
    """Each kubectl command of a scenario that both can do, with what the real kubectl makes of it."""
    with Desk(home) as desk:
        for command in typed(scenario):
            verb, *rest = command.line.split()
            if not command.verb:
                desk.do(verb, *rest)
            elif not command.is_left:
                yield command, desk.seen(command)


class Desk:
    """A served cluster, where a person types.

    Time stands still but for a command that waits: at `speed` it passes from the first request that `starts` it.
    """

    def __init__(self, home: Path) -> None:
        self.cluster = Cluster(nodes=3, seed=0)
        self.server = HttpServer(self._answer, self.cluster.loop, speed=0)
        self.env = {
            "HOME": str(home), "KUBECONFIG": str(self.server.kubeconfig), "PATH": "/usr/bin:/bin", "KUBERC": "off",
        }  # fmt: skip
        self.speed = 0.0
        self.starts: Callable[[Request], bool] = _is_about_an_object

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def do(self, verb: str, *words: str) -> None:
        """Do to the cluster what a scenario says."""
        self.server.pacer.call(lambda: attrgetter(verb)(self.cluster)(*words)).result()

    def seen(self, command: Typed) -> Seen:
        """What the real kubectl makes of one command."""
        line = command.line.partition(" ")[2]
        watches = WATCHES.search(line)
        self.speed = FAST if watches or ASKS_AGAIN.search(line) else 0.0
        self.starts = _is_a_watch if watches else _is_about_an_object
        with self.started(line) as process, _patience(process):
            if FOLLOWS.search(line) and not is_refused(command.answer):
                seen = Seen(list(_until_seen(process, command)), has_failed=False)
                if watches:
                    self.do("run", STILL)
            else:
                lines = process.communicate(command.stdin)[0].splitlines()
                seen = Seen(lines, process.returncode != 0)
        self.speed = self.server.pacer.speed = 0.0
        return seen

    def type(self, line: str, stdin: str = "") -> str:
        """What the real kubectl prints; time passes all the while."""
        self.speed, self.starts = FAST, _is_about_an_object
        with self.started(line) as process, _patience(process):
            return process.communicate(stdin)[0]

    def started(self, line: str) -> subprocess.Popen[str]:
        """The real kubectl with these words."""
        return subprocess.Popen(
            f"exec {kubectl_path()} {line}", shell=True, executable="/bin/bash", env=self.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _answer(self, request: Request) -> Response:
        """The cluster's answer, and the clock starts."""
        response = self.cluster.handle(request)
        if self.starts(request):
            self.server.pacer.speed = self.speed
        return response


def _is_about_an_object(request: Request) -> bool:
    return bool(request.resource)


def _is_a_watch(request: Request) -> bool:
    return request.verb == "watch"


@contextmanager
def _patience(process: subprocess.Popen[str]) -> Iterator[None]:
    """Wait for it so long and no longer."""
    patience = Timer(LONGEST_S, process.kill)
    patience.start()
    try:
        yield
    finally:
        patience.cancel()


def _until_seen(process: subprocess.Popen[str], command: Typed) -> Iterator[str]:
    """The lines of a command that goes on for ever, until everything wanted is among them."""
    missing = set(told(command, command.answer))
    for line in process.stdout or ():
        yield line
        missing -= set(told(command, [line]))
        if not missing:
            process.kill()
            return
