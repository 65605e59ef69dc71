"""A StatefulSet's Pods come, go and are renewed in their order."""

from __future__ import annotations

from typing import Any

from bench import replicaset
from running import Nodes, Running

from k8slab.controllers import StatefulSetController

Obj = dict[str, Any]


def statefulset(name: str, replicas: int = 1, **spec: Any) -> Obj:
    """A StatefulSet of nginx."""
    return {**replicaset(name, replicas, **spec), "kind": "StatefulSet"}


def test_pods_come_one_after_the_other() -> None:
    """Source: kubernetes.io, "StatefulSets", Deployment and Scaling Guarantees."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset("db", 3))

    bench.run(30)

    said = [f"SuccessfulCreate: create Pod db-{i} in StatefulSet db successful" for i in range(3)]
    assert bench.events() == said and bench.failures() == []
