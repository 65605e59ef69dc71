"""Places on the machine itself that pods see: they are checked, perhaps made, and survive the pod.

Source    pkg/volume/hostpath/host_path.go (checkTypeInternal)
Left out  devices: a machine has none; sockets but containerd's
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from k8slab.kubelet.volumes import MountError

__all__ = [
    "host_path",
]

Obj = dict[str, Any]

SOCKETS = ("/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock")
KINDS = {
    "Directory": "a directory",
    "File": "a file",
    "Socket": "a socket file",
    "CharDevice": "a character device",
    "BlockDevice": "a block device",
}


def host_path(files: MutableMapping[str, Any], source: Obj) -> str:
    """The path of a hostPath on a machine, with a slash at its end when it is a directory. Raises MountError."""
    path: str = "/" + source["path"].strip("/")
    wanted = source.get("type") or ""
    if path in files:
        found = "File"
    elif path in SOCKETS:
        found = "Socket"
    else:
        found = "Directory" if _is_directory(files, path) else ""
    if not found and (wanted in ("", "DirectoryOrCreate", "FileOrCreate")):
        found = "File" if wanted == "FileOrCreate" else "Directory"
        files[path if found == "File" else f"{path}/"] = ""
    kind = wanted.removesuffix("OrCreate")
    if kind and found != kind:
        raise MountError(f"hostPath type check failed: {path} is not {KINDS[kind]}")
    return path.rstrip("/") + "/" if found == "Directory" else path


def _is_directory(files: MutableMapping[str, Any], path: str) -> bool:
    base = path.rstrip("/") + "/"
    return any(name.startswith(base) for name in files)
