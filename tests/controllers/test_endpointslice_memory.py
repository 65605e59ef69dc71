"""The controller of EndpointSlices remembers what is right; what it writes is what one without memory would write."""

from __future__ import annotations

import random
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from bench import Bench, node
from test_endpointslice import backend, service

from k8slab.controllers import EndpointSliceController

Obj = dict[str, Any]

NAMES: WeakKeyDictionary[Bench, set[str]] = WeakKeyDictionary()  # of the Pods that are there
UNREADY = {"conditions": [{"type": "Ready", "status": "False"}]}


class Twins:
    """Two servers to which the same happens; the controller of the second forgets before each look."""

    def __init__(self) -> None:
        self.knowing, self.forgetful = Bench(EndpointSliceController), Bench(EndpointSliceController)

    def reconcile(self) -> list[str]:
        """What the knowing one writes; the other has written the same."""
        self.forgetful.controller._memories.clear()
        for bench in (self.knowing, self.forgetful):
            bench.reconcile("default/web")
        assert self.slices() == [each.get("endpoints") for each in self.forgetful.client.list("EndpointSlice")]
        assert self.knowing.writes == self.forgetful.writes
        return self.knowing.writes

    def slices(self) -> list[Any]:
        """The endpoints of each slice."""
        return [each.get("endpoints") for each in self.knowing.client.list("EndpointSlice")]

    def do(self, what: str, number: int) -> None:
        """Have the same happen to both."""
        for bench in (self.knowing, self.forgetful):
            happen(bench, what, number)


def happen(bench: Bench, what: str, number: int) -> None:
    """One thing happens to the Pod of this number, or to its slice."""
    name, client = f"web-{number}", bench.client
    if name not in (known := NAMES.setdefault(bench, set())):
        known.add(name)
        bench.given(backend(name, f"10.244.{number // 200}.{number % 200 + 1}", ready=what != "unready"))
    elif what == "delete":
        known.remove(name)
        client.delete("Pod", name, "default", grace_s=0)
    elif what == "relabel":
        client.patch("Pod", name, "default", {"metadata": {"labels": {"app": "other"}}})
    elif what == "tamper" and (slices := client.list("EndpointSlice")):
        broken = slices[number % len(slices)]
        client.update({**broken, "endpoints": (broken.get("endpoints") or [])[1:]})
    elif what == "unready":
        client.patch("Pod", name, "default", {"status": UNREADY}, subresource="status")


@pytest.mark.parametrize("seed", range(2))
def test_who_remembers_writes_what_who_has_forgotten_writes(seed: int) -> None:
    twins, chance = Twins(), random.Random(seed)
    for bench in (twins.knowing, twins.forgetful):
        bench.given(service())

    for _ in range(30):
        what = chance.choice(["add", "add", "delete", "relabel", "tamper", "unready"])
        for number in chance.sample(range(220), chance.choice([1, 3, 30])):
            twins.do(what, number)
        twins.reconcile()

    assert len(twins.slices()) > 1


def test_a_look_costs_the_same_however_many_pods_a_service_has(bench_of_250: Bench) -> None:
    happen(bench_of_250, "unready", 7)
    seen: list[str] = []
    controller: Any = bench_of_250.controller
    pods_get = controller.pods.get
    controller.pods.get = lambda key: seen.append(key.name) or pods_get(key)

    bench_of_250.reconcile("default/web")

    assert "web-7" in seen and len(seen) <= 101 and len(bench_of_250.writes) == 1


def test_a_node_that_has_moved_to_another_zone_is_told_of_at_the_next_look(bench_of_250: Bench) -> None:
    labels = {"topology.kubernetes.io/zone": "z2"}
    bench_of_250.client.patch("Node", "n1", "", {"metadata": {"labels": labels}})

    bench_of_250.reconcile("default/web")

    slices = bench_of_250.client.list("EndpointSlice")
    assert {each["zone"] for slice_ in slices for each in slice_["endpoints"]} == {"z2"}


@pytest.fixture
def bench_of_250() -> Bench:
    """A Service of 250 Pods, all of which have been written down."""
    bench = Bench(EndpointSliceController)
    bench.given(node("n1"), service())
    for number in range(250):
        happen(bench, "add", number)
    bench.reconcile("default/web")
    bench.reconcile("default/web")
    return bench
