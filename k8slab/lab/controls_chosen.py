"""What can be done with the thing that was clicked on in the graph: a button for each."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from k8slab.lab.controls_graph import Thing
from k8slab.lab.controls_groups import PARTS, SCALABLE, Act, Desk
from k8slab.lab.controls_levers import CONTROL_PLANE
from k8slab.view.svg import escape

__all__ = ["ChosenThing"]

Deed = tuple[str, Act, str]


class ChosenThing:
    """A line with the thing's name and its buttons; empty while nothing is chosen."""

    def __init__(self, desk: Desk) -> None:
        self.thing: Thing | None = None
        self._desk = desk
        self._offered: list[str] = []
        self.widget = widgets.HBox(layout={"flex_flow": "row wrap", "align_items": "center"})

    def choose(self, thing: Thing | None) -> None:
        """Offer what can be done with another thing."""
        self.thing = thing
        self.refresh()

    def refresh(self) -> None:
        """Offer what can be done with it now; the buttons stay while they are the same."""
        deeds = self._deeds(self.thing) if self.thing is not None else []
        offered = [str(self.thing), *(key for key, _, _ in deeds)]
        if offered == self._offered:
            return
        self._offered = offered
        for old in self.widget.children:
            old.close()
        self.widget.children = self._row(deeds) if self.thing is not None else []

    def _row(self, deeds: list[Deed]) -> list[Any]:
        what = " ".join(str(self.thing).split("/", 1))
        key = "chosen" if deeds else "nothing to do"
        text = escape(self._desk.say(key, what=what.replace("default/", "")))
        name = widgets.HTML(f'<span role="status" aria-live="polite">{text}</span>')
        return [name, *(self._desk.button(key, act, style) for key, act, style in deeds)]

    def _deeds(self, thing: Thing) -> list[Deed]:
        part = _part(thing)
        if part:
            return self._daemon(CONTROL_PLANE, part)
        if thing.kind == "Pod":
            return self._pod(thing)
        if thing.kind == "Node":
            return self._node(thing.name)
        return self._workload(thing) if thing.kind in SCALABLE else []

    def _pod(self, thing: Thing) -> list[Deed]:
        levers, where = self._desk.levers, (thing.namespace or "default", thing.name)
        return [("kill", lambda: levers.kill(*where), "danger"), ("crash", lambda: levers.crash(*where), "")]

    def _node(self, name: str) -> list[Deed]:
        levers, vm = self._desk.levers, self._desk.lab.cluster.world.vms.get(name)
        if vm is not None and not vm.is_on:
            return [("restore", lambda: levers.restore(name), "success")]
        deeds: list[Deed] = [("cut", lambda: levers.cut(name), "danger"), *self._daemon(name, "kubelet")]
        nodes = {node.name: node.status for node in self._desk.lab.last.facts.nodes}
        if "SchedulingDisabled" in nodes.get(name, ""):
            return [*deeds, ("uncordon", lambda: levers.cordon(name, is_on=False), "")]
        return [*deeds, ("cordon", lambda: levers.cordon(name), "")]

    def _daemon(self, machine: str, daemon: str) -> list[Deed]:
        levers, vm = self._desk.levers, self._desk.lab.cluster.world.vms.get(machine)
        kind = "kubelet" if daemon == "kubelet" else "part"
        if vm is not None and daemon not in vm.running:
            return [(f"start {kind}", lambda: levers.start(machine, daemon), "success")]
        return [(f"stop {kind}", lambda: levers.stop(machine, daemon), "danger")]

    def _workload(self, thing: Thing) -> list[Deed]:
        levers, where = self._desk.levers, (thing.kind, thing.namespace, thing.name)

        def by(step: int) -> Act:
            return lambda: levers.scale(*where, max(self._wanted(thing) + step, 0))

        return [("more", by(+1), ""), ("less", by(-1), "")][: 2 if self._wanted(thing) else 1]

    def _wanted(self, thing: Thing) -> int:
        owners = {one.id: one.wanted for one in self._desk.lab.last.facts.owners}
        return owners.get((thing.kind, thing.namespace, thing.name), 0)


def _part(thing: Thing) -> str:
    """The part of the control plane that a thing is; the graph shortens their names."""
    if thing.kind != "Pod" or thing.namespace not in ("", "kube-system"):
        return ""
    name = thing.name.replace("-", "")
    return next((part for part in PARTS if part.removeprefix("kube-").replace("-", "") in name), "")
