"""StatefulSets and DaemonSets keep their promises, whoever restarts, whatever news is lost."""

from __future__ import annotations

from typing import Any

from bench import node, template
from hypothesis import given, settings
from hypothesis import strategies as st
from running import Nodes, Running
from stateful import statefulset
from test_daemonset import daemonset, nodes_of, tainted

from k8slab.client import Controller, Informer
from k8slab.controllers import DaemonSetController, StatefulSetController
from k8slab.objects import is_leaving, is_ready

Obj = dict[str, Any]

FAULTS = st.sampled_from(["", "", "restart", "cut"])
PAUSES = st.floats(0.0005, 5)
NUMBERS = st.integers(0, 4)
IMAGES = st.sampled_from(["nginx:1", "nginx:2"])
Step = tuple[str, int, str, str, float]


def disturb(bench: Running, controller: type[Controller], fault: str) -> None:
    """Restart the controller, or lose what it was about to hear."""
    if fault == "restart":
        bench.start(controller)
    for informer in bench.informers_of[controller]._shared.values() if fault == "cut" else ():
        lose(informer)


def lose(informer: Informer) -> None:
    """Throw away what has arrived, and close the watch."""
    if informer.reflector.stream is not None:
        informer.reflector.stream.pull()
        informer.reflector.stream.close()


def image_of(pod: Obj) -> str:
    """The image of a Pod's container."""
    return str(pod["spec"]["containers"][0]["image"])


class InOrder:
    """Called after every step: a Pod may only have come when its predecessors were there and ready."""

    def __init__(self, bench: Running) -> None:
        self._bench = bench
        self._known: set[str] = set()

    def __call__(self) -> None:
        """Look at the Pods that are new."""
        pods = {pod["metadata"]["name"]: pod for pod in self._bench.client.list("Pod")}
        for name, pod in pods.items():
            if pod["metadata"]["uid"] not in self._known:
                before = [pods.get(f"db-{i}") for i in range(int(name.removeprefix("db-")))]
                assert all(each is not None and is_ready(each) and not is_leaving(each) for each in before), name
        self._known |= {pod["metadata"]["uid"] for pod in pods.values()}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["scale", "image"]), NUMBERS, IMAGES, FAULTS, PAUSES), max_size=8))
def test_an_ordered_set_never_goes_ahead_of_itself(steps: list[Step]) -> None:
    """Source: kubernetes.io, "StatefulSets", Deployment and Scaling Guarantees."""
    bench = Running(StatefulSetController, Nodes)
    bench.given(statefulset(replicas=2, template=template("db", "nginx:1")))
    replicas, image, check = 2, "nginx:1", InOrder(bench)
    for what, number, other, fault, pause_s in steps:
        replicas, image = (number, image) if what == "scale" else (replicas, other)
        spec = {"replicas": replicas, "template": template("db", image)}
        bench.client.patch("sts", "db", "default", {"spec": spec})
        disturb(bench, StatefulSetController, fault)
        bench.run(pause_s, check)

    bench.run(120, check)

    pods = bench.client.list("Pod")
    assert sorted(pod["metadata"]["name"] for pod in pods) == [f"db-{i}" for i in range(replicas)]
    assert all(image_of(pod) == image and is_ready(pod) for pod in pods) and bench.failures() == []


ON_NODES = st.sampled_from(["image", "taint", "free", "kill", "leave", "join"])


def change(bench: Running, what: str, number: int, image: str) -> None:
    """Do something to a node, to a Pod, or to the template."""
    name = f"node-{number}"
    is_there = any(each["metadata"]["name"] == name for each in bench.client.list("Node"))
    if what == "image":
        bench.client.patch("ds", "log", "default", {"spec": {"template": template("log", image)}})
    elif what == "kill":
        for pod in bench.client.list("Pod")[:number]:
            bench.client.delete("Pod", pod["metadata"]["name"], "default")
    elif what == "join" and not is_there:
        bench.given(node(name))
    elif what == "leave" and is_there:
        bench.client.delete("Node", name, "")
    elif what in ("taint", "free") and is_there:
        taints = tainted("NoExecute") if what == "taint" else {"taints": None}
        bench.client.patch("Node", name, "", {"spec": taints}, type="merge")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ON_NODES, NUMBERS, IMAGES, FAULTS, PAUSES), max_size=10))
def test_every_node_that_is_meant_ends_with_one_pod(steps: list[Step]) -> None:
    """Source: kubernetes.io, "DaemonSet"."""
    bench = Running(DaemonSetController, Nodes)
    bench.given(*(node(f"node-{i}") for i in range(3)), daemonset(template=template("log", "nginx:1")))
    for what, number, image, fault, pause_s in steps:
        change(bench, what, number, image)
        disturb(bench, DaemonSetController, fault)
        bench.run(pause_s)

    bench.run(120)

    ds, pods = bench.client.get("ds", "log", "default"), bench.client.list("Pod")
    meant = [found["metadata"]["name"] for found in bench.client.list("Node") if not found["spec"].get("taints")]
    assert nodes_of(bench) == sorted(meant)
    assert {image_of(pod) for pod in pods} <= {image_of(ds["spec"]["template"])} and bench.failures() == []
    assert ds["status"]["desiredNumberScheduled"] == ds["status"]["numberReady"] == len(meant)
