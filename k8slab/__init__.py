"""A Kubernetes cluster inside a Python process, and a course that lives in it.

import k8slab
cluster = k8slab.Cluster(nodes=3)
print(cluster.kubectl("get nodes"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from k8slab.kubeadm import Cluster, Fleet
    from k8slab.lab import Course, Exercise, Lab

__version__ = "0.1.0"
__all__ = ["Cluster", "Course", "Exercise", "Fleet", "Lab"]

_HOMES = {
    "Cluster": "k8slab.kubeadm",
    "Course": "k8slab.lab",
    "Exercise": "k8slab.lab",
    "Fleet": "k8slab.kubeadm",
    "Lab": "k8slab.lab",
}


def __getattr__(name: str) -> Any:
    """Load a part when it is first asked for: the engine does not pay for the notebook, nor the reverse."""
    if name not in _HOMES:
        raise AttributeError(f"module 'k8slab' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
