"""The taints by which a Node waits for its cloud.

Source    staging/src/k8s.io/cloud-provider/api/well_known_taints.go
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "SHUTDOWN",
    "UNINITIALIZED",
    "is_initialized",
]

UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown"


def is_initialized(node: dict[str, Any]) -> bool:
    """The Node does not wait for its cloud."""
    return all(taint["key"] != UNINITIALIZED for taint in node["spec"].get("taints") or ())
