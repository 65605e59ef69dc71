"""Columns and explanations agree: what plugins say of all nodes at once is what they say of each, also when it is kept.

Random nodes and pods that come, go and change; one scheduler decides with all that it remembers and in columns, the
other asks fresh plugins about one node after the other.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from bench import Bench
from plugin_cases import node_of, pod_of

from k8slab.scheduler import DEFAULT_PLUGINS, SKIP, NodeInfo, Plugin, PodInfo, Snapshot, Verdict, pod_info
from k8slab.scheduler.codes import last_zero, numbers_of, where_zero
from k8slab.scheduler.columns import Picked, at, nth, where
from k8slab.scheduler.cycle import Thinking
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.places import Ranges, joined
from k8slab.scheduler.search import search
from k8slab.scheduler.snapshot import _Given
from k8slab.scheduler.table import NodeTable

Obj = dict[str, Any]

KEYS = ["zone", "kubernetes.io/hostname"]
SERVICE = {"kind": "Service", "metadata": {"name": "a", "namespace": "default"}, "spec": {"selector": {"app": "a"}}}
TAINTS = [{"key": "k", "effect": "NoSchedule"}, {"key": "k", "effect": "PreferNoSchedule"}]


def some_node(chance: Random, name: str) -> Obj:
    """A node with labels (or without), taints, images and room by chance."""
    labels = {"zone": chance.choice("xyz"), "topology.kubernetes.io/zone": chance.choice("xyz"), KEYS[1]: name}
    labels = {key: value for key, value in labels.items() if chance.random() < 0.9}
    spec = {"taints": [taint for taint in TAINTS if chance.random() < 0.15], "unschedulable": chance.random() < 0.05}
    images = {f"i{number}:latest": chance.choice([10, 300, 900]) for number in range(3) if chance.random() < 0.3}
    room = {"cpu": chance.choice(["1", "4"]), "pods": chance.choice(["2", "110"])}
    return node_of(name, {"labels": labels, "spec": spec, "images": images, "allocatable": room})


def some_pod(chance: Random, uid: str) -> PodInfo:
    """A pod with requests, wishes and requirements by chance."""
    short: Obj = {"labels": f"app={chance.choice('abc')}"}
    asked = {"cpu": chance.choice(["0", "100m", "500m"]), "memory": chance.choice(["0", "1Gi"])}
    port = {"containerPort": 80, "hostPort": 80}
    short["containers"] = [{"image": chance.choice(["i0", "i1", "x"]), "requests": asked}]
    if chance.random() < 0.1:
        short["containers"][0]["ports"] = [port]
    if chance.random() < 0.3:
        short["tolerations"] = [{"operator": "Exists"}]
    term = {"by": chance.choice(KEYS), "to": f"app={chance.choice('abc')}", "weight": chance.randrange(1, 100)}
    for kind in ("near", "apart", "likes", "dislikes"):
        if chance.random() < 0.12:
            short[kind] = [term]
    if chance.random() < 0.2:
        short["wishes"] = [[chance.randrange(1, 9), "zone In x"]]
    if chance.random() < 0.15:
        short["wants"] = [["zone In x y"]] if chance.random() < 0.7 else [["metadata.name In n1"]]
    if chance.random() < 0.3:
        soft, skew = chance.random() < 0.5, chance.choice([1, 3])
        short["spread"] = [
            {"skew": skew, "by": key, "of": "app=a", "soft": soft} for key in KEYS[: chance.choice([1, 2])]
        ]
    pod = pod_of(short, uid)
    return pod_info({**pod, "metadata": {**pod["metadata"], "uid": uid}})


class Twofold:
    """One cluster, seen by a scheduler that remembers and by fresh plugins."""

    def __init__(self, seed: int, nodes: int) -> None:
        self.chance, self.table, self.made = Random(seed), NodeTable(), nodes
        self.cluster = Snapshot(self.table.nodes, self.table.census, _Given([SERVICE]))
        for number in range(nodes):
            self.table.node_changed(None, some_node(self.chance, f"n{number}"))
        loop = Bench().loop
        self.thinking = Thinking(self.plugins(), self.table, Nominated(self.table.promised), loop.scope())
        self.kinds = [some_pod(self.chance, f"kind-{number}") for number in range(12)]

    def plugins(self) -> list[Plugin]:
        """The default plugins, with nothing in their memory."""
        plugins = [make() for make in DEFAULT_PLUGINS]
        for plugin in plugins:
            plugin.cluster = self.cluster
        return plugins

    def disturb(self, number: int) -> None:
        """A pod comes or goes, or a node comes, goes or changes."""
        what, names = self.chance.random(), list(self.table.nodes)
        name = self.chance.choice(names)
        if what < 0.6:
            kind = self.chance.choice(self.kinds)
            metadata = {**kind.pod["metadata"], "uid": f"p{number}"}
            self.table.assume(kind._replace(pod={**kind.pod, "metadata": metadata}), name)
        elif what < 0.75:
            self.table.forget(f"p{self.chance.randrange(number + 1)}")
        elif what < 0.85:
            self.table.node_changed(self.table.nodes[name].node, some_node(self.chance, name))
        elif what < 0.93 and len(names) > 3:
            self.table.node_changed(self.table.nodes[name].node, None)
        else:
            self.made += 1
            self.table.node_changed(None, some_node(self.chance, f"n{self.made}"))


def explained(world: Twofold, pod: PodInfo, names: list[str]) -> dict[str, Any]:
    """Per node what the first plugin that refuses says (static ones first, then local ones), None when it will do."""
    plugins = world.plugins()
    prepared = {plugin.name: plugin.prepare(pod) for plugin in plugins}
    order = sorted(plugins, key=lambda plugin: 0 if plugin.static else 1 if plugin.local else 2)

    def said(node: NodeInfo) -> Any:
        for plugin in order:
            known = prepared[plugin.name]
            only = plugin.narrow(pod, known) if known is not SKIP else None
            if only is not None and node.name not in only:
                return plugin.name, Verdict((f"node(s) didn't satisfy plugin(s) [{plugin.name}]",), can_change=False)
        for plugin in (one for one in order if one.filters and prepared[one.name] is not SKIP):
            verdict = plugin.filter(pod, prepared[plugin.name], node)
            if verdict is not None:
                return plugin.name, verdict
        return None

    return {name: said(world.table.nodes[name]) for name in names}


def scored(world: Twofold, pod: PodInfo, names: list[str]) -> dict[str, Any]:
    """Per plugin the raw and the final scores of these nodes, asked for one by one."""
    nodes, found = [world.table.nodes[name] for name in names], {}
    for plugin in (one for one in world.plugins() if one.weight):
        prepared = plugin.prepare(pod)
        known = plugin.prepare_scores(pod, prepared, nodes) if plugin.applies(pod, prepared) else SKIP
        if known is not SKIP:
            raw = [plugin.score(pod, known, node) for node in nodes]
            found[plugin.name] = raw, list(plugin.normalise_for(pod, known, nodes, raw))
    return found


@pytest.mark.parametrize(("seed", "nodes"), [*((seed, 8) for seed in range(8)), (100, 130), (101, 130), (102, 250)])
def test_a_decision_in_columns_is_what_each_node_explains(seed: int, nodes: int) -> None:
    world = Twofold(seed, nodes)
    for number in range(60):
        world.disturb(number)
        pod = world.chance.choice(world.kinds)

        decision, _ = world.thinking.decide(pod.pod)

        names = list(decision.names)
        assert explained(world, pod, [*names, *decision.refused]) == dict.fromkeys(names) | dict(decision.refused)
        columns = {one.plugin: (list(one.raw), list(one.final)) for one in decision.columns}
        assert columns == (scored(world, pod, names) if len(names) > 1 else {})
        best = max(decision.totals.values(), default=0)
        assert not names or decision.totals[decision.node] == best


@pytest.mark.parametrize("make", [make for make in DEFAULT_PLUGINS if "filter_all" in vars(make)])
@pytest.mark.parametrize("seed", range(5))
def test_a_plugin_says_of_all_nodes_what_it_says_of_each(make: type[Plugin], seed: int) -> None:
    world = Twofold(seed, 30)
    for number in range(40):
        world.disturb(number)
    plugin, nodes = make(), list(world.table.nodes.values())
    plugin.cluster = world.cluster
    for pod in world.kinds:
        prepared = plugin.prepare(pod)
        if prepared is not SKIP:
            assert plugin.filter_all(pod, prepared, nodes) == [plugin.filter(pod, prepared, node) for node in nodes]


class Stern(DEFAULT_PLUGINS[11]):  # type: ignore[misc,valid-type]
    """InterPodAffinity of somebody who refuses every node, and says so of one."""

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """No."""
        return Verdict(("no",))


def test_who_changes_what_is_said_of_one_node_changes_what_is_said_of_all() -> None:
    world = Twofold(1, 3)
    nodes = list(world.table.nodes.values())

    assert Stern.__base__ is not None and "filter_all" in vars(Stern.__base__)
    assert Stern().filter_all(world.kinds[0], None, nodes) == [Verdict(("no",))] * 3


class Chatty(Plugin):
    """A plugin that has a reason of its own for every node."""

    name = "Chatty"

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Node 7 will do."""
        return None if node.name == "n7" else Verdict((f"not {node.name}",))


class LocalChatty(Chatty):
    """The same, kept in columns."""

    local = True


@pytest.mark.parametrize("make", [Chatty, LocalChatty])
def test_there_may_be_more_verdicts_than_fit_in_a_byte(make: type[Plugin]) -> None:
    world = Twofold(1, 600)
    thinking = Thinking([make()], world.table, Nominated(world.table.promised), Bench().loop.scope())
    others = [f"n{number}" for number in range(600) if number != 7]
    for _ in range(2):
        decision, _ = thinking.decide(world.kinds[0].pod)

        assert decision.node == "n7"
        assert dict(decision.refused) == {name: ("Chatty", Verdict((f"not {name}",))) for name in others}


@pytest.mark.parametrize("seed", range(20))
def test_the_search_in_blocks_is_the_search_node_by_node(seed: int) -> None:
    chance = Random(seed)
    codes = [
        chance.choice([0, 0, 1, 2]) if seed % 3 else chance.choice([0, 3]) for _ in range(chance.randrange(1, 400))
    ]
    start, wanted = chance.randrange(len(codes)), chance.randrange(1, 150)
    fitting: list[int] = []
    looked_at: list[int] = []
    for place in (*range(start, len(codes)), *range(start)):
        if not codes[place] and len(fitting) == wanted:
            break
        looked_at.append(place)
        fitting += [] if codes[place] else [place]

    for column in (codes, bytearray(codes)):
        found = search(lambda first, last, column=column: column[first:last], len(codes), start, wanted)  # type: ignore[misc]

        assert (list(found.fitting), list(found.looked_at)) == (fitting, looked_at)
        assert list(found.codes) == list(at(codes, looked_at)) == list(at(column, found.looked_at))


def test_places_of_values_in_a_column() -> None:
    column = [3, 1, 3, 3, 2, 3]

    assert list(where(column, 3)) == [nth(column, 3, n) for n in range(4)] == [0, 2, 3, 5]
    assert list(where(column, 9)) == []


@pytest.mark.parametrize("codes", [[], [0], [3, 0, 3, 300, 0, 0], [4, 4, 0, 1], [9, 1, 9, 1, 0, 1, 1, 1, 1, 1, 1, 9]])
def test_bytes_are_read_as_a_list_of_the_same_numbers_is(codes: list[int]) -> None:
    zeros = [place for place, code in enumerate(codes) if not code]
    for column in (codes, bytes(codes)) if max(codes, default=0) < 256 else (codes,):
        assert list(where_zero(column)) == zeros and (not zeros or last_zero(column) == zeros[-1])
        assert list(numbers_of(column)) == [(code, codes.count(code)) for code in dict.fromkeys(codes)]


def test_ranges_are_read_as_a_list_of_the_same_places_is() -> None:
    parts = [range(5, 9), range(2), range(2, 2), range(3, 4)]
    every, places = [place for part in parts for place in part], joined(parts)

    assert isinstance(places, Ranges) and list(places) == every == [places[i] for i in range(len(every))]
    assert joined([range(2), range(2, 5)]) == range(5) and places[-1] == 3
    for first in range(8):
        for last in range(first, 8):
            assert list(places[first:last]) == every[first:last] == list(at(places, range(first, last)))
    assert list(at("abcdefghij", places)) == list("fghiabd")
    picked = Picked("abcdefghij", places)
    assert [*picked] == [*"fghiabd"] and [*picked[1:5]] == [*"ghia"] and (picked[-1], len(picked)) == ("d", 7)
    assert list(at(places, Ranges([range(4, 6), range(1)]))) == [0, 1, 5] != every[:3]
