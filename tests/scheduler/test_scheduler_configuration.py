"""KubeSchedulerConfiguration: which plugins a profile has, with which weights and arguments, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler import STANDARD_PLUGINS, Plugin, PodInfo, profiles_of

Obj = dict[str, Any]

STANDARD = {cls.name: cls.weight for cls in STANDARD_PLUGINS}


class Mine(Plugin):
    """Likes the node b."""

    name = "Mine"

    def score(self, pod: PodInfo, prepared: Any, node: Any) -> int:
        """All or nothing."""
        return 100 * (node.name == "b")


def profile(**fields: Any) -> Obj:
    """A configuration with one profile."""
    return {"profiles": [fields]}


def plugins(**points: Any) -> Obj:
    """A configuration with one profile that changes plugins: enabled (name: weight) and disabled ones per point."""
    given = {
        point: {
            "enabled": [{"name": name, **({"weight": weight} if weight else {})} for name, weight in enabled.items()],
            "disabled": [{"name": name} for name in disabled],
        }
        for point, (enabled, disabled) in points.items()
    }
    return profile(plugins=given)


FRAME = {"PrioritySort": 0, "DefaultBinder": 0}
WEIGHTS = [
    # a configuration, what differs from the standard weights
    ("the default", {}, {}),
    ("a profile without changes", profile(), {}),
    ("another weight", plugins(multiPoint=({"NodeAffinity": 7}, [])), {"NodeAffinity": 7}),
    ("one is off", plugins(multiPoint=({}, ["ImageLocality"])), {"ImageLocality": None}),
    ("one is off and on again", plugins(multiPoint=({"ImageLocality": 9}, ["ImageLocality"])), {"ImageLocality": 9}),
    ("one of one's own", plugins(multiPoint=({"Mine": 4}, [])), {"Mine": 4}),
    ("its weight is 1", plugins(multiPoint=({"Mine": 0}, [])), {"Mine": 1}),
    ("a weight at score", plugins(score=({"NodeResourcesFit": 5}, ["NodeResourcesFit"])), {"NodeResourcesFit": 5}),
    ("no scores", plugins(score=({}, ["*"])), dict.fromkeys(STANDARD, 0)),
    ("a weight means nothing to a filter", plugins(multiPoint=({"NodeName": 3}, [])), {}),
    ("nothing but", plugins(multiPoint=({"NodeName": 0, **FRAME}, ["*"])),
     {name: 0 if name == "NodeName" else None for name in STANDARD}),
]  # fmt: skip


@pytest.mark.parametrize(("config", "differs"), [pytest.param(*rest, id=name) for name, *rest in WEIGHTS])
def test_the_plugins_of_a_profile_and_their_weights(config: Obj, differs: Obj) -> None:
    """Source: kubernetes.io, "Scheduler Configuration", Multipoint and Profiles."""
    (found,) = profiles_of(config, {"Mine": Mine})

    wanted = {name: weight for name, weight in {**STANDARD, **differs}.items() if weight is not None}
    assert {plugin.name: plugin.weight for plugin in found.plugins} == wanted


BAD = [
    ("a kind that is none", {"kind": "Pod"}, "no kind is registered for"),
    ("an old version", {"apiVersion": "kubescheduler.config.k8s.io/v1beta3"}, "no kind is registered for"),
    ("an unknown field", {"profile": []}, 'unknown field "profile"'),
    ("an unknown point", plugins(scores=({}, ["*"])), 'unknown field "profiles[].plugins.scores"'),
    ("an unknown plugin", plugins(multiPoint=({"Nobody": 1}, [])), "Nobody does not exist"),
    ("arguments for nobody", profile(pluginConfig=[{"name": "Nobody"}]), "pluginConfig: plugin Nobody"),
    ("twice the same", {"profiles": [{"schedulerName": "a"}, {"schedulerName": "a"}]}, 'Duplicate value: "a"'),
    (
        "twice the same plugin",
        profile(plugins={"score": {"enabled": [{"name": "NodeName"}] * 2}}),
        "already registered",
    ),
    ("more than all", {"percentageOfNodesToScore": 101}, "not in valid range [0-100]"),
    ("no way to bind", plugins(multiPoint=({"PrioritySort": 0}, ["*"])), "at least one bind plugin is needed"),
    ("no order", plugins(queueSort=({}, ["*"])), "only one queue sort plugin required"),
    ("an order of one's own", plugins(queueSort=({"Mine": 0}, [])), "queueSort knows PrioritySort alone, not Mine"),
    ("no mapping", {"profiles": [5]}, "this is no KubeSchedulerConfiguration"),
    ("no name", profile(plugins={"score": {"enabled": [{"weight": 2}]}}), "this is no KubeSchedulerConfiguration"),
]


@pytest.mark.parametrize(("config", "said"), [pytest.param(*rest, id=name) for name, *rest in BAD])
def test_a_scheduler_does_not_start_with_this(config: Obj, said: str) -> None:
    """Source: pkg/scheduler/apis/config/validation, pkg/scheduler/framework/runtime/framework.go (NewFramework)."""
    with pytest.raises(ValueError) as error:
        profiles_of(config, {"Mine": Mine})

    assert said in str(error.value)


def scheduling(config: Obj) -> SchedulerBench:
    """A bench whose scheduler has this configuration."""
    return SchedulerBench(profiles=profiles_of(config, {"Mine": Mine}))


SCORE_ONLY = {"score": {"disabled": [{"name": "*"}], "enabled": [{"name": "Mine"}]}}
NO_TAINTS = {"filter": {"disabled": [{"name": "TaintToleration"}]}}
ADDED = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
    {"matchExpressions": [{"key": "kind", "operator": "In", "values": ["b"]}]}]}}  # fmt: skip
EFFECTS = [
    ("one of one's own alone", {"plugins": SCORE_ONLY}, "b"),
    ("taints do not count", {"plugins": NO_TAINTS}, "tainted"),
    ("added affinity", {"pluginConfig": [{"name": "NodeAffinity", "args": {"addedAffinity": ADDED}}]}, "b"),
    ("as always", {}, "a"),
]


@pytest.mark.parametrize(("given", "node"), [pytest.param(*rest, id=name) for name, *rest in EFFECTS])
def test_what_a_profile_does(given: Obj, node: str) -> None:
    """Source: kubernetes.io, "Scheduler Configuration"; NodeAffinityArgs."""
    bench = scheduling({"profiles": [{"schedulerName": "other"}, {"schedulerName": "mine", **given}]})
    taint = {"key": "k", "value": "v", "effect": "NoSchedule"}
    bench.given(
        a_node("a", cpu="8"), a_node("b", cpu="2", labels={"kind": "b"}), a_node("tainted", cpu="99", taints=[taint])
    )

    bench.given(a_pod("web", cpu="1", schedulerName="mine"), a_pod("none", schedulerName="nobody"))
    bench.settle()

    assert (bench.node_of("web"), bench.node_of("none")) == (node, "")
    assert bench.client.list("Event")[-1]["source"]["component"] == "mine"


@pytest.mark.parametrize(
    ("nodes", "percentage", "looked_at"),
    [(99, 0, 99), (100, 0, 100), (250, 0, 120), (250, 10, 100), (250, 80, 200), (250, 100, 250)],
)
def test_in_large_clusters_the_search_ends_when_enough_nodes_fit(nodes: int, percentage: int, looked_at: int) -> None:
    """Source: pkg/scheduler/schedule_one.go, numFeasibleNodesToFind (50 % less one for 125 nodes, 100 at least)."""
    bench = scheduling({"percentageOfNodesToScore": percentage})
    bench.given(*(a_node(f"n{number}") for number in range(nodes)))

    bench.given(a_pod("one"), a_pod("two"))
    bench.settle()

    first, second = (decision.names for decision in bench.scheduler.decisions)
    assert len(first) == len(second) == looked_at
    assert second[0] == f"n{looked_at % nodes}"
