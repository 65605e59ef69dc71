"""How a decision comes about, what it says of every node and plugin, and the message when no node will do."""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler import (
    STANDARD_PLUGINS,
    Decision,
    NodeInfo,
    Plugin,
    PodInfo,
    Snapshot,
    Verdict,
    unschedulable_text,
)
from k8slab.scheduler.cycle import Thinking
from k8slab.scheduler.nominated import Nominated
from k8slab.scheduler.table import NodeTable

TAINT = {"key": "k", "value": "v", "effect": "NoSchedule"}


def test_ties_are_broken_by_the_seed() -> None:
    chosen = []
    for seed in [*range(20), *range(20)]:
        bench = SchedulerBench(seed=seed)
        bench.given(*(a_node(name) for name in "abc"), a_pod("web"))
        bench.settle()
        chosen.append(bench.node_of("web"))

    assert chosen[:20] == chosen[20:] and set(chosen) == {"a", "b", "c"}


def test_a_decision_explains_itself(bench: SchedulerBench) -> None:
    bench.given(a_node("a"), a_node("b", cpu="2"), a_node("tainted", taints=[TAINT]), a_node("full", cpu="500m"))

    bench.given(a_pod("web", cpu="1"))
    bench.settle()

    decision = bench.scheduler.decisions[-1]
    assert {name: (who, verdict.reasons) for name, (who, verdict) in decision.refused.items()} == {
        "tainted": ("TaintToleration", ("node(s) had untolerated taint(s)",)),
        "full": ("NodeResourcesFit", ("Insufficient cpu",)),
    }
    assert decision.scores["a"] == {
        "TaintToleration": (0, 100, 300),
        "NodeResourcesFit": (86, 86, 86),  # 75 % of the cpu and, with 200Mi assumed, 97 % of the memory are free
        "NodeResourcesBalancedAllocation": (68, 68, 68),  # 25 % and 0 % used: 87 after, 100 before, 50 + (50 - 13) / 2
        "ImageLocality": (0, 0, 0),
    }
    assert (decision.totals, decision.node, decision.pod) == ({"a": 454, "b": 435}, "a", "default/web")


class Noting(Plugin):
    """Notes when it is asked what."""

    name, weight = "Noting", 2
    notes: ClassVar[list[str]] = []

    def prepare(self, pod: PodInfo) -> Any:
        """Once."""
        self.notes.append("prepare")
        return "prepared"

    def narrow(self, pod: PodInfo, prepared: Any) -> list[str]:
        """Leave c out."""
        self.notes.append(f"narrow {prepared}")
        return ["a", "b", "d"]

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Refuse d."""
        self.notes.append(f"filter {node.name} {prepared}")
        return Verdict(("d is no good",)) if node.name == "d" else None

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """More than 100, to be normalised."""
        self.notes.append(f"score {node.name} {prepared}")
        return 300 if node.name == "b" else 100

    def normalise(self, scores: list[int]) -> list[int]:
        """A third."""
        self.notes.append(f"normalise {scores}")
        return [score // 3 for score in scores]


class Fond(Plugin):
    """Local, and gives b the most."""

    name, local = "Fond", True

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """By name."""
        return {"a": 99, "b": 100}.get(node.name, 3)


@pytest.mark.parametrize(("weight", "best"), [(1, "b"), (2, "b"), (3, "b"), (400, "b"), (-1, "c")])
def test_a_weight_may_be_any_whole_number(weight: int, best: str) -> None:
    bench = SchedulerBench(plugins=[type("Weighed", (Fond,), {"weight": weight})])
    bench.given(*(a_node(name) for name in "abc"), a_pod("web"))

    bench.settle()

    scores = {"a": 99, "b": 100, "c": 3}
    assert bench.node_of("web") == best
    assert bench.scheduler.decisions[-1].totals == {name: weight * score for name, score in scores.items()}


def test_a_plugin_is_asked_in_upstreams_order() -> None:
    """Source: kubernetes.io, "Scheduling Framework" (PreFilter, Filter, PreScore, Score, NormalizeScore, Bind)."""
    Noting.notes.clear()
    bench = SchedulerBench(plugins=[Noting])
    bench.given(*(a_node(name) for name in "abcd"), a_pod("web"))

    bench.settle()

    filters, scores = [f"filter {name} prepared" for name in "abd"], [f"score {name} prepared" for name in "ab"]
    assert Noting.notes == ["prepare", "narrow prepared", *filters, *scores, "normalise [100, 300]"]
    assert bench.scheduler.decisions[-1].scores == {"a": {"Noting": (100, 33, 66)}, "b": {"Noting": (300, 100, 200)}}
    assert bench.writes == ["create Pod/web/binding"] and bench.node_of("web") == "b"


def test_the_first_plugin_in_upstreams_order_is_the_one_that_refuses(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins."""
    bench.given(a_node("a", cpu="1", taints=[TAINT], unschedulable=True), a_node("b", cpu="1", taints=[TAINT]))

    bench.given(a_pod("web", cpu="2", nodeSelector={"disk": "ssd"}))
    bench.settle()

    who = {name: refusal[0] for name, refusal in bench.scheduler.decisions[-1].refused.items()}
    assert who == {"a": "NodeUnschedulable", "b": "TaintToleration"}


@pytest.mark.parametrize(
    ("reasons", "text"),
    [
        ([["Insufficient cpu"]], "0/1 nodes are available: 1 Insufficient cpu."),
        (
            [["b"], ["a"], ["b"], ["Insufficient cpu", "Insufficient memory"]],
            "0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 a, 2 b.",
        ),
        ([["x"]] * 10 + [["y"]] * 9, "0/19 nodes are available: 10 x, 9 y."),
        ([["x"]] * 9 + [["y"]] * 10, "0/19 nodes are available: 10 y, 9 x."),
        ([], "no nodes available to schedule pods"),
    ],
)
def test_reasons_are_counted_and_sorted_as_texts(reasons: list[list[str]], text: str) -> None:
    """Source: pkg/scheduler/framework/types.go, FitError.Error."""
    refused = {f"n{number}": ("P", Verdict(tuple(said))) for number, said in enumerate(reasons)}

    assert unschedulable_text(refused) == text


def test_the_message_of_a_cluster_without_room(bench: SchedulerBench) -> None:
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    bench.given(a_node("control-plane", taints=[taint]), a_node("cordoned", unschedulable=True), a_node("a"))
    bench.given(a_node("b", memory="1Gi"), a_pod("web", cpu="5", memory="2Gi"))

    bench.settle()

    assert bench.message_of("web") == (
        "Unschedulable: 0/4 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), "
        "1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, "
        "preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling."
    )


EXISTS = {"key": "x", "operator": "Exists"}
OUTSIDE, TAINTED = "node(s) didn't satisfy plugin(s) [NodeAffinity]", "node(s) had untolerated taint(s)"
UNLIKE = "node(s) didn't match Pod's node affinity/selector"


@pytest.mark.parametrize(
    ("terms", "reasons"),
    [
        ([["a"]], f"1 Insufficient cpu, 3 {OUTSIDE}"),
        ([["a"], ["d"]], f"1 Insufficient cpu, 1 {TAINTED}, 2 {OUTSIDE}"),
        ([["gone"]], f"4 {OUTSIDE}"),
        ([["a"], []], f"1 Insufficient cpu, 1 {TAINTED}, 2 {UNLIKE}"),
    ],
)
def test_a_pod_that_names_its_nodes_looks_at_no_others(
    bench: SchedulerBench, terms: list[list[str]], reasons: str
) -> None:
    """Source: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go, PreFilter; schedule_one.go."""
    bench.given(a_node("a", labels={"x": ""}), a_node("b"), a_node("c"), a_node("d", taints=[TAINT]))
    named = [{"key": "metadata.name", "operator": "In", "values": names} for names in terms]
    selector = [{"matchFields": [field]} if field["values"] else {"matchExpressions": [EXISTS]} for field in named]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": selector}}

    bench.given(a_pod("web", cpu="5", affinity={"nodeAffinity": required}))
    bench.settle()

    assert bench.message_of("web").startswith(f"Unschedulable: 0/4 nodes are available: {reasons}. no new claims")


class Broken(Plugin):
    """A learner's plugin that fails for the pod bad and gives impossible scores to the pod odd."""

    name, weight = "Broken", 1

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """Fail."""
        if pod.pod["metadata"]["name"] == "bad":
            raise KeyError("zone")
        return None

    def score(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> int:
        """Too much."""
        return {"odd": 101, "mute": 1 // (pod.pod["metadata"]["name"] != "mute")}.get(pod.pod["metadata"]["name"], 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bad", "running \"Broken\" filter plugin: KeyError: 'zone'"),
        (
            "odd",
            'applying score defaultWeights on Score plugins: plugin "Broken" returns an invalid score 101, '
            "it should in the range of [0, 100] after normalizing",
        ),
        (
            "mute",
            'running Score plugins: plugin "Broken" failed with: ZeroDivisionError: integer division or modulo by zero',
        ),
    ],
)
def test_a_plugin_that_fails_stops_only_its_pod(name: str, text: str) -> None:
    """Source: pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins and RunScorePlugins."""
    bench = SchedulerBench(plugins=[*STANDARD_PLUGINS, Broken])

    bench.given(a_node("a", cpu="8"), a_node("b"), a_pod(name), a_pod("good", cpu="3"))
    bench.run(5)

    assert (bench.node_of(name), bench.node_of("good")) == ("", "a")
    assert bench.message_of(name) == f"SchedulerError: {text}"


def told(decision: Decision) -> Any:
    """What a decision says, but for its moment and its choice among equals."""
    weighed = (decision.rescue.candidates, decision.rescue.refused) if decision.rescue else None
    return decision.refused, decision.scores, decision.totals, decision.message, weighed


def disturb(bench: SchedulerBench, chance: Random, number: int) -> None:
    """Change one thing in the cluster."""
    nodes = [node["metadata"]["name"] for node in bench.client.list("Node")]
    pods = [pod["metadata"]["name"] for pod in bench.client.list("Pod")]
    images = {f"i{i}:latest": chance.choice([10, 300, 900]) * 1024 * 1024 for i in range(3) if chance.random() < 0.5}
    match chance.choice(["node", "pod", "pod", "pod", "no node", "no pod", "taint", "images", "end"]):
        case "node" if len(nodes) < 6:
            name = chance.choice([n for n in "abcdefgh" if n not in nodes])
            bench.given(a_node(name, cpu=chance.choice(["1", "4"]), images=images, labels={"x": name}))
        case "pod":
            port = {"containerPort": 80, "hostPort": chance.choice([80, 81])}
            extra = chance.choice([{}, {"tolerations": [{"operator": "Exists"}]}, {"nodeSelector": {"x": "a"}}])
            pod = a_pod(f"p{number}", cpu=chance.choice(["", "300m", "1"]), memory=chance.choice(["", "1Gi"]), **extra)
            pod["spec"]["containers"][0] |= {"image": "i1", "ports": chance.choice([[], [port]])}
            bench.given(pod)
        case "no node" if nodes:
            bench.client.delete("Node", chance.choice(nodes))
        case "no pod" if pods:
            bench.client.delete("Pod", chance.choice(pods), "default", grace_s=0)
        case "taint" if nodes:
            taints = chance.choice([None, [TAINT], [{**TAINT, "effect": "PreferNoSchedule"}]])
            bench.client.patch("Node", chance.choice(nodes), "", {"spec": {"taints": taints}}, type="merge")
        case "images" if nodes:
            found = [{"names": [name], "sizeBytes": size} for name, size in images.items()]
            bench.client.patch_status(bench.client.get("Node", chance.choice(nodes)), {"images": found})
        case "end" if pods:
            bench.client.patch_status(bench.client.get("Pod", chance.choice(pods), "default"), {"phase": "Failed"})
    bench.run(chance.choice([0.01, 0.01, 2, 20]))


@pytest.mark.parametrize("seed", range(10))
def test_what_is_remembered_and_counted_never_differs_from_a_fresh_look(bench: SchedulerBench, seed: int) -> None:
    chance = Random(seed)
    asked = [a_pod("q", cpu="200m"), a_pod("r", tolerations=[{"key": "k", "operator": "Exists"}])]
    asked.append(a_pod("vip", cpu="900m", priority=1000))
    asked[0]["spec"]["containers"][0]["image"] = "i1"

    for number in range(60):
        disturb(bench, chance, number)
        known = [told(bench.scheduler.decide(pod)) for pod in asked]
        fresh = thinking_over(table_of(bench), bench)
        assert known == [told(fresh.decide(pod)[0]) for pod in asked]


def thinking_over(table: NodeTable, bench: SchedulerBench) -> Thinking:
    """The standard plugins, with nothing in their memory."""
    plugins = [make() for make in STANDARD_PLUGINS]
    for plugin in plugins:
        plugin.cluster = Snapshot(table.nodes, table.census)
    return Thinking(plugins, table, Nominated(), bench.loop.scope())


def table_of(bench: SchedulerBench) -> NodeTable:
    """The table that a scheduler would make of what is in the API now, its nodes in the order known."""
    table, nodes = NodeTable(), {node["metadata"]["name"]: node for node in bench.client.list("Node")}
    for name in bench.scheduler.table.nodes:
        table.node_changed(None, nodes[name])
    for pod in bench.client.list("Pod"):
        if pod["spec"].get("nodeName"):
            table.pod_changed(pod)
    return table
