"""From objects to cards: marks, folding, focus, and what belongs to what."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy, endpoints, node, owner_of, pod, service, workload

from k8slab.objects import Key
from k8slab.view.amounts import Amount
from k8slab.view.facts import EVERYTHING, Facts, Focus, read_facts
from k8slab.view.recorder import Recorder

Obj = dict[str, Any]


class Watched:
    """A reader and the facts since the last look."""

    def __init__(self, reader: FakeReader) -> None:
        self.reader = reader
        self._recorder = Recorder(reader, kinds=(*reader.objects, "Job"))

    def facts(self, focus: Focus = EVERYTHING) -> Facts:
        changes = self._recorder.pull()
        return read_facts(self._recorder.snapshot(), changes, focus)


@pytest.fixture
def watched(reader: FakeReader) -> Watched:
    deploy(reader, "web", ["node-1", "node-2"])
    return Watched(reader)


def marks(facts: Facts) -> dict[str, str]:
    """All marks, by kind and name."""
    found = {f"Pod/{card.key.name}": card.mark for card in facts.pods}
    found |= {f"Node/{card.name}": card.mark for card in facts.nodes}
    found |= {f"{card.id[0]}/{card.id[2]}": card.mark for card in facts.owners}
    found |= {f"Service/{card.key.name}": card.mark for card in facts.services}
    return {name: mark for name, mark in found.items() if mark}


def shown_pods(facts: Facts) -> set[str]:
    return {card.key.name for card in facts.pods if not card.is_folded}


def test_nothing_has_a_mark_at_first(watched: Watched) -> None:
    assert marks(watched.facts()) == {}


def test_what_has_happened_is_marked(watched: Watched) -> None:
    reader = watched.reader
    reader.put(pod("fresh", "node-1"))
    reader.change("Deployment", "default/web", spec={"replicas": 5})
    reader.change("Node", "node-3", spec={"unschedulable": True})
    reader.delete("Service", "default/web")

    assert marks(watched.facts()) == {
        "Pod/fresh": "new",
        "Deployment/web": "changed",
        "Node/node-3": "changed",
        "Service/web": "gone",
    }


def test_marks_last_for_one_picture(watched: Watched) -> None:
    watched.reader.put(pod("fresh", "node-1"))
    watched.reader.delete("Service", "default/web")
    watched.facts()

    facts = watched.facts()

    assert (marks(facts), [card.key.name for card in facts.services]) == ({}, ["kubernetes", "kube-dns"])


def test_what_came_and_went_between_two_pictures_leaves_no_trace(watched: Watched) -> None:
    watched.reader.put(pod("short-lived", "node-1"))
    watched.reader.delete("Pod", "default/short-lived")

    facts = watched.facts()

    assert (marks(facts), "short-lived" in shown_pods(facts)) == ({}, False)


def test_another_object_under_the_same_name_is_new(watched: Watched) -> None:
    watched.reader.delete("Service", "default/web")
    watched.reader.put(service("web"))

    assert marks(watched.facts()) == {"Service/web": "new"}


def test_a_heartbeat_is_no_change_of_a_node(watched: Watched) -> None:
    watched.reader.change("Node", "node-1", "system:node:node-1")

    assert marks(watched.facts()) == {}


def test_what_is_gone_is_shown_as_it_was(watched: Watched) -> None:
    watched.reader.put(pod("doomed", "node-1", "Failed"))
    watched.facts()
    watched.reader.delete("Pod", "default/doomed")

    (card,) = [card for card in watched.facts().pods if card.mark == "gone"]

    assert (card.key.name, card.node, card.state) == ("doomed", "node-1", "failed")


def test_pods_of_the_system_are_folded(watched: Watched) -> None:
    facts = watched.facts()

    assert {card.key.namespace for card in facts.pods if card.is_folded} == {"kube-system"}
    assert len(shown_pods(facts)) == 2


def test_static_pods_of_the_control_plane_are_its_components(watched: Watched) -> None:
    names = {card.key.name for card in watched.facts().pods if card.is_component}

    assert names == {
        f"{part}-control-plane" for part in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
    }


def test_a_daemon_on_the_control_plane_is_no_component(watched: Watched) -> None:
    """kube-proxy runs on every machine; it is not a part of the control plane alone."""
    proxy = pod("kube-proxy-x", "control-plane", namespace="kube-system")
    owner = owner_of("DaemonSet", "kube-proxy")
    watched.reader.put({**proxy, "metadata": {**proxy["metadata"], "ownerReferences": [owner]}})

    (card,) = [card for card in watched.facts().pods if card.key.name == "kube-proxy-x"]

    assert (card.is_component, card.is_folded) == (False, True)


def test_the_service_of_the_api_and_of_the_system_are_folded(watched: Watched) -> None:
    folded = {str(card.key): card.is_folded for card in watched.facts().services}

    assert folded == {"default/kubernetes": True, "kube-system/kube-dns": True, "default/web": False}


@pytest.mark.parametrize(
    ("focus", "pods", "owners"),
    [
        (EVERYTHING, {"web", "api", "shop"}, {"web", "api", "shop"}),
        (Focus(namespace="shop"), {"shop"}, {"shop"}),
        (Focus(namespace="kube-system"), {"coredns"}, set()),
        (Focus(app="web"), {"web"}, {"web"}),
        (Focus(node="node-3"), {"api"}, {"web", "api", "shop"}),
        (Focus(app="web", node="node-3"), set(), {"web"}),
    ],
)
def test_a_focus_folds_the_rest(focus: Focus, pods: set[str], owners: set[str]) -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1"])
    deploy(reader, "api", ["node-3"])
    reader.put(workload("Deployment", "shop", 1, namespace="shop"))
    reader.put(pod("shop-1", "node-2", namespace="shop"))

    facts = Watched(reader).facts(focus)

    assert {name.partition("-")[0] for name in shown_pods(facts)} == pods
    assert {card.id[2] for card in facts.owners if card.id[0] == "Deployment"} == owners


def test_a_pod_belongs_to_the_workload_that_somebody_wrote(watched: Watched) -> None:
    facts = watched.facts()

    (card, _) = [card for card in facts.pods if not card.is_folded]

    assert (card.owner, card.app) == (("ReplicaSet", "default", "web-7c5b8d9f4"), "web")


def test_a_pod_of_a_cron_job_belongs_to_it_through_the_job(reader: FakeReader) -> None:
    reader.objects["Job"], reader.streams["Job"], reader.history["Job"] = {}, [], []
    job = {"kind": "Job", "metadata": {"name": "nightly-1", "namespace": "default"}, "spec": {"parallelism": 1}}
    job["metadata"] = {**job["metadata"], "ownerReferences": [owner_of("CronJob", "nightly")]}  # type: ignore[dict-item]
    reader.put(job)
    run = pod("nightly-1-x", "node-1")
    reader.put({**run, "metadata": {**run["metadata"], "ownerReferences": [owner_of("Job", "nightly-1")]}})

    assert shown_pods(Watched(reader).facts(Focus(app="nightly"))) == {"nightly-1-x"}


def test_an_old_replicaset_that_does_nothing_is_left_out(watched: Watched) -> None:
    watched.reader.put(workload("ReplicaSet", "web-old", 0, owner="web"))
    first = {card.id[2] for card in watched.facts().owners}

    then = {card.id[2] for card in watched.facts().owners}

    assert (first - then, then) == ({"web-old"}, {"web", "web-7c5b8d9f4"})


@pytest.mark.parametrize(
    ("kind", "spec", "status", "wanted", "ready"),
    [
        ("Deployment", {"replicas": 3}, {"readyReplicas": 2}, 3, 2),
        ("DaemonSet", {}, {"desiredNumberScheduled": 4, "numberReady": 3}, 4, 3),
        ("Job", {"completions": 3, "parallelism": 2}, {"ready": 1, "succeeded": 2}, 3, 2),
        ("Job", {"parallelism": 2}, {"ready": 1}, 2, 0),
        ("ReplicaSet", {"replicas": 1}, {}, 1, 0),
    ],
)
def test_a_workload_says_how_many_it_wants_and_has(kind: str, spec: Obj, status: Obj, wanted: int, ready: int) -> None:
    """Source: kubernetes.io API reference, the status of DeploymentStatus, DaemonSetStatus and JobStatus."""
    obj = {"kind": kind, "metadata": {"name": "x", "namespace": "default"}, "spec": spec, "status": status}

    (card,) = read_facts({kind: {Key("default", "x"): obj}}).owners

    assert (card.wanted, card.ready) == (wanted, ready)


def test_a_node_adds_up_what_its_pods_request(watched: Watched) -> None:
    watched.reader.put(pod("extra", "node-1"))
    watched.reader.put(pod("done", "node-1", "Succeeded"))

    (card,) = [card for card in watched.facts().nodes if card.name == "node-1"]

    assert (card.used, card.room.cpu_m) == (Amount(750), 4000)


def test_what_is_gone_requests_nothing(watched: Watched) -> None:
    name = next(name for name in shown_pods(watched.facts()) if name.endswith("0x2q"))
    watched.reader.delete("Pod", f"default/{name}")

    (card,) = [card for card in watched.facts().nodes if card.name == "node-1"]

    assert card.used.cpu_m == 250  # the DNS


def test_pods_that_outlive_their_node_keep_a_place(watched: Watched) -> None:
    """A Node is gone at once, its Pods when the pod garbage collector has seen it (podgc/gc_controller.go)."""
    watched.reader.delete("Node", "node-1")
    watched.facts()

    cards = {card.name: card for card in watched.facts().nodes}

    assert (cards["node-1"].mark, cards["node-1"].is_ready) == ("gone", False)
    for card in [card for card in watched.facts().pods if card.node == "node-1"]:
        watched.reader.delete("Pod", str(card.key))
    watched.facts()
    assert "node-1" not in {card.name for card in watched.facts().nodes}


def test_a_service_knows_who_gets_traffic(watched: Watched) -> None:
    watched.reader.put(endpoints("web", {"a": True, "b": False}))

    (card,) = [card for card in watched.facts().services if card.key.name == "web"]

    assert card.endpoints == ((Key("default", "a"), True), (Key("default", "b"), False))


def test_an_endpoint_that_says_nothing_gets_traffic(watched: Watched) -> None:
    """Source: kubernetes.io API reference, EndpointSlice: a nil value of ready means true."""
    unsure = {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "a"}}
    watched.reader.put({**endpoints("web", {}), "endpoints": [unsure]})

    (card,) = [card for card in watched.facts().services if card.key.name == "web"]

    assert card.endpoints == ((Key("default", "a"), True),)


def test_a_pod_with_two_addresses_is_one_endpoint(watched: Watched) -> None:
    """Source: kubernetes.io, "IPv4/IPv6 dual-stack": a slice per family."""
    watched.reader.put(endpoints("web", {"a": True}))
    second = endpoints("web", {"a": True})
    watched.reader.put({**second, "metadata": {**second["metadata"], "name": "web-v6"}, "addressType": "IPv6"})

    (card,) = [card for card in watched.facts().services if card.key.name == "web"]

    assert card.endpoints == ((Key("default", "a"), True),)


def test_writes_are_counted_per_part_of_the_picture(watched: Watched) -> None:
    reader = watched.reader
    reader.put(pod("a"), "system:serviceaccount:kube-system:replicaset-controller")
    reader.put(pod("b"), "system:serviceaccount:kube-system:job-controller")
    reader.change("Pod", "default/a", "system:node:node-1", status={"phase": "Running"})
    reader.put({"kind": "Lease", "metadata": {"name": "node-1", "namespace": "kube-node-lease"}}, "system:node:node-1")

    assert watched.facts().writes == {"controller-manager": 2, "node/node-1": 1}


def test_nodes_lie_in_their_zones(watched: Watched) -> None:
    watched.reader.put(node("nowhere"))

    zones = {card.name: card.zone for card in watched.facts().nodes}

    assert (zones["node-2"], zones["nowhere"]) == ("zone-b", "")
