"""kubectl describe deployment, replicaset, statefulset and daemonset.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeDeployment, describeReplicaSet,
          describeStatefulSet and describeDaemonSet
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.claims import claim_templates
from k8slab.kubectl.describe.layout import NONE, marks, names
from k8slab.kubectl.describe.moments import date
from k8slab.kubectl.describe.pods import controlled_by, pod_template
from k8slab.objects import as_text, owned_by

__all__ = [
    "daemonset",
    "deployment",
    "replicaset",
    "statefulset",
]

Obj = dict[str, Any]

HASH_LABEL = "pod-template-hash"


def deployment(client: Client, obj: Obj) -> Iterator[str]:
    """A Deployment: its counts, its strategy, its template, and the ReplicaSets it stands on."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield f"CreationTimestamp:\t{date(metadata['creationTimestamp'])}"
    yield from marks(obj)
    yield f"Selector:\t{as_text(spec['selector'])}"
    counts = {"updated": "updatedReplicas", "total": "replicas", "available": "availableReplicas",
              "unavailable": "unavailableReplicas"}  # fmt: skip
    have = " | ".join(f"{status.get(field, 0)} {word}" for word, field in counts.items())
    yield f"Replicas:\t{spec['replicas']} desired | {have}"
    yield f"StrategyType:\t{spec['strategy']['type']}"
    yield f"MinReadySeconds:\t{spec.get('minReadySeconds', 0)}"
    if rolling := spec["strategy"].get("rollingUpdate"):
        yield (
            f"RollingUpdateStrategy:\t{rolling.get('maxUnavailable')} max unavailable, "
            f"{rolling.get('maxSurge')} max surge"
        )
    yield from pod_template(spec["template"])
    yield from _conditions(status)
    yield from _replicasets(client, obj)


def _conditions(status: Obj) -> Iterator[str]:
    if status.get("conditions"):
        yield "Conditions:"
        yield "  Type\tStatus\tReason"
        yield "  ----\t------\t------"
        for condition in status["conditions"]:
            yield f"  {condition['type']} \t{condition['status']}\t{condition.get('reason', '')}"


def _replicasets(client: Client, obj: Obj) -> Iterator[str]:
    """The ReplicaSet of the template as it is now, and the older ones."""
    owned = [rs for rs in client.list("ReplicaSet.apps", obj["metadata"]["namespace"]) if owned_by(rs, obj)]
    new = next((rs for rs in owned if _template_of(rs) == obj["spec"]["template"]), None)
    old = [_counted(rs) for rs in owned if rs is not new]
    yield f"OldReplicaSets:\t{', '.join(old) or NONE}"
    yield f"NewReplicaSet:\t{NONE if new is None else _counted(new)}"


def _template_of(rs: Obj) -> Obj:
    template: Obj = rs["spec"]["template"]
    own = {name: value for name, value in template["metadata"]["labels"].items() if name != HASH_LABEL}
    return {**template, "metadata": {**template["metadata"], "labels": own}}


def _counted(rs: Obj) -> str:
    made = (rs.get("status") or {}).get("replicas", 0)
    return f"{rs['metadata']['name']} ({made}/{rs['spec']['replicas']} replicas created)"


def replicaset(client: Client, obj: Obj) -> Iterator[str]:
    """A ReplicaSet: its counts, the phases of its pods, its template."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield f"Selector:\t{as_text(spec['selector'])}"
    yield from marks(obj)
    yield from controlled_by(obj)
    yield f"Replicas:\t{status.get('replicas', 0)} current / {spec['replicas']} desired"
    yield f"Pods Status:\t{_phases(client, obj)}"
    yield from pod_template(spec["template"])
    yield from _conditions(status)


def statefulset(client: Client, obj: Obj) -> Iterator[str]:
    """A StatefulSet: its counts, how it rolls, the phases of its pods, its template and its claims."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield f"CreationTimestamp:\t{date(metadata['creationTimestamp'])}"
    yield f"Selector:\t{as_text(spec['selector'])}"
    yield from marks(obj)
    yield f"Replicas:\t{spec['replicas']} desired | {status.get('replicas', 0)} total"
    strategy = spec.get("updateStrategy") or {}
    yield f"Update Strategy:\t{strategy.get('type', '')}"
    rolling = strategy.get("rollingUpdate") or {}
    words = {"partition": "Partition", "maxUnavailable": "MaxUnavailable"}
    yield from (f"  {word}:\t{rolling[field]}" for field, word in words.items() if field in rolling)
    yield f"Pods Status:\t{_phases(client, obj)}"
    yield from pod_template(spec["template"])
    yield from claim_templates(spec.get("volumeClaimTemplates") or [])


def daemonset(client: Client, obj: Obj) -> Iterator[str]:
    """A DaemonSet: on which nodes it should be, on which it is, the phases of its pods, its template."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from names(obj)
    yield f"Selector:\t{as_text(spec['selector'])}"
    chosen = spec["template"]["spec"].get("nodeSelector") or {}
    yield f"Node-Selector:\t{','.join(f'{key}={value}' for key, value in sorted(chosen.items())) or NONE}"
    yield from marks(obj)
    counts = {"desiredNumberScheduled": "Desired Number of Nodes Scheduled",
              "currentNumberScheduled": "Current Number of Nodes Scheduled",
              "updatedNumberScheduled": "Number of Nodes Scheduled with Up-to-date Pods",
              "numberAvailable": "Number of Nodes Scheduled with Available Pods",
              "numberMisscheduled": "Number of Nodes Misscheduled"}  # fmt: skip
    yield from (f"{word}: {status.get(field, 0)}" for field, word in counts.items())
    yield f"Pods Status:\t{_phases(client, obj)}"
    yield from pod_template(spec["template"])


def _phases(client: Client, obj: Obj) -> str:
    pods = client.list("Pod", obj["metadata"]["namespace"], labels=as_text(obj["spec"]["selector"]))
    phases = Counter(pod["status"].get("phase", "") for pod in pods if owned_by(pod, obj))
    words = {"Running": "Running", "Pending": "Waiting", "Succeeded": "Succeeded", "Failed": "Failed"}
    return " / ".join(f"{phases[phase]} {word}" for phase, word in words.items())
