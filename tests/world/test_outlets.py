"""Those who listen to a container."""

from __future__ import annotations

from k8slab.world import Outlet


def test_a_listener_is_woken_once_for_what_arrives_together() -> None:
    outlet, woken = Outlet(), list[str]()
    outlet.on_arrival(lambda: woken.append("woken"))

    outlet.put("stdout", "a")
    outlet.put("stderr", "b")

    assert (woken, outlet.pull()) == (["woken"], [("stdout", "a"), ("stderr", "b")])


def test_a_listener_is_woken_when_it_ends() -> None:
    outlet, woken = Outlet(), list[str]()
    outlet.on_arrival(lambda: woken.append("woken"))

    outlet.close()

    assert woken == ["woken"]


def test_who_never_reads_is_left_behind() -> None:
    outlet = Outlet()

    for _ in range(200_000):
        outlet.put("stdout", "x")

    assert outlet.is_closed and len(outlet.pull()) < 200_000
