"""Who wrote a change, and when.

First choice is the slab's own audit record, which knows the user and the moment of every revision. Where
it is not served (any other cluster), the managedFields of the object tell the manager; where there are none
either, nobody is named.

Left out  telling apart two managers that wrote the same object in the same second
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.client import Reader
from k8slab.objects import parse_rfc3339
from k8slab.wire import ApiError, BadRequest, Expired, ServiceUnavailable

__all__ = [
    "Origin",
    "Writers",
    "component_of",
    "friendly_name",
    "manager_name",
]

Obj = dict[str, Any]

AUDIT = "AuditRecord"
KEPT = 200_000
CONTROL_PLANE = {
    "system:kube-scheduler": "scheduler",
    "system:kube-controller-manager": "controller-manager",
    "system:apiserver": "api-server",
    "system:kube-proxy": "kube-proxy",
    "kubernetes-admin": "you",
    "kube-scheduler": "scheduler",
    "kube-controller-manager": "controller-manager",
    "kube-apiserver": "api-server",
}


# What the service accounts of the controller manager's loops end in.
CONTROLLERS = ("controller", "collector", "autoscaler", "publisher", "binder", "cleaner")


class Origin(NamedTuple):
    """Where a revision comes from. `time` is in seconds since 1970, 0 when unknown."""

    writer: str
    time: float


class Writers:
    """What is known about the origin of revisions; `refresh` asks for what has been recorded since."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._origins: dict[int, Origin] = {}
        self._token = ""
        self._is_served = True

    def refresh(self) -> None:
        """Read the audit records written since the last time, if this cluster has any."""
        while self._is_served:
            try:
                page = self._reader.list(AUDIT, continue_=self._token)
            except ServiceUnavailable:
                return
            except (BadRequest, Expired):
                if not self._token:
                    self._is_served = False
                self._token = ""
                continue
            except ApiError:
                self._is_served = False
                return
            self._take(page)
            self._token = page.continue_token or self._token
            if not page.remaining or not page.continue_token:
                return

    def forget(self) -> None:
        """Revisions begin anew, as those of another server do: ask from the beginning."""
        self._origins.clear()
        self._token, self._is_served = "", True
        self.refresh()

    def origin_of(self, before: Obj | None, after: Obj | None, revision: int) -> Origin:
        """The writer ("" when nobody knows) and the moment of the change that made `revision`."""
        found = self._origins.get(revision)
        if found is not None:
            return found
        return _from_managed_fields(before, after)

    def _take(self, records: list[Obj]) -> None:
        for record in records:
            revision = record["metadata"].get("resourceVersion")
            spec = record["spec"]
            if revision and spec.get("code", 200) < 400:
                when = parse_rfc3339(spec["time"]) if spec.get("time") else 0.0
                self._origins[int(revision)] = Origin(friendly_name(spec.get("user", "")), when)
        if len(self._origins) > KEPT:
            for old in list(self._origins)[: len(self._origins) - KEPT // 2]:
                del self._origins[old]


def friendly_name(user: str) -> str:
    """The short name of an API user: `scheduler`, `deployment-controller`, `kubelet node-1`, `you`."""
    if user in CONTROL_PLANE:
        return CONTROL_PLANE[user]
    if user.startswith("system:serviceaccount:"):
        return user.rsplit(":", 1)[1]
    if user.startswith("system:node:"):
        return "kubelet " + user.removeprefix("system:node:")
    return user.removeprefix("system:")


def component_of(writer: str) -> str:
    """The part of the picture a writer belongs to: `scheduler`, `controller-manager`, `node/NAME`, `you` …"""
    if writer.startswith("kubelet "):
        return "node/" + writer.removeprefix("kubelet ")
    if writer.endswith(CONTROLLERS):
        return "controller-manager"
    return writer


def _from_managed_fields(before: Obj | None, after: Obj | None) -> Origin:
    """The manager of the newest entry that this change has touched; of a deleted object nobody is known."""
    if after is None:
        return Origin("", 0.0)
    old = (before or {}).get("metadata", {}).get("managedFields") or []
    entries = [entry for entry in after["metadata"].get("managedFields") or () if entry not in old]
    entries = [entry for entry in entries if entry.get("time")]
    if not entries:
        return Origin("", 0.0)
    parts = {f"f:{part}" for part in ("spec", "status", "data") if (before or {}).get(part) != after.get(part)}
    owning = [entry for entry in entries if parts & set(entry.get("fieldsV1") or ())] or entries
    newest = max(owning, key=lambda entry: str(entry["time"]))
    return Origin(manager_name(newest.get("manager", ""), after), parse_rfc3339(newest["time"]))


def manager_name(manager: str, obj: Obj) -> str:
    """The short name of a manager that managedFields of an object know: `you`, `kubelet node-1`, `scheduler`."""
    if manager.startswith("kubectl"):
        return "you"
    if manager == "kubelet":
        node = obj["metadata"]["name"] if obj.get("kind") == "Node" else (obj.get("spec") or {}).get("nodeName", "")
        return f"kubelet {node}".strip()
    return friendly_name(manager)
