"""Keep the addresses behind every Service, in slices of at most 100.

Watches   Services, Pods through the Services that select them, and its own EndpointSlices.
Compares  the Pods a Service selects with the endpoints its slices name.
Writes    creates, updates and deletes EndpointSlices.
Source    staging/src/k8s.io/endpointslice/reconciler.go, utils.go; pkg/controller/endpointslice
Left out  IPv6, the older Endpoints objects and their mirroring, that Pods of a Node that is gone are left out at once;
          see endpointslices.py
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.controllers.endpointslice_memory import Memory
from k8slab.controllers.endpointslices import MANAGED_BY, MANAGER, SERVICE_NAME, Plan, PortGroup, plan, with_hints
from k8slab.objects import Key, is_leaving, is_ready
from k8slab.wire import ApiError

__all__ = [
    "EndpointSliceController",
    "groups_of",
]

Obj = dict[str, Any]

FAILED = "FailedToUpdateEndpointSlices"


def service_key(slice_: Obj) -> tuple[Key, ...]:
    """The Service that a slice of this controller belongs to."""
    labels = slice_["metadata"].get("labels") or {}
    if labels.get(MANAGED_BY) != MANAGER or SERVICE_NAME not in labels:
        return ()
    return (Key(slice_["metadata"]["namespace"], labels[SERVICE_NAME]),)


class EndpointSliceController(Controller):
    """Writes down who answers for a Service."""

    name = "endpointslice-controller"
    watches = {"Service": own_key, "EndpointSlice": service_key}
    batch_s = 0.1

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.services = self.informer("Service")
        self.slices = self.informer("EndpointSlice")
        self._memories: dict[Key, Memory] = {}
        self.nodes = self.informer("Node")
        self.nodes.on_change(self._node_changed)
        self.slices.add_index("service", lambda slice_: map(str, service_key(slice_)))
        self.pods = self.informer("Pod")
        self.pods.on_change(self._pod_changed)

    def reconcile(self, key: Key) -> After | None:
        """Write the slices that name exactly the Service's Pods."""
        service = self.services.get(key)
        memory = self._memories.pop(key, None)
        if service is None or is_leaving(service):
            return None  # what is left belongs to the garbage collector
        selector = service["spec"].get("selector")
        if not selector or service["spec"].get("type") == "ExternalName":
            return None  # somebody else keeps the endpoints of a Service without a selector

        slices = self.slices.by_index("service", str(key))
        try:
            self._memories[key] = self._settled(service, selector, slices, memory)
        except ApiError as error:
            if not _is_about_a_leaving_namespace(error):
                self.recorder.event(
                    service, "Warning", FAILED, f"Error updating Endpoint Slices for Service {key}: {error}"
                )
                raise
        return None

    def _settled(self, service: Obj, selector: Obj, slices: list[Obj], memory: Memory | None) -> Memory:
        """Write the slices of a Service, and remember them; what `memory` knows to be right is not looked at."""
        namespace = service["metadata"]["namespace"]
        if memory is None or memory.service is not service:
            memory, pods, settled = Memory(service), self.pods.list(namespace), set()
        else:
            settled = memory.settled(slices)
            seen = (self.pods.get(Key(namespace, name)) for name in memory.pods_to_see(slices, settled))
            pods = [pod for pod in seen if pod is not None]
        pods = [pod for pod in pods if _selects(selector, pod) and _has_address(pod)]
        zones = {name: self._zone_of(name) for name in {pod["spec"].get("nodeName", "") for pod in pods}}
        wanted = plan(service, groups_of(service, pods, zones), slices, settled)
        written = self._write(wanted)
        renewed = {slice_["metadata"]["name"] for slice_ in (*wanted.update, *wanted.delete)}
        kept = [slice_ for slice_ in slices if slice_["metadata"]["name"] not in renewed | settled]
        memory.settle(settled - renewed, [*kept, *written])
        return memory

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        """Look again at the Services that select the Pod, if what an endpoint shows of it has changed."""
        if old is not None and new is not None and _shown(old) == _shown(new):
            return
        pod = new or old
        assert pod is not None
        for service in self.services.list(pod["metadata"]["namespace"]):
            selector = service["spec"].get("selector")
            if selector and any(_selects(selector, form) for form in (old, new) if form is not None):
                key = Key(pod["metadata"]["namespace"], service["metadata"]["name"])
                if key in self._memories:
                    self._memories[key].changed[pod["metadata"]["name"]] = None
                self.enqueue(key, self.batch_s)

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """An endpoint tells its zone: look at all of them again, when they are looked at, after a Node has moved."""
        if self._memories and _zone(old) != _zone(new):
            self._memories.clear()

    def _zone_of(self, node_name: str) -> str:
        return _zone(self.nodes.get(Key("", node_name)))

    def _write(self, wanted: Plan) -> list[Obj]:
        """Do what was planned; answers the slices as they are now."""
        created = [self.client.create(slice_) for slice_ in wanted.create]
        updated = [self.client.update(slice_) for slice_ in wanted.update]
        for slice_ in wanted.delete:
            self.client.delete("EndpointSlice", slice_["metadata"]["name"], slice_["metadata"]["namespace"])
        return created + updated


def groups_of(service: Obj, pods: list[Obj], zones: dict[str, str]) -> list[PortGroup]:
    """The endpoints by their ports: Pods whose named ports resolve to different numbers go into different slices."""
    groups: dict[str, PortGroup] = {}
    for pod in sorted(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"])):
        ports = _ports(service, pod)
        group = groups.setdefault(str(ports), PortGroup(ports, []))
        group.endpoints.append(with_hints(_endpoint(service, pod, zones), service["spec"].get("trafficDistribution")))
    return list(groups.values())


def _is_about_a_leaving_namespace(error: ApiError) -> bool:
    return any(cause.get("reason") == "NamespaceTerminating" for cause in error.details.get("causes") or ())


def _endpoint(service: Obj, pod: Obj, zones: dict[str, str]) -> Obj:
    """One Pod as an endpoint: ready when it may get traffic, serving when it could, terminating when it leaves."""
    serving, terminating = is_ready(pod), is_leaving(pod)
    ready = service["spec"].get("publishNotReadyAddresses", False) or (serving and not terminating)
    metadata, node = pod["metadata"], pod["spec"].get("nodeName", "")
    endpoint: Obj = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": {
            "kind": "Pod",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }
    hostname, subdomain = pod["spec"].get("hostname"), pod["spec"].get("subdomain")
    if hostname and subdomain == service["metadata"]["name"]:
        endpoint["hostname"] = hostname
    if node:
        endpoint["nodeName"] = node
    if zones.get(node):
        endpoint["zone"] = zones[node]
    return endpoint


def _ports(service: Obj, pod: Obj) -> list[Obj]:
    """The Service's ports as this Pod listens on them; a name that the Pod does not know is skipped."""
    ports = []
    for port in service["spec"].get("ports") or ():
        number = _target(port, pod)
        if number is not None:
            found = {"name": port.get("name", ""), "port": number, "protocol": port.get("protocol", "TCP")}
            if port.get("appProtocol"):
                found["appProtocol"] = port["appProtocol"]
            ports.append(found)
    return ports


def _target(port: Obj, pod: Obj) -> int | None:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    sidecars = [c for c in pod["spec"].get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in [*pod["spec"]["containers"], *sidecars]:
        for offered in container.get("ports") or ():
            if offered.get("name") == target and offered.get("protocol", "TCP") == port.get("protocol", "TCP"):
                number: int = offered["containerPort"]
                return number
    return None


def _zone(node: Obj | None) -> str:
    labels = (node["metadata"].get("labels") or {}) if node else {}
    zone: str = labels.get("topology.kubernetes.io/zone", "")
    return zone


def _selects(selector: Obj, pod: Obj) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return all(labels.get(name) == value for name, value in selector.items())


def _has_address(pod: Obj) -> bool:
    status = pod.get("status") or {}
    return bool(status.get("podIP")) and status.get("phase") not in ("Succeeded", "Failed")


def _shown(pod: Obj) -> tuple[Any, ...]:
    """What of a Pod can change an endpoint."""
    status, metadata = pod.get("status") or {}, pod["metadata"]
    return (status.get("podIP"), _has_address(pod), is_ready(pod), is_leaving(pod), metadata.get("labels"))
