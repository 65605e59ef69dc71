"""ReplicationControllers: the older form of ReplicaSets, kept by the same code.

Source: pkg/controller/replication/replication_controller.go, conversion.go (an adapter around the ReplicaSet's).
"""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, pod, template
from running import Nodes, Running

from k8slab.controllers import ReplicaSetController, ReplicationManager
from k8slab.objects import controller_of, owner_reference

Obj = dict[str, Any]

CONTROLLER = ReplicationManager
CREATE, ADOPT = "create Pod", "patch Pod/orphan"
STATUS = "patch replicationcontrollers/web/status"


def controller(replicas: int = 1, name: str = "web") -> Obj:
    """A ReplicationController of nginx."""
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"app": name}, "template": template(name)},
    }


def owned(owner: Obj, count: int) -> list[Obj]:
    """Running Pods of one controller."""
    made = [pod(f"web-{i}", app="web") for i in range(count)]
    return [{**each, "metadata": {**each["metadata"], "ownerReferences": [owner_reference(owner)]}} for each in made]


@pytest.mark.parametrize(
    ("wanted", "there", "writes"),
    [
        (2, 0, [CREATE, CREATE, STATUS]),
        (2, 2, [STATUS]),
        (0, 1, ["delete Pod/web-0", STATUS]),
        (0, 0, [STATUS]),
    ],
)
def test_pods_are_made_and_removed(bench: Bench, wanted: int, there: int, writes: list[str]) -> None:
    bench.given(*owned(bench.given(controller(wanted)), there))

    bench.reconcile("default/web")

    assert bench.writes == writes


def test_a_pod_belongs_to_its_controller(bench: Bench) -> None:
    web = bench.given(controller())

    bench.reconcile("default/web")

    (made,) = bench.client.list("Pod")
    assert controller_of(made) == owner_reference(web)
    assert (controller_of(made) or {})["apiVersion"] == "v1"


@pytest.mark.parametrize(("labels", "writes"), [({"app": "web"}, [ADOPT, STATUS]), ({"app": "db"}, [CREATE, STATUS])])
def test_an_orphan_is_adopted_by_the_plain_selector(bench: Bench, labels: dict[str, str], writes: list[str]) -> None:
    bench.given(controller(), pod("orphan", **labels))

    bench.reconcile("default/web")

    assert bench.writes == writes


def test_its_status_has_the_older_fields(bench: Bench) -> None:
    """Source: staging/src/k8s.io/api/core/v1/types.go, ReplicationControllerStatus: no terminatingReplicas."""
    bench.given(*owned(bench.given(controller(2)), 2))
    bench.reconcile("default/web")

    bench.reconcile("default/web")

    counts = {"replicas": 2, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
    assert bench.writes == []
    assert bench.client.get("rc", "web", "default")["status"] == {**counts, "observedGeneration": 1}


def test_it_lives_beside_replicasets_and_is_scaled_like_them() -> None:
    cluster = Running(ReplicaSetController, ReplicationManager, Nodes)
    cluster.given(controller(3))
    cluster.run(10)
    before = len(cluster.client.list("Pod", "default"))

    cluster.client.scale("ReplicationController", "web", "default", 1)
    cluster.run(10)

    assert (before, len(cluster.client.list("Pod", "default"))) == (3, 1)
    assert cluster.failures() == []
