"""Level-triggered: what a controller does follows from what is, not from what it happened to hear."""

from __future__ import annotations

from typing import Any

from bench import deployment, node, pod, replicaset
from hypothesis import example, given, settings
from hypothesis import strategies as st
from running import Nodes, Running

from k8slab.client import Informer
from k8slab.controllers import (
    DeploymentController,
    EndpointSliceController,
    GarbageCollector,
    NodeLifecycleController,
    PodGarbageCollector,
    ReplicaSetController,
)
from k8slab.objects import Key

Obj = dict[str, Any]

CONTROLLERS = (DeploymentController, ReplicaSetController, EndpointSliceController, GarbageCollector)
SERVICE: Obj = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}
WISHES = st.sampled_from(["up", "down", "image", "back", "kill", "pause", "resume", "break"])
FAULTS = st.sampled_from(["cut", "expire", "restart", "shuffle", "repeat"])
WHOM = st.sampled_from([(0,), (1,), (2,), (3,), (0, 1, 2, 3)])
EARLY, LATE = st.sampled_from([0.0, 0.0005, 0.3]), st.sampled_from([0.0, 0.3, 20.0])
STEPS = st.lists(st.tuples(WISHES, EARLY, FAULTS, WHOM, LATE), max_size=8)
Step = tuple[str, float, str, tuple[int, ...], float]


class Shop(Running):
    """A Deployment behind a Service, with its controllers; `wish` changes something, `fault` disturbs the watches."""

    def __init__(self) -> None:
        super().__init__(*CONTROLLERS, Nodes)
        self.given(deployment("web", 3), SERVICE)

    def wish(self, what: str) -> None:
        """Do what a person may do."""
        images = {"image": "nginx:2", "back": "nginx", "break": "broken"}
        if what in images:
            self.change({"template": {"spec": {"containers": [{"name": "main", "image": images[what]}]}}})
        elif what in ("up", "down"):
            self.change({"replicas": 5 if what == "up" else 1})
        elif what in ("pause", "resume"):
            self.change({"paused": what == "pause"})
        elif what == "kill":
            for each in self.client.list("po")[:2]:
                self.client.delete("po", each["metadata"]["name"], "default", grace_s=0)

    def change(self, spec: Obj) -> None:
        """Patch the Deployment."""
        self.client.patch("deploy", "web", "default", {"spec": spec})

    def fault(self, what: str, whom: int) -> None:
        """Lose, repeat or reorder what a controller was told, or restart it."""
        controller = CONTROLLERS[whom]
        if what == "restart":
            self.start(controller)
        elif what in ("cut", "expire"):
            for informer in self.informers_of[controller]._shared.values():
                lose(informer)
            if what == "expire":
                self.api.compact(self.store.revision) if self.store.revision > self.store.compacted_revision else None
        elif what in ("shuffle", "repeat"):
            queue = self.running[controller].queue
            for informer in self.informers_of[controller]._shared.values():
                for obj in reversed(informer.list()):
                    for key in (Key("default", obj["metadata"]["name"]), Key("", obj["metadata"]["uid"])):
                        queue.add_after(key, 0.0 if what == "repeat" else self.loop.random.random())

    def picture(self) -> Obj:
        """Everything that matters in the end."""
        web = self.client.get("deploy", "web", "default")
        sets = self.client.list("rs")
        pods = self.client.list("po")
        slices = self.client.list("EndpointSlice")
        return {
            "sizes": {_image(rs["spec"]["template"]): rs["spec"]["replicas"] for rs in sets if rs["spec"]["replicas"]},
            "pods": sorted(_image(each) for each in pods),
            "endpoints": sum(len(each.get("endpoints") or ()) for each in slices),
            "counts": {name: value for name, value in web["status"].items() if name.endswith("Replicas") and value},
            "seen": web["status"]["observedGeneration"] == web["metadata"]["generation"],
        }


def lose(informer: Informer) -> None:
    """Throw away what has arrived and close the watch: nobody will ever tell it that again."""
    if informer.reflector.stream is not None:
        informer.reflector.stream.pull()
        informer.reflector.stream.close()


def _image(pod: Obj) -> str:
    image: str = pod["spec"]["containers"][0]["image"]
    return image


def end_of(steps: list[Step], *, disturbed: bool) -> Obj:
    """The picture at the end, when all wishes have come true as far as they can."""
    shop = Shop()
    shop.run(60)
    takes_time = not {"break", "pause"}.isdisjoint(step[0] for step in steps)  # wherever it stops
    for wish, early_s, fault, whom, late_s in steps:
        shop.wish(wish)
        shop.run(early_s)
        for each in whom if disturbed else ():
            shop.fault(fault, each)
        shop.run(120 if takes_time else late_s)
    shop.run(1500)
    assert shop.failures() == []
    return shop.picture()


@settings(max_examples=60, deadline=None)
@given(STEPS)
@example([("kill", 0.0, "cut", (1,), 20.0)])
@example([("up", 0.0, "cut", (0,), 20.0), ("image", 0.3, "expire", (0, 1, 2, 3), 0.3)])
def test_lost_repeated_and_reordered_news_change_nothing_in_the_end(steps: list[Step]) -> None:
    """Source: API conventions, controllers are level-based; ARCHITECTURE law 3."""
    assert end_of(steps, disturbed=True) == end_of(steps, disturbed=False)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(range(4)), st.floats(0.0005, 3)), max_size=12), st.integers(0, 9))
def test_no_pod_is_made_twice_whoever_restarts(restarts: list[tuple[int, float]], replicas: int) -> None:
    """Source: controller_utils.go, expectations; a restart begins with a list and so knows its own writes."""
    shop = Shop()
    shop.change({"replicas": replicas})
    for whom, pause_s in restarts:
        shop.run(pause_s)
        shop.start(CONTROLLERS[whom])
    shop.run(60)

    made = shop.writes.count("create Pod")
    deleted = sum(write.startswith("delete Pod/") for write in shop.writes if "nodes" not in write)
    assert len(shop.client.list("po")) == replicas and made <= max(replicas, 3) and deleted <= 2 * max(3 - replicas, 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 100)), max_size=8))
def test_nodes_and_their_pods_end_as_the_last_news_has_it(steps: list[tuple[bool, float]]) -> None:
    """Node lifecycle and pod garbage collection, restarted while a node comes and goes."""
    bench = Running(NodeLifecycleController, PodGarbageCollector)
    bench.given(node("n1"), pod("web", node="n1"), pod("far", node="gone"), replicaset("x", 0))
    for is_there, pause_s in steps:
        names = {each["metadata"]["name"] for each in bench.client.list("no")}
        if is_there and not names:
            bench.given(node("n1"), *([] if bench.client.list("po") else [pod("web", node="n1")]))
        elif not is_there and names:
            bench.client.delete("no", "n1")
        bench.run(pause_s)
        bench.start(NodeLifecycleController)
        bench.start(PodGarbageCollector)
    bench.run(300)

    nodes, pods = bench.client.list("no"), bench.client.list("po")
    assert [bool(each["spec"].get("taints")) for each in nodes] == [True] * len(nodes)
    assert len(pods) <= len(nodes) and bench.failures() == []
