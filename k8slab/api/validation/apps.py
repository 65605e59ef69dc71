"""The rules for Deployments and ReplicaSets.

Source    pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

import re
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
from k8slab.objects import is_dns1123_subdomain, matches

__all__ = ["RULES"]

Obj = dict[str, Any]

SELECTOR_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
PERCENT = re.compile(r"[0-9]+%")
STRATEGIES = ("Recreate", "RollingUpdate")


def _workload(obj: Obj) -> Errors:
    spec, is_deployment = obj["spec"], obj["kind"] == "Deployment"
    yield from not_negative(spec["replicas"], "spec.replicas")
    if not is_deployment:
        yield from not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    yield from _selector(spec.get("selector"))
    yield from _template(spec)
    if not is_deployment:
        return
    yield from _strategy(spec["strategy"])
    for name in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(spec.get(name, 0), f"spec.{name}")
    deadline_s = spec["progressDeadlineSeconds"]
    if deadline_s <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", deadline_s, "must be greater than minReadySeconds")


def _selector(selector: Obj | None) -> Errors:
    if selector is None:
        yield required("spec.selector")
        return
    yield from label_selector(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid("spec.selector", selector, "empty selector is invalid for deployment")


def _template(spec: Obj) -> Errors:
    """The template, unless nobody can say whom the selector means."""
    selector, template = spec.get("selector"), spec.get("template") or {}
    given, place = template.get("metadata") or {}, "spec.template"
    expressions = (selector or {}).get("matchExpressions") or ()
    if any(expression.get("operator") not in SELECTOR_OPERATORS for expression in expressions):
        yield invalid("spec.selector", selector, "invalid label selector")
        return
    if selector is None or not matches(selector, given.get("labels") or {}):
        text = "`selector` does not match template `labels`"
        yield invalid(f"{place}.metadata.labels", given.get("labels"), text)
    yield from labels(given.get("labels") or {}, f"{place}.labels")
    yield from pod_spec(template.get("spec"), f"{place}.spec")
    pods = template.get("spec") or {}
    if pods.get("restartPolicy", "Always") != "Always":
        yield not_supported(f"{place}.spec.restartPolicy", pods["restartPolicy"], ("Always",))
    if pods.get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicaSet is not Supported"
        yield forbidden(f"{place}.spec.activeDeadlineSeconds", text)


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
        yield from _share(rolling[name], f"{place}.{name}")
    if all(str(rolling[name]).removesuffix("%") == "0" for name in ("maxUnavailable", "maxSurge")):
        text = "may not be 0 when `maxSurge` is 0"
        yield invalid(f"{place}.maxUnavailable", rolling["maxUnavailable"], text)
    share = str(rolling["maxUnavailable"])
    if PERCENT.fullmatch(share) and int(share[:-1]) > 100:
        yield invalid(f"{place}.maxUnavailable", share, "must not be greater than 100%")


def _share(value: Any, field: str) -> Errors:
    if isinstance(value, int):
        yield from not_negative(value, field)
    elif not PERCENT.fullmatch(value):
        text = "a valid percent string must be a numeric string followed by an ending '%'"
        yield invalid(field, value, f"{text} (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")


def _workload_update(new: Obj, old: Obj) -> Errors:
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


RULES: dict[tuple[str, str], Rules] = {
    ("apps/v1", "Deployment"): rules(is_dns1123_subdomain, _workload, _workload_update, change_first=False),
    ("apps/v1", "ReplicaSet"): rules(is_dns1123_subdomain, _workload, _workload_update, change_first=False),
}
