"""What a person does to the schedulers of a cluster: plugins of one's own, a configuration, a second scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8slab.kubeadm import Cluster
from k8slab.scheduler import Plugin, PodInfo, Verdict

Obj = dict[str, Any]


class Lover(Plugin):
    """Likes one node, which its arguments name."""

    name = "Lover"

    def score(self, pod: PodInfo, prepared: Any, node: Any) -> int:
        """All or nothing."""
        return 100 * (node.name == self.args.get("node", "node-2"))


class Shaky(Plugin):
    """Fails for the pod bad."""

    name = "Shaky"

    def filter(self, pod: PodInfo, prepared: Any, node: Any) -> Verdict | None:
        """Divide by nothing."""
        return None if 1 // (pod.pod["metadata"]["name"] != "bad") else Verdict(("never",))


PACKER = """
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
- schedulerName: lover
  plugins:
    multiPoint:
      enabled: [{name: Lover, weight: 50}]
  pluginConfig:
  - name: Lover
    args: {node: node-3}
"""


def nodes_of(cluster: Cluster, *names: str) -> list[str]:
    """Where pods are."""
    return [cluster.client.get("Pod", name, "default")["spec"].get("nodeName", "") for name in names]


def run(cluster: Cluster, *names: str, scheduler: str = "default-scheduler") -> None:
    """Run pods."""
    spec = {"schedulerName": scheduler, "containers": [{"name": "main", "image": "nginx"}]}
    for name in names:
        cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    cluster.settle()


@pytest.fixture(scope="module")
def built() -> Cluster:
    """Three workers, to be forked."""
    return Cluster(nodes=3)


@pytest.fixture
def cluster(built: Cluster) -> Cluster:
    """A cluster that may be changed."""
    return built.fork()


def test_a_plugin_of_ones_own_decides_and_is_in_the_fork(cluster: Cluster) -> None:
    cluster.scheduler_plugin(Lover, weight=50)
    run(cluster, "a", "b")

    twin = cluster.fork()
    run(twin, "c")

    assert nodes_of(cluster, "a", "b") == ["node-2", "node-2"] and nodes_of(twin, "a", "c") == ["node-2", "node-2"]
    (attempt,) = twin.client.list("SchedulingAttempt", "default", fields="spec.podName=c")
    assert attempt["status"]["nodes"][1]["scores"][-1] == {
        "plugin": "Lover", "raw": 100, "normalized": 100, "weighted": 5000
    }  # fmt: skip


def test_it_can_be_written_anew_and_taken_away(cluster: Cluster) -> None:
    cluster.scheduler_plugin(Lover, weight=50)
    cluster.scheduler_plugin(Lover, weight=50, args={"node": "node-1"})
    run(cluster, "a", "b")
    cluster.remove_scheduler_plugin("Lover")
    run(cluster, "c")

    assert nodes_of(cluster, "a", "b") == ["node-1", "node-1"] and nodes_of(cluster, "c") != ["node-1"]


def test_one_that_fails_stops_only_its_pod(cluster: Cluster) -> None:
    cluster.scheduler_plugin(Shaky)
    run(cluster, "bad", "good")

    said = 'running "Shaky" filter plugin: ZeroDivisionError: integer division or modulo by zero'
    assert nodes_of(cluster, "bad") == [""] and nodes_of(cluster, "good") != [""]
    assert said in cluster.kubectl("describe pod bad")


@pytest.mark.parametrize(
    ("plugin", "weight", "said"),
    [
        (dict, 1, "a scheduler plugin is a class of k8slab.scheduler.Plugin, not <class 'dict'>"),
        (Plugin, 1, 'Plugin has no name: say `name = "Plugin"` in the class'),
        (Lover, -1, "a weight is a whole number from 0, not -1"),
    ],
)
def test_what_is_no_plugin_is_refused(cluster: Cluster, plugin: Any, weight: int, said: str) -> None:
    with pytest.raises(ValueError) as error:
        cluster.scheduler_plugin(plugin, weight)

    assert str(error.value) == said


def test_python_code_cannot_be_saved_but_configurations_can(cluster: Cluster, tmp_path: Path) -> None:
    cluster.configure_scheduler({"profiles": [{"schedulerName": "other"}]})
    cluster.add_scheduler("second")
    run(cluster, "a", scheduler="second")
    cluster.save(tmp_path / "it")
    again = Cluster.load(tmp_path / "it")
    cluster.scheduler_plugin(Lover)

    assert nodes_of(again, "a") == nodes_of(cluster, "a") != [""]
    with pytest.raises(ValueError, match="Python code"):
        cluster.save(tmp_path / "it")


def test_a_configuration_brings_a_profile(cluster: Cluster) -> None:
    cluster.scheduler_plugin(Lover)
    cluster.configure_scheduler(PACKER)
    run(cluster, "a", "b", scheduler="lover")

    assert nodes_of(cluster, "a", "b") == ["node-3", "node-3"]
    with pytest.raises(ValueError, match="Nobody does not exist"):
        cluster.configure_scheduler(PACKER.replace("name: Lover, w", "name: Nobody, w"))
    run(cluster, "c", scheduler="lover")
    assert nodes_of(cluster, "c") == ["node-3"]


def test_two_schedulers_share_the_cluster(cluster: Cluster) -> None:
    """Source: kubernetes.io, "Configure Multiple Schedulers"."""
    cluster.add_scheduler("second")
    run(cluster, "a", scheduler="second")
    run(cluster, "lost", scheduler="nobody")
    cluster.stop_daemon("control-plane", "second")
    run(cluster, "late", scheduler="second")
    run(cluster, "b")

    assert [bool(name) for name in nodes_of(cluster, "a", "lost", "late", "b")] == [True, False, False, True]
    assert [event["source"]["component"] for event in cluster.client.list("Event", "default")
            if event["reason"] == "Scheduled"] == ["second", "default-scheduler"]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "said"),
    [("kubelet", "has a daemon"), ("second", "has a daemon"), ("No Name", "no name for a scheduler"),
     ("default-scheduler", "already")],
)  # fmt: skip
def test_a_scheduler_needs_a_name_of_its_own(cluster: Cluster, name: str, said: str) -> None:
    cluster.add_scheduler("second")

    with pytest.raises(ValueError, match=said):
        cluster.add_scheduler(name)
