"""The groups of levers that a panel can show: lists to choose from, and the buttons that act on what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from k8slab.lab.controls_levers import CONTROL_PLANE, Levers
from k8slab.lab.words import say
from k8slab.view.facts import OwnerCard

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab

__all__ = ["GROUPS", "Desk", "Group"]

Act = Callable[[], str]

DURATIONS = ("1s", "10s", "1m", "7m", "1h")
DELAYS = ("0s", "100ms", "1s", "10s", "1m")
SPEEDS = (("1×", 1.0), ("10×", 10.0), ("60×", 60.0), ("600×", 600.0))
DAEMONS = ("kubelet", "kube-proxy")
PARTS = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager")
SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet")
MOST_PODS, MOST_REPLICAS = 200, 10


class Group(Protocol):
    """Some levers that belong together."""

    @property
    def rows(self) -> Sequence[Any]:
        """What is shown, line by line."""

    def refresh(self) -> None:
        """Offer what there is now."""


class Desk:
    """Makes the parts of a panel: everything has a label, a tooltip, and works by keyboard."""

    def __init__(self, lab: Lab, do: Callable[[Act], None]) -> None:
        self.lab = lab
        self.levers = Levers(lab)
        self._do = do

    def say(self, key: str, **values: str) -> str:
        """A text in the language of the lab."""
        return say(self.lab.lang, key, **values)

    def button(self, key: str, act: Act, style: str = "", **values: str) -> widgets.Button:
        """A button that acts and has the panel show what follows."""
        tip = self.say(f"{key}_tip", **values)
        button = widgets.Button(description=self.say(key), tooltip=tip, button_style=style, layout={"width": "auto"})
        button.on_click(lambda _: self._do(act))
        return button

    def choice(self, key: str, tip: str, options: Sequence[Any] = (), width: str = "18em") -> widgets.Dropdown:
        """A list to choose one of."""
        return widgets.Dropdown(
            description=self.say(key), tooltip=self.say(tip), options=list(options), layout={"width": width}
        )

    @property
    def machines(self) -> list[str]:
        """The workers first: who cuts the control plane should mean it."""
        machines = self.lab.cluster.nodes
        return [*machines[1:], *machines[:1]]


class Pods:
    """Kill a pod, crash its container."""

    def __init__(self, desk: Desk) -> None:
        self._desk, levers = desk, desk.levers
        self._pod = desk.choice("pod", "pod_tip", width="26em")
        kill = desk.button("kill", lambda: levers.kill(*self._chosen()), "danger")
        self.rows = [widgets.HBox([self._pod, kill, desk.button("crash", lambda: levers.crash(*self._chosen()))])]

    def refresh(self) -> None:
        """The Pods of all but the system, as the newest picture knows them."""
        cards = [pod for pod in self._desk.lab.last.facts.pods if not pod.is_component and pod.mark != "gone"]
        keys = sorted(pod.key for pod in cards if not pod.key.namespace.startswith("kube-"))[:MOST_PODS]
        offer(self._pod, [str(key).removeprefix("default/") for key in keys] or [self._desk.say("no_pods")])

    def _chosen(self) -> tuple[str, str]:
        if self._pod.value == self._desk.say("no_pods"):
            return "", ""
        namespace, _, name = self._pod.value.rpartition("/")
        return namespace or "default", name


class Power:
    """Cut a machine's power and give it back."""

    def __init__(self, desk: Desk) -> None:
        self._desk, levers = desk, desk.levers
        self._machine = desk.choice("machine", "machine_tip")
        buttons = [
            desk.button("cut", lambda: levers.cut(self._machine.value), "danger"),
            desk.button("restore", lambda: levers.restore(self._machine.value)),
            desk.button("shut_down", lambda: levers.shut_down(self._machine.value)),
        ]
        self.rows = [widgets.HBox([self._machine, *buttons])]

    def refresh(self) -> None:
        """All machines."""
        offer(self._machine, self._desk.machines)


class Daemons:
    """Stop the kubelet or the kube-proxy of a machine."""

    def __init__(self, desk: Desk) -> None:
        self._desk, levers = desk, desk.levers
        self._machine = desk.choice("machine", "machine_tip")
        self._daemon = desk.choice("daemon", "daemon_tip", DAEMONS)
        buttons = [
            desk.button("stop", lambda: levers.stop(self._machine.value, self._daemon.value), "danger"),
            desk.button("start", lambda: levers.start(self._machine.value, self._daemon.value)),
        ]
        self.rows = [widgets.HBox([self._machine, self._daemon, *buttons])]

    def refresh(self) -> None:
        """All machines."""
        offer(self._machine, self._desk.machines)


class Control:
    """Stop a part of the control plane, or DNS."""

    def __init__(self, desk: Desk) -> None:
        levers = desk.levers
        self._part = desk.choice("part", "part_tip", [*((part, part) for part in PARTS), ("DNS", "dns")], "22em")
        buttons = [
            desk.button("stop", lambda: levers.stop(CONTROL_PLANE, self._part.value), "danger"),
            desk.button("start", lambda: levers.start(CONTROL_PLANE, self._part.value)),
        ]
        self.rows = [widgets.HBox([self._part, *buttons])]

    def refresh(self) -> None:
        """The parts are always the same."""


class Network:
    """Cut links between machines or zones, cut a zone off, slow a machine."""

    def __init__(self, desk: Desk) -> None:
        self._desk, levers = desk, desk.levers
        self._a = desk.choice("end_a", "end_tip")
        self._b = desk.choice("end_b", "end_tip")
        self._zone = desk.choice("zone", "zone_tip")
        self._machine = desk.choice("machine", "machine_tip")
        self._delay = desk.choice("delay", "delay_tip", DELAYS)
        unlink = desk.button("unlink", lambda: levers.unlink(self._a.value, self._b.value), "danger")
        link = desk.button("link", lambda: levers.link(self._a.value, self._b.value))
        isolate = desk.button("isolate", lambda: levers.isolate(self._zone.value), "danger")
        zone_off = desk.button("zone_off", lambda: levers.zone_off(self._zone.value), "danger")
        slow = desk.button("slow", lambda: levers.slow(self._machine.value, self._delay.value))
        self.rows = [
            widgets.HBox([self._a, self._b, unlink, link]),
            widgets.HBox([self._zone, isolate, zone_off]),
            widgets.HBox([self._machine, self._delay, slow]),
        ]

    def refresh(self) -> None:
        """All machines and zones."""
        machines, zones = self._desk.machines, self._desk.levers.zones
        offer(self._a, [*machines, *zones])
        offer(self._b, [*machines[::-1], *zones])
        offer(self._zone, zones)
        offer(self._machine, machines)


class Scale:
    """Choose how many Pods of a workload are wanted."""

    def __init__(self, desk: Desk) -> None:
        self._desk, levers = desk, desk.levers
        self._workload = desk.choice("workload", "workload_tip", width="26em")
        self._replicas = widgets.IntSlider(
            description=desk.say("replicas"), min=0, max=MOST_REPLICAS, layout={"width": "22em"}
        )
        self._replicas.tooltip = desk.say("replicas_tip")
        self._workload.observe(lambda _: self._follow(), "value")
        scale = desk.button("scale", lambda: levers.scale(*self._chosen(), self._replicas.value), "primary")
        self.rows = [widgets.HBox([self._workload, self._replicas, scale])]

    def refresh(self) -> None:
        """Every workload that somebody wrote and that can be scaled."""
        owners = {_workload_name(one): one.id for one in self._desk.lab.last.facts.owners if _is_scalable(one)}
        before = dict(self._workload.options)
        if before != owners:
            offer(self._workload, list(owners.items()) or [(self._desk.say("no_workloads"), ("", "", ""))])
        self._follow()

    def _chosen(self) -> tuple[str, str, str]:
        return self._workload.value or ("", "", "")

    def _follow(self) -> None:
        """The slider stands where the workload does."""
        owners = {one.id: one.wanted for one in self._desk.lab.last.facts.owners}
        wanted = owners.get(self._chosen(), 0)
        self._replicas.max = max(MOST_REPLICAS, 2 * wanted)
        self._replicas.value = wanted


class Time:
    """Let one thing happen, or some time pass; pause and speed of a served cluster."""

    def __init__(self, desk: Desk) -> None:
        levers = desk.levers
        self._duration = desk.choice("duration", "duration_tip", DURATIONS, "12em")
        self._duration.value = "10s"
        self._speed = widgets.SelectionSlider(
            options=SPEEDS, description=desk.say("speed"), continuous_update=False, layout={"width": "20em"}
        )
        self._speed.tooltip = desk.say("speed_tip")
        run = desk.button("run", lambda: levers.run(self._duration.value), "primary")
        speed = desk.button("speed", lambda: levers.speed(self._speed.value))
        self._served = [self._speed, speed, desk.button("pause", levers.pause), desk.button("resume", levers.resume)]
        self.rows = [
            widgets.HBox([desk.button("step", levers.step), self._duration, run]),
            widgets.HBox(self._served),
        ]
        self._lab = desk.lab

    def refresh(self) -> None:
        """A clock that runs by itself is that of a served cluster."""
        self.rows[1].layout.display = "none" if self._lab.server is None else "flex"


GROUPS: dict[str, Callable[[Desk], Group]] = {
    "pods": Pods,
    "power": Power,
    "daemons": Daemons,
    "control": Control,
    "network": Network,
    "scale": Scale,
    "time": Time,
}


def offer(choice: widgets.Dropdown, options: Sequence[Any]) -> None:
    """Offer these, and keep the choice where it still exists."""
    if list(choice.options) == list(options):
        return
    before, values = choice.value, [one[1] if isinstance(one, tuple) else one for one in options]
    choice.options = options
    choice.value = before if before in values else values[0]


def _is_scalable(card: OwnerCard) -> bool:
    return card.id[0] in SCALABLE and not card.parent[2] and card.mark != "gone"


def _workload_name(card: OwnerCard) -> str:
    kind, namespace, name = card.id
    return f"{kind} {name}" if namespace == "default" else f"{kind} {namespace}/{name}"
