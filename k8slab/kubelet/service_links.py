"""The variables that tell a container of the Services of its namespace, as they were when it started.

Source    pkg/kubelet/envvars/envvars.go (FromServices), pkg/kubelet/kubelet_pods.go (getServiceEnvVarMap)
Left out  IPv6; static pods are told of no Services
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.client import Client, Informer
from k8slab.clock import Scope
from k8slab.objects import Key
from k8slab.wire import ServiceUnavailable

__all__ = [
    "ServiceLinks",
    "variables",
]

Obj = dict[str, Any]

MASTER = Key("default", "kubernetes")  # told to everybody
UNREAD = "services have not yet been read at least once, cannot construct envvars"


class ServiceLinks:
    """Follows all Services, from the first container on that may want to know of them."""

    def __init__(self, client: Client, scope: Scope) -> None:
        self._informer = Informer(client, scope, "Service")
        self._known: dict[tuple[str, bool], tuple[int, Mapping[str, str]]] = {}

    def stop(self) -> None:
        """Follow them no longer."""
        self._informer.stop()

    def of(self, pod: Obj) -> Mapping[str, str]:
        """The variables for a pod. Raises ApiError when the API has not answered yet."""
        informer = self._informer
        informer.start()
        if not informer.is_synced:
            raise ServiceUnavailable(UNREAD)
        wants_all = pod["spec"].get("enableServiceLinks", True)
        scope = (pod["metadata"]["namespace"] if wants_all else "", wants_all)
        revision, found = self._known.get(scope, (-1, {}))
        if revision != informer.revision:
            found = self._read(scope[0])
            self._known[scope] = (informer.revision, found)
        return found

    def _read(self, namespace: str) -> Mapping[str, str]:
        there = self._informer.list(namespace) if namespace else []
        master = self._informer.get(MASTER)
        if master is not None and master not in there:
            there = [*there, master]
        found: dict[str, str] = {}
        for service in sorted(there, key=lambda service: str(service["metadata"]["name"])):
            found |= variables(service)
        return found


def variables(service: Obj) -> dict[str, str]:
    """What is told of one Service; nothing of one without an address or ports."""
    address, ports = service["spec"].get("clusterIP"), service["spec"].get("ports")
    if not address or address == "None" or not ports:
        return {}
    name = _variable_name(service["metadata"]["name"])
    found = {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}
    for port in ports:
        if port.get("name"):
            found[f"{name}_SERVICE_PORT_{_variable_name(port['name'])}"] = str(port["port"])
    for number, port in enumerate(ports):
        protocol = port.get("protocol") or "TCP"
        url = f"{protocol.lower()}://{address}:{port['port']}"
        link = f"{name}_PORT_{port['port']}_{protocol}"
        if number == 0:
            found[f"{name}_PORT"] = url
        found |= {link: url, f"{link}_PROTO": protocol.lower()}
        found |= {f"{link}_PORT": str(port["port"]), f"{link}_ADDR": address}
    return found


def _variable_name(text: str) -> str:
    return text.replace("-", "_").upper()
