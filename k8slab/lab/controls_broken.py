"""What is broken in a cluster at this moment, by any lever or call, and how each of it is repaired.

Read from what there is, so that it does not matter who broke it. Pods that crash are no fault of the machinery and are
not listed; the graph shows them.

Left out  memory and disks that `occupy` has taken; a volume's faults
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from k8slab.lab.controls_levers import DNS, DNS_REPLICAS, Levers
from k8slab.lab.words import say
from k8slab.view.facts import Facts
from k8slab.wire import ApiError

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = ["Broken", "broken_now"]

NO_DAEMON = ("kube-network-policies",)  # comes and goes with the Pods of a network plugin
CORDONED = "SchedulingDisabled"


class Broken(NamedTuple):
    """One fault: what it is, in words, and what repairs it."""

    text: str
    repair: Callable[[], object]


def broken_now(lab: Lab, levers: Levers) -> list[Broken]:
    """Every fault, machines first."""
    return [*_machines(lab, levers), *_links(lab, levers), *_nodes(lab, lab.last.facts, levers)]


def _machines(lab: Lab, levers: Levers) -> Iterator[Broken]:
    for name, vm in lab.cluster.world.vms.items():
        if not vm.is_on:
            yield Broken(say(lab.lang, "is off", name=name), lambda name=name: levers.restore(name))  # type: ignore[misc]
            continue
        for daemon in vm.at_boot:
            if daemon not in vm.running and daemon not in NO_DAEMON:
                text = say(lab.lang, "is stopped", name=name, daemon=daemon)
                yield Broken(text, lambda name=name, daemon=daemon: levers.start(name, daemon))  # type: ignore[misc]
        if vm.link_delay_s:
            text = say(lab.lang, "is slow", name=name, delay=f"{vm.link_delay_s:g}s")
            yield Broken(text, lambda name=name: levers.slow(name, "0s"))  # type: ignore[misc]


def _links(lab: Lab, levers: Levers) -> Iterator[Broken]:
    for a, b in lab.cluster.world.network.cuts:
        text = say(lab.lang, "is cut", a=a, b=b)
        yield Broken(text, lambda a=a, b=b: lab.cluster.heal(a, b))  # type: ignore[misc]
    for link in lab.cluster.world.sites.links:
        if not link.is_up:
            text = say(lab.lang, "is cut", a=link.a, b=link.b)
            yield Broken(text, lambda link=link: lab.cluster.heal_link(link.a, link.b))  # type: ignore[misc]


def _nodes(lab: Lab, facts: Facts, levers: Levers) -> Iterator[Broken]:
    """What the newest picture knows from the API."""
    for node in facts.nodes:
        if CORDONED in node.status and node.mark != "gone":
            text = say(lab.lang, "is cordoned", name=node.name)
            yield Broken(text, lambda name=node.name: levers.cordon(name, is_on=False))  # type: ignore[misc]
    with suppress(ApiError):  # who is not there, or cannot be asked, is not what is listed here
        dns = lab.client.get("Deployment", DNS[1], DNS[0])
        if dns["spec"].get("replicas") == 0:
            yield Broken(say(lab.lang, "is away"), lambda: levers.scale("Deployment", *DNS, DNS_REPLICAS))
