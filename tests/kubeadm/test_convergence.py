"""Whatever happens in whatever order: once a cluster is left alone, it is as it was declared."""

from __future__ import annotations

from typing import Any

import pytest
from disturbed import COMPLETIONS, SUCCESSES_KEPT, WORKERS, Disturbed, act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slab.objects import controller_of, get_condition, is_ready, parse_rfc3339

Obj = dict[str, Any]
Acts = list[tuple[Any, ...]]


def ready_pods(cluster: Disturbed, app: str) -> list[Obj]:
    """The pods of a workload that have not been evicted: they must all be ready."""
    pods = cluster.client.list("Pod", "default", labels=f"app={app}", fields="status.phase!=Failed")
    assert all(map(is_ready, pods)), f"{app}: not every pod is ready"
    return pods


def images(objs: list[Obj]) -> set[str]:
    return {obj["spec"]["containers"][0]["image"] for obj in objs}


def check_deployment(cluster: Disturbed) -> None:
    web, pods = cluster.client.get("Deployment", "web", "default"), ready_pods(cluster, "web")
    wanted = web["spec"]["replicas"]
    assert len(pods) == wanted
    assert images(pods) <= images([web["spec"]["template"]])
    assert web["status"].get("readyReplicas", 0) == web["status"].get("updatedReplicas", 0) == wanted
    addresses = sorted(pod["status"]["podIP"] for pod in pods)
    slices = cluster.client.list("EndpointSlice", "default", labels="kubernetes.io/service-name=web")
    endpoints = [e for obj in slices for e in obj.get("endpoints") or ()]
    assert sorted(e["addresses"][0] for e in endpoints if e["conditions"]["ready"]) == addresses
    assert cluster.request("http://web/").status == 200 if wanted else True
    budget = cluster.client.get("PodDisruptionBudget", "web", "default")["status"]
    assert (budget["expectedPods"], budget["currentHealthy"]) == (wanted, wanted)
    assert budget["disruptionsAllowed"] == min(wanted, 1)


def check_important(cluster: Disturbed) -> None:
    """Whoever had to go for them."""
    till, pods = cluster.client.get("Deployment", "till", "default"), ready_pods(cluster, "till")
    assert len(pods) == till["status"].get("readyReplicas", 0) == till["spec"]["replicas"]


def check_statefulset(cluster: Disturbed) -> None:
    db, pods = cluster.client.get("StatefulSet", "db", "default"), ready_pods(cluster, "db")
    assert sorted(pod["metadata"]["name"] for pod in pods) == [f"db-{i}" for i in range(db["spec"]["replicas"])]
    assert images(pods) <= images([db["spec"]["template"]])
    assert db["status"].get("readyReplicas", 0) == db["status"].get("updatedReplicas", 0) == len(pods)
    assert db["status"]["currentRevision"] == db["status"]["updateRevision"]


def check_storage(cluster: Disturbed) -> None:
    """Every pod of the set has its disk, which hangs on its node and on no other."""
    claims = {claim["metadata"]["name"]: claim for claim in cluster.client.list("PersistentVolumeClaim", "default")}
    attached = {
        one["spec"]["source"]["persistentVolumeName"]: one["spec"]["nodeName"]
        for one in cluster.client.list("VolumeAttachment")
        if one["status"]["attached"]
    }
    used = {}
    for pod in ready_pods(cluster, "db"):
        claim = claims[f"data-{pod['metadata']['name']}"]
        assert claim["status"]["phase"] == "Bound"
        used[claim["spec"]["volumeName"]] = pod["spec"]["nodeName"]
    assert attached == used
    assert len(cluster.client.list("VolumeAttachment")) == len(used)


def check_autoscaled(cluster: Disturbed) -> None:
    """As many as the queue wants, if there is room: others may be more important."""
    busy = cluster.client.get("Deployment", "busy", "default")
    assert len(ready_pods(cluster, "busy")) == busy["spec"]["replicas"] == cluster.wanted_by_demand


def check_daemonset(cluster: Disturbed) -> None:
    agent, pods = cluster.client.get("DaemonSet", "agent", "default"), ready_pods(cluster, "agent")
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == list(WORKERS)
    assert images(pods) <= images([agent["spec"]["template"]])
    status = agent["status"]
    assert status["desiredNumberScheduled"] == status["numberReady"] == status["updatedNumberScheduled"] == 3


def check_jobs(cluster: Disturbed) -> None:
    job = cluster.client.get("Job", "sum", "default")
    complete = get_condition(job, "Complete")
    assert complete is not None and complete["status"] == "True"
    assert job["status"]["succeeded"] == COMPLETIONS and not job["status"].get("active")
    ticks = [job for job in cluster.client.list("Job", "default") if job["metadata"]["name"] != "sum"]
    done = [tick for tick in ticks if get_condition(tick, "Complete")]
    assert len(done) == SUCCESSES_KEPT and len(ticks) <= SUCCESSES_KEPT + 2
    last = parse_rfc3339(cluster.client.get("CronJob", "tick", "default")["status"]["lastScheduleTime"])
    assert 0 <= cluster.now - last <= 200


def check_machines(cluster: Disturbed) -> None:
    """Nodes are ready and free of marks; containers run for pods that are there, and for no others."""
    for node in cluster.client.list("Node"):
        assert is_ready(node)
        marks = [taint["key"] for taint in node["spec"].get("taints") or ()]
        assert marks == ["node-role.kubernetes.io/control-plane"] * (node["metadata"]["name"] == "control-plane")
    pods = cluster.client.list("Pod")
    for pod in pods:
        assert "deletionTimestamp" not in pod["metadata"]
        assert pod["spec"].get("nodeName")
        owner = controller_of(pod)
        if owner is not None and owner["kind"] != "Node":
            found = cluster.client.get(f"{owner['kind']}", owner["name"], pod["metadata"]["namespace"])
            assert found["metadata"]["uid"] == owner["uid"]
    for vm in cluster.world.vms.values():
        phases = [pod["status"]["phase"] for pod in pods if pod["spec"]["nodeName"] == vm.name]
        count = len(vm.runtime.sandboxes)
        assert phases.count("Running") <= count <= len(phases), f"{vm.name} runs what nobody wants, or the reverse"


def check_nothing_broke(cluster: Disturbed) -> None:
    """No controller has raised what no controller may raise."""
    manager = cluster.world.vm("control-plane").running["kube-controller-manager"]
    broken = {name: c.failures for name, c in manager.controllers.items() if c.failures}
    assert broken == {}


CHECKS = (
    check_machines, check_deployment, check_important, check_statefulset, check_storage, check_autoscaled,
    check_daemonset, check_jobs, check_nothing_broke,
)  # fmt: skip


def converges(seed: int, acts: Acts) -> None:
    """Live through the acts, heal, and look at everything."""
    cluster = Disturbed(nodes=3, seed=seed)
    cluster.declare()
    for kind, *what in acts:
        cluster.disturb(kind, *what)
    cluster.heal()
    for check in CHECKS:
        check(cluster)


COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@settings(COMMON, max_examples=50)
@given(st.integers(0, 3), st.lists(act, max_size=15))
def test_a_disturbed_cluster_comes_to_rest_as_declared(seed: int, acts: Acts) -> None:
    converges(seed, acts)


@pytest.mark.long
@settings(COMMON, max_examples=1000, derandomize=False)
@given(st.integers(0, 1000), st.lists(act, max_size=40))
def test_a_much_disturbed_cluster_comes_to_rest_as_declared(seed: int, acts: Acts) -> None:
    converges(seed, acts)
