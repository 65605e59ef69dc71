"""The file by which clients find the server and show who they are.

Source    cmd/kubeadm/app/util/kubeconfig/kubeconfig.go (names of cluster, user and context)
"""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path

import yaml

from k8slab.http.certificates import Pair

__all__ = ["write_kubeconfig"]


def write_kubeconfig(path: Path, url: str, root: bytes, user: str, pair: Pair, token: str) -> None:
    """Write a kubeconfig with one context, atomically, mode 0600. Raises OSError."""
    cluster = {"server": url, "certificate-authority-data": _text(root)}
    shown = {
        "client-certificate-data": _text(pair.certificate),
        "client-key-data": _text(pair.key),
        "token": token,
    }
    context = f"{user}@kubernetes"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kubernetes", "cluster": cluster}],
        "contexts": [{"name": context, "context": {"cluster": "kubernetes", "user": user}}],
        "current-context": context,
        "preferences": {},
        "users": [{"name": user, "user": shown}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    with os.fdopen(handle, "w") as file:
        yaml.safe_dump(config, file, sort_keys=False)
    Path(temporary).replace(path)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
