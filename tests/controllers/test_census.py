"""The count of Pods by state is what walking through them would give, and a ReplicaSet then needs to walk no more."""

from __future__ import annotations

import random
from typing import Any

import pytest
from bench import Bench, pods_of, replicaset

from k8slab.controllers import ReplicaSetController
from k8slab.objects import is_active, is_leaving, is_ready

Obj = dict[str, Any]

CONTROLLER = ReplicaSetController


def counted(bench: Bench, uid: str) -> dict[Any, int]:
    """What a walk through the Pods of a controller gives."""
    found: dict[Any, int] = {}
    for pod in bench.client.list("Pod"):
        if pod["metadata"].get("ownerReferences", [{}])[0].get("uid") == uid:
            state = (frozenset(pod["metadata"]["labels"].items()), is_active(pod), is_ready(pod), is_leaving(pod))
            found[state] = found.get(state, 0) + 1
    return found


def happen(bench: Bench, what: str, name: str) -> None:
    """One thing happens to a Pod."""
    if what == "delete":
        bench.client.delete("Pod", name, "default")
    elif what == "unready":
        status = {"conditions": [{"type": "Ready", "status": "False"}]}
        bench.client.patch("Pod", name, "default", {"status": status}, subresource="status")
    elif what == "fail":
        bench.client.patch("Pod", name, "default", {"status": {"phase": "Failed"}}, subresource="status")
    elif what == "orphan":
        bench.client.patch("Pod", name, "default", {"metadata": {"ownerReferences": None}}, type="merge")
    else:
        bench.client.patch("Pod", name, "default", {"metadata": {"labels": {"colour": what}}})


def test_the_count_follows_whatever_happens_to_the_pods(bench: Bench) -> None:
    chance, web = random.Random(1), bench.given(replicaset("web", replicas=20))
    bench.given(*pods_of(web, 20, node="n1"))

    for _ in range(60):
        name = chance.choice(bench.client.list("Pod"))["metadata"]["name"]
        happen(bench, chance.choice(["delete", "unready", "fail", "orphan", "red", "blue"]), name)
        bench.reconcile("default/none")

        controller: Any = bench.controller
        assert dict(controller.census.of(web["metadata"]["uid"])) == counted(bench, web["metadata"]["uid"])


@pytest.mark.parametrize(
    ("spec", "happened", "walks"),
    [
        ({}, "", False),
        ({}, "unready", False),
        ({}, "fail", False),  # one more is made
        ({"minReadySeconds": 5}, "", True),  # since when is each of them ready?
        ({"replicas": 2}, "", True),  # which of them goes?
        ({}, "app", True),  # this one must be let go
        ({}, "orphan", True),  # and this one adopted
    ],
)
def test_the_pods_are_walked_through_only_for_what_concerns_a_single_one(
    bench: Bench, spec: Obj, happened: str, walks: bool
) -> None:
    web = bench.given({**(made := replicaset("web", replicas=3)), "spec": {**made["spec"], **spec}})
    bench.given(*pods_of(web, 3))
    if happened == "app":
        bench.client.patch("Pod", "web-0", "default", {"metadata": {"labels": {"app": "other"}}})
    elif happened:
        happen(bench, happened, "web-0")
    walked: list[Obj] = []
    controller: Any = bench.controller
    claimed = controller.claims.of
    controller.claims.of = lambda rs: walked.append(rs) or claimed(rs)

    bench.reconcile("default/web")

    assert bool(walked) is walks
