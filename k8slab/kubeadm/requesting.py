"""Requests that a person sends: from a machine, from a pod, from outside; and links between machines that are cut."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.client import Client
from k8slab.clock import Loop
from k8slab.kubeadm.ingress_nginx import INGRESS_IMAGE, ingress_nginx_manifests
from k8slab.kubeadm.journal import Journal
from k8slab.kubeadm.running import alone
from k8slab.proxy import Answer, Pending, Requests, RuleTable, ingress_nginx
from k8slab.world import Container, Sandbox, Vm, World

__all__ = ["Requesting"]

OUTSIDE = "outside"


class _From(NamedTuple):
    """Where a request starts, as `Requests.send` wants to know it."""

    vm: Vm | None
    namespace: str
    client: str = ""
    sandbox: Sandbox | None = None


class Requesting:
    """What a cluster can be asked for over its own network."""

    loop: Loop
    journal: Journal
    world: World
    _requests: Requests
    apply: Callable[[list[Any]], Any]
    client_for: Callable[..., Client]

    @alone
    def request(self, url: str, source: str = "", namespace: str = "default", host: str = "") -> Answer:
        """Send one HTTP request and follow it, at this very moment.

        `source` is a pod (`pod/web-0` of `namespace`, or `shop/web-0`), a node (then in the shoes of some pod of
        `namespace` there), `outside`, or the address of somebody outside (`203.0.113.7`); without one it is the first
        worker that has power. `host` is asked for instead of the name in the URL, as `curl -H "Host: …"` does.
        Raises ValueError for a bad URL or a source that is none.
        """
        start = self._source(source, namespace)
        asked = {"url": url, "source": source, "namespace": namespace, **({"host": host} if host else {})}
        self.journal.note(self.loop.now, "send", None, **asked)
        sender, client, sandbox = (start.vm, start.namespace), start.client, start.sandbox
        return self._requests.send(url, *sender, client=client, sandbox=sandbox, host=host)

    def _know_addons(self) -> None:
        """Have the image of the Ingress controller do what it does, in the name of its service account."""

        def connect(container: Container) -> Client:
            account = f"system:serviceaccount:{container.sandbox.namespace}:ingress-nginx"
            return self.client_for(account, vm=container.sandbox.vm)

        self.world.images.register(INGRESS_IMAGE, ingress_nginx(connect, self._requests))

    def install_ingress(self, service_type: str = "LoadBalancer", replicas: int = 1) -> None:
        """Add ingress-nginx and its IngressClass `nginx`, as `kubectl apply -f deploy.yaml` does.

        Raises ValueError for another type than LoadBalancer or NodePort; ApiError.
        """
        self.apply(ingress_nginx_manifests(service_type, replicas))

    @alone
    def begin_request(self, url: str, source: str = "", namespace: str = "default") -> Pending:
        """Send one HTTP request as `request` does, but let it take its time: its `answer` comes when time has passed.

        Who is killed meanwhile leaves the client with a connection that is reset.
        """
        start = self._source(source, namespace)
        self.journal.note(self.loop.now, "begin_request", url=url, source=source, namespace=namespace)
        return self._requests.begin(url, start.vm, start.namespace, client=start.client, sandbox=start.sandbox)

    def rules(self, name: str) -> RuleTable:
        """The rules that packets meet on a machine, to be printed. Raises ValueError when it has none."""
        rules = self.world.vm(name).rules
        if not isinstance(rules, RuleTable):
            raise ValueError(f"{name} has no rules: its kube-proxy has not written any since it was switched on")
        return rules

    def packet_filter(self, name: str) -> str:
        """What NetworkPolicies leave the pods of a machine; a line says so when there is none. Raises ValueError."""
        return str(self.world.vm(name).filter or "no policy: everything passes")

    @alone
    def cut(self, a: str, b: str) -> None:
        """Cut the link between two machines (`node-1`), or all links between two zones (`zone-a`), in both directions.

        Raises ValueError for other names.
        """
        self._check_ends(a, b)
        self.world.network.cut(a, b)
        self.journal.note(self.loop.now, "cut", a=a, b=b)

    @alone
    def heal(self, a: str, b: str) -> None:
        """Mend what was cut. Raises ValueError for other names."""
        self._check_ends(a, b)
        self.world.network.heal(a, b)
        self.journal.note(self.loop.now, "heal", a=a, b=b)

    def _check_ends(self, a: str, b: str) -> None:
        machines, zones = set(self.world.vms), {vm.zone for vm in self.world.vms.values()}
        if not ({a, b} <= machines or {a, b} <= zones):
            known = f"machines {', '.join(sorted(machines))}, zones {', '.join(sorted(zones))}"
            raise ValueError(f'a link is between two machines or two zones, not "{a}" and "{b}"; there are: {known}')
        if a == b and a in machines:
            raise ValueError(f"{a} has no link to itself")

    def _source(self, source: str, namespace: str) -> _From:
        """Raises ValueError."""
        if not source:
            return _From(self._some_worker(), namespace)
        if source == OUTSIDE:
            return _From(None, namespace)
        if "/" in source:
            return self._pod(source, namespace)
        if self._is_foreign(source):
            return _From(None, namespace, source)
        return _From(self.world.vm(source), namespace)

    def _pod(self, source: str, namespace: str) -> _From:
        before, _, name = source.partition("/")
        namespace = namespace if before in ("pod", "pods", "po") else before
        sandbox = self.world.network.pod(namespace, name)
        if sandbox is None:
            raise ValueError(f'there is no pod "{namespace}/{name}" with an address to send a request from')
        return _From(sandbox.vm, namespace, sandbox.ip, sandbox)

    def _is_foreign(self, source: str) -> bool:
        """An address that no machine of the cluster has."""
        try:
            ipaddress.IPv4Address(source)
        except ValueError:
            return False
        return self.world.network.vm_at(source) is None and self.world.network.sandbox_at(source) is None

    def _some_worker(self) -> Vm:
        machines = list(self.world.vms.values())
        if not machines:
            raise ValueError("this cluster has no machine to send a request from")
        return next((vm for vm in [*machines[1:], *machines] if vm.is_on), machines[0])
