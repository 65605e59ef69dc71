"""What is measured: use of Nodes in their bars, requests as the width of lines; and pictures without any."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy
from some_cluster import Drawn

from k8slab.objects import Key
from k8slab.view import Focus
from k8slab.view.amounts import Amount
from k8slab.view.drawing import draw
from k8slab.view.marks import Box, Line, Text
from k8slab.view.measures import GROUP, flows_of, use_of_nodes
from k8slab.view.placing import text_extent
from k8slab.view.style import STYLES

Obj = dict[str, Any]
METRIC = "pods/http_requests_per_second"


def measured(reader: FakeReader, rates: dict[str, str]) -> None:
    """A monitoring system knows how many requests these Pods answer."""
    items = [
        {"describedObject": {"namespace": "default", "name": name}, "value": value} for name, value in rates.items()
    ]
    reader.answers[GROUP] = {"resources": [{"name": METRIC}]}
    reader.answers[f"{GROUP}/namespaces/default/pods/*/http_requests_per_second"] = {"items": items}


def using(reader: FakeReader, **use: Obj) -> None:
    reader.objects["NodeMetrics"] = {
        Key("", name.replace("_", "-")): {"metadata": {"name": name.replace("_", "-")}, "usage": usage}
        for name, usage in use.items()
    }


@pytest.fixture
def drawn() -> Drawn:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])
    reader.put({"kind": "Namespace", "metadata": {"name": "default"}})
    return Drawn(reader)


def test_where_nobody_measures_the_answer_is_empty() -> None:
    reader = cluster()

    assert (use_of_nodes(reader), flows_of(reader, ["default"])) == ({}, {})  # type: ignore[arg-type]


def test_use_is_read_node_by_node() -> None:
    """Source: staging/src/k8s.io/metrics/pkg/apis/metrics/v1beta1/types.go, NodeMetrics."""
    reader = cluster()
    using(reader, node_1={"cpu": "250m", "memory": "512Mi"})

    assert use_of_nodes(reader) == {"node-1": Amount(250, 512 * 1024**2)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "rate"), [("12", 12.0), ("1500m", 1.5), ("2k", 2000.0), ("0", None), ("nonsense", None)]
)
def test_rates_are_quantities(value: str, rate: float | None) -> None:
    """Source: staging/src/k8s.io/metrics/pkg/apis/custom_metrics/v1beta2/types.go, MetricValue."""
    reader = cluster()
    measured(reader, {"web-1": value})

    found = flows_of(reader, ["default", "shop"])  # type: ignore[arg-type]

    assert found == ({Key("default", "web-1"): rate} if rate else {})


def test_use_lies_below_the_bar_of_what_is_requested(drawn: Drawn) -> None:
    using(drawn.reader, node_1={"cpu": "2", "memory": "4Gi"})
    scene = drawn.scene()

    (box,) = [box for box in scene.nodes if box.card.name == "node-1"]
    cpu, memory = [mark.rect for mark in draw(scene) if isinstance(mark, Box) and mark.style == "bar.use"]

    assert (cpu.w, memory.w) == (box.bar.w / 2, box.memory_bar.w / 2)
    assert (cpu.x, cpu.y > box.bar.bottom) == (box.bar.x, True)
    assert "in use: cpu 2, memory 4 GiB" in box.title
    assert "in use" in [label.text for label in scene.labels]


def test_a_bar_stands_clear_of_what_it_is_about(drawn: Drawn) -> None:
    marks = draw(drawn.scene())

    bars = [mark.rect for mark in marks if isinstance(mark, Box) and mark.style == "bar"]
    names = [mark for mark in marks if isinstance(mark, Text) and mark.text in ("cpu", "mem")]

    assert len(bars) == len(names) == 8
    assert all(text_extent(name).right + 3 < bar.x for name, bar in zip(names, bars, strict=True))


def test_the_more_requests_the_wider_the_line(drawn: Drawn) -> None:
    first, second = (key.name for key in drawn.reader.objects["Pod"] if key.name.startswith("web"))
    measured(drawn.reader, {first: "3", second: "120"})
    scene = drawn.scene()

    rates = sorted(edge.rate for edge in scene.edges if edge.role == "serves")
    styles = sorted(mark.style for mark in draw(scene) if isinstance(mark, Line) and mark.style.startswith("flow."))

    assert (rates, styles) == ([3.0, 120.0], ["flow.1", "flow.3"])
    assert STYLES["flow.1"].width < STYLES["flow.3"].width
    assert [chip.note for chip in scene.chips if chip.role == "service"] == ["123/s · 2/2"]


def test_a_picture_of_the_past_says_that_no_measurements_are_kept(drawn: Drawn) -> None:
    using(drawn.reader, node_1={"cpu": "2", "memory": "4Gi"})
    drawn.scene()
    moment, drawn.reader.now = drawn.reader.now, drawn.reader.now + 60

    past, present = drawn.view.at(moment).scene, drawn.view.at(drawn.reader.now).scene

    told = "no measurements are kept of the past"
    assert [any(told in label.text for label in scene.labels) for scene in (past, present)] == [True, False]
    assert [any(box.card.measured for box in scene.nodes) for scene in (past, present)] == [False, True]


def test_where_nobody_has_measured_the_past_lacks_nothing(drawn: Drawn) -> None:
    drawn.scene()
    moment, drawn.reader.now = drawn.reader.now, drawn.reader.now + 60

    assert not any("measure" in label.text for label in drawn.view.at(moment).scene.labels)


def test_a_focus_keeps_what_is_measured(drawn: Drawn) -> None:
    using(drawn.reader, node_1={"cpu": "2", "memory": "4Gi"})

    scene = drawn.view.turn_to(Focus(node="node-1")).scene

    assert [box.card.measured for box in scene.nodes if box.card.name == "node-1"] == [Amount(2000, 4 * 1024**3)]


def test_a_silent_server_is_not_asked_for_measures(drawn: Drawn) -> None:
    drawn.scene()
    drawn.reader.close_streams()
    drawn.reader.is_reachable = False

    assert all(box.card.measured is None for box in drawn.scene().nodes)
