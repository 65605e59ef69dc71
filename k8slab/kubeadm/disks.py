"""What a person does at a machine's own console: its files, and what its daemons have said."""

from __future__ import annotations

from k8slab.clock import Loop
from k8slab.kubeadm.addresses import api_address
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone
from k8slab.kubeadm.versions import PROGRAMS, release_of
from k8slab.objects import rfc3339
from k8slab.world import World
from k8slab.world.files import text_of

__all__ = ["Disks"]


class Disks:
    """The disks of a cluster's machines. Every method raises ValueError for a machine that is not there."""

    journal: Journal
    loop: Loop
    world: World

    service_cidr: str

    def kubeadm(self, name: str, command: str) -> str:
        """What `kubeadm COMMAND` prints on a machine; as in a terminal, errors are text too. Time passes meanwhile."""
        from k8slab.kubeadm.kubeadm import kubeadm  # most clusters never hear of it

        return kubeadm(self, name, command, api_address(self.service_cidr))  # type: ignore[arg-type]

    @alone
    def remove_containers(self, name: str) -> None:
        """Remove every container of a machine, as `crictl rmp -fa` does."""
        runtime = self.world.vm(name).runtime
        for uid, sandbox in list(runtime.sandboxes.items()):
            for container in sandbox.containers.values():
                container.kill()
            runtime.remove_pod_sandbox(uid)
        self.journal.note(self.loop.now, "remove_containers", name=name)

    @alone
    def write_file(self, name: str, path: str, text: str) -> None:
        """Write a file of a machine; a kubelet that runs reads those in /etc/kubernetes/manifests at once.

        Raises ValueError for a path that is not absolute.
        """
        self.world.vm(name).write_file(path, text)
        self.journal.note(self.loop.now, "write_file", name=name, path=path, text=text)

    def install_package(self, name: str, package: str, version: str) -> None:
        """Put a program of a release on a machine, as `apt-get install kubelet=1.37.0-*` does (`kubeadm`, `kubelet`).

        A kubelet that runs stays what it is until it is started again. Raises ValueError for another program, or a
        release that there is not.
        """
        if package not in PROGRAMS:
            raise ValueError(f"there is no package {package!r} here; there are: {', '.join(PROGRAMS)}")
        self.write_file(name, PROGRAMS[package], release_of(version).version)

    @alone
    def remove_file(self, name: str, path: str) -> None:
        """Remove a file of a machine. Raises ValueError when it is not there."""
        self.world.vm(name).remove_file(path)
        self.journal.note(self.loop.now, "remove_file", name=name, path=path)

    def read_file(self, name: str, path: str) -> str:
        """The text of a file of a machine. Raises ValueError when it is not there."""
        files = self.world.vm(name).files
        if path not in files or path.endswith("/"):
            raise ValueError(f"{name} has no file {path}")
        return text_of(files[path])

    def list_files(self, name: str, folder: str = "/etc/kubernetes/") -> list[str]:
        """The paths of a machine's files in a folder and below it, sorted."""
        paths = self.world.vm(name).files
        return sorted(path for path in paths if path.startswith(folder) and not path.endswith("/"))

    def journalctl(self, name: str, unit: str = "") -> str:
        """What the daemons of a machine have told its OS, or one of them (`kubelet`), a line each."""
        journal = self.world.vm(name).journal
        lines = [line for line in journal if not unit or line.unit == unit or f" {unit}.service" in line.text]
        return "".join(f"{rfc3339(line.when)} {name} {line.unit}: {line.text}\n" for line in lines)
