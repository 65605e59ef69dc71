"""Requests and limits of pods on a node."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.kubelet.resources import container_limits, is_critical, oom_score_adj
from k8slab.world import Behaviour, Limits, usage_of

GIB = 1024**3
MIB = 1024**2


class Hungry(Behaviour):
    """Takes a MiB more every second."""

    memory_bytes = 10 * MIB

    def start(self) -> None:
        self.use(leak_bytes_per_s=MIB)


def pod(qos: str, *requests: str, priority: str = "") -> Any:
    """A pod whose containers ask for memory."""
    containers = [{"name": f"c{n}", "resources": {"requests": {"memory": r}}} for n, r in enumerate(requests)]
    spec: Any = {"containers": containers}
    if priority:
        spec |= {"priorityClassName": priority, "priority": 2_000_001_000}
    return {"spec": spec, "status": {"qosClass": qos}}


@pytest.mark.parametrize(
    ("given", "adj"),
    [
        (pod("Guaranteed", "1Gi"), -997),
        (pod("BestEffort", "0"), 1000),
        (pod("Burstable", "4Gi"), 750),
        (pod("Burstable", "1Mi"), 999),
        (pod("Burstable", "16Gi"), 3),
        (pod("BestEffort", "0", priority="system-node-critical"), -997),
        (pod("BestEffort", "0", priority="system-cluster-critical"), 1000),
    ],
)
def test_the_kernel_is_told_how_much_a_container_matters(given: Any, adj: int) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Node out of memory behavior"; pkg/kubelet/qos/policy.go."""
    assert oom_score_adj(given, given["spec"]["containers"][0], 16 * GIB) == adj


def test_a_sidecar_matters_as_much_as_the_containers_beside_it() -> None:
    """Source: pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust (sidecar containers)."""
    given = pod("Burstable", "8Gi")

    assert oom_score_adj(given, {"name": "log", "restartPolicy": "Always"}, 16 * GIB) == 500


@pytest.mark.parametrize(
    ("resources", "limits"),
    [
        ({}, Limits()),
        ({"requests": {"cpu": "250m"}}, Limits(cpu_request_m=250)),
        ({"limits": {"cpu": "1", "memory": "64Mi"}}, Limits(1000, 1000, 64 * MIB)),
        ({"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}}, Limits(100, 1000)),
    ],
)
def test_limits_are_handed_to_the_runtime(resources: Any, limits: Limits) -> None:
    """Source: pkg/kubelet/kuberuntime/kuberuntime_container_linux.go (shares from the limit where nothing is asked)."""
    assert container_limits(pod("BestEffort"), {"name": "main", "resources": resources}, 16 * GIB) == limits


@pytest.mark.parametrize(
    ("priority", "is_static", "critical"),
    [(0, False, False), (1_999_999_999, False, False), (2_000_000_000, False, True), (0, True, True)],
)
def test_critical_is_what_the_system_needs(priority: int, is_static: bool, critical: bool) -> None:
    """Source: pkg/kubelet/types/pod_update.go, IsCriticalPod."""
    assert is_critical({"spec": {"priority": priority}}, is_static=is_static) is critical


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ("Never", "Failed ready=False restarts=0 terminated:OOMKilled"),
        ("OnFailure", "Running ready=True restarts=1 running:"),
        ("Always", "Running ready=True restarts=1 running:"),
    ],
)
def test_a_container_over_its_memory_limit_is_killed_and_restarted_by_its_policy(
    node: OneNode, policy: str, state: str
) -> None:
    """Source: kubernetes.io, "Assign Memory Resources to Containers and Pods", "Exceed a Container's memory limit"."""
    node.world.images.register("shop/hungry", Hungry)
    limited = {"resources": {"limits": {"memory": "70Mi"}}}
    node.given("web", "shop/hungry", container=limited, restartPolicy=policy, settle=False)

    node.run(100)

    status = node.pod("web")["status"]["containerStatuses"][0]
    ended = (status["lastState"] or status["state"])["terminated"]
    assert node.state("web") == state
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


def test_what_pods_take_is_told_by_container(node: OneNode) -> None:
    node.given("web", container={"resources": {"limits": {"memory": "70Mi"}}})

    _, _, rows = usage_of(node.vm)

    assert [(row.namespace, row.pod, row.container, row.memory_bytes) for row in rows] == [
        ("default", "web", "main", 10 * MIB)
    ]
