"""Every plugin in a table of cases: which nodes it refuses in upstream's words, and what it gives the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from k8slab.scheduler import DEFAULT_PLUGINS, pod_info
from k8slab.scheduler.framework import pod_requests
from k8slab.scheduler.table import NodeTable

Obj = dict[str, Any]

MIB = 1024 * 1024
TABLE = [page for page in yaml.safe_load_all(Path(__file__).with_name("plugins.yaml").read_text("utf-8")) if page]
CASES = [
    pytest.param(page["plugin"], case, id=f"{page['plugin']}: {case['case']}")
    for page in TABLE
    for case in page["cases"]
]
SCORES = [param for param in CASES if "raw" in param.values[1] or "skips" in param.values[1]]


def spec_of(short: Obj) -> Obj:
    """A pod's spec from its short form."""
    spec = dict(short)
    for group in ("initContainers", "containers"):
        if group in short:
            spec[group] = [{"image": "x", **c, "resources": {"requests": c.get("requests", {})}} for c in short[group]]
    return spec


def table_of(nodes: Obj) -> NodeTable:
    """The nodes of a case, with the pods on them."""
    table = NodeTable()
    for name, short in nodes.items():
        images = [{"names": [image], "sizeBytes": int(mib * MIB)} for image, mib in short.get("images", {}).items()]
        allocatable = {"cpu": "4", "memory": "8Gi", "pods": "110", **short.get("allocatable", {})}
        metadata = {"name": name, "labels": short.get("labels", {})}
        status = {"allocatable": allocatable, "images": images}
        table.node_changed(None, {"metadata": metadata, "spec": short.get("spec", {}), "status": status})
        for number, pod in enumerate(short.get("pods", ())):
            table.assume(pod_info({"metadata": {"uid": f"{name}/{number}"}, "spec": spec_of(pod)}), name)
    return table


@pytest.mark.parametrize(("plugin", "case"), CASES)
def test_the_nodes_that_a_plugin_refuses(plugin: str, case: Obj) -> None:
    (asked,) = (make() for make in DEFAULT_PLUGINS if make.name == plugin)
    pod, nodes = pod_info({"spec": spec_of(case["pod"])}), table_of(case["nodes"]).nodes
    prepared = asked.prepare(pod)

    verdicts = {name: verdict for name, node in nodes.items() if (verdict := asked.filter(pod, prepared, node))}

    wanted = {name: (said,) if isinstance(said, str) else tuple(said) for name, said in case.get("refused", {}).items()}
    assert {name: verdict.reasons for name, verdict in verdicts.items()} == wanted
    assert [name for name, verdict in verdicts.items() if not verdict.can_change] == case.get("hopeless", [])


@pytest.mark.parametrize(("plugin", "case"), SCORES)
def test_the_scores_that_a_plugin_gives(plugin: str, case: Obj) -> None:
    (asked,) = (make() for make in DEFAULT_PLUGINS if make.name == plugin)
    pod, nodes = pod_info({"spec": spec_of(case["pod"])}), table_of(case["nodes"]).nodes
    prepared, fitting = asked.prepare(pod), [name for name in nodes if name not in case.get("refused", {})]

    raw = [asked.score(pod, prepared, nodes[name]) for name in fitting]

    assert asked.applies(pod, prepared) == (not case.get("skips", False))
    if not case.get("skips"):
        assert dict(zip(fitting, raw, strict=True)) == case["raw"]
        assert dict(zip(fitting, asked.normalise(raw), strict=True)) == case["final"]


def test_every_default_plugin_has_its_cases_and_upstreams_weight() -> None:
    """Source: pkg/scheduler/apis/config/v1/default_plugins.go."""
    weights = {"TaintToleration": 3, "NodeAffinity": 2, "NodeResourcesFit": 1, "ImageLocality": 1}
    weights |= {"NodeResourcesBalancedAllocation": 1, "NodeUnschedulable": 0, "NodeName": 0, "NodePorts": 0}

    assert {make.name: make.weight for make in DEFAULT_PLUGINS} == weights
    assert [make.name for make in DEFAULT_PLUGINS] == [page["plugin"] for page in TABLE]


@pytest.mark.parametrize(
    ("init", "containers", "overhead", "cpu_m"),
    [
        ([], [{"cpu": "1"}, {"cpu": "500m"}, {}], {}, 1500),
        ([{"cpu": "1"}], [{"cpu": "2"}], {}, 2000),
        ([{"cpu": "3"}, {"cpu": "1"}], [{"cpu": "2"}], {}, 3000),
        ([{"cpu": "3"}], [{"cpu": "2"}], {"cpu": "250m"}, 3250),
        ([{"cpu": "500m", "sidecar": True}], [{"cpu": "2"}], {}, 2500),
        ([{"cpu": "500m", "sidecar": True}, {"cpu": "2"}], [{"cpu": "1"}], {}, 2500),
        ([{"cpu": "2"}, {"cpu": "500m", "sidecar": True}], [{"cpu": "1"}], {}, 2000),
        ([{"cpu": "1", "sidecar": True}, {"cpu": "1", "sidecar": True}, {"cpu": "1"}], [{}], {}, 3000),
    ],
)
def test_what_a_pod_asks_for(init: list[Obj], containers: list[Obj], overhead: Obj, cpu_m: int) -> None:
    """Source: staging/src/k8s.io/component-helpers/resource/helpers.go, AggregateContainerRequests."""
    spec: Obj = {"containers": [{"resources": {"requests": wants}} for wants in containers], "overhead": overhead}
    spec["initContainers"] = [
        {"resources": {"requests": {"cpu": one["cpu"]}}, **({"restartPolicy": "Always"} if "sidecar" in one else {})}
        for one in init
    ]

    assert pod_requests(spec) == {"cpu": cpu_m}
