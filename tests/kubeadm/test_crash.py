"""The process of a container is killed from outside, and its kubelet starts it again."""

from __future__ import annotations

import pytest

from k8slab import Cluster


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(1)
    cluster.kubectl("run web --image=nginx")
    cluster.settle()
    return cluster


def status(cluster: Cluster) -> tuple[int, int]:
    """Restarts, and the code the last process ended with."""
    found = cluster.client.get("Pod", "web", "default")["status"]["containerStatuses"][0]
    return found["restartCount"], found["lastState"].get("terminated", {}).get("exitCode", -1)


def test_a_killed_process_ends_with_137_and_is_started_again(cluster: Cluster) -> None:
    """Source: kubernetes.io, Pod Lifecycle, "Container restart policy"; 128 + SIGKILL."""
    cluster.crash("web")
    cluster.settle()

    assert status(cluster) == (1, 137)


def test_a_crash_is_an_input_and_happens_again_in_a_fork(cluster: Cluster) -> None:
    cluster.crash("web", "default", "web")
    cluster.settle()

    assert status(cluster.fork()) == (1, 137)


@pytest.mark.parametrize(("pod", "container"), [("gone", ""), ("web", "sidecar")])
def test_what_does_not_run_is_not_killed(cluster: Cluster, pod: str, container: str) -> None:
    before = len(cluster.journal.inputs)

    with pytest.raises(ValueError, match="runs in a pod"):
        cluster.crash(pod, container=container)

    assert len(cluster.journal.inputs) == before
