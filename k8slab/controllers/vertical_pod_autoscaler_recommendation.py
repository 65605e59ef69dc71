"""What a container should ask for, worked out from what it has used; and what a Pod makes of that.

Source    github.com/kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/logic/{recommender,estimator}.go,
          pkg/utils/vpa/{capping,limit_and_request_scaling}.go, pkg/updater/priority/{priority_processor,
          update_priority_calculator}.go
Left out  recommendations after an OOM kill; LimitRanges; rounding; resources beyond cpu and memory
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from k8slab.controllers.vertical_pod_autoscaler_histogram import ContainerUse
from k8slab.objects import canonical_quantity, parse_quantity, parse_rfc3339

__all__ = [
    "is_due",
    "policy_of",
    "recommendation",
    "resources_for",
]

Obj = dict[str, Any]
Amounts = dict[str, int]  # thousandths of a core, bytes

MARGIN = 1.15
LEAST = {"cpu": 25, "memory": 250 * 2**20}  # of a Pod
BOUNDS = {  # percentile, and how it is stretched while little is known
    "lowerBound": (0.5, 0.001, -2.0),
    "target": (0.9, 0.0, 1.0),
    "upperBound": (0.95, 1.0, 1.0),
}
MOST_CORES, MOST_BYTES = 10**9, 2**60
OLD_S, MUCH = 12 * 3600.0, 0.1  # a Pod so old is renewed for a difference so large


def recommendation(name: str, use: ContainerUse, containers: int, policy: Obj) -> Obj:
    """One entry of status.recommendation.containerRecommendations."""
    amounts = {bound: _estimate(use, containers, *how) for bound, how in BOUNDS.items()}
    capped = {bound: _capped(amount, policy) for bound, amount in amounts.items()}
    told = {"lowerBound": capped["lowerBound"], "target": capped["target"], "uncappedTarget": amounts["target"]}
    told["upperBound"] = capped["upperBound"]
    return {"containerName": name, **{bound: _told(amount, policy) for bound, amount in told.items()}}


def policy_of(vpa: Obj, container: str) -> Obj:
    """What an autoscaler says of one container: its own policy, or that of all (`*`)."""
    policies = (vpa["spec"].get("resourcePolicy") or {}).get("containerPolicies") or []
    by_name: dict[str, Obj] = {policy.get("containerName", ""): policy for policy in policies}
    return by_name.get(container) or by_name.get("*") or {}


def resources_for(container: Obj, target: Mapping[str, str], policy: Obj) -> Obj:
    """The resources of a container that asks for the target; its limits keep their ratio to the requests."""
    before = container.get("resources") or {}
    requests, limits = before.get("requests") or {}, dict(before.get("limits") or {})
    if policy.get("controlledValues", "RequestsAndLimits") == "RequestsAndLimits":
        for name in limits.keys() & target.keys():
            limits[name] = _scaled(limits[name], requests.get(name, limits[name]), target[name])
    changed = {**before, "requests": {**requests, **target}, **({"limits": limits} if limits else {})}
    return before if changed == before else changed


def is_due(pod: Obj, wanted: Iterable[Obj], now: float) -> bool:
    """The Pod asks for so much more or less that it should be changed."""
    asked = {one["name"]: (one.get("resources") or {}).get("requests") or {} for one in pod["spec"]["containers"]}
    pairs = [(asked[one["containerName"]], one) for one in wanted if one["containerName"] in asked]
    if any(_is_outside(requests, one) for requests, one in pairs):
        return True
    started = (pod.get("status") or {}).get("startTime")
    is_old = started is not None and now - parse_rfc3339(started) >= OLD_S
    return is_old and sum(_difference(pairs, name) for name in LEAST) >= MUCH


def _is_outside(requests: Obj, one: Obj) -> bool:
    return any(
        name not in requests
        or not parse_quantity(one["lowerBound"][name]) <= parse_quantity(requests[name])
        or not parse_quantity(requests[name]) <= parse_quantity(one["upperBound"][name])
        for name in one["target"]
    )


def _difference(pairs: list[tuple[Obj, Obj]], name: str) -> Fraction:
    """How far what is asked for is from the target, as a share of it."""
    asked = wanted = Fraction(0)
    for requests, one in pairs:
        asked += parse_quantity(requests.get(name, 0))
        wanted += parse_quantity(one["target"].get(name, requests.get(name, 0)))
    return abs(wanted - asked) / max(asked, Fraction(1, 1000))


def _estimate(use: ContainerUse, containers: int, share: float, stretch: float, power: float) -> Amounts:
    factor = 1.0
    if stretch:
        factor = (1 + stretch / use.confidence) ** power if use.confidence else (0.0 if power < 0 else float("inf"))
    cpu = min(int(use.cpu.percentile(share) * 1000) * MARGIN * factor, MOST_CORES) if not use.cpu.is_empty else 0
    memory = min(int(use.memory.percentile(share)) * MARGIN * factor, MOST_BYTES) if not use.memory.is_empty else 0
    least = {name: amount // containers for name, amount in LEAST.items()}
    return {"cpu": max(int(cpu), least["cpu"]), "memory": max(int(memory), least["memory"])}


def _capped(amounts: Amounts, policy: Obj) -> Amounts:
    least, most = policy.get("minAllowed") or {}, policy.get("maxAllowed") or {}
    return {
        name: min(max(amount, _amount(name, least.get(name, 0))), _amount(name, most.get(name, "1E")))
        for name, amount in amounts.items()
    }


def _amount(name: str, quantity: Any) -> int:
    return int(parse_quantity(quantity) * (1000 if name == "cpu" else 1))


def _told(amounts: Amounts, policy: Obj) -> dict[str, str]:
    controlled = policy.get("controlledResources") or list(LEAST)
    return {
        name: canonical_quantity(Fraction(amount, 1000 if name == "cpu" else 1))
        for name, amount in amounts.items()
        if name in controlled
    }


def _scaled(limit: Any, request: Any, target: str) -> str:
    """A limit that stands to the target as it stood to the request."""
    request = parse_quantity(request)
    if not request:
        return str(limit)
    scaled = Fraction(parse_quantity(limit)) * Fraction(parse_quantity(target)) / Fraction(request)
    thousandths = Fraction(int(scaled * 1000), 1000)
    return canonical_quantity(thousandths if thousandths < 1000 else int(scaled))
