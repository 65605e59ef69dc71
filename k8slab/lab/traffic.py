"""The traffic of a lab's cluster as a chart: which loads, and what was done to the cluster meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from k8slab.kubeadm import Cluster
from k8slab.kubeadm.journal import Input
from k8slab.lab.words import say
from k8slab.proxy import Load, LoadReport
from k8slab.view.charts import Mark, TrafficChart

__all__ = ["marks_of", "traffic_chart"]

FAULTS = (
    "fail", "recover", "slow", "occupy", "shut_down", "stop_daemon", "start_daemon", "crash", "cut", "heal", "cut_link",
    "heal_link",
)  # fmt: skip
WRITES = ("delete", "patch", "update", "create")


def traffic_chart(cluster: Cluster, loads: Iterable[Load | LoadReport | str], lang: str) -> TrafficChart:
    """The chart of these loads (all, without any); those of another cluster have no marks.

    Raises ValueError for a name that is none.
    """
    found = list(loads) or list(cluster.loads.values())
    reports = [_report(one, cluster.loads) for one in found]
    is_own = all(one.name in cluster.loads and cluster.loads[one.name].start == one.start for one in reports)
    marks = marks_of(cluster.journal.inputs, lang) if is_own else ()  # what was done to this cluster alone
    return TrafficChart(reports, list(marks), lang)


def marks_of(inputs: Iterable[Input], lang: str) -> Iterator[Mark]:
    """Every fault, every repair and every write of a person, in words."""
    for entry in inputs:
        if entry.act in FAULTS:
            yield Mark(
                entry.at, say(lang, f"mark {entry.act}", **{key: str(value) for key, value in entry.what.items()})
            )
        elif entry.act == "request" and entry.what.get("verb") in WRITES:
            what = entry.what
            body = what.get("body") if isinstance(what.get("body"), dict) else {}
            name = what.get("name") or (body or {}).get("metadata", {}).get("name", "")
            yield Mark(entry.at, say(lang, f"mark {what['verb']}", resource=what["resource"], name=name))


def _report(given: Load | LoadReport | str, known: Mapping[str, Load]) -> LoadReport:
    if isinstance(given, LoadReport):
        return given
    if isinstance(given, str):
        if given not in known:
            raise ValueError(f'there is no load "{given}"; there are: {", ".join(known) or "none"}')
        return known[given].report()
    return given.report()
