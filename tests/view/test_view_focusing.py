"""Looking at a part: what is there is shown with its Nodes, what is not there is refused with the nearest name."""

from __future__ import annotations

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy, pod

from k8slab.view import ClusterView, Focus


def shop(workers: int = 3) -> FakeReader:
    """Two apps in `default`, one Pod in `shop`."""
    reader = cluster(workers)
    deploy(reader, "web", ["node-1", "node-2"])
    deploy(reader, "api", ["node-2"])
    reader.put(pod("till-1", "node-3", namespace="shop"))
    for name in ("default", "kube-system", "shop"):
        reader.put({"kind": "Namespace", "metadata": {"name": name}})
    return reader


def view_of(reader: FakeReader) -> ClusterView:
    view = ClusterView(reader)  # type: ignore[arg-type]
    view.update()
    return view


@pytest.mark.parametrize(
    ("focus", "names"),
    [
        (Focus(), {"web", "api", "till"}),
        (Focus(namespace="shop"), {"till"}),
        (Focus(app="web"), {"web"}),
        (Focus(node="node-2"), {"web", "api"}),
        (Focus(app="web", node="node-1"), {"web"}),
        (Focus(namespace="kube-system"), {"coredns"}),
    ],
)
def test_only_what_is_in_focus_is_drawn_with_its_name(focus: Focus, names: set[str]) -> None:
    scene = view_of(shop()).turn_to(focus).scene

    assert {tile.card.key.name.partition("-")[0] for tile in scene.tiles} == names


@pytest.mark.parametrize(
    ("focus", "nodes"),
    [
        (Focus(node="node-2"), {"control-plane", "node-2"}),
        (Focus(app="web"), {"control-plane", "node-1", "node-2"}),
        (Focus(namespace="shop"), {"control-plane", "node-3"}),
    ],
)
def test_of_many_nodes_only_those_in_focus_are_drawn(focus: Focus, nodes: set[str]) -> None:
    picture = view_of(shop(40)).turn_to(focus)

    assert {box.card.name for box in picture.scene.nodes} == nodes
    assert picture.scene.mode == "pods"


@pytest.mark.parametrize(
    ("focus", "error"),
    [
        (Focus(namespace="shpo"), 'there is no namespace "shpo"; did you mean "shop"?'),
        (Focus(app="webb"), 'there is no app "webb"; did you mean "web"?'),
        (Focus(node="zzz"), 'there is no node "zzz"'),
        (Focus(namespace="shop", app="web"), 'there is no app "web"'),
    ],
)
def test_what_is_not_there_is_refused(focus: Focus, error: str) -> None:
    view = view_of(shop())

    with pytest.raises(ValueError) as raised:
        view.turn_to(focus)

    assert (str(raised.value), view.focus) == (error, Focus())


def test_turning_takes_nothing_away_from_the_next_picture() -> None:
    reader = shop()
    view = view_of(reader)
    reader.put(pod("late", phase="Pending"))
    turned = view.turn_to(Focus(namespace="default"))

    assert turned.diff is None and "late" in [tile.card.key.name for tile in turned.scene.tiles]
    assert view.update().text.splitlines()[1] == "You created Pod late."


def test_who_comes_back_finds_everything_where_it_was() -> None:
    view = view_of(shop())
    before = view.turn_to().scene.places
    view.turn_to(Focus(app="api"))

    assert dict(view.turn_to().scene.places) == dict(before)


@pytest.mark.parametrize("folding", ["pods", "dots", "fleet"])
def test_what_is_folded_can_be_chosen(folding: str) -> None:
    assert view_of(shop()).turn_to(folding=folding).scene.mode == folding


def test_a_folding_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match='unknown folding "boxes"; there are: auto, pods, dots, fleet'):
        view_of(shop()).turn_to(folding="boxes")
