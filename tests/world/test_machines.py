"""Machines: power, daemons, names."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.clock import Loop, Scope
from k8slab.world import Behaviour, World


class Clockwork:
    """A daemon that notes every second it lives through."""

    def __init__(self, scope: Scope, seconds: list[float]) -> None:
        self.scope = scope
        self.seconds = seconds
        self.is_stopped = False
        self.tick()

    def tick(self) -> None:
        """Note the time and come back."""
        self.seconds.append(self.scope.now)
        self.scope.call_later(1.0, self.tick)

    def stop(self) -> None:
        """Be gone."""
        self.is_stopped = True


def test_a_power_cut_stops_every_daemon_and_power_starts_a_new_one(machines: Any) -> None:
    seconds: list[float] = []
    machines.a.install("clock", lambda scope: Clockwork(scope, seconds))
    first = machines.a.running["clock"]
    machines.loop.run_until(machines.loop.now + 2.5)

    machines.a.power_off()
    machines.loop.run_until(machines.loop.now + 10)
    assert len(seconds) == 3 and first.is_stopped
    machines.a.power_on()

    assert len(seconds) == 4
    assert machines.a.running["clock"] is not first


def test_a_killed_daemon_leaves_the_containers_alone(machines: Any) -> None:
    machines.a.install("clock", lambda scope: Clockwork(scope, []))
    web = machines.run("nginx")

    machines.a.stop_daemon("clock")

    assert web.is_running and machines.a.is_on
    assert machines.a.running == {}


def test_a_power_cut_loses_rules_and_processes_and_keeps_images(machines: Any) -> None:
    class Slow(Behaviour):
        def start(self) -> None:
            self.call_later(30, self.container.log, "never")

    web = machines.run(Slow)
    machines.a.rules = "rules"
    machines.a.runtime.images["nginx"] = web.image

    machines.a.power_off()
    machines.loop.run_until(machines.loop.now + 60)

    assert (web.state, web.exit_code, web.reason, web.log_lines()) == ("EXITED", 255, "Unknown", [])
    assert machines.a.rules is None
    assert machines.a.runtime.image_present("nginx") is web.image
    assert machines.exits == []


def test_every_boot_has_an_identity_of_its_own_and_the_machine_keeps_its_own(machines: Any) -> None:
    before = machines.a.boot_id, machines.a.machine_id

    machines.a.power_off()
    machines.a.power_on()

    assert machines.a.boot_id != before[0] and machines.a.machine_id == before[1]


def test_power_can_be_cut_and_given_twice(machines: Any) -> None:
    machines.a.power_off()
    machines.a.power_off()
    machines.a.power_on()
    machines.a.power_on()

    assert machines.a.is_on and machines.a.boots == 2


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda world: world.vm("node-9"), 'there is no VM "node-9"; there are: node-1'),
        (lambda world: world.create_vm("node-1"), 'there is a VM "node-1" already'),
        (lambda world: world.create_vm("x", cpu_m=0), "cpu_m of a VM must be more than 0, not 0"),
        (lambda world: world.create_vm("x", address="192.168.0.10"), "192.168.0.10 belongs to node-1 already"),
    ],
)
def test_what_cannot_be_is_refused_in_words(act: Any, text: str) -> None:
    world = World(Loop())
    world.create_vm("node-1")

    with pytest.raises(ValueError, match=text):
        act(world)


def test_addresses_are_given_out_in_order() -> None:
    world = World(Loop())

    vms = [world.create_vm(f"node-{number}") for number in range(300)]

    assert [vm.address for vm in vms[:2]] == ["192.168.0.10", "192.168.0.11"]
    assert len({vm.address for vm in vms}) == 300
