"""A DaemonSet's Pods are renewed node by node: taken away first, or with a second Pod beside the first."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, node, pod, template
from running import Nodes, Running
from test_daemonset import daemonset, nodes_of, status, tainted

from k8slab.controllers import DaemonSetController
from k8slab.controllers.history import POD_REVISION

Obj = dict[str, Any]

CONTROLLER = DaemonSetController


def rolling(**fields: Any) -> Obj:
    """The part of a spec that says how Pods are renewed."""
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": fields}}


def surging(most: int | str) -> Obj:
    """The part of a spec that gives a node a new Pod before the old one goes."""
    return rolling(maxSurge=most, maxUnavailable=0)


def given(bench: Bench, nodes: str, spec: Obj) -> None:
    """A node for each word of Pods: r is ready, u unready, l leaving, a capital old; x is a node that is not meant."""
    bench.given(daemonset(**spec))
    bench.reconcile("default/log")
    (revision,) = bench.client.list("controllerrevisions")
    owner = bench.client.get("ds", "log", "default")
    for i, word in enumerate(nodes.split()):
        bench.given(node(f"node-{i}", **(tainted("NoSchedule") if "x" in word else {})))
        for state in word.strip("x-"):
            labels = {POD_REVISION: "old" if state.isupper() else revision["metadata"]["labels"][POD_REVISION]}
            made = pod(f"{state.lower()}-{i}", owner=owner, ready=state in "rRl", node=f"node-{i}", **labels)
            made["metadata"]["name"] = f"{'old' if state.isupper() else 'new'}-{i}"
            made["metadata"]["finalizers"] = ["a.b/c"] if state == "l" else []
            bench.given(made)
            if state == "l":
                bench.client.delete("Pod", made["metadata"]["name"], "default")


def deeds(bench: Bench) -> list[str]:
    """The names of the Pods that were deleted, and + for every one that was made."""
    return [write.removeprefix("delete Pod/").replace("create Pod", "+") for write in bench.writes if " Pod" in write]


@pytest.mark.parametrize(
    ("nodes", "spec", "expected"),
    [
        ("R R R", {}, ["old-0"]),
        ("r R R", {}, ["old-1"]),
        ("r r r", {}, []),
        ("u R R", {}, []),
        ("l R R", {}, []),
        ("- R R", {}, ["+"]),
        ("U R R", {}, ["old-0"]),
        ("U U U", {}, ["old-0", "old-1", "old-2"]),
        ("U R R", rolling(maxUnavailable=2), ["old-0", "old-1"]),
        ("R R R R", rolling(maxUnavailable=2), ["old-0", "old-1"]),
        ("u R R R", rolling(maxUnavailable=2), ["old-1"]),
        ("R R R", rolling(maxUnavailable="50%"), ["old-0", "old-1"]),
        ("R R R", rolling(maxUnavailable="10%"), ["old-0"]),
        ("R R R", rolling(maxUnavailable="100%"), ["old-0", "old-1", "old-2"]),
        ("Rx r", {}, ["old-0"]),
        ("Rx u", {}, []),
        ("Rr R", {}, ["old-0"]),
        ("R R R", {"updateStrategy": {"type": "OnDelete"}}, []),
        ("U U U", {"updateStrategy": {"type": "OnDelete"}}, []),
        ("Ru R", {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"maxSurge": 1}}}, ["old-0"]),
    ],
)
def test_old_pods_go_as_far_as_there_is_room(bench: Bench, nodes: str, spec: Obj, expected: list[str]) -> None:
    """Source: pkg/controller/daemon/update.go, rollingUpdate with maxSurge 0."""
    given(bench, nodes, spec)

    bench.reconcile("default/log")

    assert deeds(bench) == expected


@pytest.mark.parametrize(
    ("nodes", "most", "expected"),
    [
        ("R R R", 1, ["+"]),
        ("R R R", 2, ["+", "+"]),
        ("R R R", "50%", ["+", "+"]),
        ("R R R", "10%", ["+"]),
        ("Ru R R", 1, []),
        ("Ru R R", 2, ["+"]),
        ("Rr R R", 1, ["old-0"]),
        ("Uu R R", 1, ["old-0"]),
        ("U R R", 1, ["+", "+"]),
        ("U U R", 1, ["+", "+", "+"]),
        ("r R R", 1, ["+"]),
        ("u R R", 1, ["+"]),
        ("l R R", 1, ["+"]),
        ("l r r", 1, ["+"]),
        ("- r r", 1, ["+"]),
        ("Rx r", 1, ["old-0"]),
        ("Rx u", 1, []),
        ("Ux u", 1, ["old-0"]),
        ("r r r", 1, []),
    ],
)
def test_a_surge_puts_new_pods_beside_old_ones(bench: Bench, nodes: str, most: int | str, expected: list[str]) -> None:
    """Source: pkg/controller/daemon/update.go, rollingUpdate with maxSurge; podsShouldBeOnNode."""
    given(bench, nodes, surging(most))

    bench.reconcile("default/log")

    assert deeds(bench) == expected


def renew(bench: Running, image: str) -> list[int]:
    """Change the template's image, let time pass, and tell how many Pods were available after each step."""
    seen: list[int] = []
    bench.client.patch("ds", "log", "default", {"spec": {"template": template("log", image)}})
    bench.run(60, lambda: seen.append(status(bench)["numberAvailable"]))
    return seen


@pytest.mark.parametrize(("spec", "least"), [({}, 3), (rolling(maxUnavailable=2), 2), (surging(1), 4)])
def test_an_update_keeps_most_nodes_served(spec: Obj, least: int) -> None:
    """Source: kubernetes.io, "Perform a Rolling Update on a DaemonSet"."""
    bench = Running(DaemonSetController, Nodes)
    bench.given(*(node(f"node-{i}") for i in range(4)), daemonset(**spec))
    bench.run(10)

    seen = renew(bench, "fluentd:2")

    assert min(seen) == least and bench.failures() == []
    assert nodes_of(bench) == [f"node-{i}" for i in range(4)]
    assert {found["spec"]["containers"][0]["image"] for found in bench.client.list("Pod")} == {"fluentd:2"}
    assert status(bench)["updatedNumberScheduled"] == 4


def test_a_broken_update_stops_at_the_first_pod_and_can_be_undone() -> None:
    bench = Running(DaemonSetController, Nodes)
    bench.given(*(node(f"node-{i}") for i in range(3)), daemonset())
    bench.run(10)

    renew(bench, "broken")
    stuck = status(bench)["numberAvailable"]
    renew(bench, "fluentd")

    assert stuck == 2 and status(bench)["numberAvailable"] == 3
    assert len({found["metadata"]["labels"][POD_REVISION] for found in bench.client.list("Pod")}) == 1


def test_on_delete_a_pod_is_renewed_when_it_is_deleted() -> None:
    """Source: kubernetes.io, "Perform a Rolling Update on a DaemonSet", DaemonSet Update Strategy."""
    bench = Running(DaemonSetController, Nodes)
    bench.given(node("node-1"), node("node-2"), daemonset(updateStrategy={"type": "OnDelete"}))
    bench.run(10)
    renew(bench, "fluentd:2")

    bench.client.delete("Pod", bench.client.list("Pod")[0]["metadata"]["name"], "default", grace_s=0)
    bench.run(10)

    images = sorted(found["spec"]["containers"][0]["image"] for found in bench.client.list("Pod"))
    assert images == ["fluentd", "fluentd:2"] and status(bench)["updatedNumberScheduled"] == 1
