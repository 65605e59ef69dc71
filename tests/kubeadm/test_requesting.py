"""Requests of pods, nodes and strangers; links that are cut; requests whose container ends meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubeadm import Cluster
from k8slab.world import Behaviour, HttpRequest, Reply

Obj = dict[str, Any]


class Slow(Behaviour):
    """Thinks for ten seconds about each request, and does not let itself be hurried."""

    def start(self) -> None:
        self.listen(80)

    def on_request(self, request: HttpRequest) -> Reply:
        return Reply(200, request.client, 10.0)

    def on_sigterm(self) -> None:
        pass


class Prompt(Slow):
    """Says who asked."""

    def on_request(self, request: HttpRequest) -> Reply:
        return Reply(200, request.client, 0.001)


def a_pod(name: str, node: str, image: str = "prompt", **spec: Any) -> Obj:
    """A pod on a certain node."""
    containers = [{"name": "main", "image": image}]
    about = {"name": name, "namespace": "default", "labels": {"app": "web"}}
    spec = {"nodeName": node, "containers": containers, "terminationGracePeriodSeconds": 5, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec}


def service(**spec: Any) -> Obj:
    """A Service in front of them."""
    ports = [{"port": 80, "nodePort": 30080}]
    spec = {"type": "NodePort", "selector": {"app": "web"}, "ports": ports, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}, "spec": spec}


@pytest.fixture
def cluster() -> Cluster:
    """Two workers in two zones; web runs on node-1."""
    made = Cluster(nodes=2, zones=["a", "b"])
    made.image("prompt", Prompt)
    made.image("slow", Slow)
    made.apply([a_pod("web", "node-1"), service()])
    made.settle()
    return made


@pytest.mark.parametrize(
    ("source", "url", "seen_as"),
    [
        ("pod/asker", "http://web/", "ASKER"),
        ("default/asker", "http://web/", "ASKER"),
        ("pod/asker", "http://NODE-2:30080/", "NODE-2"),
        ("outside", "http://NODE-2:30080/", "NODE-2"),
        ("203.0.113.9", "http://NODE-1:30080/", "NODE-1"),
    ],
)
def test_a_container_sees_the_client_or_the_node_that_stands_for_it(
    cluster: Cluster, source: str, url: str, seen_as: str
) -> None:
    """Source: kubernetes.io, "Using Source IP": from outside, the node's address is put in the client's place."""
    cluster.apply(a_pod("asker", "node-2"))
    cluster.settle()
    asker = cluster.client.get("Pod", "asker", "default")["status"]["podIP"]
    places = {"ASKER": asker, **{name.upper(): cluster.world.vm(name).address for name in cluster.nodes}}
    url = next((url.replace(name, place) for name, place in places.items() if name in url), url)

    assert cluster.request(url, source).body == places[seen_as]


def test_externally_the_traffic_policy_local_keeps_the_clients_address(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Using Source IP", Services with Type=NodePort."""
    cluster.apply(service(externalTrafficPolicy="Local"))
    cluster.settle()
    addresses = [cluster.world.vm(name).address for name in ("node-1", "node-2")]

    near, far = (cluster.request(f"http://{address}:30080/", "203.0.113.9") for address in addresses)

    assert (near.body, far.error[:10]) == ("203.0.113.9", "curl: (28)")
    assert far.hops[-1].text.endswith("has no local endpoints: DROP")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("pod/nobody", 'there is no pod "default/nobody" with an address'),
        ("shop/web", 'there is no pod "shop/web"'),
        ("node-9", 'there is no VM "node-9"'),
        ("10.244.300.1", "there is no VM"),
    ],
)
def test_a_source_that_is_none(cluster: Cluster, source: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        cluster.request("http://web/", source)


def test_each_hop_tells_where_it_was_and_what_it_carried(cluster: Cluster) -> None:
    dns, rule, endpoint = cluster.request("http://web/", "node-2").hops

    assert (rule.node, rule.zone, endpoint.node, endpoint.zone) == ("node-2", "b", "node-1", "a")
    assert dns.size_bytes > 50 and rule.size_bytes == 0 and endpoint.size_bytes >= 400


def test_the_rules_of_a_machine_can_be_printed(cluster: Cluster) -> None:
    rules, nothing = str(cluster.rules("node-2")), cluster.packet_filter("node-2")
    deny: Obj = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}},
                 "metadata": {"name": "deny", "namespace": "default"}}  # fmt: skip
    cluster.apply(deny)
    cluster.settle()

    assert "default/web" in rules and "*:30080" in rules and nothing == "no policy: everything passes"
    assert " ".join(cluster.packet_filter("node-1").split()) == "default/web <- nothing (deny)"


def test_a_machine_without_power_has_no_rules(cluster: Cluster) -> None:
    cluster.fail("node-2")

    with pytest.raises(ValueError, match="node-2 has no rules"):
        cluster.rules("node-2")


def test_between_two_machines_whose_link_is_cut_nothing_passes(cluster: Cluster) -> None:
    cluster.cut("node-1", "node-2")

    cut, other = cluster.request("http://web/", "node-2"), cluster.request("http://web/", "control-plane")
    cluster.heal("node-2", "node-1")

    assert (cut.error[:10], other.ok, cluster.request("http://web/", "node-2").ok) == ("curl: (28)", True, True)


def test_a_node_that_is_cut_off_from_the_control_plane_is_lost_and_comes_back(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Nodes", Heartbeats (node-monitor-grace-period 50s)."""
    cluster.cut("b", "a")
    cluster.apply(a_pod("late", "node-2"))
    cluster.run("2m")
    lost = cluster.kubectl("get node node-2 --no-headers").split()[1]
    has_heard = cluster.world.network.pod("default", "late") is not None

    cluster.heal("a", "b")
    cluster.run("2m")

    assert (lost, has_heard) == ("NotReady", False)
    assert cluster.kubectl("get node node-2 --no-headers").split()[1] == "Ready"


@pytest.mark.parametrize("ends", [("node-1", "node-9"), ("node-1", "a"), ("node-1", "node-1"), ("a", "c")])
def test_a_link_has_two_ends_of_a_kind(cluster: Cluster, ends: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="link"):
        cluster.cut(*ends)


def test_a_request_that_takes_its_time_is_answered_in_the_end(cluster: Cluster) -> None:
    cluster.apply(a_pod("web-2", "node-2", "slow"))
    cluster.settle()
    address = cluster.client.get("Pod", "web-2", "default")["status"]["podIP"]

    pending = cluster.begin_request(f"http://{address}/", "node-1")
    cluster.run("9s")
    early = pending.is_done
    cluster.run("2s")

    assert not early and pending.answer is not None
    assert (pending.answer.status, round(pending.answer.took_s, 1)) == (200, 10.0)


def test_a_container_that_is_killed_while_it_thinks_resets_the_connection(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Pod Lifecycle", termination: SIGKILL when the grace period (here 5 s) is over."""
    cluster.apply(a_pod("web-2", "node-2", "slow"))
    cluster.settle()
    address = cluster.client.get("Pod", "web-2", "default")["status"]["podIP"]

    pending = cluster.begin_request(f"http://{address}/", "node-1")
    cluster.client.delete("Pod", "web-2", "default")
    cluster.run("1s")
    at_once = cluster.request(f"http://{address}/", "node-1")
    cluster.run("15s")

    assert pending.answer is not None
    assert pending.answer.error == at_once.error == "curl: (56) Recv failure: Connection reset by peer"
    assert (round(pending.answer.took_s), round(at_once.took_s)) == (5, 4)


def test_what_was_done_to_the_network_is_part_of_the_history(cluster: Cluster, tmp_path: Any) -> None:
    made = Cluster(nodes=2, zones=["a", "b"])
    made.cut("a", "b")
    made.begin_request("http://web/", "outside")
    made.run("3m")
    made.save(tmp_path / "history")

    again = Cluster.load(tmp_path / "history")

    assert again.kubectl("get nodes") == made.kubectl("get nodes")
    assert "NotReady" in again.kubectl("get nodes")
