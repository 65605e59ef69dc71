"""Which endpoints go into which slice: as few writes as can be, at most a hundred endpoints in each.

What is in a slice stays there. Slices that change anyhow are filled up, then one that has room for all that is left,
then new ones are made; a slice that would be deleted is used for a new one first.

Source    staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize), utils.go (getSliceToFill,
          newEndpointSlice), trafficdist/trafficdist.go
Left out  the annotation service.kubernetes.io/topology-mode (hints by the CPU of zones), IPv6
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from k8slab.objects import owner_reference

__all__ = [
    "MANAGED_BY",
    "MANAGER",
    "MOST_ENDPOINTS",
    "SERVICE_NAME",
    "Plan",
    "PortGroup",
    "plan",
    "with_hints",
]

Obj = dict[str, Any]

MOST_ENDPOINTS = 100
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
NEAR = ("PreferClose", "PreferSameZone", "PreferSameNode")


class PortGroup(NamedTuple):
    """Endpoints that have the same ports."""

    ports: list[Obj]
    endpoints: list[Obj]


class Plan(NamedTuple):
    """What is to be written; new slices come without a name."""

    create: list[Obj]
    update: list[Obj]
    delete: list[Obj]


def plan(service: Obj, groups: Iterable[PortGroup], have: list[Obj], settled: Collection[str] = ()) -> Plan:
    """The writes that lead from the slices there are to those that name exactly these endpoints.

    Slices that are `settled` (their names) are known to be right, and their endpoints are not among these: such a slice
    is only touched if it has room for others.
    """
    labels, groups = _labels(service), [group for group in groups if group.endpoints]
    by_ports: dict[str, list[Obj]] = {}
    for slice_ in sorted(have, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"])):
        by_ports.setdefault(_ports_key(slice_.get("ports")), []).append(slice_)
    create: list[Obj] = []
    update: list[Obj] = []
    delete: list[Obj] = []
    for group in groups:
        made = _pack(service, group, by_ports.pop(_ports_key(group.ports), []), labels, settled)
        create += made.create
        update += made.update
        delete += made.delete
    unused = (slice_ for others in by_ports.values() for slice_ in others)
    delete += [slice_ for slice_ in unused if slice_["metadata"]["name"] not in settled]
    if len(delete) == len(have) and not create:
        if len(have) == 1 and _is_placeholder(have[0], labels):
            return Plan([], [], [])
        create.append(_new(service, PortGroup([], []), labels))
    return _reusing(Plan(create, update, delete), service)


def with_hints(endpoint: Obj, distribution: str | None) -> Obj:
    """An endpoint with the hints that a Service's trafficDistribution asks for."""
    if distribution not in NEAR or not endpoint["conditions"]["ready"]:
        return endpoint
    hints: Obj = {}
    if endpoint.get("zone"):
        hints["forZones"] = [{"name": endpoint["zone"]}]
    if distribution == "PreferSameNode" and endpoint.get("nodeName"):
        hints["forNodes"] = [{"name": endpoint["nodeName"]}]
    return {**endpoint, "hints": hints} if hints else endpoint


def _pack(service: Obj, group: PortGroup, have: list[Obj], labels: Obj, settled: Collection[str]) -> Plan:
    """The writes for the endpoints that have the same ports."""
    left = {_identity(endpoint): endpoint for endpoint in group.endpoints}
    unchanged: list[Obj] = []
    changed: list[Obj] = []
    delete: list[Obj] = []
    for slice_ in have:
        if slice_["metadata"]["name"] in settled:
            unchanged.append(slice_)
            continue
        before = slice_.get("endpoints") or []
        kept = [left.pop(_identity(one)) for one in before if _identity(one) in left]
        if kept != before and not kept:
            delete.append(slice_)
        elif kept != before or slice_["metadata"].get("labels") != labels:
            changed.append(_dressed(slice_, kept, labels))
        else:
            unchanged.append(slice_)
    for slice_ in sorted(changed, key=lambda one: -len(one["endpoints"])):
        _fill(slice_, left)
    create: list[Obj] = []
    while left:
        roomy = _with_room(unchanged, len(left))
        if roomy is None:
            create.append(_new(service, PortGroup(group.ports, []), labels))
            _fill(create[-1], left)
        else:
            unchanged.remove(roomy)
            changed.append(_dressed(roomy, list(roomy.get("endpoints") or ()), labels))
            _fill(changed[-1], left)
    return Plan(create, changed, delete)


def _with_room(slices: list[Obj], count: int) -> Obj | None:
    """The fullest slice that has room for so many more."""
    fitting = [one for one in slices if len(one.get("endpoints") or ()) + count <= MOST_ENDPOINTS]
    return max(fitting, key=lambda one: len(one.get("endpoints") or ()), default=None)


def _fill(slice_: Obj, left: dict[Any, Obj]) -> None:
    for identity in list(left)[: MOST_ENDPOINTS - len(slice_["endpoints"])]:
        slice_["endpoints"].append(left.pop(identity))


def _reusing(wanted: Plan, service: Obj) -> Plan:
    """The same, but with slices that are not needed any more made into new ones."""
    create, update, delete = list(wanted.create), list(wanted.update), []
    for slice_ in wanted.delete:
        if create and _is_owned(slice_, service):
            made = create.pop()
            update.append({**slice_, "metadata": {**slice_["metadata"], "labels": made["metadata"]["labels"]},
                           "endpoints": made["endpoints"], "ports": made["ports"]})  # fmt: skip
        else:
            delete.append(slice_)
    return Plan(create, update, delete)


def _is_owned(slice_: Obj, service: Obj) -> bool:
    owners = slice_["metadata"].get("ownerReferences") or ()
    return any(owner["uid"] == service["metadata"]["uid"] for owner in owners)


def _is_placeholder(slice_: Obj, labels: Obj) -> bool:
    is_empty = not slice_.get("endpoints") and not slice_.get("ports")
    return is_empty and slice_["metadata"].get("labels") == labels


def _identity(endpoint: Obj) -> tuple[Any, ...]:
    """What makes an endpoint the same one as before, whatever its conditions are."""
    target = endpoint.get("targetRef") or {}
    return (tuple(endpoint["addresses"]), endpoint.get("hostname", ""), target.get("name"), target.get("uid"))


def _ports_key(ports: list[Obj] | None) -> str:
    return str(sorted(sorted(port.items()) for port in ports or ()))


def _labels(service: Obj) -> Obj:
    metadata = service["metadata"]
    labels = {**(metadata.get("labels") or {}), MANAGED_BY: MANAGER, SERVICE_NAME: metadata["name"]}
    if service["spec"].get("clusterIP") == "None":
        labels[HEADLESS] = ""
    return labels


def _dressed(slice_: Obj, endpoints: list[Obj], labels: Obj) -> Obj:
    return {**slice_, "metadata": {**slice_["metadata"], "labels": labels}, "endpoints": endpoints}


def _new(service: Obj, group: PortGroup, labels: Obj) -> Obj:
    metadata = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": metadata["name"] + "-",
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": group.endpoints,
        "ports": group.ports,
    }
