"""Have the cloud send what is for the pods of a Node to its VM, and say so on the Node.

Watches   Nodes.
Compares  every ten seconds, if anything has changed, the ranges of the Nodes with the routes of the cloud.
Writes    routes in the cloud; the condition NetworkUnavailable; Events (FailedToCreateRoute).
Source    staging/src/k8s.io/cloud-provider/controllers/route/route_controller.go (reconcile, updateNetworkingCondition)
Left out  routes of others, and routes by the addresses of Nodes; packets find their pods without a route, too
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers
from k8slab.clock import Scheduling
from k8slab.objects import Key, get_condition, rfc3339
from k8slab.world import Cloud, CloudError

__all__ = [
    "RouteController",
]

Obj = dict[str, Any]

LOOK = Key("", "")
PERIOD_S = 10.0  # --route-reconciliation-period
CONDITION = "NetworkUnavailable"
CREATED = ("False", "RouteCreated", "RouteController created a route")
FAILED = ("True", "NoRouteCreated", "RouteController failed to create a route")


class RouteController(Controller):
    """Keeps one route for each range of a Node."""

    name = "route_controller"

    def __init__(self, client: Client, informers: Informers, loop: Scheduling, cloud: Cloud) -> None:
        super().__init__(client, informers, loop)
        self.cloud = cloud
        self.nodes = self.informer("Node")
        self._is_stale = True
        self.nodes.on_change(self._node_changed)
        self.enqueue(LOOK)

    def reconcile(self, key: Key) -> After | None:
        """Make the routes that are missing, remove those of Nodes that are gone; tell each Node whether it has one."""
        if self._is_stale:
            self._is_stale = False
            try:
                self._set_routes(self.cloud.balancers.list_routes())
            except CloudError:
                self._is_stale = True
        return After(PERIOD_S, background=True)

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if old is None or new is None or _shown(old) != _shown(new):
            self._is_stale = True

    def _set_routes(self, routes: dict[str, str]) -> None:
        wanted = {cidr: node for node in self.nodes.list() for cidr in node["spec"].get("podCIDRs") or ()}
        for cidr, name in routes.items():
            if cidr not in wanted or wanted[cidr]["metadata"]["name"] != name:
                self.cloud.balancers.delete_route(cidr)
        done: dict[str, bool] = {}
        for cidr, node in wanted.items():
            name = node["metadata"]["name"]
            done[name] = (routes.get(cidr) == name or self._create(cidr, node)) and done.get(name, True)
        for node in self.nodes.list():
            if node["metadata"]["name"] in done:
                self._tell(node, done[node["metadata"]["name"]])

    def _create(self, cidr: str, node: Obj) -> bool:
        metadata = node["metadata"]
        try:
            self.cloud.balancers.create_route(cidr, metadata["name"])
        except CloudError as error:
            self._is_stale = True
            text = f"Could not create route {metadata['uid']} {cidr} for node {metadata['name']} after 0s: {error}"
            self.recorder.event(node, "Warning", "FailedToCreateRoute", text)
            return False
        return True

    def _tell(self, node: Obj, is_created: bool) -> None:
        status, reason, message = CREATED if is_created else FAILED
        had = get_condition(node, CONDITION)
        if had is not None and had["status"] == status:
            return
        now = rfc3339(self.loop.now)
        condition = {"type": CONDITION, "status": status, "reason": reason, "message": message}
        condition |= {"lastHeartbeatTime": now, "lastTransitionTime": now}
        patch = {"status": {"conditions": [condition]}}
        self.client.patch("Node", node["metadata"]["name"], "", patch, subresource="status")


def _shown(node: Obj) -> tuple[Any, ...]:
    return (node["metadata"]["uid"], node["spec"].get("podCIDRs"), (get_condition(node, CONDITION) or {}).get("status"))
