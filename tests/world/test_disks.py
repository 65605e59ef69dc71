"""A farm and its disks."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop
from k8slab.world import Farm, FarmError, World, Zeros
from k8slab.world.files import NoSpaceError, ReadOnlyError

GIB = 1024**3


def farm(**given: Any) -> tuple[World, Farm]:
    """A world of three machines in three zones, and a farm of 10 GiB."""
    world = World(Loop(seed=1))
    for zone in "abc":
        world.create_vm(f"vm-{zone}", zone)
    return world, Farm(world.loop, world.ledger, world.tally, "farm", 10 * GIB, **given)


def test_what_one_machine_wrote_is_there_for_the_next() -> None:
    world, store = farm()
    store.create("d1", GIB)
    store.attach("d1", world.vm("vm-a"))
    store.open("d1", world.vm("vm-a"))["a.txt"] = "hello"

    store.detach("d1", "vm-a")
    store.attach("d1", world.vm("vm-b"))

    assert dict(store.open("d1", world.vm("vm-b"))) == {"a.txt": "hello"}


def test_a_machine_whose_disk_is_taken_away_can_write_no_more() -> None:
    """Source: the kernel remounts a file system read-only after I/O errors (ext4, errors=remount-ro)."""
    world, store = farm()
    store.create("d1", GIB)
    store.attach("d1", world.vm("vm-a"))
    slot = store.open("d1", world.vm("vm-a"))

    store.detach("d1", "vm-a")

    assert list(slot) == []
    with pytest.raises(ReadOnlyError):
        slot["a.txt"] = "late"


@pytest.mark.parametrize(
    ("given", "act", "problem"),
    [
        ({}, lambda world, store: store.create("d2", 10 * GIB), "ResourceExhausted"),
        ({}, lambda world, store: store.create("d2", GIB, source="s9"), "NotFound"),
        ({"zones": ("a", "b")}, lambda world, store: store.create("d2", GIB, "c"), "ResourceExhausted"),
        ({}, lambda world, store: store.attach("d1", world.vm("vm-b")), "FailedPrecondition"),
        ({}, lambda world, store: store.delete("d1"), "FailedPrecondition"),
        ({}, lambda world, store: store.open("d1", world.vm("vm-b")), "NotFound"),
        ({}, lambda world, store: store.grow("d1", 20 * GIB), "ResourceExhausted"),
    ],
)
def test_a_farm_refuses_in_the_words_of_grpc(given: Any, act: Any, problem: str) -> None:
    """Source: container-storage-interface/spec, errors of CreateVolume, ControllerPublishVolume and DeleteVolume."""
    world, store = farm(**given)
    store.create("d1", GIB, "a")
    store.attach("d1", world.vm("vm-a"))

    with pytest.raises(FarmError, match=f"rpc error: code = {problem} desc = "):
        act(world, store)


@pytest.mark.parametrize(("zone", "limit", "problem"), [("b", 0, "InvalidArgument"), ("a", 1, "ResourceExhausted")])
def test_a_disk_does_not_go_to_every_machine(zone: str, limit: int, problem: str) -> None:
    world, store = farm(zones=("a", "b"), limit=limit)
    store.create("d1", GIB, zone)
    store.create("d2", GIB, "a")
    store.attach("d2", world.vm("vm-a"))

    with pytest.raises(FarmError, match=problem):
        store.attach("d1", world.vm("vm-a"))


def test_a_full_disk_takes_no_more_until_it_grows() -> None:
    _, store = farm()
    disk = store.create("d1", GIB)
    disk["a"] = Zeros(GIB)
    with pytest.raises(NoSpaceError):
        disk["b"] = "x"

    store.grow("d1", 2 * GIB)
    disk["b"] = "x"

    assert disk.used.value == GIB + 1


def test_a_snapshot_keeps_what_was_there() -> None:
    _, store = farm()
    disk = store.create("d1", GIB)
    disk["a"] = "before"
    store.snapshot("s1", "d1")
    disk["a"] = "after"

    copy = store.create("d2", GIB, source="s1")

    assert (copy["a"], disk["a"], store.allocated_bytes) == ("before", "after", 3 * GIB)


def test_bytes_are_counted_as_they_come_and_go() -> None:
    world, store = farm()
    disk = store.create("d1", GIB)
    disk["a"] = "1234"
    disk["a"] = "123456"  # two are appended
    disk["a"] = "xx"  # all of it is new

    store.delete("d1")

    assert (world.tally.written["claim"], world.tally.lost["claim"], store.used.value) == (8, 2, 0)


def test_a_shared_disk_is_for_all_at_once() -> None:
    world, store = farm(is_shared=True)
    store.create("d1", GIB)

    store.open("d1", world.vm("vm-a"))["a"] = "hello"

    assert store.open("d1", world.vm("vm-b"))["a"] == "hello"
