"""The folder of a node in which every file is a pod: read when the kubelet starts, and whenever a file changes.

Watches   the files of /etc/kubernetes/manifests on its own machine.
Compares  nothing: each file is the pod that it describes.
Writes    static pods, through the kubelet; complaints, into the machine's journal.
Source    pkg/kubelet/config/file.go, file_linux.go (a file that cannot be read changes nothing)
Left out  what containers write there through a hostPath volume is seen when the kubelet starts; several pods in a file
"""

from __future__ import annotations

from k8slab.client import load_manifests
from k8slab.kubelet.static_pods import StaticPods
from k8slab.objects import Key
from k8slab.wire import BadRequest
from k8slab.world import Vm
from k8slab.world.files import Text, text_of

__all__ = ["MANIFEST_FOLDER", "ManifestFolder"]

MANIFEST_FOLDER = "/etc/kubernetes/manifests/"


class ManifestFolder:
    """Keeps static pods as the files are."""

    def __init__(self, vm: Vm, static_pods: StaticPods) -> None:
        self._vm = vm
        self._static_pods = static_pods
        self._pods: dict[str, Key] = {}

    def start(self) -> None:
        """Read every file, and listen."""
        self._vm.on_file = self._changed
        for path in sorted(self._vm.files):
            self._changed(path)

    def stop(self) -> None:
        """Listen no longer."""
        self._vm.on_file = None

    def _changed(self, path: str) -> None:
        name = path.removeprefix(MANIFEST_FOLDER)
        if name == path or not name or name.startswith(".") or "/" in name:
            return
        if path in self._vm.files:
            self._read(path, self._vm.files[path])
        elif (key := self._pods.pop(path, None)) is not None:
            self._static_pods.drop(key)

    def _read(self, path: str, text: Text) -> None:
        """Run the pod of a file, in place of the one that the file described before."""
        try:
            found = load_manifests(text_of(text))
            if len(found) != 1:
                raise ValueError(f"one pod was expected, not {len(found)} objects")
            key = self._static_pods.add(found[0])
        except (BadRequest, ValueError) as error:
            problem = str(error).removeprefix("error: ")
            self._vm.log("kubelet", f'"Could not process manifest file" path="{path}" err="{problem}"')
            return
        before, self._pods[path] = self._pods.get(path, key), key
        if before != key:
            self._static_pods.drop(before)
