"""Keep the books of every ResourceQuota: what it grants, and what is used of it.

Watches   ResourceQuotas, and, of the kinds they count, what goes away or becomes cheaper.
Compares  the status with spec.hard and with what the namespace holds (asked of the server, not of a cache).
Writes    status.hard and status.used.
Source    pkg/controller/resourcequota/resource_quota_controller.go, syncResourceQuota;
          pkg/controller/resourcequota/replenishment_controller.go
Left out  a queue of its own for quotas that are new
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_in_scope, key_of, parse_quantity, quota_names, quota_usage, sum_of_resources

__all__ = ["ResourceQuotaController"]

Obj = dict[str, Any]

RESYNC_S = 300.0


class ResourceQuotaController(Controller):
    """Admission adds to what is used; this controller finds out what it really is."""

    name = "resourcequota-controller"
    watches = {"ResourceQuota": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.quotas = self.informer("ResourceQuota")
        self._followed: set[str] = set()

    def reconcile(self, key: Key) -> After | None:
        """Count, and write the count down if it is another one."""
        quota = self.quotas.get(key)
        if quota is None:
            return None
        hard = quota["spec"].get("hard") or {}
        used = self._used(quota, hard)
        status = quota.get("status") or {}
        if status.get("hard") != hard or not _same(status.get("used") or {}, used):
            self.client.update_status({**quota, "status": {"hard": hard, "used": used}})
        return After(RESYNC_S, background=True)

    def _used(self, quota: Obj, hard: Obj) -> dict[str, str]:
        """What the namespace uses of everything the quota counts, zeros included."""
        used: dict[str, str] = {}
        namespace = quota["metadata"]["namespace"]
        for resource in self.client.resources():
            names = quota_names(resource.full_name, hard) if resource.is_namespaced else []
            if not names:
                continue
            self._follow(resource.full_name)
            objs = self.client.list(resource.full_name, namespace)
            costs = [quota_usage(resource.full_name, obj, self.loop.now) for obj in objs
                     if is_in_scope(quota, resource.full_name, obj)]  # fmt: skip
            total = sum_of_resources([dict.fromkeys(names, "0"), *costs])
            used |= {name: total[name] for name in names}
        return used

    def _follow(self, resource: str) -> None:
        """From now on hear of what is given back."""
        if resource in self._followed:
            return
        self._followed.add(resource)
        informer = self.informer(resource)

        def replenish(old: Obj | None, new: Obj | None) -> None:
            if old is not None and (new is None or _is_cheaper(resource, old, new, self.loop.now)):
                for quota in self.quotas.list(old["metadata"]["namespace"]):
                    self.enqueue(key_of(quota))

        informer.on_change(replenish)
        informer.start()


def _is_cheaper(resource: str, old: Obj, new: Obj, now: float) -> bool:
    before, after = quota_usage(resource, old, now), quota_usage(resource, new, now)
    return any(parse_quantity(after.get(name, "0")) < parse_quantity(cost) for name, cost in before.items())


def _same(one: dict[str, str], other: dict[str, str]) -> bool:
    return one.keys() == other.keys() and all(parse_quantity(one[n]) == parse_quantity(other[n]) for n in one)
