"""What a method and a path ask for.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go; kubernetes.io, "Kubernetes API Concepts"
Left out  the watch/ prefix on single objects
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from k8slab.wire import MethodNotAllowed, NotFound, Request

__all__ = [
    "asked_for",
]

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
OF_A_NAMESPACE = ("status", "finalize")
YES = ("true", "1", "")
PROXY = re.compile(r"(/api/[^/]+(?:/namespaces/[^/]+)?/(?:nodes|pods|services)/[^/]+/proxy)(/.*)?")


def asked_for(method: str, path: str, params: Mapping[str, str]) -> Request:
    """Read a request line, whose path is still encoded; of a proxy the body tells method and path behind it.

    Raises MethodNotAllowed, NotFound.
    """
    proxy = PROXY.fullmatch(path)
    group, version, parts = _place(proxy[1] if proxy else path)
    if not parts:
        verb = "get" if method == "HEAD" else method.lower()
        return Request(verb, params=params, path=unquote(path))
    is_watch = parts[0] == "watch" and len(parts) > 1
    parts = parts[1:] if is_watch else parts
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in OF_A_NAMESPACE:
        namespace, parts = parts[1], parts[2:]
    resource, name, subresource = (*parts, "", "")[:3]
    if len(parts) > 3:
        raise NotFound("the server could not find the requested resource")
    verb = _verb(method, name, is_watch or params.get("watch", "no") in YES)
    body = {"method": method, "path": proxy[2] or ""} if proxy else None
    return Request(verb, resource, group, version, namespace, name, subresource, params, body)


def _place(path: str) -> tuple[str, str, list[str]]:
    """Group, version, and the parts that follow; no parts when the path is about no resource."""
    root, *parts = [unquote(part) for part in path.strip("/").split("/")]
    if root == "api" and len(parts) > 1:
        return "", parts[0], _without_blanks(parts[1:])
    if root == "apis" and len(parts) > 2:
        return parts[0], parts[1], _without_blanks(parts[2:])
    return "", "", []


def _without_blanks(parts: Iterable[str]) -> list[str]:
    parts = list(parts)
    if not all(parts) or any("/" in part or part in (".", "..") for part in parts):
        raise NotFound("the server could not find the requested resource")
    return parts


def _verb(method: str, name: str, is_watch: bool) -> str:
    if method in ("GET", "HEAD"):
        return ("get" if name else "list") if not is_watch or name else "watch"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    if method not in VERBS:
        raise MethodNotAllowed("the server does not allow this method on the requested resource")
    return VERBS[method]
