"""The Vertical Pod Autoscaler, installed on demand: its kind, its rights, its process, and its webhook.

Source    github.com/kubernetes/autoscaler, vertical-pod-autoscaler/deploy/{vpa-v1-crd-gen,vpa-rbac}.yaml
Left out  VerticalPodAutoscalerCheckpoints; three processes in Pods of their own: it is one, beside the control plane
"""

from __future__ import annotations

from typing import Any

from k8slab.api import Api, Review
from k8slab.client import Client, Informers
from k8slab.clock import Scope
from k8slab.controllers.vertical_pod_autoscaler import VerticalPodAutoscalerController
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.kubeadm.policy import account_rights
from k8slab.kubeadm.running import alone
from k8slab.world import Vm, World

__all__ = ["VerticalScaling"]

Obj = dict[str, Any]

NAME, ACCOUNT = "vertical-pod-autoscaler", "system:serviceaccount:kube-system:vertical-pod-autoscaler"
MODES = ["Off", "Initial", "Recreate", "InPlaceOrRecreate", "Auto"]
SERVED_WITHIN_S = 1.0  # a new kind
TEXT, AMOUNTS = {"type": "string"}, {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": True}}
QUANTITIES = dict.fromkeys(("lowerBound", "target", "uncappedTarget", "upperBound"), AMOUNTS)
POLICY = {
    "containerName": TEXT,
    "mode": {"type": "string", "enum": ["Auto", "Off"]},
    "minAllowed": AMOUNTS,
    "maxAllowed": AMOUNTS,
    "controlledResources": {"type": "array", "items": {"type": "string", "enum": ["cpu", "memory"]}},
    "controlledValues": {"type": "string", "enum": ["RequestsAndLimits", "RequestsOnly"]},
}
ROLE = "system:vertical-pod-autoscaler"
RULES = (
    ("get list watch", "autoscaling.k8s.io", "verticalpodautoscalers"),
    ("get patch update", "autoscaling.k8s.io", "verticalpodautoscalers/status"),
    ("get list watch", "", "pods"),
    ("patch update", "", "pods/resize"),
    ("create", "", "pods/eviction"),
    ("get", "apps", "replicasets"),
    ("get", "*", "*/scale"),
    ("get list", "metrics.k8s.io", "pods"),
    ("create patch update", "", "events"),
)


class VerticalScaling:
    """A cluster that can be given the add-on."""

    api: Api
    journal: Journal
    loop: Any
    world: World

    def client_for(self, user: str, *, vm: Vm | None = None) -> Client:
        """A client in the name of `user`, on the machine `vm`."""
        raise NotImplementedError

    @alone
    def install_vertical_autoscaler(self) -> None:
        """Serve VerticalPodAutoscalers (autoscaling.k8s.io/v1), and have somebody act on them.

        Installed again, it stays as it is. Raises ValueError without a control plane.
        """
        home = self.world.vms.get(CONTROL_PLANE)
        if home is None:
            raise ValueError("this cluster has no control plane that could run it")
        if NAME in home.daemons:
            return
        admin = self.client_for("kubernetes-admin", vm=home)
        for obj in (_kind(), *account_rights(NAME, ROLE, RULES)):
            admin.create(obj)
        home.install(NAME, lambda scope: _Process(self.client_for(ACCOUNT, vm=home), scope))
        webhook = ("vpa.k8s.io", lambda review: _admitted(home, review), ("Pod",))
        self.api.webhooks.register(
            *webhook, operations=("CREATE",), mutating=True, failure_policy="Ignore", reinvocation="Never"
        )
        start = self.loop.now
        self.loop.run_until(start + SERVED_WITHIN_S)
        self.journal.note(start, "install_vertical_autoscaler", self.loop.now)


class _Process:
    """The add-on while it runs."""

    def __init__(self, client: Client, scope: Scope) -> None:
        self.informers = Informers(client, scope)
        self.controller = VerticalPodAutoscalerController(client, self.informers, scope)
        self.informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        self.informers.stop()


def _admitted(home: Vm, review: Review) -> Obj | None:
    process = home.running.get(NAME)
    if not isinstance(process, _Process) or review.object is None:
        return None
    return process.controller.admitted(review.object)


def _kind() -> Obj:
    columns = (
        ("Mode", "string", ".spec.updatePolicy.updateMode"),
        ("CPU", "string", ".status.recommendation.containerRecommendations[0].target.cpu"),
        ("Mem", "string", ".status.recommendation.containerRecommendations[0].target.memory"),
        ("Provided", "string", ".status.conditions[?(@.type=='RecommendationProvided')].status"),
        ("Age", "date", ".metadata.creationTimestamp"),
    )
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _schema()},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [{"name": name, "type": type, "jsonPath": path} for name, type, path in columns],
    }
    names = {"plural": "verticalpodautoscalers", "singular": "verticalpodautoscaler", "kind": "VerticalPodAutoscaler",
             "listKind": "VerticalPodAutoscalerList", "shortNames": ["vpa"]}  # fmt: skip
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": "verticalpodautoscalers.autoscaling.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes/kubernetes/pull/63797"},
        },
        "spec": {"group": "autoscaling.k8s.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }


def _schema() -> Obj:
    reference = _object({"apiVersion": TEXT, "kind": TEXT, "name": TEXT}, "kind", "name")
    update = _object(
        {"updateMode": {"type": "string", "enum": MODES, "default": "Recreate"}, "minReplicas": {"type": "integer"}}
    )
    policies = _object({"containerPolicies": {"type": "array", "items": _object(POLICY)}})
    spec = _object({"targetRef": reference, "updatePolicy": update, "resourcePolicy": policies}, "targetRef")
    recommended = _object({"containerName": TEXT, **QUANTITIES}, "target")
    recommendation = _object({"containerRecommendations": {"type": "array", "items": recommended}})
    condition = _object(dict.fromkeys(("type", "status", "reason", "message", "lastTransitionTime"), TEXT), "type")
    status = _object({"conditions": {"type": "array", "items": condition}, "recommendation": recommendation})
    return _object({"spec": spec, "status": status}, "spec")


def _object(properties: Obj, *needed: str) -> Obj:
    return {"type": "object", "properties": properties, **({"required": list(needed)} if needed else {})}
