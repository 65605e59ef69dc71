"""The verb: which objects are meant, and in which layout they are told.

Source    staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go
Left out  -f; the layouts of kinds beyond LAYOUTS, which are told field by field
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from k8slab.client import Client, Resource
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.describe.autoscalers import autoscaler
from k8slab.kubectl.describe.batch import cronjob, job
from k8slab.kubectl.describe.claims import claim
from k8slab.kubectl.describe.configs import configmap, secret
from k8slab.kubectl.describe.events import events_of
from k8slab.kubectl.describe.generic import generic
from k8slab.kubectl.describe.layout import laid_out
from k8slab.kubectl.describe.nodes import node
from k8slab.kubectl.describe.pods import pod
from k8slab.kubectl.describe.quotas import limitrange, namespace, quota
from k8slab.kubectl.describe.roles import binding, role
from k8slab.kubectl.describe.services import endpointslice, service
from k8slab.kubectl.describe.workloads import daemonset, deployment, replicaset, statefulset
from k8slab.kubectl.report import error_text
from k8slab.kubectl.targets import Target, named, slashed
from k8slab.wire import NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "describe",
]

Obj = dict[str, Any]

LAYOUTS: dict[str, Callable[[Client, Obj], Iterator[str]]] = {
    "ClusterRole": role, "ClusterRoleBinding": binding, "Role": role, "RoleBinding": binding,
    "ConfigMap": configmap, "CronJob": cronjob, "DaemonSet": daemonset, "Deployment": deployment,
    "EndpointSlice": endpointslice, "HorizontalPodAutoscaler": autoscaler, "Job": job, "LimitRange": limitrange,
    "Namespace": namespace, "Node": node, "PersistentVolumeClaim": claim, "Pod": pod, "ReplicaSet": replicaset,
    "ResourceQuota": quota, "Secret": secret, "Service": service, "StatefulSet": statefulset,
}  # fmt: skip
WITHOUT_EVENTS = {"ClusterRole", "ClusterRoleBinding", "Event", "LimitRange", "Namespace", "ResourceQuota", "Role",
                  "RoleBinding", "Secret"}  # fmt: skip


def describe(session: Session, command: Command) -> str:
    """kubectl describe KIND [NAME…], KIND/NAME…, -l SELECTOR."""
    if not command.words:
        raise UsageError(
            'error: You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list '
            "of supported resources."
        )
    objs: list[Obj] = []
    errors: list[str] = []
    for target in _targets(session.client, command):
        try:
            objs += _found(session.client, command, target)
        except NotFound as error:
            begins = _beginning(session.client, command, target)
            if begins:
                return _described(session.client, begins, with_events=False)
            errors.append(error_text(error) + "\n")
    if not objs and not errors:
        return (
            f"No resources found in {command.namespace} namespace.\n" if command.namespace else "No resources found\n"
        )
    wish = command.flag("show-events", str(len(objs) == 1).lower())
    return _described(session.client, objs, with_events=wish == "true") + "".join(errors)


def _targets(client: Client, command: Command) -> list[Target]:
    """Kinds and names; the name "" stands for all of the kind."""
    first, *names = command.words
    if "/" in first:
        return [slashed(client, word) for word in command.words]
    resources: list[Resource] = [named(client, name) for name in first.split(",")]
    return [Target(resource, name) for resource in resources for name in names or [""]]


def _found(client: Client, command: Command, target: Target) -> list[Obj]:
    if target.name:
        return [client.get(target.resource.full_name, target.name, command.namespace)]
    return client.list(target.resource.full_name, command.namespace, labels=command.flag("selector"))


def _beginning(client: Client, command: Command, target: Target) -> list[Obj]:
    everything = client.list(target.resource.full_name, command.namespace)
    return [obj for obj in everything if obj["metadata"]["name"].startswith(target.name)]


def _described(client: Client, objs: list[Obj], *, with_events: bool) -> str:
    texts = []
    for obj in objs:
        lines = list(LAYOUTS.get(obj["kind"], generic)(client, obj))
        if with_events and obj["kind"] not in WITHOUT_EVENTS:
            lines += events_of(client, obj)
        texts.append(laid_out(lines))
    return "\n\n".join(texts)
