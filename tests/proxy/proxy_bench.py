"""Three machines with kube-proxy, and pods that listen; nobody else is there, so slices are written by hand."""

from __future__ import annotations

from typing import Any

from bench import Bench

from k8slab.client import Client, InProcess
from k8slab.proxy import Answer, ClusterDns, KubeProxy, NetworkPolicyAgent, Requests, RuleTable
from k8slab.world import Behaviour, Container, ContainerConfig, Image, Vm, World

Obj = dict[str, Any]

DNS_ADDRESS = "10.96.0.10"


def a_service(name: str, *ports: Obj, namespace: str = "default", **spec: Any) -> Obj:
    """A Service, of port 80 if nothing else is said."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": list(ports) or [{"port": 80}], **spec},
    }


def a_slice(
    service: str, *endpoints: Obj, ports: list[Obj] | None = None, namespace: str = "default", **more: Any
) -> Obj:
    """An EndpointSlice of a Service, whose endpoints listen on port 8080 if nothing else is said."""
    metadata = {"generateName": f"{service}-", "namespace": namespace}
    metadata["labels"] = {"kubernetes.io/service-name": service}  # type: ignore[assignment]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": "IPv4",
        "endpoints": list(endpoints),
        "ports": [{"name": "", "port": 8080, "protocol": "TCP"}] if ports is None else ports,
        **more,
    }


def an_endpoint(address: str, hostname: str = "", **conditions: bool) -> Obj:
    """An endpoint of a slice; it is ready if nothing is said of it."""
    return {"addresses": [address], "conditions": conditions, **({"hostname": hostname} if hostname else {})}


class ProxyBench(Bench):
    """`pod` starts a pod on a machine, `given` creates Services and slices, `get` follows a request."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.loop)
        self.a, self.b, self.c = (self.world.create_vm(name, zone=f"zone-{name}") for name in ("a", "b", "c"))
        reader = Client(InProcess(self.api.handle, lambda: self.loop.now, "kube-proxy"))
        for number, vm in enumerate(self.world.vms.values()):
            vm.runtime.use_pod_cidr(f"10.244.{number}.0/24")
            vm.install("kube-proxy", lambda scope, vm=vm: KubeProxy(reader, scope, vm))
        self.dns = ClusterDns(reader, self.loop)
        self.requests = Requests(self.loop, self.loop.random.randrange, self.world.network, self.dns)

    def guard(self, vm: Vm) -> None:
        """Have a machine run the agent for network policies."""
        reader = Client(InProcess(self.api.handle, lambda: self.loop.now, "kube-network-policies"))
        vm.install("kube-network-policies", lambda scope: NetworkPolicyAgent(reader, scope, vm))

    def with_dns(self) -> ProxyBench:
        """Run a pod of CoreDNS on c, behind its Service."""
        address = self.pod("coredns", self.c, port=53, namespace="kube-system")
        port = {"name": "dns-tcp", "port": 53, "protocol": "TCP"}
        self.given(a_service("kube-dns", port, namespace="kube-system", clusterIP=DNS_ADDRESS))
        self.given(a_slice("kube-dns", an_endpoint(address), ports=[port], namespace="kube-system"))
        self.settle()
        return self

    def pod(
        self,
        name: str,
        vm: Vm,
        port: int = 8080,
        *,
        namespace: str = "default",
        behaviour: type[Behaviour] | None = None,
    ) -> str:
        """Start a pod that answers with nginx's page, or as `behaviour` does; its address."""
        image = f"shop/{name}" if behaviour is not None else "nginx:1.27"
        if behaviour is not None:
            self.world.images.register(image, behaviour)
        found, done = self.world.images.resolve(image), []
        assert isinstance(found, Image)
        vm.runtime.run_pod_sandbox(name, namespace, name, False, done.append)
        self.settle()
        sandbox = done[0]
        container: Container = vm.runtime.create_container(sandbox, ContainerConfig("main", image), found, 0)
        vm.runtime.start_container(container, done.append)
        self.settle()
        container.listening = {port}
        address: str = sandbox.ip
        return address

    def settle(self) -> None:
        """Let the watches and proxies do their work."""
        self.loop.run_until(self.loop.now + 3)

    def rules(self, vm: Vm) -> RuleTable:
        """What the kernel of a machine has."""
        table = vm.rules
        assert isinstance(table, RuleTable)
        return table

    def get(self, url: str, source: Vm | None, namespace: str = "default", client: str = "") -> Answer:
        """Follow a request; `client` is the address of the pod that sends it, or of somebody outside."""
        sandbox = self.world.network.sandbox_at(client)
        return self.requests.send(url, source, namespace, client=client, sandbox=sandbox)
