"""kubectl describe resourcequota and limitrange, and both in the description of their namespace.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeQuota, describeLimitRange, describeNamespace
Left out  the help text of a quota's scopes
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import marks, names
from k8slab.kubectl.describe.moments import date

__all__ = [
    "limitrange",
    "namespace",
    "quota",
]

Obj = dict[str, Any]

LIMITS = ("Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio",
          "----\t--------\t---\t---\t---------------\t-------------\t-----------------------")  # fmt: skip
FIELDS = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")


def quota(client: Client, obj: Obj) -> Iterator[str]:
    """What is used of each amount."""
    yield from names(obj)
    yield from _scopes(obj)
    yield from ("Resource\tUsed\tHard", "--------\t----\t----", *_used(obj))


def _scopes(obj: Obj) -> Iterator[str]:
    if scopes := obj["spec"].get("scopes"):
        yield f"Scopes:\t{', '.join(sorted(scopes))}"


def _used(obj: Obj) -> Iterator[str]:
    status = obj.get("status") or {}
    used = status.get("used") or {}
    for resource, hard in sorted((status.get("hard") or {}).items()):
        yield f"{resource}\t{used.get(resource, '0')}\t{hard}"


def limitrange(client: Client, obj: Obj) -> Iterator[str]:
    """The limits of each type and resource."""
    yield from names(obj)
    yield from (*LIMITS, *_limits(obj))


def _limits(obj: Obj) -> Iterator[str]:
    for limit in obj["spec"].get("limits") or ():
        for resource in sorted({name for field in FIELDS for name in limit.get(field) or ()}):
            amounts = [str((limit.get(field) or {}).get(resource, "-")) for field in FIELDS]
            yield "\t".join((limit["type"], resource, *amounts))


def namespace(client: Client, obj: Obj) -> Iterator[str]:
    """A namespace, what keeps it from going, and what may be used in it."""
    metadata, status = obj["metadata"], obj.get("status") or {}
    yield from names(obj)
    yield from marks(obj)
    yield f"Status:\t{status.get('phase', '')}"
    if status.get("conditions"):
        yield "Conditions:"
        yield "  Type\tStatus\tLastTransitionTime\tReason\tMessage"
        yield "  ----\t------\t------------------\t------\t-------"
    for c in status.get("conditions") or ():
        yield f"  {c['type']}\t{c['status']}\t{date(c['lastTransitionTime'])}\t{c['reason']}\t{c['message']}"
    yield ""
    quotas = sorted(client.list("ResourceQuota", metadata["name"]), key=lambda found: str(found["metadata"]["name"]))
    yield "Resource Quotas" if quotas else "No resource quota."
    for found in quotas:
        lines = [f"Name:\t{found['metadata']['name']}", *_scopes(found), "Resource\tUsed\tHard", "--------\t---\t---"]
        yield from (f"  {line}" for line in (*lines, *_used(found)))
    yield ""
    ranges = client.list("LimitRange", metadata["name"])
    yield "Resource Limits" if ranges else "No LimitRange resource."
    if ranges:
        yield from (f" {line}" for line in (*LIMITS, *(line for found in ranges for line in _limits(found))))
