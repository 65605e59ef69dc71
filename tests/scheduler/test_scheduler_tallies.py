"""What is counted as pods come and go is what a fresh look would count; and what would be if, for preemption."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from plugin_cases import node_of, plugin_of, pod_of

from k8slab.scheduler import PodInfo, Snapshot, pod_info
from k8slab.scheduler.nodes import NodeInfo
from k8slab.scheduler.table import NodeTable

Obj = dict[str, Any]

SELECTORS: list[tuple[Obj | None, ...]] = [
    ({"matchLabels": {"app": "a"}},),
    ({"matchLabels": {"app": "a"}}, {"matchExpressions": [{"key": "v", "operator": "Exists"}]}),
    ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]},),
    ({},),
    (None,),
]
ASKED = [
    (namespaces, selectors, with_leaving)
    for namespaces in (None, frozenset(("x",)), frozenset(("x", "y")))
    for selectors in SELECTORS
    for with_leaving in (False, True)
]


def look(table: NodeTable) -> list[Any]:
    """All counts, as they are known."""
    cluster = Snapshot(table.nodes, table.census)
    tallies = [dict(cluster.tally(spaces, selectors, with_leaving=leaving)) for spaces, selectors, leaving in ASKED]
    sums = [
        dict(cluster.tally_by("zone", spaces, selectors, with_leaving=leaving)) for spaces, selectors, leaving in ASKED
    ]
    groups = (cluster.terms.forbidding, cluster.terms.asking, cluster.terms.wishing)
    terms = [{key: (dict(one.counts), dict(one.domains.by("zone", table.nodes))) for key, one in group.items()}
             for group in groups]  # fmt: skip
    return [tallies, sums, terms]


def fresh(table: NodeTable) -> NodeTable:
    """The same nodes and pods in a table of their own."""
    other = NodeTable()
    for node in table.nodes.values():
        other.node_changed(None, node.node)
        for pod in node.pods.values():
            other.assume(pod, node.name)
    return other


def some_pod(chance: Random, uid: str) -> PodInfo:
    """A pod with labels, a namespace and wishes by chance."""
    short: Obj = {"labels": chance.choice(["app=a", "app=b", "app=a,v=1", ""]), "namespace": chance.choice("xyz")}
    short["leaving"] = chance.random() < 0.2
    if chance.random() < 0.5:
        short[chance.choice(["near", "apart"])] = [{"by": "zone", "to": chance.choice(["app=a", "app=b"])}]
    if chance.random() < 0.3:
        short[chance.choice(["likes", "dislikes"])] = [{"by": "zone", "to": "app=a", "weight": 5}]
    pod = pod_of(short, uid)
    return pod_info({**pod, "metadata": {**pod["metadata"], "uid": uid}})


def disturb(table: NodeTable, chance: Random, number: int) -> None:
    """A pod or a node comes or goes."""
    name, uid = f"n{chance.randrange(4)}", f"p{chance.randrange(30)}"
    what = chance.random()
    if what < 0.6:
        table.assume(some_pod(chance, uid), name)
    elif what < 0.8:
        table.forget(uid)
    elif name in table.nodes and what < 0.9:
        table.node_changed(table.nodes[name].node, None)
    else:
        table.node_changed(None, node_of(name, f"zone={number % 2}"))


@pytest.mark.parametrize("seed", range(6))
def test_counts_that_are_kept_never_differ_from_a_fresh_look(seed: int) -> None:
    chance, table = Random(seed), NodeTable()
    for number in range(150):
        disturb(table, chance, number)
        if number % 3 == 0:
            assert look(table) == look(fresh(table))


def verdicts_with(facts: Obj, case: Obj, change: str, other: Obj, place: str) -> dict[str, bool]:
    """Which nodes fit when, in a copy, a pod is added to a node or removed from it; the original stays as it was."""
    plugin, pod = plugin_of(facts, case), pod_info(pod_of(case["pod"]))
    prepared, nodes = plugin.prepare(pod), plugin.cluster.nodes
    before = fits(plugin, pod, prepared, nodes)
    copy = plugin.copied(prepared)
    getattr(plugin, change)(pod, copy, pod_info(pod_of(other, "other")), nodes[place])
    assert fits(plugin, pod, prepared, nodes) == before
    return fits(plugin, pod, copy, nodes)


def fits(plugin: Any, pod: PodInfo, prepared: Any, nodes: Any) -> dict[str, bool]:
    """Which nodes the plugin lets pass."""
    found: dict[str, NodeInfo] = dict(nodes)
    return {name: plugin.filter(pod, prepared, node) is None for name, node in found.items()}


ZONES = {"a": "zone=1", "b": "zone=1", "x": "zone=2"}
SPREAD = {"labels": "foo", "spread": [{"skew": 1, "by": "zone", "of": "foo"}]}
FRIEND, FOE = {"near": [{"by": "zone", "to": "foo"}]}, {"apart": [{"by": "zone", "to": "foo"}]}
HOSTILE = {"apart": [{"by": "zone", "to": "foo"}]}
FOO = {"labels": "foo"}


@pytest.mark.parametrize(
    ("plugin", "pod", "there", "change", "other", "place", "fitting"),
    [
        ("PodTopologySpread", SPREAD, {"a": {"foo": 1}}, "pod_removed", FOO, "a", "abx"),
        ("PodTopologySpread", SPREAD, {"a": {"foo": 1}, "x": {"foo": 1}}, "pod_removed", FOO, "x", "x"),
        ("PodTopologySpread", SPREAD, {"a": {"foo": 1}}, "pod_added", FOO, "x", "abx"),
        ("PodTopologySpread", SPREAD, {"a": {"foo": 1}}, "pod_added", {"labels": "bar"}, "x", "x"),
        ("PodTopologySpread", SPREAD, {"a": {"foo": 1}}, "pod_added", {**FOO, "namespace": "other"}, "x", "x"),
        ("PodTopologySpread", SPREAD, {"a": {"foo": 1}}, "pod_added", {**FOO, "leaving": True}, "x", "x"),
        ("InterPodAffinity", FRIEND, {"a": {"foo": 1}}, "pod_added", FOO, "x", "abx"),
        ("InterPodAffinity", FRIEND, {"a": {"foo": 1}}, "pod_removed", FOO, "a", ""),
        ("InterPodAffinity", FOE, {"a": {"foo": 1}}, "pod_removed", FOO, "a", "abx"),
        ("InterPodAffinity", FOE, {"a": {"foo": 1}}, "pod_added", FOO, "x", ""),
        ("InterPodAffinity", FOO, {"a": [HOSTILE]}, "pod_removed", HOSTILE, "a", "abx"),
        ("InterPodAffinity", FOO, {"a": [HOSTILE]}, "pod_added", HOSTILE, "x", ""),
        ("InterPodAffinity", FOO, {"a": [HOSTILE]}, "pod_added", {**HOSTILE, "namespace": "other"}, "x", "x"),
    ],
)
def test_what_would_be_without_a_pod_or_with_one_more(
    plugin: str, pod: Obj, there: Obj, change: str, other: Obj, place: str, fitting: str
) -> None:
    """Source: TestPreFilterStateAddPod, TestPreFilterStateRemovePod (both plugins' filtering_test.go)."""
    case = {"pod": pod, "nodes": ZONES, "pods": there}

    found = verdicts_with({"plugin": plugin}, case, change, other, place)

    assert "".join(name for name, good in found.items() if good) == fitting


def test_a_claim_for_one_pod_is_free_when_its_pod_goes() -> None:
    """Source: volumerestrictions/volume_restrictions_test.go, TestAccessModeConflicts."""
    claims = {"PersistentVolumeClaim": {"default/data": {"spec": {"accessModes": ["ReadWriteOncePod"]}}}}
    case = {"pod": {"claims": ["data"]}, "nodes": ZONES, "pods": {"a": [{"claims": ["data"]}]}, "objects": claims}

    found = verdicts_with({"plugin": "VolumeRestrictions"}, case, "pod_removed", {"claims": ["data"]}, "a")

    assert all(found.values())
