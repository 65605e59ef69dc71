"""Several clusters in one time, joined by links: each has its own network, nodes, API and store.

A controller on the first cluster's control plane places Deployments on all of them (k8slab.cloud.fleet says how); it
talks with each through the link between them, and with none while that is cut. What runs there runs on.

Left out  packets and names between the clusters' pods: each serves its own users; the bytes of the controller on a
          link; forks and saved files of a fleet
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from k8slab.client import Client, Informers, InProcess, Reader, load_manifests
from k8slab.clock import EPOCH_S, Loop, Scope, parse_duration
from k8slab.cloud import FleetController, Member
from k8slab.kubeadm.cluster import Cluster
from k8slab.kubeadm.costs import Changes
from k8slab.kubeadm.manifests import CONTROL_PLANE
from k8slab.objects import is_ready, matches
from k8slab.proxy import Answer
from k8slab.wire import ApiError
from k8slab.world import Bill
from k8slab.world.links import Link, Links

__all__ = ["Fleet"]

Obj = dict[str, Any]

USER, DAEMON = "fleet-controller", "fleet-controller"
RBAC = "rbac.authorization.k8s.io"
RULES = (
    ("apps", ["deployments"], ["get", "list", "watch", "create", "update", "patch", "delete"]),
    ("apps", ["deployments/scale"], ["get", "update", "patch"]),
    ("", ["pods", "namespaces"], ["get", "list", "watch"]),
    ("", ["namespaces", "events"], ["create", "patch", "update"]),
)
GBIT_BYTES = 125_000_000.0


class Fleet:
    """Clusters by name. The same seed and the same calls give the same history."""

    def __init__(self, seed: int = 0, start: float = EPOCH_S) -> None:
        self.loop = Loop(seed, start)
        self.clusters: dict[str, Cluster] = {}
        self.links = Links(self.loop)

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC), the same for all."""
        return self.loop.now

    def __getitem__(self, name: str) -> Cluster:
        """A cluster by its name. Raises ValueError with those there are."""
        found = self.clusters.get(name)
        if found is None:
            raise ValueError(f'there is no cluster "{name}"; there are: {", ".join(self.clusters) or "none"}')
        return found

    def add(self, name: str, **given: Any) -> Cluster:
        """Build one more cluster (`given` is what Cluster can be given). Raises ValueError."""
        if not name or name in self.clusters:
            raise ValueError(f"there is a cluster {name!r} already" if name else "a cluster needs a name")
        cluster = self.clusters[name] = Cluster(**given, loop=self.loop)
        cluster.client.apply_all(_policy())
        return cluster

    def link(self, a: str, b: str, latency: str | float = "5ms", gbits: float = 1.0, price: str = "line") -> Link:
        """Lay a line between two clusters; one of the price `line` costs by the month. Raises ValueError."""
        first, _ = self[a], self[b]
        link = self.links.join(a, b, parse_duration(latency), gbits * GBIT_BYTES, price=price)
        if price == "line":
            first.world.ledger.rent("line", link.name, "leased line", (("line.month", 1.0),))
        return link

    def cut(self, a: str, b: str) -> None:
        """Cut the line between two clusters. Raises ValueError when there is none."""
        self.links.fail(self.links.between(a, b))

    def heal(self, a: str, b: str) -> None:
        """Have the line between two clusters carry again. Raises ValueError when there is none."""
        self.links.heal(self.links.between(a, b))

    def place_from(self, home: str, *others: str) -> None:
        """Have a controller of `home` place Deployments on the others, in this order. Raises ValueError."""
        cluster, links = self[home], {name: self.links.between(home, name) for name in others}
        vm = cluster.world.vm(CONTROL_PLANE)

        def start(scope: Scope) -> _Process:
            own = Informers(cluster.client_for(USER, vm=vm), scope)
            members = [self._member(name, link, scope) for name, link in links.items()]
            return _Process(own, members, cluster.client_for(USER, vm=vm), scope, home)

        vm.stop_daemon(DAEMON)  # of an order that was given before
        vm.install(DAEMON, start)

    def apply(self, manifests: str | Path | Obj | Iterable[Obj], *names: str) -> None:
        """Apply manifests in the clusters named, or in all. Raises ApiError, ValueError."""
        objs = load_manifests(manifests)
        for name in names or tuple(self.clusters):
            self[name].client.apply_all(objs)

    def run(self, duration: str | float) -> None:
        """Let time pass for all. Raises ValueError, HotLoop."""
        self.run_until(self.now + parse_duration(duration))

    def run_until(self, moment: float) -> None:
        """Let time pass for all up to a moment. Raises HotLoop."""
        self.loop.run_until(moment)

    def settle(self, quiet: str | float = "60s") -> None:
        """Run until nothing but heartbeats is due anywhere within `quiet`. Raises ValueError, HotLoop."""
        self.loop.settle(parse_duration(quiet))

    def ready(self, deployment: str, namespace: str = "default") -> dict[str, int]:
        """How many Pods of a Deployment are ready, by cluster: what its users could use."""
        return {name: _ready_pods(cluster, deployment, namespace) for name, cluster in self.clusters.items()}

    def request(self, service: str, namespace: str = "default") -> Answer:
        """Ask a Service as a user outside would whose DNS knows every cluster's address: the first that answers.

        Raises ValueError when no cluster lets anybody in from outside (it takes a load balancer or a node port).
        """
        answer: Answer | None = None
        for cluster in self.clusters.values():
            for url in _ways_in(cluster, service, namespace):
                answer = cluster.request(url, source="outside")
                if answer.status and answer.status < 500:
                    return answer
        if answer is None:
            raise ValueError(
                f"nobody outside reaches {namespace}/{service}: make it a LoadBalancer or a NodePort Service"
            )
        return answer

    def bill(self, since: float | str | None = None, until: float | None = None, prices: Changes = None) -> Bill:
        """One bill for all, with the name of the cluster before everything's own; `by("cluster")` tells them apart."""
        bills = {name: cluster.bill(since, until, prices) for name, cluster in self.clusters.items()}
        if not bills:
            raise ValueError("a fleet without a cluster costs nothing")
        lines = [
            line._replace(name=f"{name}/{line.name}", labels={**line.labels, "cluster": name})
            for name, bill in bills.items()
            for line in bill.lines
        ]
        shares = [share._replace(node=f"{name}/{share.node}") for name, bill in bills.items() for share in bill.shares]
        first = next(iter(bills.values()))
        return Bill(lines, shares, first.start, first.end, first.prices)

    def __repr__(self) -> str:
        return f"<Fleet of {', '.join(self.clusters) or 'no cluster'}; {', '.join(map(repr, self.links)) or 'no link'}>"

    def _member(self, name: str, link: Link, scope: Scope) -> Member:
        """How the controller knows another cluster: by what comes through the link."""
        cluster = self[name]
        transport = InProcess(
            cluster.api.handle,
            lambda: self.now,
            USER,
            is_reachable=lambda: link.is_up and cluster._reaches_api(None),
            delay=lambda: link.latency_s,
        )
        client = Client(transport, cluster.client.mapper)
        return Member(name, client, Informers(client, scope))


class _Process:
    """The controller as a daemon of a machine."""

    def __init__(self, own: Informers, members: list[Member], client: Client, scope: Scope, home: str) -> None:
        self._informers = [own, *(member.informers for member in members)]
        self.controller = FleetController(client, own, scope, members, home)
        for informers in self._informers:
            informers.start()

    def stop(self) -> None:
        """Let go of the watches."""
        for informers in self._informers:
            informers.stop()


def _policy() -> list[Obj]:
    """What the controller may do in every cluster."""
    rules = [{"apiGroups": [group], "resources": resources, "verbs": verbs} for group, resources, verbs in RULES]
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": USER}
    subjects = [{"apiGroup": RBAC, "kind": "User", "name": USER}]
    metadata = {"name": USER}
    return [
        {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": role,
            "subjects": subjects,
        },
    ]


def _what_is_known(cluster: Cluster) -> Reader:
    """What was last written in a cluster, for who has been told before its API server went away."""
    return Reader(InProcess(cluster.api.handle, lambda: cluster.now, "kubernetes-admin"), cluster.client.mapper)


def _ready_pods(cluster: Cluster, deployment: str, namespace: str) -> int:
    reader = _what_is_known(cluster)
    try:
        selector = reader.get("Deployment", deployment, namespace)["spec"]["selector"]
        pods = [pod for pod in reader.list("Pod", namespace) if matches(selector, pod["metadata"].get("labels") or {})]
    except ApiError:
        return 0
    on = {vm.name for vm in cluster.world.vms.values() if vm.is_on}
    return sum(is_ready(pod) and pod["spec"]["nodeName"] in on for pod in pods)


def _ways_in(cluster: Cluster, service: str, namespace: str) -> list[str]:
    """The URLs by which somebody outside can reach a Service: its load balancer's, else its port on each ready node."""
    reader = _what_is_known(cluster)
    try:
        found, nodes = reader.get("Service", service, namespace), reader.list("Node")
    except ApiError:
        return []
    ingress = ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    port = found["spec"]["ports"][0]
    if ingress:
        return [f"http://{one.get('ip') or one['hostname']}:{port['port']}/" for one in ingress]
    if not port.get("nodePort"):
        return []
    ready = [node for node in nodes if is_ready(node)]
    addresses = [one["address"] for node in ready for one in node["status"]["addresses"] if one["type"] == "InternalIP"]
    return [f"http://{address}:{port['nodePort']}/" for address in addresses]
