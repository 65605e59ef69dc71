"""kubectl describe configmap, secret, namespace, resourcequota, limitrange and poddisruptionbudget.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeConfigMap, describeSecret, describeNamespace,
          describeQuota, describeLimitRange and describePodDisruptionBudget
Left out  a quota's scopes
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.heads import marks
from k8slab.kubectl.describe.layout import Obj, conditions, told
from k8slab.objects import as_text

__all__ = ["budget", "configmap", "limits", "namespace", "quota", "secret"]

LIMITS = ("Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio")
LIMIT_FIELDS = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")
COUNTS = {"Allowed disruptions": "disruptionsAllowed", "Current": "currentHealthy", "Desired": "desiredHealthy",
          "Total": "expectedPods"}  # fmt: skip


def configmap(client: Client, obj: Obj) -> Iterator[str]:
    """The texts of a ConfigMap, and the sizes of what is no text."""
    yield from marks(obj)
    yield from ("", "Data", "====")
    for key, value in sorted((obj.get("data") or {}).items()):
        yield from (f"{key}:", "----", value, "")
    yield from ("", "BinaryData", "====")
    yield from (f"{key}: {_size(value)}" for key, value in sorted((obj.get("binaryData") or {}).items()))
    yield ""


def secret(client: Client, obj: Obj) -> Iterator[str]:
    """The keys of a Secret with the sizes of their values."""
    yield from marks(obj)
    yield from ("", f"Type:\t{obj.get('type', '')}", "", "Data", "====")
    yield from (f"{key}:\t{_size(value)}" for key, value in sorted((obj.get("data") or {}).items()))


def _size(value: str) -> str:
    return f"{len(base64.b64decode(value))} bytes"


def namespace(client: Client, obj: Obj) -> Iterator[str]:
    """A Namespace, its quotas and its limits."""
    yield from marks(obj)
    yield f"Status:\t{obj['status'].get('phase', '')}"
    yield from conditions(obj["status"], "Type\tStatus\tLastTransitionTime\tReason\tMessage")
    quotas = client.list("ResourceQuota", obj["metadata"]["name"])
    yield from ("", "Resource Quotas" if quotas else "No resource quota.")
    for one in quotas:
        yield f"  Name:\t{one['metadata']['name']}"
        yield from (f"  {line}" for line in _amounts(one, "---"))
    ranges = client.list("LimitRange", obj["metadata"]["name"])
    yield from ("", "Resource Limits" if ranges else "No LimitRange resource.")
    if ranges:
        yield from (f" {line}" for line in _limit_lines(item for one in ranges for item in one["spec"]["limits"]))


def quota(client: Client, obj: Obj) -> Iterator[str]:
    """What a ResourceQuota allows, and what is used of it."""
    return _amounts(obj, "----")


def _amounts(obj: Obj, underline: str) -> Iterator[str]:
    yield from ("Resource\tUsed\tHard", f"--------\t{underline}\t{underline}")
    status = obj.get("status") or {}
    used = status.get("used") or {}
    yield from (f"{name}\t{used.get(name, '0')}\t{hard}" for name, hard in sorted((status.get("hard") or {}).items()))


def limits(client: Client, obj: Obj) -> Iterator[str]:
    """The bounds and defaults of a LimitRange."""
    return _limit_lines(obj["spec"]["limits"])


def _limit_lines(items: Iterator[Obj]) -> Iterator[str]:
    yield from ("\t".join(LIMITS), "\t".join(("-" * max(len(title), 3)) for title in LIMITS))
    for item in items:
        amounts = [item.get(field) or {} for field in LIMIT_FIELDS]
        for name in sorted({name for amount in amounts for name in amount}):
            yield "\t".join((item["type"], name, *(amount.get(name, "-") for amount in amounts)))


def budget(client: Client, obj: Obj) -> Iterator[str]:
    """A PodDisruptionBudget: what must stay, and how many may go now."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from told(spec, {"Min available": "minAvailable", "Max unavailable": "maxUnavailable"})
    yield f"Selector:\t{as_text(spec['selector']) if 'selector' in spec else '<unset>'}"
    yield "Status:"
    yield from (f"    {title}:\t{status.get(field, 0)}" for title, field in COUNTS.items())
