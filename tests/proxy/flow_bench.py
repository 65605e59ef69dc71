"""The bench of this room with loads on it."""

from __future__ import annotations

from typing import Any

from proxy_bench import ProxyBench, a_service, a_slice, an_endpoint

from k8slab.proxy import ContainerRequests, Flows, Load, LoadPlan, LoadReport, Source, as_rate
from k8slab.world import Behaviour, HttpRequest, Reply, Vm

WEB = "10.96.1.1"


class Steady(Behaviour):
    """Answers in a hundredth of a second, of which it computes half: two hundred a second for each core."""

    cpu_s_per_request = 0.005
    cpu_m = 0.0
    queue_length = 100_000

    def start(self) -> None:
        self.listen(8080)

    def on_request(self, request: HttpRequest) -> Reply:
        return Reply(500 if request.path == "/broken" else 200, "x" * 100, 0.01)


class Single(Steady):
    """The same, one request after another: a hundred a second."""

    workers = 1


class FlowBench(ProxyBench):
    """`web` makes a Service with pods, `load` puts a load on a URL, `flow` lets it go on and tells of it."""

    def __init__(self) -> None:
        super().__init__()
        self.flows = Flows(self.loop, self.requests, self.world.network)
        self.world.network.outgoing = ContainerRequests(self.requests, self.world.network)

    def web(self, *machines: Vm, behaviour: type[Behaviour] = Steady, name: str = "web", address: str = WEB) -> None:
        """A Service whose pods (`web-0` …) stand on these machines."""
        addresses = [self.pod(f"{name}-{number}", vm, behaviour=behaviour) for number, vm in enumerate(machines)]
        self.given(a_service(name, {"port": 80}, clusterIP=address))
        self.given(a_slice(name, *map(an_endpoint, addresses)))
        self.settle()

    def load(self, url: str, rate: Any, source: Source | None = None, **plan: Any) -> Load:
        """A load from somewhere, else from the machine a."""
        sources = {source or Source(self.a, "default"): 1}
        plan = {"name": "load", "source": "", "timeout_s": 5.0, **plan}
        load = Load(LoadPlan(url=url, rate=as_rate(rate), **plan), lambda: sources, self.loop.now, self.flows.stop)
        self.flows.start(load)
        return load

    def flow(
        self, url: str, rate: Any, passed_s: float = 10.0, source: Source | None = None, **plan: Any
    ) -> LoadReport:
        """What has become of a load after a time."""
        load = self.load(url, rate, source, **plan)
        self.loop.run_until(self.loop.now + passed_s)
        load.stop()
        return load.report()

    def second_dns(self) -> None:
        """A second pod of CoreDNS, on b, that has lost its power but not its endpoint."""
        address = self.pod("coredns-2", self.b, port=53, namespace="kube-system")
        port = {"name": "dns-tcp", "port": 53, "protocol": "TCP"}
        self.given(a_slice("kube-dns", an_endpoint(address), ports=[port], namespace="kube-system"))
        self.settle()
        self.b.power_off()

    def move(self, service: str, *pods: str) -> None:
        """Have these pods alone behind a Service from now on."""
        addresses = [self.container(pod).sandbox.ip for pod in pods]
        for slice_ in self.client.list("EndpointSlice", labels=f"kubernetes.io/service-name={service}"):
            self.client.delete("EndpointSlice", slice_["metadata"]["name"], "default")
        self.given(a_slice(service, *map(an_endpoint, addresses)))

    def container(self, name: str) -> Any:
        """The container of a pod."""
        sandboxes = [one for vm in self.world.vms.values() for one in vm.runtime.sandboxes.values()]
        return next(one.containers["main"] for one in sandboxes if one.name == name)
