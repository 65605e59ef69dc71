"""Bills: hours times prices, bytes times prices, and the parts of pods on a machine."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import Asked, Bill, Vm, World, list_prices, make_bill

GIB = 1024**3


@pytest.fixture
def world() -> World:
    """A world with one machine of 4 CPUs and 8 GiB, which costs 0.06 dollars an hour."""
    world = World(Loop(seed=1))
    vm = world.create_vm("m", "zone-a", 4000, 8 * GIB)
    vm.runtime.use_pod_cidr("10.244.1.0/24")
    return world


def bill(world: World, since_s: float = 0.0) -> Bill:
    """The bill of all that the world has lived through, or from so many seconds after its start."""
    start = world.loop.start_s + since_s
    return make_bill(world.ledger, list_prices(), start, world.loop.now, world.ledger.counts_at(start) or {})


def later(world: World, hours: float) -> None:
    """Let hours pass."""
    world.loop.run_until(world.loop.now + hours * 3600)


def pod(vm: Vm, name: str, cpu_m: int, gib: float = 0, namespace: str = "shop", **labels: str) -> Any:
    """A pod without a process, from now on."""
    asked = Asked(labels, cpu_m, int(gib * GIB))
    vm.runtime._run_sandbox(name, namespace, name, False, lambda sandbox: None, None, asked)
    return vm.runtime.sandboxes[name]


def test_a_machine_costs_by_the_hour_in_dollars_and_in_won(world: World) -> None:
    later(world, 10)

    assert bill(world).dollars == pytest.approx(0.6)
    assert bill(world).total == pytest.approx(0.6 * 1400)
    assert bill(world).per_month == pytest.approx(0.06 * 730 * 1400)


def test_a_machine_of_ones_own_costs_without_power_too_and_nothing_when_it_is_gone(world: World) -> None:
    world.vm("m").power_off()
    later(world, 1)
    world.remove_vm("m")
    later(world, 1)

    assert bill(world).dollars == pytest.approx(0.06)


@pytest.mark.parametrize(("since_s", "dollars"), [(0, 0.18), (3600, 0.12), (3 * 3600, 0.0)])
def test_a_bill_is_of_a_period(world: World, since_s: float, dollars: float) -> None:
    later(world, 3)

    assert bill(world, since_s).dollars == pytest.approx(dollars)


# CPU and memory that pods ask for, and their parts of 4 CPUs and 8 GiB: CPU is 0.136 / 0.172 of the price of a machine.
CPU_PART = 0.136 / 0.172
PARTS = [
    ([(1000, 2)], [0.25]),
    ([(4000, 0)], [CPU_PART]),
    ([(0, 8)], [1 - CPU_PART]),
    ([(2000, 4), (1000, 2)], [0.5, 0.25]),
    ([(3000, 6), (3000, 6)], [0.5, 0.5]),  # more than there is: shared
    ([(0, 0)], [0.0]),
]


@pytest.mark.parametrize(("asked", "parts"), PARTS, ids=str)
def test_pods_pay_for_what_they_ask_for_and_the_rest_is_idle(world: World, asked: Any, parts: list[float]) -> None:
    """Source: OpenCost specification, allocation by the larger of request and usage."""
    for number, (cpu_m, gib) in enumerate(asked):
        pod(world.vm("m"), f"p{number}", cpu_m, gib)
    later(world, 1)

    found = bill(world).by("pod")

    assert [found.get(f"shop/p{number}", 0.0) / 84 for number in range(len(parts))] == pytest.approx(parts)
    assert found.get("(idle)", 0.0) / 84 == pytest.approx(1 - sum(parts), abs=1e-9)


def test_a_pod_pays_for_the_time_that_it_was_there(world: World) -> None:
    pod(world.vm("m"), "p", 4000, 8)
    later(world, 1)
    world.vm("m").runtime.remove_pod_sandbox("p")
    later(world, 3)

    assert bill(world).by("pod") == pytest.approx({"(idle)": 3 * 84, "shop/p": 84})
    assert bill(world, 1800).by("pod")["shop/p"] == pytest.approx(42)


def test_a_pod_that_uses_more_than_it_asked_for_pays_for_it(machines: Any) -> None:
    web = machines.run("nginx")
    web.meter.use(2000, None, None, None)
    machines.loop.run_until(machines.loop.now + 36_000)

    (tenant,) = machines.a.tenants

    assert tenant.used[0] == pytest.approx(72_000, rel=1e-3)
    web.exit(0)
    assert tenant.used[0] == pytest.approx(72_000, rel=1e-3)


def test_a_bill_is_told_by_namespace_and_by_label(world: World) -> None:
    pod(world.vm("m"), "a", 1000, 2, app="web")
    pod(world.vm("m"), "b", 1000, 2, namespace="bank", app="web")
    pod(world.vm("m"), "c", 1000, 2)
    later(world, 1)

    assert bill(world).by("namespace") == pytest.approx({"shop": 42, "(idle)": 21, "bank": 21})
    assert bill(world).by("label:app") == pytest.approx({"web": 42, "(idle)": 21, "(shared)": 21})
    assert bill(world).by("zone") == pytest.approx({"zone-a": 84})


def test_a_key_that_is_none_is_refused_with_those_there_are(world: World) -> None:
    later(world, 1)

    with pytest.raises(ValueError, match='cannot be told by "colour"; by: kind, name, namespace'):
        bill(world).by("colour")


def test_what_is_counted_costs_by_the_unit_from_the_moment_on(world: World) -> None:
    world.ledger.count("traffic", "a to b", "data", "traffic.cross_zone_gb", 5)
    later(world, 1)
    world.ledger.counts()
    world.ledger.count("traffic", "a to b", "data", "traffic.cross_zone_gb", 10)
    later(world, 1)

    assert bill(world).by("traffic") == pytest.approx({"a to b": 15 * 0.02 * 1400})
    assert bill(world, 3600).by("traffic") == pytest.approx({"a to b": 10 * 0.02 * 1400})


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_nothing_is_counted_backwards(world: World, amount: float) -> None:
    with pytest.raises(ValueError, match="traffic x cannot use"):
        world.ledger.count("traffic", "x", "data", "traffic.cross_zone_gb", amount)


def test_what_is_rented_by_the_month_costs_a_part_of_it(world: World) -> None:
    disk = world.ledger.rent("volume", "pvc-1", "standard", (("storage.standard.gb_month", 100.0),), namespace="shop")
    later(world, 73)
    world.ledger.leave(disk)
    later(world, 73)

    assert bill(world).by("volume") == pytest.approx({"pvc-1": 100 * 0.08 / 10 * 1400})
    assert bill(world).by("namespace")["shop"] == pytest.approx(100 * 0.08 / 10 * 1400)


def test_a_bill_reads_like_a_table(world: World) -> None:
    later(world, 1)

    assert repr(bill(world)).splitlines() == [
        "KIND    NAME   WHAT          AMOUNT   UNIT    WON   DOLLARS",
        "vm      m      own machine        1   hours    84    0.0600",
        "total                                          84    0.0600",
        "1 hours, by list price of a large cloud, rounded of 2026-01",
    ]
    assert bill(world).text("kind").splitlines()[1] == "vm       84    0.0600"


def test_a_month_like_no_time_cannot_be_told(world: World) -> None:
    with pytest.raises(ValueError, match="no time has passed"):
        _ = bill(world).per_month
