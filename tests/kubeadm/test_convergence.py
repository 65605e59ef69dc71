"""Whatever happens in whatever order: once a cluster is left alone, it is as it was declared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubeadm_bench import manifest

from k8slab import Cluster
from k8slab.objects import is_ready

MACHINES = ("control-plane", "node-1", "node-2", "node-3")
act = st.one_of(
    st.tuples(st.just("scale"), st.integers(0, 6)),
    st.tuples(st.just("image"), st.sampled_from(["nginx:1.27", "nginx:1.28", "httpd:2"])),
    st.tuples(st.just("kill"), st.integers(0, 9)),
    st.tuples(st.just("force"), st.integers(0, 9)),
    st.tuples(st.just("fail"), st.sampled_from(MACHINES)),
    st.tuples(st.just("recover"), st.sampled_from(MACHINES)),
    st.tuples(st.just("daemon"), st.sampled_from(["kube-controller-manager", "kube-scheduler", "kubelet"])),
    st.tuples(st.just("disconnect"), st.none()),
    st.tuples(st.just("compact"), st.none()),
    st.tuples(st.just("run"), st.sampled_from([0.01, 0.3, 2, 15, 60, 400])),
)


def disturb(cluster: Cluster, kind: str, value: Any) -> None:
    """Do one thing to the cluster; what the API cannot do just now is not done."""
    pods = [pod["metadata"]["name"] for pod in cluster.api_pods()] if kind in ("kill", "force") else []
    match kind:
        case "scale":
            cluster.kubectl(f"scale deployment web --replicas={value}")
        case "image":
            cluster.kubectl(f"set image deployment/web main={value}")
        case "kill" if pods:
            cluster.kubectl(f"delete pod {pods[value % len(pods)]} --wait=false")
        case "force" if pods:
            cluster.kubectl(f"delete pod {pods[value % len(pods)]} --force --grace-period=0")
        case "fail":
            cluster.fail(value)
        case "recover":
            cluster.recover(value)
        case "daemon":
            machine = cluster.world.vm("node-1" if value == "kubelet" else "control-plane")
            (machine.stop_daemon if value in machine.running else machine.start_daemon)(value)
        case "disconnect":
            cluster.api.disconnect()
        case "compact":
            cluster.api.compact(cluster.etcd.revision)
        case "run":
            cluster.run(value)


class Disturbed(Cluster):
    """A cluster whose pods can be seen even while nobody can reach its API."""

    def api_pods(self) -> list[Any]:
        return [kv.value for kv in self.etcd.range("/registry/pods/default/").kvs]


def heal(cluster: Cluster) -> None:
    """Give everything its power back and leave the cluster alone for half an hour."""
    for name in MACHINES:
        machine = cluster.world.vm(name)
        machine.power_on()
        for daemon in machine.daemons:
            machine.start_daemon(daemon)
    cluster.run("30m")


def check(cluster: Cluster) -> None:
    """What must hold of a cluster at rest."""
    web = cluster.client.get("Deployment", "web", "default")
    pods = cluster.client.list("Pod", "default")
    wanted = web["spec"]["replicas"]
    assert [is_ready(pod) for pod in pods] == [True] * wanted
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} <= {
        web["spec"]["template"]["spec"]["containers"][0]["image"]
    }
    assert web["status"].get("readyReplicas", 0) == web["status"].get("updatedReplicas", 0) == wanted
    addresses = sorted(pod["status"]["podIP"] for pod in pods)
    assert len(set(addresses)) == wanted
    slices = cluster.client.list("EndpointSlice", "default", labels="kubernetes.io/service-name=web")
    endpoints = [e for obj in slices for e in obj.get("endpoints") or ()]
    assert sorted(e["addresses"][0] for e in endpoints if e["conditions"]["ready"]) == addresses
    assert all(is_ready(node) for node in cluster.client.list("Node"))
    for vm in cluster.world.vms.values():
        there = {pod["metadata"]["uid"] for pod in cluster.client.list("Pod", fields=f"spec.nodeName={vm.name}")}
        assert len(vm.runtime.sandboxes) == len(there), f"{vm.name} runs what nobody wants, or the reverse"
    assert cluster.request("http://web/").status == 200 if wanted else True


def converges(seed: int, acts: list[tuple[str, Any]]) -> None:
    cluster = Disturbed(nodes=3, seed=seed)
    cluster.apply(manifest(3))
    for kind, value in acts:
        disturb(cluster, kind, value)
    heal(cluster)
    check(cluster)


COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@settings(COMMON, max_examples=25)
@given(st.integers(0, 3), st.lists(act, max_size=15))
def test_a_disturbed_cluster_comes_to_rest_as_declared(seed: int, acts: list[tuple[str, Any]]) -> None:
    converges(seed, acts)


@pytest.mark.long
@settings(COMMON, max_examples=1500, derandomize=False)
@given(st.integers(0, 1000), st.lists(act, max_size=40))
def test_a_much_disturbed_cluster_comes_to_rest_as_declared(seed: int, acts: list[tuple[str, Any]]) -> None:
    converges(seed, acts)
