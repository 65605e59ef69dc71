"""The Node authorizer: a kubelet reads what its own pods need, and writes about itself.

What a node may change of its own Node and of its pods is the matter of admission, not of this.

Source    plugin/pkg/auth/authorizer/node/node_authorizer.go; plugin/pkg/admission/noderestriction/admission.go
Left out  resource claims and slices, volume attachments; the secrets of volumes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8slab.api.authorization.policy import node_rules
from k8slab.api.authorization.rbac import Decision, Objects
from k8slab.api.authorization.rules import matches
from k8slab.objects import parse_field_selector
from k8slab.wire import Request

__all__ = ["Nodes"]

Obj = dict[str, Any]

READS = ("get", "list", "watch")
OWN_VERBS = ("get", "create", "update", "patch", "delete")
LEASES = "kube-node-lease"
ALLOWED = Decision(True)


class Nodes:
    """What kubelets may do, by the pods that are bound to their nodes."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._bound_by: dict[tuple[str, str, str, str], tuple[str, str]] = {}
        self._special: dict[tuple[str, str], Callable[[str, Request], Decision]] = {
            ("", "secrets"): self._read,
            ("", "configmaps"): self._read,
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._get,
            ("", "serviceaccounts"): self._token,
            ("coordination.k8s.io", "leases"): _lease,
            ("storage.k8s.io", "csinodes"): _csi_node,
            ("", "nodes"): _node,
            ("", "pods"): self._pod,
        }

    def decide(self, node: str, request: Request) -> Decision:
        """Allowed by what kind of thing it is, by its name, or because a pod of the node needs it."""
        special = self._special.get((request.group, request.resource))
        if special is not None:
            return special(node, request)
        return Decision(not request.path and any(matches(rule, request) for rule in node_rules()))

    def _read(self, node: str, request: Request) -> Decision:
        if request.verb not in READS:
            return Decision(False, "can only read resources of this type")
        if not request.namespace:
            return Decision(False, "can only read namespaced object of this type")
        return self._needed(node, request)

    def _get(self, node: str, request: Request) -> Decision:
        if request.verb != "get":
            return Decision(False, "can only get individual resources of this type")
        if request.subresource:
            return Decision(False, "cannot get subresource")
        return self._needed(node, request)

    def _claim(self, node: str, request: Request) -> Decision:
        if request.subresource != "status":
            return self._get(node, request)
        if request.verb not in ("update", "patch"):
            return Decision(False, "can only get/update/patch this type")
        return self._needed(node, request)

    def _token(self, node: str, request: Request) -> Decision:
        if request.verb != "create" or not request.name:
            return Decision(False, "can only create tokens for individual service accounts", for_all=False)
        if request.subresource != "token":
            return Decision(False, "can only create token subresource of serviceaccount", for_all=False)
        return self._needed(node, request)

    def _pod(self, node: str, request: Request) -> Decision:
        verb, sub = request.verb, request.subresource
        if not sub and verb == "get":
            return self._needed(node, request)
        if not sub and verb in ("list", "watch"):
            if _is_selected(request, node):
                return Decision(True, lasts=False)
            return Decision(False, "can only list/watch pods with spec.nodeName field selector", lasts=False)
        allowed = {"": ("create", "delete"), "status": ("update", "patch"), "eviction": ("create",)}
        return Decision(verb in allowed.get(sub, ()))

    def _needed(self, node: str, request: Request) -> Decision:
        """A pod bound to the node refers to the object."""
        if not request.name:
            return Decision(False, "No Object name found", for_all=False)
        if self._has_need(node, request.resource, request.namespace, request.name):
            return Decision(True, lasts=False)
        reason = f"no relationship found between node '{node}' and this object"
        return Decision(False, reason, lasts=False)

    def _has_need(self, node: str, resource: str, namespace: str, name: str) -> bool:
        if resource == "persistentvolumes":
            return self._has_need_of_volume(node, name)
        key = (node, resource, namespace, name)
        if key in self._bound_by:
            pod = self._objects.get("Pod", self._bound_by[key][1], namespace)
            if pod and pod["spec"].get("nodeName") == node and (resource, name) in _needs(pod):
                return True
            del self._bound_by[key]
        for pod in self._objects.on_node(node, namespace):
            if (resource, name) in _needs(pod):
                self._bound_by[key] = (namespace, pod["metadata"]["name"])
                return True
        return False

    def _has_need_of_volume(self, node: str, name: str) -> bool:
        volume = self._objects.get("PersistentVolume", name) or {"spec": {}}
        claim: Obj | None = volume["spec"].get("claimRef")
        if not claim:
            return False
        return self._has_need(node, "persistentvolumeclaims", claim["namespace"], claim["name"])


def _lease(node: str, request: Request) -> Decision:
    if request.verb not in OWN_VERBS:
        return Decision(False, "can only get, create, update, patch, or delete a node lease")
    if request.namespace != LEASES:
        return Decision(False, f'can only access leases in the "{LEASES}" system namespace')
    if request.verb != "create" and request.name != node:
        reason = "can only access node lease with the same name as the requesting node"
        return Decision(False, reason, for_all=False)
    return Decision(True, for_all=request.verb == "create")


def _csi_node(node: str, request: Request) -> Decision:
    if request.verb not in OWN_VERBS:
        return Decision(False, "can only get, create, update, patch, or delete a CSINode")
    if request.verb != "create" and request.name != node:
        return Decision(False, "can only access CSINode with the same name as the requesting node", for_all=False)
    return Decision(True, for_all=request.verb == "create")


def _node(node: str, request: Request) -> Decision:
    verb, sub, name = request.verb, request.subresource, request.name
    if not sub and verb in READS:
        if name == node:
            return Decision(True, for_all=False)
        what = f"'{name}'" if name else "all nodes"
        return Decision(False, f"node '{node}' cannot read {what}, only its own Node object", for_all=False)
    return Decision(verb in {"": ("create", "update", "patch"), "status": ("update", "patch")}.get(sub, ()))


def _is_selected(request: Request, node: str) -> bool:
    try:
        fields = parse_field_selector(request.params.get("fieldSelector", ""))
    except ValueError:
        return False
    return ("spec.nodeName", "=", node) in list(fields)


def _needs(pod: Obj) -> set[tuple[str, str]]:
    """The objects of its namespace that a pod refers to, as resource and name; itself too."""
    spec = pod["spec"]
    found = {("pods", pod["metadata"]["name"]), ("serviceaccounts", spec.get("serviceAccountName", ""))}
    found |= {("secrets", secret.get("name", "")) for secret in spec.get("imagePullSecrets") or ()}
    for volume in spec.get("volumes") or ():
        found.update(_needs_of_volume(volume, pod["metadata"]["name"]))
    for container in (
        *spec["containers"],
        *(spec.get("initContainers") or ()),
        *(spec.get("ephemeralContainers") or ()),
    ):
        found.update(_needs_of_container(container))
    return found


def _needs_of_volume(volume: Obj, pod_name: str) -> Iterator[tuple[str, str]]:
    for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
        if secret := source.get("secret"):
            yield "secrets", secret.get("secretName") or secret.get("name", "")
        if config := source.get("configMap"):
            yield "configmaps", config.get("name", "")
    if claim := volume.get("persistentVolumeClaim"):
        yield "persistentvolumeclaims", claim["claimName"]
    if volume.get("ephemeral"):
        yield "persistentvolumeclaims", f"{pod_name}-{volume['name']}"


def _needs_of_container(container: Obj) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom") or ():
        for field, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            if source.get(field):
                yield resource, source[field].get("name", "")
    for variable in container.get("env") or ():
        origin = variable.get("valueFrom") or {}
        for field, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
            if origin.get(field):
                yield resource, origin[field].get("name", "")
