"""The way into a cluster that a kubeconfig names: address, certificates and whatever proves who asks.

All of it is the official client's: it reads the file, runs login plugins, renews tokens and pools connections.

Source    kubernetes-client/python: kubernetes/base/config/kube_config.py, client/rest.py, client/configuration.py
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from k8slab.wire import ServiceUnavailable

__all__ = [
    "Door",
    "open_door",
]

MISSING = "connecting to a cluster needs the official client: pip install 'k8slab[connect]'"


class Door(NamedTuple):
    """Where to ask and as whom. `pool` is a urllib3 PoolManager, `settings` the client's Configuration."""

    host: str
    context: str
    namespace: str
    user: str
    pool: Any
    settings: Any

    def headers(self) -> dict[str, str]:
        """What proves who asks; a token that has run out is renewed on the way."""
        proofs: Mapping[str, Any] = self.settings.auth_settings()
        return {proof["key"]: proof["value"] for proof in proofs.values() if proof["in"] == "header" and proof["value"]}


def open_door(kubeconfig: str | Path = "", context: str = "") -> Door:
    """Read the file ("": what KUBECONFIG names, or ~/.kube/config) and choose a context ("": its current one).

    Raises ImportError without the official client, ValueError for a context that is none, ServiceUnavailable when
    there is no such file or none that can be used.
    """
    try:
        from kubernetes import config
    except ImportError as error:
        raise ImportError(MISSING) from error
    path = str(kubeconfig or os.environ.get("KUBECONFIG", "") or "~/.kube/config")
    path = os.pathsep.join(os.path.expanduser(part) for part in path.split(os.pathsep))
    try:
        contexts, current = config.list_kube_config_contexts(path)
        chosen = _chosen(contexts, context or (current or {}).get("name", ""))
        api = config.new_client_from_config(path, context=chosen["name"], persist_config=False)
    except config.ConfigException as error:
        raise ServiceUnavailable(f"the kubeconfig {path} cannot be used: {error}") from error
    inner = chosen["context"]
    settings = api.configuration
    return Door(
        settings.host.rstrip("/"),
        chosen["name"],
        inner.get("namespace") or "",
        inner.get("user") or "",
        api.rest_client.pool_manager,
        settings,
    )


def _chosen(contexts: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for context in contexts:
        if context["name"] == name:
            return context
    there = ", ".join(str(context["name"]) for context in contexts) or "none"
    raise ValueError(f'there is no context "{name}" in the kubeconfig; there are: {there}')
