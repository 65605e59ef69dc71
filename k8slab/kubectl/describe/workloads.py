"""kubectl describe deployment, replicaset, statefulset, daemonset and job; and horizontalpodautoscaler.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeDeployment, describeReplicaSet,
          describeStatefulSet, describeDaemonSet, describeJob and describeHorizontalPodAutoscalerV2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from k8slab.client import Client
from k8slab.kubectl.describe.heads import controlled_by, marks
from k8slab.kubectl.describe.layout import Obj, conditions, date, section, told
from k8slab.kubectl.describe.pods import claim_templates, pod_template
from k8slab.kubectl.printers import NONE
from k8slab.kubectl.rollout import replicasets_of, template_of
from k8slab.objects import as_text, human_age, owned_by, parse_rfc3339

__all__ = ["autoscaler", "daemonset", "deployment", "job", "replicaset", "statefulset"]

COUNTS = {"updated": "updatedReplicas", "total": "replicas", "available": "availableReplicas",
          "unavailable": "unavailableReplicas"}  # fmt: skip
CONDITIONS = "Type \tStatus\tReason"
ON_NODES = {
    "Desired Number of Nodes Scheduled": "desiredNumberScheduled",
    "Current Number of Nodes Scheduled": "currentNumberScheduled",
    "Number of Nodes Scheduled with Up-to-date Pods": "updatedNumberScheduled",
    "Number of Nodes Scheduled with Available Pods": "numberAvailable",
    "Number of Nodes Misscheduled": "numberMisscheduled",
}
PHASES = {"Running": "Running", "Pending": "Waiting", "Succeeded": "Succeeded", "Failed": "Failed"}
MOST_INDEXES = 50  # characters of them
RULES = {"Completion Mode": "completionMode", "Suspend": "suspend", "Backoff Limit": "backoffLimit",
         "TTL Seconds After Finished": "ttlSecondsAfterFinished"}  # fmt: skip
UNKNOWN = "<unknown>"
DIRECTIONS = {"Scale Up": "scaleUp", "Scale Down": "scaleDown"}


def deployment(client: Client, obj: Obj) -> Iterator[str]:
    """A Deployment: its counts, its strategy, its template, and the ReplicaSets it stands on."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from told(obj["metadata"], {"CreationTimestamp": "creationTimestamp"}, date)
    yield from marks(obj)
    yield f"Selector:\t{as_text(spec['selector'])}"
    counts = (f"{status.get(field, 0)} {word}" for word, field in COUNTS.items())
    yield " | ".join((f"Replicas:\t{spec['replicas']} desired", *counts))
    yield f"StrategyType:\t{spec['strategy']['type']}"
    yield from told(spec, {"MinReadySeconds": "minReadySeconds"}, missing="0")
    if rolling := spec["strategy"].get("rollingUpdate"):
        yield "RollingUpdateStrategy:\t{maxUnavailable} max unavailable, {maxSurge} max surge".format_map(rolling)
    yield from pod_template(spec["template"])
    yield from conditions(status, CONDITIONS)
    yield from _replicasets(client, obj)


def _replicasets(client: Client, obj: Obj) -> Iterator[str]:
    """The ReplicaSet of the template as it is now, and the older ones."""
    owned = replicasets_of(client, obj)
    new = next((rs for rs in owned if template_of(rs) == obj["spec"]["template"]), None)
    old = [_counted(rs) for rs in owned if rs is not new]
    yield f"OldReplicaSets:\t{', '.join(old) or NONE}"
    yield f"NewReplicaSet:\t{NONE if new is None else _counted(new)}"


def _counted(rs: Obj) -> str:
    made = (rs.get("status") or {}).get("replicas", 0)
    return f"{rs['metadata']['name']} ({made}/{rs['spec']['replicas']} replicas created)"


def replicaset(client: Client, obj: Obj) -> Iterator[str]:
    """A ReplicaSet: its counts, the phases of its pods, its template."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield f"Selector:\t{as_text(spec['selector'])}"
    yield from marks(obj)
    yield from controlled_by(obj)
    yield f"Replicas:\t{status.get('replicas', 0)} current / {spec['replicas']} desired"
    yield from _pods(client, obj)
    yield from conditions(status, CONDITIONS)


def statefulset(client: Client, obj: Obj) -> Iterator[str]:
    """A StatefulSet: its counts, how it rolls, the phases of its pods, its template and its claims."""
    spec, status = obj["spec"], obj.get("status") or {}
    strategy = spec.get("updateStrategy") or {}
    yield from told(obj["metadata"], {"CreationTimestamp": "creationTimestamp"}, date)
    yield f"Selector:\t{as_text(spec['selector'])}"
    yield from marks(obj)
    yield from told(spec, {"Service Name": "serviceName", "Pod Management Policy": "podManagementPolicy"})
    yield f"Replicas:\t{spec['replicas']} desired | {status.get('replicas', 0)} total"
    yield f"Update Strategy:\t{strategy.get('type', '')}"
    rolling = strategy.get("rollingUpdate") or {}
    yield from told(rolling, {"  Partition": "partition", "  MaxUnavailable": "maxUnavailable"})
    if kept := spec.get("persistentVolumeClaimRetentionPolicy"):
        yield "Persistent Volume Claim Retention Policy:"
        yield from told(kept, {"  WhenDeleted": "whenDeleted", "  WhenScaled": "whenScaled"})
    yield from _pods(client, obj)
    yield from claim_templates(spec.get("volumeClaimTemplates") or [])


def daemonset(client: Client, obj: Obj) -> Iterator[str]:
    """A DaemonSet: on which nodes it should be, on which it is, the phases of its pods, its template."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield f"Selector:\t{as_text(spec['selector'])}"
    chosen = spec["template"]["spec"].get("nodeSelector") or {}
    yield f"Node-Selector:\t{','.join(f'{key}={value}' for key, value in sorted(chosen.items())) or NONE}"
    yield from marks(obj)
    yield from (f"{title}: {status.get(field, 0)}" for title, field in ON_NODES.items())
    yield from _pods(client, obj)


def _pods(client: Client, obj: Obj) -> Iterator[str]:
    """How many pods are in which phase, and the template of all."""
    pods = client.list("Pod", obj["metadata"]["namespace"], labels=as_text(obj["spec"]["selector"]))
    found = Counter(pod["status"].get("phase", "") for pod in pods if owned_by(pod, obj))
    yield "Pods Status:\t" + " / ".join(f"{found[phase]} {word}" for phase, word in PHASES.items())
    yield from pod_template(obj["spec"]["template"])


def job(client: Client, obj: Obj) -> Iterator[str]:
    """A Job: what it wants, how far it is, its template."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield f"Selector:\t{as_text(spec.get('selector') or {})}"
    yield from marks(obj)
    yield from controlled_by(obj)
    yield from told(spec, {"Parallelism": "parallelism", "Completions": "completions"}, missing="<unset>")
    yield from told(spec, RULES)
    yield from told(status, {"Start Time": "startTime", "Completed At": "completionTime"}, date)
    if "startTime" in status and "completionTime" in status:
        lasted_s = parse_rfc3339(status["completionTime"]) - parse_rfc3339(status["startTime"])
        yield f"Duration:\t{human_age(lasted_s)}"
    yield from told(spec, {"Active Deadline Seconds": "activeDeadlineSeconds"}, "{}s".format)
    ready = f" ({status['ready']} Ready)" if "ready" in status else ""
    counts = f"{status.get('succeeded', 0)} Succeeded / {status.get('failed', 0)} Failed"
    yield f"Pods Statuses:\t{status.get('active', 0)} Active{ready} / {counts}"
    if spec.get("completionMode") == "Indexed":
        yield from told(status, {"Completed Indexes": "completedIndexes"}, _capped, missing=NONE)
    yield from pod_template(spec["template"])


def _capped(indexes: str) -> str:
    """The list up to the first comma behind the longest that is shown whole."""
    comma = indexes.find(",", MOST_INDEXES)
    return indexes if comma < 0 else indexes[: comma + 1] + "..."


def autoscaler(client: Client, obj: Obj) -> Iterator[str]:
    """An autoscaler: what it scales, by which metrics, and what it makes of them."""
    spec, status = obj["spec"], obj.get("status") or {}
    target, metrics = spec["scaleTargetRef"], spec.get("metrics") or []
    yield from marks(obj)
    yield from told(obj["metadata"], {"CreationTimestamp": "creationTimestamp"}, date)
    yield f"Reference:\t{target['kind']}/{target['name']}"
    yield "Metrics:\t( current / target )"
    current = (status.get("currentMetrics") or [])[: len(metrics)]
    yield from (f"  {_metric(metric, now)}" for metric, now in zip_longest(metrics, current, fillvalue=Obj()))
    yield from told(spec, {"Min replicas": "minReplicas", "Max replicas": "maxReplicas"}, missing="<unset>")
    behaviour = spec.get("behavior") or {}
    rules = ((word, behaviour[field]) for word, field in DIRECTIONS.items() if behaviour.get(field))
    yield from section("Behavior", (line for word, each in rules for line in _direction(word, each)), optional=True)
    replicas = f"{status.get('currentReplicas', 0)} current / {status.get('desiredReplicas', 0)} desired"
    yield f"{target['kind']} pods:\t{replicas}"
    yield from conditions(status, "Type\tStatus\tReason\tMessage")


def _metric(metric: Obj, current: Obj) -> str:
    """One metric: what is measured, what it is now, what it should be."""
    source = metric["type"][:1].lower() + metric["type"][1:]
    wanted, now = metric[source], (current.get(source) or {}).get("current") or {}
    target = wanted["target"]
    field, kind = ("averageValue", "average value") if "averageValue" in target else ("value", "value")
    goal = f"{now.get(field, UNKNOWN)} / {target.get(field, '0')}"
    if source in ("resource", "containerResource"):
        of = f' of container "{wanted["container"]}"' if source == "containerResource" else ""
        measured = f"resource {wanted['name']}{of} on pods"
        share = f"{measured}  (as a percentage of request):\t{_share(now, target)}"
        return f"{measured}:\t{goal}" if "averageValue" in target else share
    name, about = f'"{wanted["metric"]["name"]}"', wanted.get("describedObject")
    if source == "pods":
        return f"{name} on pods:\t{goal}"
    where = f" on {about['kind']}/{about['name']}" if about else ""
    return f"{name}{where} (target {kind}):\t{goal}"


def _share(now: Obj, target: Obj) -> str:
    has = f"{now['averageUtilization']}% ({now.get('averageValue')})" if "averageUtilization" in now else UNKNOWN
    return f"{has} / {target['averageUtilization']}%" if "averageUtilization" in target else f"{has} / <auto>"


def _direction(word: str, rules: Obj) -> Iterator[str]:
    yield f"  {word}:"
    if "stabilizationWindowSeconds" in rules:
        yield f"    Stabilization Window: {rules['stabilizationWindowSeconds']} seconds"
    if rules.get("policies"):
        yield f"    Select Policy: {rules.get('selectPolicy', 'Max')}"
        yield "    Policies:"
    for policy in rules.get("policies") or ():
        yield "      - Type: {type}\tValue: {value}\tPeriod: {periodSeconds} seconds".format_map(policy)
