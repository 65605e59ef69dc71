"""The cloud-controller-manager: its process, what it may do, and how it shows among the pods.

Source    cmd/cloud-controller-manager/main.go; kubernetes.io, "Cloud Controller Manager Administration", which has the
          DaemonSet and the role
Left out  the process follows the power of its machine, not its pod; leader election (there is one); the Service
          accounts of the single controllers
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.client import Client, Controller, Informers
from k8slab.clock import Scope
from k8slab.cloud.cloud_node import CloudNodeController
from k8slab.cloud.cloud_node_lifecycle import CloudNodeLifecycleController
from k8slab.cloud.route import RouteController
from k8slab.cloud.service import ServiceController
from k8slab.cloud.taints import UNINITIALIZED
from k8slab.world import Cloud

__all__ = [
    "ACCOUNT",
    "NAME",
    "CloudControllerManager",
    "cloud_manifests",
]

Obj = dict[str, Any]

NAME = "cloud-controller-manager"
ACCOUNT = f"system:serviceaccount:kube-system:{NAME}"
ROLE = f"system:{NAME}"
RBAC = "rbac.authorization.k8s.io"
CONTROLLERS = (CloudNodeController, CloudNodeLifecycleController, ServiceController, RouteController)
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
COMMAND = [
    f"/usr/local/bin/{NAME}",
    "--cloud-provider=external",
    "--leader-elect=true",
    "--allocate-node-cidrs=true",
    "--configure-cloud-routes=true",
    "--cluster-cidr=10.244.0.0/16",
]
RULES = (
    ("", "events", "create patch update"),
    ("", "nodes", "*"),
    ("", "nodes/status", "patch"),
    ("", "services", "list patch update watch"),
    ("", "services/status", "list patch update watch"),
    ("", "serviceaccounts", "create"),
    ("", "persistentvolumes", "get list update watch"),
    ("coordination.k8s.io", "leases", "create get list update watch"),
)


class CloudControllerManager:
    """All controllers of a cloud in one process, with one shared set of caches."""

    def __init__(self, client_for: Callable[[str], Client], scope: Scope, cloud: Cloud) -> None:
        self.informers = Informers(client_for(ACCOUNT), scope)
        self.controllers: dict[str, Controller] = {
            cls.name: cls(client_for(ACCOUNT), self.informers, scope, cloud) for cls in CONTROLLERS
        }
        self.informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self.informers.stop()


def cloud_manifests(version: str) -> list[Obj]:
    """The account of the manager, its role, and the DaemonSet that runs it on the machine of the control plane."""
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": "kube-system"}
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": verbs.split()} for group, resource, verbs in RULES
    ]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": "kube-system"}},
        {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": ROLE}, "rules": rules},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ROLE},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": ROLE},
            "subjects": [subject],
        },
        _daemon_set(version),
    ]


def _daemon_set(version: str) -> Obj:
    labels = {"k8s-app": NAME}
    spec = {
        "serviceAccountName": NAME,
        "hostNetwork": True,
        "nodeSelector": {CONTROL_PLANE: ""},
        "tolerations": [
            {"key": UNINITIALIZED, "value": "true", "effect": "NoSchedule"},
            {"key": CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"},
        ],
        "containers": [{"name": NAME, "image": f"registry.k8s.io/{NAME}:{version}", "command": COMMAND}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": "kube-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }
