"""Give every Service of the type LoadBalancer one of the cloud's, with the nodes that are there behind it.

Watches   Services, and Nodes for who stands behind a load balancer.
Compares  what the Service wants with what the cloud has.
Writes    load balancers in the cloud; status.loadBalancer and the finalizer of the Service; Events.
Source    staging/src/k8s.io/cloud-provider/controllers/service/controller.go (syncLoadBalancerIfNeeded, syncNodes)
Left out  errors of the API server in the text of SyncLoadBalancerFailed: they are only tried again
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import After, Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.objects import Key, is_leaving, key_of
from k8slab.wire import NotFound
from k8slab.world import Cloud, CloudError, Listener

__all__ = [
    "FINALIZER",
    "ServiceController",
]

Obj = dict[str, Any]

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"
NODES = Key("", "")  # the look at all load balancers when the nodes have changed
RETRY_FIRST_S, RETRY_MOST_S = 5.0, 300.0
SHOWN_NODES = 20
FALSE = ("0", "f", "F", "false", "FALSE", "False")
WATCHED = (
    "loadBalancerSourceRanges", "ports", "sessionAffinity", "sessionAffinityConfig", "loadBalancerIP", "externalIPs",
    "externalTrafficPolicy", "healthCheckNodePort", "ipFamilies",
)  # fmt: skip


class ServiceController(Controller):
    """Keeps a load balancer for each Service that wants one."""

    name = "service-controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, cloud: Cloud) -> None:
        super().__init__(client, informers, loop)
        self.cloud = cloud
        self.services = self.informer("Service")
        self.nodes = self.informer("Node")
        self._known: dict[Key, Obj] = {}
        self._synced: dict[Key, dict[str, str]] = {}
        self._retry_s: dict[Key, float] = {}
        self._making: set[Key] = set()
        self.services.on_change(self._service_changed)
        self.nodes.on_change(self._node_changed)

    def reconcile(self, key: Key) -> After | None:
        """Bring the load balancer of one Service up to date, or the nodes behind all."""
        if key == NODES:
            for known in list(self._known):
                self._sync_nodes(known)
            return None
        service = self.services.get(key)
        try:
            if service is None:
                self._clean_up(key)
            again = self._sync(key, service) if service is not None else None
        except CloudError as error:
            if service is not None:
                text = f"Error syncing load balancer: {_doing(service)}: {error}"
                self.recorder.event(service, "Warning", "SyncLoadBalancerFailed", text)
            self._making.discard(key)
            return After(self._next_retry_s(key))
        self._retry_s.pop(key, None)
        return again

    def _service_changed(self, old: Obj | None, new: Obj | None) -> None:
        if new is None:
            assert old is not None
            if key_of(old) in self._known:
                self.enqueue(key_of(old))
        elif needs_cleanup(new) or (wants_balancer(new) if old is None else needs_update(old, new)):
            self.enqueue(key_of(new))

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if self._known and (old is None or new is None or _shown(old) != _shown(new)):
            self.enqueue(NODES)

    def _sync(self, key: Key, service: Obj) -> After | None:
        before = self._known.get(key)
        if before is not None and before["metadata"]["uid"] != service["metadata"]["uid"]:
            self._clean_up(key)
        if not wants_balancer(service) or needs_cleanup(service):
            self._remove(key, service)
            return None
        self._known[key] = service
        return self._ensure(key, service)

    def _ensure(self, key: Key, service: Obj) -> After | None:
        """Have the load balancer made; come back when it is. Raises CloudError."""
        if key not in self._making:
            self._say(service, "EnsuringLoadBalancer", "Ensuring load balancer")
            self._set_finalizer(service, is_wanted=True)
        hosts = self._hosts(service)
        spec, self._synced[key] = service["spec"], hosts
        listeners = [Listener(port["port"], port.get("nodePort", 0), port["protocol"]) for port in spec["ports"]]
        sources, ask = spec.get("loadBalancerSourceRanges") or (), spec.get("loadBalancerIP", "")
        balancer = self.cloud.balancers.ensure(str(key), listeners, hosts, sources, ask)
        wait_s = balancer.ready_at - self.loop.now
        if wait_s > 0:
            self._making.add(key)
            return After(wait_s)
        self._making.discard(key)
        self._say(service, "EnsuredLoadBalancer", "Ensured load balancer")
        self._set_ingress(service, [{"ip": balancer.address, "ipMode": "VIP"}])  # the API's default, upstream
        return None

    def _remove(self, key: Key, service: Obj) -> None:
        """Have the load balancer removed, and let go of the Service. Raises CloudError."""
        self._making.discard(key)
        if self.cloud.balancers.get(str(key)) is not None:
            self._say(service, "DeletingLoadBalancer", "Deleting load balancer")
            self.cloud.balancers.delete(str(key))
        self._set_finalizer(service, is_wanted=False)
        self._say(service, "DeletedLoadBalancer", "Deleted load balancer")
        try:
            self._set_ingress(service, [])
        except NotFound:
            pass  # without the finalizer it may be gone at once
        self._forget(key)

    def _clean_up(self, key: Key) -> None:
        """The Service is gone, in spite of the finalizer: so is its load balancer. Raises CloudError."""
        known = self._known.get(key)
        if known is not None:
            self._say(known, "DeletingLoadBalancer", "Deleting load balancer")
            try:
                self.cloud.balancers.delete(str(key))
            except CloudError as error:
                text = f"Error deleting load balancer: {error}"
                self.recorder.event(known, "Warning", "DeleteLoadBalancerFailed", text)
                raise
            self._say(known, "DeletedLoadBalancer", "Deleted load balancer")
            self._forget(key)

    def _forget(self, key: Key) -> None:
        self._known.pop(key, None)
        self._synced.pop(key, None)

    def _sync_nodes(self, key: Key) -> None:
        """Put the nodes that are there now behind one load balancer, if they are others than before."""
        service, hosts = self.services.get(key), self._stable_nodes()
        if service is None or not wants_balancer(service) or self._synced.get(key) == hosts:
            return
        self._synced[key] = hosts
        try:
            balancer = self.cloud.balancers.get(str(key))
            if balancer is None:
                return
            self.cloud.balancers.ensure(str(key), balancer.listeners, hosts, balancer.sources)
        except CloudError as error:
            shown = " ".join(
                [*list(hosts)[:SHOWN_NODES], *([f"<{len(hosts) - SHOWN_NODES} more>"] * (len(hosts) > 20))]
            )
            text = f"Error updating load balancer with new hosts [{shown}] [node names limited, total number of nodes: "
            text += f"{len(hosts)}], error: {error}"
            self.recorder.event(service, "Warning", "UpdateLoadBalancerFailed", text)
            self.enqueue(key)
            return
        if hosts:
            self._say(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts")
        else:
            self._warn_of_no_nodes(service)

    def _hosts(self, service: Obj) -> dict[str, str]:
        hosts = self._stable_nodes()
        if not hosts and key_of(service) not in self._making:
            self._warn_of_no_nodes(service)
        return hosts

    def _stable_nodes(self) -> dict[str, str]:
        """Names and ids of the nodes that a load balancer may use; whether they are ready is for its health check."""
        nodes = sorted(filter(_may_stand_behind, self.nodes.list()), key=lambda node: str(node["metadata"]["name"]))
        return {node["metadata"]["name"]: node["spec"].get("providerID", "") for node in nodes}

    def _set_finalizer(self, service: Obj, *, is_wanted: bool) -> None:
        metadata = service["metadata"]
        there = metadata.get("finalizers") or []
        if (FINALIZER in there) != is_wanted:
            finalizers = [*there, FINALIZER] if is_wanted else [one for one in there if one != FINALIZER]
            patch = {"metadata": {"finalizers": finalizers or None}}
            self.client.patch("Service", metadata["name"], metadata["namespace"], patch, type="merge")

    def _set_ingress(self, service: Obj, ingress: list[Obj]) -> None:
        told = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        if [one.get("ip") for one in told] != [one["ip"] for one in ingress]:
            self.client.patch_status(service, {"loadBalancer": {"ingress": ingress or None}})

    def _next_retry_s(self, key: Key) -> float:
        retry_s = self._retry_s.get(key, RETRY_FIRST_S)
        self._retry_s[key] = min(retry_s * 2, RETRY_MOST_S)
        return retry_s

    def _warn_of_no_nodes(self, service: Obj) -> None:
        text = "There are no available nodes for LoadBalancer"
        self.recorder.event(service, "Warning", "UnAvailableLoadBalancer", text)

    def _say(self, service: Obj, reason: str, text: str) -> None:
        self.recorder.event(service, "Normal", reason, text)


def wants_balancer(service: Obj) -> bool:
    """The Service is to have a load balancer of this cloud, and not one of another class."""
    return service["spec"].get("type") == "LoadBalancer" and service["spec"].get("loadBalancerClass") is None


def needs_cleanup(service: Obj) -> bool:
    """The Service has a load balancer, and is leaving or wants none any more."""
    if FINALIZER not in (service["metadata"].get("finalizers") or ()):
        return False
    return is_leaving(service) or service["spec"].get("type") != "LoadBalancer"


def needs_update(old: Obj, new: Obj) -> bool:
    """Something has changed that a load balancer shows."""
    if not wants_balancer(old) and not wants_balancer(new):
        return False
    metadata, before = new["metadata"], old["metadata"]
    return (
        wants_balancer(old) != wants_balancer(new)
        or any(old["spec"].get(field) != new["spec"].get(field) for field in WATCHED)
        or before.get("annotations") != metadata.get("annotations")
        or before["uid"] != metadata["uid"]
    )


def _may_stand_behind(node: Obj) -> bool:
    taints: Iterable[Obj] = node["spec"].get("taints") or ()
    return not is_leaving(node) and not _is_excluded(node) and all(taint["key"] != TO_BE_DELETED for taint in taints)


def _is_excluded(node: Obj) -> bool:
    labels = node["metadata"].get("labels") or {}
    return EXCLUDED in labels and labels[EXCLUDED] not in FALSE


def _shown(node: Obj) -> tuple[bool, str]:
    """What of a Node has the load balancers looked at."""
    return _is_excluded(node), node["spec"].get("providerID", "")


def _doing(service: Obj) -> str:
    if wants_balancer(service) and not needs_cleanup(service):
        return "failed to ensure load balancer"
    return "failed to check if load balancer exists before cleanup"
