"""Which backend an Ingress controller chooses for a host and a path.

The host comes first: its exact name, then a wildcard for its first label, then rules without a host. Among the paths of
that host the longest one that fits wins, an exact one before a prefix of the same length, an older Ingress before a
younger one. Who fits nowhere goes to the default backend of an Ingress, if one has it.

Source    kubernetes.io, "Ingress" (path types and their table of examples, hostname wildcards, default backend);
          kubernetes/ingress-nginx, docs/user-guide/ingress-path-matching.md, internal/ingress/controller/controller.go
Left out  regular expressions, rewrites and everything else that annotations ask for; resource backends
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = [
    "Target",
    "is_of_class",
    "path_fits",
    "route",
]

Obj = dict[str, Any]

CLASS_ANNOTATION = "kubernetes.io/ingress.class"


class Target(NamedTuple):
    """The backend of an Ingress: a Service and its port, by number or name."""

    namespace: str
    service: str
    port: int | str


class _Match(NamedTuple):
    """How well a rule fits: the bigger the better."""

    host: int
    length: int
    is_exact: bool
    target: Target


def route(ingresses: Iterable[Obj], host: str, path: str) -> Target | None:
    """The backend for a request; None where nobody is meant (404)."""
    oldest_first = sorted(ingresses, key=lambda one: (one["metadata"].get("creationTimestamp") or "", _name(one)))
    host = host.partition(":")[0].lower()
    fitting = [_best(oldest_first, host, path, kind) for kind in (2, 1, 0)]
    is_known = [any(_host_kind(rule, host) == kind for rule in _rules(oldest_first)) for kind in (2, 1, 0)]
    for known, match in zip(is_known, fitting, strict=True):
        if known:
            return match.target if match is not None else _default(oldest_first)
    return _default(oldest_first)


def path_fits(path_type: str, wanted: str, path: str) -> bool:
    """A path of a request fits one of a rule."""
    path = path.partition("?")[0] or "/"
    if path_type == "Exact":
        return path == wanted
    if path_type == "Prefix":
        wanted_parts, parts = [part.rstrip("/").split("/") for part in (wanted, path)]
        return parts[: len(wanted_parts)] == wanted_parts
    return path.startswith(wanted or "/")


def is_of_class(ingress: Obj, classes: Iterable[str]) -> bool:
    """An Ingress is for a controller that stands behind these classes."""
    name = (ingress.get("spec") or {}).get("ingressClassName")
    if name is None:
        name = (ingress["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION)
    return name is not None and name in classes


def _best(ingresses: list[Obj], host: str, path: str, kind: int) -> _Match | None:
    """The best of the rules whose host fits in one kind (2: exactly, 1: by a wildcard, 0: any)."""
    found: _Match | None = None
    for ingress in ingresses:
        for rule in _rules([ingress]):
            if _host_kind(rule, host) == kind:
                for each in (rule.get("http") or {}).get("paths") or ():
                    match = _match(ingress, each, path, kind)
                    if match is not None and (found is None or match[:3] > found[:3]):
                        found = match
    return found


def _match(ingress: Obj, each: Obj, path: str, kind: int) -> _Match | None:
    path_type, wanted = each.get("pathType", "ImplementationSpecific"), each.get("path") or "/"
    target = _target(ingress, each.get("backend") or {})
    if target is None or not path_fits(path_type, wanted, path):
        return None
    return _Match(kind, len(wanted.rstrip("/")), path_type == "Exact", target)


def _rules(ingresses: Iterable[Obj]) -> list[Obj]:
    return [rule for ingress in ingresses for rule in (ingress.get("spec") or {}).get("rules") or ()]


def _host_kind(rule: Obj, host: str) -> int:
    """How a rule is about a host; -1: not at all."""
    wanted = (rule.get("host") or "").lower()
    if not wanted:
        return 0
    if wanted == host:
        return 2
    return 1 if wanted.startswith("*.") and host.partition(".")[2] == wanted[2:] and host[0] != "." else -1


def _default(ingresses: list[Obj]) -> Target | None:
    found = (_target(one, (one.get("spec") or {}).get("defaultBackend") or {}) for one in ingresses)
    return next((target for target in found if target is not None), None)


def _target(ingress: Obj, backend: Obj) -> Target | None:
    service = backend.get("service")
    if not service:
        return None
    port = service.get("port") or {}
    return Target(ingress["metadata"]["namespace"], service["name"], port.get("number") or port.get("name") or "")


def _name(obj: Obj) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
