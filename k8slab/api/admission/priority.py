"""Priority: a pod gets the number and the preemption policy of its PriorityClass; at most one class is the default.

Source    plugin/pkg/admission/priority/admission.go; pkg/apis/scheduling/v1/helpers.go (SystemPriorityClasses)
"""

from __future__ import annotations

from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster

__all__ = [
    "SYSTEM_CLASSES",
    "check_priority_class",
    "with_priority",
]

Obj = dict[str, Any]

SYSTEM_CLASSES = {"system-node-critical": 2000001000, "system-cluster-critical": 2000000000}
PREEMPTS = "PreemptLowerPriority"
COMPUTED = "must not be provided in pod spec; priority admission controller computed"


def with_priority(cluster: Cluster, attempt: Attempt, spec: Obj) -> Obj:
    """The pod spec with what its class says. Raises Forbidden when there is no such class, or it says otherwise."""
    chosen = _class_of(cluster, attempt, spec.get("priorityClassName") or "")
    value, policy = chosen.get("value", 0), chosen.get("preemptionPolicy", PREEMPTS)
    if spec.get("priority", value) != value:
        text = f"the integer value of priority ({spec['priority']}) {COMPUTED} {value}"
        raise attempt.forbidden(f"{text} from the given PriorityClass name")
    if spec.get("preemptionPolicy", policy) != policy:
        text = f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) {COMPUTED} {policy}"
        raise attempt.forbidden(f"{text} from the given PriorityClass name")
    named = {"priorityClassName": chosen["metadata"]["name"]} if chosen else {}
    return {**spec, **named, "priority": value, "preemptionPolicy": policy}


def check_priority_class(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Raises Forbidden for a second default."""
    default = _default_class(cluster) if new.get("globalDefault") else {}
    if default and default["metadata"]["name"] != new["metadata"]["name"]:
        name = default["metadata"]["name"]
        raise attempt.forbidden(f"PriorityClass {name} is already marked as default. Only one default can exist")


def _class_of(cluster: Cluster, attempt: Attempt, name: str) -> Obj:
    if not name:
        return _default_class(cluster)
    chosen = cluster.get("PriorityClass", name)
    if chosen is not None:
        return chosen
    if name in SYSTEM_CLASSES:  # the server has them before it has written them down
        return {"metadata": {"name": name}, "value": SYSTEM_CLASSES[name]}
    raise attempt.forbidden(f"no PriorityClass with name {name} was found")


def _default_class(cluster: Cluster) -> Obj:
    """The class of pods that name none: the lowest of the defaults; nothing when there is none."""
    defaults = [each for each in cluster.list("PriorityClass") if each.get("globalDefault")]
    return min(defaults, key=lambda each: each.get("value", 0), default={})
