"""The rules for workloads: Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers, and revisions.

Source    pkg/apis/apps/validation/validation.go; pkg/apis/core/validation/validation.go (ReplicationController);
          pkg/registry/apps/daemonset/strategy.go
Left out  the claims that a StatefulSet makes are checked when it makes them
"""

from __future__ import annotations

from typing import Any

from k8slab.api.validation.meta import (
    Errors,
    forbidden,
    immutable,
    invalid,
    label_selector,
    labels,
    not_negative,
    not_supported,
    required,
)
from k8slab.api.validation.pods import pod_spec
from k8slab.api.validation.rules import Rules, rules
from k8slab.api.validation.shares import PERCENT, at_most_all, share
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, matches

__all__ = ["RULES"]

Obj = dict[str, Any]

SELECTOR_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
STRATEGIES = ("Recreate", "RollingUpdate")
UPDATE_STRATEGIES = ("RollingUpdate", "OnDelete")
MANAGEMENT = ("OrderedReady", "Parallel")
RETENTION = ("Retain", "Delete")
MAY_CHANGE = ("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
              "persistentVolumeClaimRetentionPolicy", "minReadySeconds")  # fmt: skip


def _workload(obj: Obj) -> Errors:
    spec, is_deployment = obj["spec"], obj["kind"] == "Deployment"
    yield from not_negative(spec["replicas"], "spec.replicas")
    if not is_deployment:
        yield from not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    yield from _selector(spec.get("selector"), "deployment")
    if _is_selector(spec.get("selector")):
        yield from _template(spec, "ReplicaSet")
    else:
        yield invalid("spec.selector", spec["selector"], "invalid label selector")
    if not is_deployment:
        return
    yield from _strategy(spec["strategy"])
    for name in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(spec.get(name, 0), f"spec.{name}")
    deadline_s = spec["progressDeadlineSeconds"]
    if deadline_s <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", deadline_s, "must be greater than minReadySeconds")


def _selector(selector: Obj | None, kind: str) -> Errors:
    if selector is None:
        yield required("spec.selector")
        return
    yield from label_selector(selector, "spec.selector")
    yield from _no_empty_selector(selector, kind)


def _no_empty_selector(selector: Obj | None, kind: str) -> Errors:
    if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid("spec.selector", selector, f"empty selector is invalid for {kind}")


def _is_selector(selector: Obj | None) -> bool:
    """Somebody can say whom the selector means."""
    expressions = (selector or {}).get("matchExpressions") or ()
    return all(expression.get("operator") in SELECTOR_OPERATORS for expression in expressions)


def _template(spec: Obj, kind: str) -> Errors:
    yield from _mismatch(spec)
    yield from _pods(spec, kind)


def _mismatch(spec: Obj) -> Errors:
    selector, given = spec.get("selector"), (spec.get("template") or {}).get("metadata") or {}
    if selector is None or not matches(selector, given.get("labels") or {}):
        text = "`selector` does not match template `labels`"
        yield invalid("spec.template.metadata.labels", given.get("labels"), text)


def _pods(spec: Obj, kind: str) -> Errors:
    """The Pods of the template: they run for ever."""
    template, place = spec.get("template") or {}, "spec.template"
    yield from labels((template.get("metadata") or {}).get("labels") or {}, f"{place}.labels")
    pods = template.get("spec") or {}
    yield from pod_spec(_with_claims(pods, spec.get("volumeClaimTemplates") or []), f"{place}.spec")
    if pods.get("restartPolicy", "Always") != "Always":
        yield not_supported(f"{place}.spec.restartPolicy", pods["restartPolicy"], ("Always",))
    if pods.get("activeDeadlineSeconds") is not None:
        text = f"activeDeadlineSeconds in {kind} is not Supported"
        yield forbidden(f"{place}.spec.activeDeadlineSeconds", text)


def _with_claims(pods: Obj, claims: list[Obj]) -> Obj:
    """The Pods as they will be, with a volume for each claim."""
    names = [(claim.get("metadata") or {}).get("name", "") for claim in claims]
    given = [volume for volume in pods.get("volumes") or [] if volume.get("name") not in names]
    made = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]
    return {**pods, "volumes": [*given, *made]} if made else pods


def _strategy(strategy: Obj) -> Errors:
    rolling, place = strategy.get("rollingUpdate"), "spec.strategy.rollingUpdate"
    if strategy["type"] not in STRATEGIES:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        yield not_supported("spec.strategy", shown, STRATEGIES)
    if strategy["type"] == "Recreate" and rolling is not None:
        yield forbidden(place, "may not be specified when strategy `type` is 'Recreate'")
    if strategy["type"] != "RollingUpdate" or rolling is None:
        return
    for name in ("maxUnavailable", "maxSurge"):
        yield from share(rolling[name], f"{place}.{name}")
    if all(str(rolling[name]).removesuffix("%") == "0" for name in ("maxUnavailable", "maxSurge")):
        text = "may not be 0 when `maxSurge` is 0"
        yield invalid(f"{place}.maxUnavailable", rolling["maxUnavailable"], text)
    yield from at_most_all(rolling["maxUnavailable"], f"{place}.maxUnavailable")


def _is_zero(value: Any) -> bool:
    return str(value).removesuffix("%").lstrip("0") == "" and (isinstance(value, int) or bool(PERCENT.fullmatch(value)))


def _statefulset(obj: Obj) -> Errors:
    spec = obj["spec"]
    if spec["podManagementPolicy"] not in MANAGEMENT:
        text = "must be 'OrderedReady' or 'Parallel'"
        yield invalid("spec.podManagementPolicy", spec["podManagementPolicy"], text)
    yield from _in_order(spec["updateStrategy"])
    for name, value in spec["persistentVolumeClaimRetentionPolicy"].items():
        if value not in RETENTION:
            yield not_supported(f"spec.persistentVolumeClaimRetentionPolicy.{name}", value, RETENTION)
    for name in ("replicas", "minReadySeconds"):
        yield from not_negative(spec.get(name, 0), f"spec.{name}")
    yield from not_negative((spec.get("ordinals") or {}).get("start", 0), "spec.ordinals.start")
    yield from _selector(spec.get("selector"), "statefulset")
    if _is_selector(spec.get("selector")):
        yield from _template(spec, "StatefulSet")
    else:
        yield invalid("spec.selector", spec["selector"], "")
    for problem in is_dns1123_label(spec["serviceName"]) if spec.get("serviceName") else ():
        yield invalid("spec.serviceName", spec["serviceName"], problem)


def _in_order(strategy: Obj) -> Errors:
    rolling, place = strategy.get("rollingUpdate"), "spec.updateStrategy.rollingUpdate"
    if strategy["type"] not in UPDATE_STRATEGIES:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        yield invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'")
    if rolling is None:
        return
    if strategy["type"] == "OnDelete":
        shown = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
        yield invalid(place, shown, "only allowed for updateStrategy 'RollingUpdate'")
    if strategy["type"] == "RollingUpdate":
        yield from not_negative(rolling["partition"], f"{place}.partition")
        field, most = f"{place}.maxUnavailable", rolling["maxUnavailable"]
        yield from share(most, field)
        if _is_zero(most):
            yield invalid(field, most, "cannot be 0")
        yield from at_most_all(most, field)


def _statefulset_update(new: Obj, old: Obj) -> Errors:
    def fixed(obj: Obj) -> Obj:
        return {name: value for name, value in obj["spec"].items() if name not in MAY_CHANGE}

    if fixed(new) != fixed(old):
        names = "', '".join(MAY_CHANGE[:-1])
        text = f"for fields other than '{names}' and '{MAY_CHANGE[-1]}' are forbidden"
        yield forbidden("spec", f"updates to statefulset spec {text}")


def _daemonset(obj: Obj) -> Errors:
    spec = obj["spec"]
    if spec.get("selector") is not None:
        yield from label_selector(spec["selector"], "spec.selector")
    if _is_selector(spec.get("selector")):
        yield from _mismatch(spec)
    yield from _no_empty_selector(spec.get("selector"), "daemonset")
    yield from _pods(spec, "DaemonSet")
    yield from not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    yield from _one_per_node(spec["updateStrategy"])
    yield from not_negative(spec["revisionHistoryLimit"], "spec.revisionHistoryLimit")


def _one_per_node(strategy: Obj) -> Errors:
    place = "spec.updateStrategy.rollingUpdate"
    if strategy["type"] not in UPDATE_STRATEGIES:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        yield not_supported("spec.updateStrategy", shown, UPDATE_STRATEGIES)
    if strategy["type"] != "RollingUpdate":
        return
    rolling = strategy["rollingUpdate"]
    for check in (share, at_most_all):
        for name in ("maxUnavailable", "maxSurge"):
            yield from check(rolling[name], f"{place}.{name}")
    none_away, none_more = _is_zero(rolling["maxUnavailable"]), _is_zero(rolling["maxSurge"])
    if not none_away and not none_more:
        yield invalid(f"{place}.maxSurge", rolling["maxSurge"], "may not be set when maxUnavailable is non-zero")
    if none_away and none_more:
        yield required(f"{place}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def _replication_controller(obj: Obj) -> Errors:
    spec = obj["spec"]
    yield from not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    if not spec.get("selector"):
        yield required("spec.selector")
    yield from not_negative(spec["replicas"], "spec.replicas")
    if spec.get("template") is None:
        yield required("spec.template")
        return
    if spec.get("selector"):
        yield from _mismatch({**spec, "selector": {"matchLabels": spec["selector"]}})
    yield from _pods(spec, "ReplicationController")


def _revision(obj: Obj) -> Errors:
    if obj.get("data") is None:
        yield required("data", "data is mandatory")
    yield from not_negative(obj.get("revision", 0), "revision")


def _revision_update(new: Obj, old: Obj) -> Errors:
    yield from immutable("data", new.get("data"), old.get("data"))


def _workload_update(new: Obj, old: Obj) -> Errors:
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


RULES: dict[tuple[str, str], Rules] = {
    ("apps/v1", "ControllerRevision"): rules(is_dns1123_subdomain, _revision, _revision_update, change_first=False),
    ("apps/v1", "DaemonSet"): rules(is_dns1123_subdomain, _daemonset, _workload_update, change_first=False),
    ("apps/v1", "Deployment"): rules(is_dns1123_subdomain, _workload, _workload_update, change_first=False),
    ("apps/v1", "ReplicaSet"): rules(is_dns1123_subdomain, _workload, _workload_update, change_first=False),
    ("apps/v1", "StatefulSet"): rules(is_dns1123_label, _statefulset, _statefulset_update, change_first=False),
    ("v1", "ReplicationController"): rules(is_dns1123_subdomain, _replication_controller),
}
