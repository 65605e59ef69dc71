"""Which lanes there are, in which order, and which deeds lie so close together that they are drawn as one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from k8slab.view.lettering import text_width
from k8slab.view.messages.telling import SERVER
from k8slab.view.timeline.axis import Axis
from k8slab.view.timeline.deeds import ACTS, FAULTS, Deed
from k8slab.view.writers import CONTROLLERS

__all__ = [
    "Cluster",
    "Lane",
    "clusters",
    "lanes",
]

MOST_KUBELETS = 12
KUBELET = "kubelet "
KUBELETS = "kubelets"
WIDTH, GAP = 12.0, 5.0
RANKS = {act: rank for rank, act in enumerate(ACTS)}


class Lane(NamedTuple):
    """One row: whose it is, and the deeds in it by time."""

    name: str
    deeds: Sequence[Deed]


class Cluster(NamedTuple):
    """Deeds that are drawn as one mark, at `x`; `act` is that of the most notable of them."""

    x: float
    act: str
    deeds: Sequence[Deed]

    @property
    def counts(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(deed.act for deed in self.deeds)


def lanes(deeds: Iterable[Deed]) -> list[Lane]:
    """A lane for everybody who did something: you, the API server, scheduler, controllers, kubelets, others, faults."""
    found: dict[str, list[Deed]] = {}
    for deed in deeds:
        found.setdefault(deed.lane, []).append(deed)
    kubelets = [name for name in found if name.startswith(KUBELET)]
    if len(kubelets) > MOST_KUBELETS:
        found[KUBELETS] = sorted((deed for name in kubelets for deed in found.pop(name)), key=_time)
    return [Lane(name, found[name]) for name in sorted(found, key=_place)]


def clusters(deeds: Sequence[Deed], axis: Axis) -> list[Cluster]:
    """The deeds of one lane from left to right; what would overlap is one cluster, and so is its number."""
    found: list[Cluster] = []
    begun: list[Deed] = []
    x = end = 0.0
    for deed in deeds:
        if not axis.start <= deed.time <= axis.end:
            continue
        place = axis.x(deed.time)
        if begun and place - WIDTH / 2 < end:
            begun.append(deed)
        else:
            if begun:
                found.append(_cluster(x, begun))
            begun, x = [deed], place
        end = x + WIDTH / 2 + GAP + (text_width(f"{len(begun)}") + 2 if len(begun) > 1 else 0)
    if begun:
        found.append(_cluster(x, begun))
    return found


def _cluster(x: float, deeds: list[Deed]) -> Cluster:
    return Cluster(x, min((deed.act for deed in deeds), key=RANKS.__getitem__), deeds)


def _time(deed: Deed) -> float:
    return deed.time


def _place(name: str) -> tuple[int, list[tuple[int, str]]]:
    parts = re.split(r"(\d+)", name)
    natural = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return _group(name), natural


def _group(name: str) -> int:
    """The row of a lane's kind, from the top."""
    known = {"you": 0, SERVER: 1, "scheduler": 2, KUBELETS: 5, FAULTS: 8}
    if name in known:
        return known[name]
    if name.startswith(KUBELET):
        return 5
    if name.endswith(CONTROLLERS):
        return 4
    return 3 if name == "controller-manager" else 7
