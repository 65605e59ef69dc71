"""What kubeadm finds on the machine where it is run, and what it may do there: all of it goes through the cluster.

kubeadm itself leaves no trace in a history: what it writes to disks, starts, and asks of the API are the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from k8slab.client import Client
from k8slab.clock import Loop
from k8slab.kubeadm.pki import Machine
from k8slab.kubeadm.versions import installed
from k8slab.wire import Request, Response
from k8slab.world import Vm, World
from k8slab.world.files import Text, text_of

__all__ = [
    "Console",
    "Host",
    "KubeadmError",
]

STEP_S = 0.5
PATIENCE_S = 240.0


class KubeadmError(Exception):
    """The command cannot be done; what it would print."""


class Console(Protocol):
    """The cluster, as far as kubeadm touches it."""

    client: Client
    loop: Loop
    world: World
    service_cidr: str

    def write_file(self, name: str, path: str, text: str) -> None:
        """Write a file of a machine."""

    def remove_file(self, name: str, path: str) -> None:
        """Remove a file of a machine."""

    def start_daemon(self, name: str, daemon: str) -> None:
        """Start a daemon."""

    def stop_daemon(self, name: str, daemon: str) -> None:
        """Stop a daemon."""

    def remove_containers(self, name: str) -> None:
        """Remove every container of a machine."""

    def run(self, duration: str | float) -> None:
        """Let time pass."""

    def handle(self, request: Request) -> Response:
        """Answer one call of the API."""


class Host:
    """One machine, as a root user at its console sees it. `lines` is what has been printed."""

    def __init__(self, cluster: Console, name: str, service_address: str) -> None:
        self.cluster = cluster
        self.vm: Vm = cluster.world.vm(name)
        self.name = name
        self.lines: list[str] = []
        self.machine = Machine(name, self.vm.address, cluster.loop.seed, service_address, cluster.loop.now)

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.cluster.loop.now

    def version_of(self, package: str) -> str:
        """Of which release a program of this machine is."""
        return installed(self.vm.files, package)

    def say(self, *lines: str) -> None:
        """Print."""
        self.lines += lines

    def has(self, path: str) -> bool:
        """The file is there."""
        return path in self.vm.files

    def read(self, path: str) -> str:
        """The text of a file."""
        return text_of(self.vm.files[path])

    def write(self, files: Mapping[str, Text]) -> None:
        """Write these files."""
        for path, text in files.items():
            self.cluster.write_file(self.name, path, text_of(text))

    def remove_below(self, *folders: str) -> None:
        """Remove what is in these folders, or is one of these files."""
        for path in sorted(path for path in self.vm.files if not path.endswith("/") and path.startswith(folders)):
            self.cluster.remove_file(self.name, path)

    def restart(self, daemon: str) -> None:
        """`systemctl restart`."""
        self.cluster.stop_daemon(self.name, daemon)
        self.cluster.start_daemon(self.name, daemon)

    def wait(self, what: str, is_there: Any, patience_s: float = PATIENCE_S) -> float:
        """Let time pass until something is there, and answer how long it took. Raises KubeadmError when it is late."""
        began = self.now
        while not is_there():
            if self.now - began >= patience_s:
                raise KubeadmError(f"{what} after {patience_s // 60:.0f}m0s")
            self.cluster.run(STEP_S)
        return self.now - began

    def is_healthy(self, path: str = "/livez") -> bool:
        """The API server answers, and thinks well of itself."""
        return self.cluster.handle(Request("get", path=path, user="kubernetes-admin")).code == 200
