"""A cluster whose store is a real etcd: the same as any other, and it outlives its process and its server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from real_etcd import RealEtcd

from k8slab.etcd import Store, StoreUnavailable
from k8slab.etcd.etcd_store import EtcdStore
from k8slab.kubeadm import Cluster, stores

Build = Callable[..., Cluster]
DEPLOYMENT = "create deployment web --image=nginx --replicas=2"


@pytest.fixture
def build(etcd: RealEtcd) -> Iterator[Build]:
    """Build clusters on the same server; they let go of it in the end."""
    built: list[Cluster] = []

    def build(**size: Any) -> Cluster:
        built.append(Cluster(store=etcd.url, **size))
        return built[-1]

    yield build
    for cluster in built:
        cluster.etcd.close()


def everything(store: Store) -> dict[str, tuple[int, Any]]:
    """What is in a store, with its revisions."""
    return {kv.key: (kv.mod_revision, kv.value) for kv in store.range("").kvs}


def running(cluster: Cluster) -> list[str]:
    """The UIDs of the pods that run."""
    pods = cluster.client.list("Pod", "default")
    return sorted(pod["metadata"]["uid"] for pod in pods if pod["status"]["phase"] == "Running")


def together(clusters: list[Cluster], seconds: int) -> None:
    """Let time pass in several clusters at once."""
    for _ in range(seconds):
        for cluster in clusters:
            cluster.run(1)


def leaders(clusters: list[Cluster], name: str) -> list[bool]:
    """Which of the clusters' processes of a name does its work."""
    home = [cluster.world.vm("control-plane") for cluster in clusters]
    return [name in vm.running and vm.running[name].daemon is not None for vm in home]  # type: ignore[attr-defined]


def test_the_history_of_a_cluster_is_the_same_on_a_real_etcd_as_on_a_dict(
    etcd: RealEtcd, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_dict = Cluster(nodes=1)
    monkeypatch.setattr(stores, "DictStore", lambda loop: EtcdStore(etcd.url, loop))
    on_etcd = Cluster(nodes=1)

    for cluster in (on_dict, on_etcd):
        cluster.kubectl(DEPLOYMENT)
        cluster.run("2m")
        cluster.kubectl("delete deployment web")
        cluster.settle()

    assert everything(on_etcd.etcd) == everything(on_dict.etcd)
    assert on_etcd.kubectl("get all -A -o wide") == on_dict.kubectl("get all -A -o wide")
    on_etcd.etcd.close()


def test_two_servers_on_one_etcd_see_each_others_writes(build: Build) -> None:
    one, two = build(agents=()), build(agents=())

    one.kubectl("create configmap from-one --from-literal=color=red")
    two.kubectl("create configmap from-two --from-literal=color=blue")

    names = ["configmap/from-one", "configmap/from-two"]
    assert [cluster.kubectl("get configmaps -o name").split() for cluster in (one, two)] == [names, names]


def test_names_and_uids_of_servers_with_the_same_seed_differ(build: Build) -> None:
    servers = [build(agents=()) for _ in range(3)]
    pod = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "web-", "namespace": "default"}}

    made = [cluster.client.create(pod)["metadata"] for cluster in servers * 2]

    assert len({each["name"] for each in made}) == len({each["uid"] for each in made}) == 6


def test_a_pod_created_at_one_server_is_run_by_the_nodes_of_the_other(build: Build) -> None:
    cluster, outside = build(nodes=1), build(agents=())

    outside.kubectl("run web --image=nginx")
    cluster.client.list("Pod")  # whoever asks is told what others have written
    cluster.settle()

    assert outside.kubectl("get pod web -o jsonpath={.status.phase}") == "Running"


def test_a_new_cluster_on_the_same_etcd_goes_on_where_the_old_one_left_off(build: Build) -> None:
    old = build(nodes=1)
    old.kubectl(DEPLOYMENT)
    old.run("2m")
    pods, moment = running(old), old.now
    old.etcd.close()

    new = build(nodes=1)
    new.run("1m")

    assert running(new) == pods and len(pods) == 2
    assert moment - 20 <= new.now - 60 <= moment + 60
    assert [node["metadata"]["name"] for node in new.client.list("Node")] == ["control-plane", "node-1"]


def test_with_a_store_of_its_own_nobody_is_elected() -> None:
    assert Cluster(nodes=0).kubectl("get leases -n kube-system").startswith("No resources found")


@pytest.mark.parametrize(
    ("name", "who"), [("kube-controller-manager", "kube-controller-manager"), ("kube-scheduler", "default-scheduler")]
)
def test_of_the_processes_on_one_etcd_one_leads_and_says_so(build: Build, name: str, who: str) -> None:
    """Source: cmd/kube-controller-manager/app/controllermanager.go, cmd/kube-scheduler/app/options/options.go."""
    both = [build(nodes=1), build(nodes=1, agents=["controllers", "scheduler"])]

    together(both, 60)

    holder = both[1].kubectl(f"get lease {name} -n kube-system -o jsonpath={{.spec.holderIdentity}}")
    told = [event for event in both[0].client.list("Event", "kube-system") if event["reason"] == "LeaderElection"]
    assert leaders(both, name) == [True, False] and holder.startswith("control-plane_")
    assert [event["message"] for event in told if event["source"] == {"component": who}] == [f"{holder} became leader"]


def test_when_the_leader_dies_another_takes_its_work_over(build: Build) -> None:
    both = [build(nodes=1), build(nodes=0, agents=["controllers", "scheduler"])]
    together(both, 10)

    for name in ("kube-controller-manager", "kube-scheduler"):
        both[0].stop_daemon("control-plane", name)
    both[0].kubectl(DEPLOYMENT)
    together(both, 30)

    assert leaders(both, "kube-scheduler") == [False, True]
    assert len(running(both[0])) == 2


def test_who_comes_back_waits_its_turn(build: Build) -> None:
    both = [build(nodes=1), build(nodes=0, agents=["controllers", "scheduler"])]
    both[0].stop_daemon("control-plane", "kube-scheduler")
    together(both, 30)

    both[0].start_daemon("control-plane", "kube-scheduler")
    together(both, 30)

    assert leaders(both, "kube-scheduler") == [False, True]


def test_a_leader_whose_lease_was_taken_stops_its_work_and_waits(build: Build) -> None:
    """As after its time stood still for longer than the Lease is valid."""
    both = [build(nodes=1), build(nodes=0, agents=["controllers", "scheduler"])]
    both[1].run(60)

    together(both, 15)
    both[1].kubectl(DEPLOYMENT)
    together(both, 30)

    assert leaders(both, "kube-controller-manager") == [False, True]
    assert len(running(both[0])) == 2


def test_machines_run_once(build: Build) -> None:
    build(nodes=1)

    with pytest.raises(ValueError, match=r"process \d+ on .* runs the machines .* start this one without kubelets"):
        build(nodes=1)


def test_while_etcd_is_away_the_api_says_so_and_afterwards_everything_goes_on(build: Build, etcd: RealEtcd) -> None:
    cluster = build(nodes=1)
    cluster.kubectl(DEPLOYMENT)
    etcd.kill()
    cluster.run("1m")
    error = f"Error from server (ServiceUnavailable): etcd at {etcd.url} does not answer: "
    assert cluster.kubectl("get pods").startswith(error)

    etcd.start()
    cluster.run("1m")

    assert len(running(cluster)) == 2


def test_without_a_server_there_is_no_cluster() -> None:
    with pytest.raises(StoreUnavailable, match=r"etcd at http://127.0.0.1:1 does not answer"):
        Cluster(nodes=1, store="http://127.0.0.1:1")


@pytest.mark.parametrize("go_back", ["fork", "at", "save"])
def test_a_cluster_on_a_foreign_store_is_neither_forked_nor_saved(build: Build, tmp_path: Path, go_back: str) -> None:
    cluster = build(agents=())
    ways: dict[str, Callable[[], object]] = {
        "fork": cluster.fork,
        "at": lambda: cluster.at(cluster.now),
        "save": lambda: cluster.save(tmp_path / "cluster"),
    }

    with pytest.raises(ValueError, match=r"a cluster with the store http://.* cannot be forked or saved"):
        ways[go_back]()

    assert not (tmp_path / "cluster").exists()
