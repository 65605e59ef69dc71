"""A cloud: VMs that come after a while, cost what their size costs, and may not be had; its load balancers."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import Cloud, CloudError, Listener, Order, PriceError, World, list_prices, make_bill

GIB = 1024**3
HOUR = 3600


class Nimbus:
    """A cloud with one zone full of room, and the names of the VMs that have booted."""

    def __init__(self, **given: Any) -> None:
        self.loop = Loop(seed=1)
        self.world = World(self.loop)
        self.booted: list[str] = []
        note = lambda instance, vm: self.booted.append(instance.name)  # noqa: E731
        self.cloud = self.world.cloud = Cloud(self.world, "nimbus", "region-1", list_prices, note, **given)

    def order(self, name: str, size: str = "c4", zone: str = "zone-a", **more: Any) -> Any:
        """Ask for a VM."""
        return self.cloud.create_vm(name, Order(size, zone, **more))

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until(self.loop.now + seconds)

    @property
    def dollars(self) -> float:
        """What all has cost."""
        return make_bill(self.world.ledger, list_prices(), self.loop.start_s, self.loop.now, {}).dollars


@pytest.fixture
def nimbus() -> Nimbus:
    return Nimbus()


def test_a_vm_boots_for_a_while_and_costs_from_then_on(nimbus: Nimbus) -> None:
    vm = nimbus.order("a")
    nimbus.later(39.9)
    assert (vm.state, nimbus.booted, nimbus.dollars) == ("pending", [], 0)

    nimbus.later(0.1 + HOUR)

    assert (vm.state, nimbus.booted) == ("running", ["a"])
    assert (nimbus.world.vms["a"].cpu_m, nimbus.world.vms["a"].memory_bytes) == (4000, 8 * GIB)
    assert nimbus.dollars == pytest.approx(0.17)


PRICES = [
    ("c4", False, 0.17),
    ("r8", False, 0.504),
    ("c4", True, 0.17 * 0.3),
    ("custom-3-1024", False, 3 * 0.034 + 0.0045),
]


@pytest.mark.parametrize(("size", "is_spot", "hour"), PRICES)
def test_an_hour_costs_what_the_table_says(nimbus: Nimbus, size: str, is_spot: bool, hour: float) -> None:
    nimbus.order("a", size, is_spot=is_spot)
    nimbus.later(40 + HOUR)

    assert nimbus.dollars == pytest.approx(hour)


def test_a_stopped_vm_costs_nothing_and_boots_again(nimbus: Nimbus) -> None:
    nimbus.order("a")
    nimbus.later(40 + HOUR)
    nimbus.cloud.stop_vm("a")
    nimbus.later(10 * HOUR)
    assert not nimbus.world.vms["a"].is_on
    nimbus.cloud.start_vm("a")
    nimbus.later(40 + HOUR)

    assert nimbus.world.vms["a"].is_on
    assert nimbus.dollars == pytest.approx(2 * 0.17)
    assert nimbus.booted == ["a"]  # set up once


def test_a_deleted_vm_is_gone_and_one_that_boots_never_comes(nimbus: Nimbus) -> None:
    nimbus.order("a")
    nimbus.later(40)
    nimbus.order("b")
    nimbus.cloud.delete_vm("a")
    nimbus.cloud.delete_vm("b")
    nimbus.later(HOUR)

    assert (nimbus.world.vms, nimbus.cloud.instances, nimbus.booted) == ({}, {}, ["a"])


def test_a_machine_that_is_adopted_costs_what_the_cloud_takes(nimbus: Nimbus) -> None:
    vm = nimbus.world.create_vm("a", "zone-a", 4000, 8 * GIB)
    nimbus.later(HOUR)
    nimbus.cloud.adopt(vm)
    nimbus.later(HOUR)

    assert nimbus.dollars == pytest.approx(0.06 + 0.17)


@pytest.mark.parametrize(
    ("given", "capacity", "size", "text"),
    [
        ({"cpu_quota": 7}, None, "c4", "QuotaExceeded: 8 vCPUs are more than the 7 that the quota of region-1 allows"),
        ({}, 1, "c4", "InsufficientCapacity: zone-a has no VM of the size c4 to spare"),
        ({}, 2, "c4", ""),
        ({"cpu_quota": 8}, None, "c4", ""),
    ],
)
def test_more_than_one_may_have_or_than_there_is_cannot_be_had(given: Any, capacity: Any, size: str, text: str) -> None:
    nimbus = Nimbus(**given)
    nimbus.order("a")
    nimbus.cloud.set_capacity("zone-a", capacity)

    try:
        nimbus.order("b", size)
    except CloudError as error:
        assert str(error) == text
    else:
        assert not text


def test_an_unknown_size_and_a_name_that_is_taken_are_refused(nimbus: Nimbus) -> None:
    nimbus.order("a")

    with pytest.raises(PriceError, match='no size "huge"'):
        nimbus.order("b", "huge")
    with pytest.raises(ValueError, match='there is a VM "a" already'):
        nimbus.order("a")


@pytest.mark.parametrize("verb", ["delete_vm", "stop_vm", "start_vm"])
def test_what_is_not_there_is_named_with_what_is(nimbus: Nimbus, verb: str) -> None:
    nimbus.order("a")

    with pytest.raises(CloudError, match='NotFound: there is no VM "x"; there are: a'):
        getattr(nimbus.cloud, verb)("x")


def test_in_an_outage_nobody_is_answered_and_what_runs_runs_on(nimbus: Nimbus) -> None:
    nimbus.order("a")
    nimbus.cloud.outage = "down"

    for ask in (lambda: nimbus.order("b"), lambda: nimbus.cloud.delete_vm("a"), lambda: nimbus.cloud.find("", "a")):
        with pytest.raises(CloudError, match="ServiceUnavailable: down"):
            ask()
    nimbus.later(40)

    assert nimbus.booted == ["a"]


def test_spot_vms_are_taken_back_the_newest_first_half_a_minute_after_the_notice(nimbus: Nimbus) -> None:
    for name, is_spot in (("a", True), ("b", False), ("c", True), ("d", True)):
        nimbus.order(name, is_spot=is_spot)
    nimbus.later(40)
    nimbus.cloud.set_capacity("zone-a", 2)
    nimbus.later(29)
    assert list(nimbus.world.vms) == ["a", "b", "c", "d"]

    nimbus.later(1)

    assert list(nimbus.world.vms) == ["a", "b"]


def test_a_group_grows_shrinks_and_keeps_its_limits(nimbus: Nimbus) -> None:
    """Source: cluster-autoscaler/cloudprovider, NodeGroup: IncreaseSize, DeleteNodes."""
    group = nimbus.cloud.groups.create("pool", Order("c2", "zone-a"), 1, 1, 3)

    assert group.increase(2) == ["pool-2", "pool-3"]
    with pytest.raises(ValueError, match="size increase too large, desired: 4 max: 3"):
        group.increase(1)
    group.delete("pool-2")
    group.delete("pool-1")
    with pytest.raises(ValueError, match="min size reached"):
        group.delete("pool-3")
    assert (group.size, group.increase(1)) == (1, ["pool-4"])
    assert nimbus.cloud.groups.of("pool-4") is group


def test_a_group_tells_what_its_nodes_will_be_like(nimbus: Nimbus) -> None:
    """Source: TemplateNodeInfo; the amounts are those that a kubelet registers."""
    taint = {"key": "gpu", "effect": "NoSchedule"}
    order = Order("c2", "zone-b", labels={"disk": "ssd"}, taints=(taint,))

    template = nimbus.cloud.groups.create("pool", order, 0, 0, 3).template

    assert template["metadata"]["labels"]["disk"] == "ssd"
    assert template["metadata"]["labels"]["topology.kubernetes.io/zone"] == "zone-b"
    assert template["spec"]["taints"] == [taint]
    assert template["status"]["allocatable"] == {
        "cpu": "2", "ephemeral-storage": str(102_626_232 * 1024 * 9 // 10), "memory": f"{4 * 1024**2 - 102_400}Ki",
        "pods": "110",
    }  # fmt: skip


@pytest.mark.parametrize(("size", "least", "most"), [(0, 1, 3), (4, 0, 3), (-1, -1, 3), (2, 3, 1)])
def test_a_group_of_impossible_sizes_is_refused(nimbus: Nimbus, size: int, least: int, most: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        nimbus.cloud.groups.create("pool", Order("c2", "zone-a"), size, least, most)


def test_a_load_balancer_costs_as_long_as_it_is_there_with_its_address(nimbus: Nimbus) -> None:
    nimbus.cloud.balancers.ensure("shop/web", [Listener(80, 30080)], ["n1"])
    nimbus.later(HOUR)
    nimbus.cloud.balancers.delete("shop/web")
    nimbus.later(HOUR)

    assert nimbus.dollars == pytest.approx(0.0225 + 0.005)


def test_each_load_balancer_has_an_address_of_its_own_and_a_freed_one_comes_back(nimbus: Nimbus) -> None:
    balancers = nimbus.cloud.balancers
    first, second = (balancers.ensure(name, [], []).address for name in ("a/a", "b/b"))
    balancers.delete("a/a")

    third = balancers.ensure("c/c", [], []).address

    assert (first, second, third) == ("203.0.113.2", "203.0.113.3", "203.0.113.2")
    assert balancers.ensure("d/d", [], [], ask="198.51.100.7").address == "198.51.100.7"
