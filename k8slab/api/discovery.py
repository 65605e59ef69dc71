"""What the server serves, in the form of aggregated discovery; its version; its health.

Source    staging/src/k8s.io/api/apidiscovery/v2/types.go; pkg/version
Left out  legacy discovery
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.api.kinds import KINDS, Kind, groups
from k8slab.api.openapi import openapi
from k8slab.wire import NotFound, Request, Response

__all__ = [
    "VERSION",
    "answer_path",
]

Obj = dict[str, Any]

VERSION = {"major": "1", "minor": "37", "gitVersion": "v1.37.0", "platform": "k8slab/python"}
SUBRESOURCE_KINDS = {
    "attach": ("", "v1", "PodAttachOptions", ("create", "get")),
    "binding": ("", "v1", "Binding", ("create",)),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "exec": ("", "v1", "PodExecOptions", ("create", "get")),
    "log": ("", "v1", "Pod", ("get",)),
    "portforward": ("", "v1", "PodPortForwardOptions", ("create", "get")),
    "scale": ("autoscaling", "v1", "Scale", ("get", "patch", "update")),
    "token": ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
}


def answer_path(request: Request, custom: Iterable[Kind] = ()) -> Response:
    """Answer a request that is about no resource. Raises NotFound."""
    path = request.path.rstrip("/")
    if path == "/api":
        return Response(200, _group_list([""], KINDS))
    if path == "/apis":
        kinds = [*KINDS, *custom]
        return Response(200, _group_list([group for group in groups(kinds) if group], kinds))
    if path == "/version":
        return Response(200, dict(VERSION))
    if path in ("/healthz", "/livez", "/readyz"):
        return Response(200, {"status": "ok"})
    document = openapi(path, custom) if path.startswith("/openapi/") else None
    if document is None:
        raise NotFound("the server could not find the requested resource")
    return Response(200, document)


def _group_list(names: list[str], kinds: Iterable[Kind]) -> Obj:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_group(name, [kind for kind in kinds if kind.group == name]) for name in names],
    }


def _group(name: str, kinds: list[Kind]) -> Obj:
    versions = dict.fromkeys(kind.version for kind in kinds)
    return {
        "metadata": {"name": name} if name else {},
        "versions": [
            {"version": version, "resources": [_resource(kind) for kind in kinds if kind.version == version]}
            for version in versions
        ],
    }


def _resource(kind: Kind) -> Obj:
    entry: Obj = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.is_namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.subresources:
        entry["subresources"] = [_subresource(kind, name) for name in kind.subresources]
    return entry


def _subresource(kind: Kind, name: str) -> Obj:
    own = (kind.group, kind.version, kind.kind, ("get", "patch", "update"))
    group, version, kind_name, verbs = SUBRESOURCE_KINDS.get(name, own)
    return {
        "subresource": name,
        "responseKind": {"group": group, "version": version, "kind": kind_name},
        "verbs": list(verbs),
    }
