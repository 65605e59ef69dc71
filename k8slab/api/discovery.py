"""What the server serves: group by group as older clients ask for it, and all at once (aggregated).

A request whose `accept` is `APIGroupDiscoveryList` asks `/api` and `/apis` for the aggregated form.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/discovery/{legacy,group,version}.go and aggregated/handler.go;
          api/discovery/*.json; apiextensions-apiserver/pkg/apiserver/customresource_discovery_controller.go
Left out  storageVersionHash; apidiscovery.k8s.io/v2beta1; versions that are served but not fresh (Stale)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.api.kinds import MEASURED_GROUPS, METRICS_GROUP, OWN_GROUP, Kind

__all__ = [
    "AGGREGATED",
    "discovery",
    "subresources_of",
]

Obj = dict[str, Any]

AGGREGATED = "APIGroupDiscoveryList"
# The groups as their priorities order them; custom ones follow by name, and last what other servers would answer.
GROUPS = (
    "", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
    "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io", "apiextensions.k8s.io",
    "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io",
)  # fmt: skip
LAST = (*MEASURED_GROUPS, METRICS_GROUP, OWN_GROUP)
CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
CHANGE = ("get", "patch", "update")
SUBRESOURCES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "attach": ("", "", "PodAttachOptions", ("create", "get")),
    "binding": ("", "", "Binding", ("create",)),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "exec": ("", "", "PodExecOptions", ("create", "get")),
    "finalize": ("", "", "Namespace", ("update",)),
    "log": ("", "", "Pod", ("get",)),
    "portforward": ("", "", "PodPortForwardOptions", ("create", "get")),
    "proxy": ("", "", "{}ProxyOptions", ("create", "delete", "get", "patch", "update")),
    "scale": ("autoscaling", "v1", "Scale", CHANGE),
    "token": ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
}


def discovery(path: str, kinds: Iterable[Kind], accept: str, address: str) -> Obj | None:
    """The answer at /api, /apis or below them; None where there is nothing. `address` is the server's own."""
    served = _ordered(kinds)
    place = path.strip("/").split("/")
    if place == ["api"]:
        return _aggregated(_groups(served, [""])) if accept == AGGREGATED else _api_versions(address)
    if place == ["apis"]:
        groups = _groups(served, [group for group in served if group])
        return _aggregated(groups) if accept == AGGREGATED else _group_list(groups)
    if place[0] == "api" and len(place) == 2:
        return _resource_list("", place[1], served)
    if place[0] == "apis" and len(place) == 2 and place[1] in served:
        head = {"kind": "APIGroup", "apiVersion": "v1"}
        return {**head, **_group(place[1], served[place[1]])} if place[1] else None
    if place[0] == "apis" and len(place) == 3 and place[1]:
        return _resource_list(place[1], place[2], served)
    return None


def subresources_of(kind: Kind) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    """Name, group, version ("": those of the kind), kind and verbs of each subresource, in the server's order."""
    names = reversed(kind.subresources) if kind.custom else kind.subresources
    rows = [(name, *SUBRESOURCES.get(name, ("", "", kind.kind, CHANGE))) for name in names]
    return [(name, group, version, of.format(kind.kind), verbs) for name, group, version, of, verbs in rows]


def _ordered(kinds: Iterable[Kind]) -> dict[str, dict[str, list[Kind]]]:
    """The kinds by group and version, in the order in which the server tells of them."""
    served: dict[str, dict[str, list[Kind]]] = {}
    for kind in kinds:
        served.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
    for versions in served.values():
        for found in versions.values():
            found.sort(key=lambda kind: kind.plural)
    return {group: served[group] for group in sorted(served, key=_place_of)}


def _place_of(group: str) -> tuple[int, str]:
    if group in GROUPS:
        return GROUPS.index(group), ""
    return len(GROUPS) + (group in LAST), group


def _groups(served: dict[str, dict[str, list[Kind]]], names: Iterable[str]) -> dict[str, dict[str, list[Kind]]]:
    return {name: served[name] for name in names}


def _api_versions(address: str) -> Obj:
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}] if address else []
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def _group_list(groups: dict[str, dict[str, list[Kind]]]) -> Obj:
    listed = [_group(name, versions) for name, versions in groups.items()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def _group(name: str, versions: Iterable[str]) -> Obj:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def _resource_list(group: str, version: str, served: dict[str, dict[str, list[Kind]]]) -> Obj | None:
    found = served.get(group, {}).get(version)
    if found is None:
        return None
    head = {"kind": "APIResourceList", **({"apiVersion": "v1"} if group else {})}  # the oldest group does without
    resources = [entry for kind in found for entry in (_resource(kind), *_subresources(kind))]
    return {**head, "groupVersion": found[0].api_version, "resources": resources}


def _resource(kind: Kind) -> Obj:
    """One APIResource."""
    singular = "" if kind.group in MEASURED_GROUPS else kind.singular
    entry = {"name": kind.plural, "singularName": singular, "namespaced": kind.is_namespaced, "kind": kind.kind}
    return {**entry, "verbs": _verbs(kind), **_names(kind)}


def _subresources(kind: Kind) -> list[Obj]:
    return [
        {
            "name": f"{kind.plural}/{name}",
            "singularName": "",
            "namespaced": kind.is_namespaced,
            **({"group": group, "version": version} if group else {}),
            "kind": of_kind,
            "verbs": list(verbs),
        }
        for name, group, version, of_kind, verbs in subresources_of(kind)
    ]


def _verbs(kind: Kind) -> list[str]:
    return [verb for verb in CUSTOM_VERBS if verb in kind.verbs] if kind.custom else list(kind.verbs)


def _names(kind: Kind) -> Obj:
    given = {"shortNames": kind.short_names, "categories": kind.categories}
    return {name: list(words) for name, words in given.items() if words}


def _aggregated(groups: dict[str, dict[str, list[Kind]]]) -> Obj:
    items = [
        {
            "metadata": {"name": name} if name else {},
            "versions": [
                {"version": version, "resources": [_entry(kind) for kind in found], "freshness": "Current"}
                for version, found in versions.items()
            ],
        }
        for name, versions in groups.items()
    ]
    return {"kind": AGGREGATED, "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _entry(kind: Kind) -> Obj:
    """One APIResourceDiscovery; no group and version in a kind stand for those around it."""
    own = (kind.group, kind.version) if kind.custom else ("", "")
    entry: Obj = {
        "resource": kind.plural,
        "responseKind": _of_kind(*own, kind.kind),
        "scope": "Namespaced" if kind.is_namespaced else "Cluster",
        "singularResource": "" if kind.group in MEASURED_GROUPS else kind.singular,
        "verbs": _verbs(kind),
        **_names(kind),
    }
    if kind.subresources:
        entry["subresources"] = [
            {
                "subresource": name,
                "responseKind": _of_kind(*((group, version) if group else own), of_kind),
                "verbs": list(verbs),
            }
            for name, group, version, of_kind, verbs in subresources_of(kind)
        ]
    return entry


def _of_kind(group: str, version: str, kind: str) -> Obj:
    return {"group": group, "version": version, "kind": kind}
