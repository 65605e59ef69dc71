"""The picture: every pod in it once, nothing on top of anything else, everything where it was before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

import pytest
from fake_reader import FakeReader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects_of_a_cluster import cluster, deploy, node, pod, service, workload
from some_cluster import Drawn, shake, some_cluster

from k8slab.view.drawing import draw
from k8slab.view.geometry import WIDTH, Rect
from k8slab.view.lettering import text_width
from k8slab.view.marks import Text
from k8slab.view.scene import Dot, NodeBox, Scene
from k8slab.view.style import STYLES

CALM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SLACK = 0.01


def intersect(a: Rect, b: Rect) -> bool:
    return min(a.right, b.right) - max(a.x, b.x) > SLACK and min(a.bottom, b.bottom) - max(a.y, b.y) > SLACK


def contains(outer: Rect, inner: Rect) -> bool:
    across = outer.x - SLACK <= inner.x and inner.right <= outer.right + SLACK
    return across and outer.y - SLACK <= inner.y and inner.bottom <= outer.bottom + SLACK


def around(dot: Dot) -> Rect:
    return Rect(dot.x - dot.radius, dot.y - dot.radius, 2 * dot.radius, 2 * dot.radius)


def around_text(mark: Text) -> Rect:
    """The place of a text, as wide as the widest of the common faces makes it."""
    style = STYLES[mark.style]
    width = text_width(mark.text, style.size, bold=style.bold)
    left = mark.x - {"start": 0.0, "middle": width / 2, "end": width}[mark.anchor]
    return Rect(left, mark.y - style.size * 0.75, width, style.size * 0.75)


def clashes(rects: Iterable[Rect]) -> list[tuple[Rect, Rect]]:
    return [(a, b) for a, b in combinations(rects, 2) if intersect(a, b)]


def boxes(scene: Scene) -> dict[str, NodeBox]:
    return {box.card.name: box for box in scene.nodes}


@CALM
@given(some_cluster(), st.sampled_from(["en", "ko"]))
def test_nothing_lies_on_anything_else(reader: FakeReader, lang: str) -> None:
    scene = Drawn(reader, lang).scene()

    assert clashes([tile.rect for tile in scene.tiles] + [around(dot) for dot in scene.dots]) == []
    assert clashes(box.rect for box in scene.nodes) == []
    assert clashes(chip.rect for chip in scene.chips) == []
    assert clashes(frame.rect for frame in scene.frames) == []
    for chip in scene.chips:
        assert not any(intersect(chip.rect, tile.rect) for tile in scene.tiles)


@CALM
@given(some_cluster(), st.sampled_from(["en", "ko"]))
def test_everything_is_inside_the_picture(reader: FakeReader, lang: str) -> None:
    scene = Drawn(reader, lang).scene()

    paper = Rect(0, 0, WIDTH, scene.height)
    places = [part.rect for part in (*scene.frames, *scene.nodes, *scene.tiles, *scene.chips)]
    places += [around(dot) for dot in scene.dots]
    places += [around_text(mark) for mark in draw(scene) if isinstance(mark, Text)]
    places += [Rect(x, y, 0, 0) for edge in scene.edges for x, y in edge.points]
    assert [place for place in places if not contains(paper, place)] == []


@CALM
@given(some_cluster())
def test_every_pod_with_a_node_is_in_its_node_once(reader: FakeReader) -> None:
    drawn = Drawn(reader)
    scene = drawn.scene()

    nodes = boxes(scene)
    placed = [(tile.card, tile.rect) for tile in scene.tiles if tile.card.node]
    placed += [(dot.card, around(dot)) for dot in scene.dots]
    assert all(contains(nodes[card.node].rect, rect) for card, rect in placed)
    shown = Counter(str(card.key) for card, _ in placed if not card.is_folded)
    at_home = {
        str(key)
        for key, obj in reader.objects["Pod"].items()
        if key.namespace != "kube-system" and obj["spec"].get("nodeName")
    }
    masters = {name for name, box in nodes.items() if box.card.is_control_plane}
    on_workers = {str(key) for key, obj in reader.objects["Pod"].items() if obj["spec"].get("nodeName") not in masters}
    if scene.mode == "fleet":
        counted = sum(n for box in scene.nodes for _, n in box.states)
        assert counted == len(at_home & on_workers)
    else:
        assert {name: n for name, n in shown.items() if name in on_workers} == dict.fromkeys(at_home & on_workers, 1)


@CALM
@given(some_cluster())
def test_every_pod_without_a_node_waits_in_the_tray_or_is_counted_there(reader: FakeReader) -> None:
    scene = Drawn(reader).scene()

    waiting = [
        str(key)
        for key, obj in reader.objects["Pod"].items()
        if key.namespace != "kube-system" and not obj["spec"].get("nodeName")
    ]
    tiles = [str(tile.card.key) for tile in scene.tiles if not tile.card.node]
    assert set(tiles) <= set(waiting) and len(tiles) == min(5, len(waiting))
    assert any(label.text == f"+{len(waiting) - 5} more" for label in scene.labels) or len(waiting) <= 5


@CALM
@given(some_cluster(), st.sampled_from(["en", "ko"]))
def test_texts_lie_neither_on_each_other_nor_on_marks(reader: FakeReader, lang: str) -> None:
    scene = Drawn(reader, lang).scene()

    texts = [around_text(mark) for mark in draw(scene) if isinstance(mark, Text)]
    assert clashes(texts) == []
    for dot in scene.dots:
        assert not any(intersect(around(dot), place) for place in (*texts, *(box.bar for box in scene.nodes)))


@pytest.mark.parametrize(("writes", "text"), [(0, "you"), (7, "you ✎7"), (1500, "✎1500")])
def test_who_has_written_much_stays_in_the_picture(writes: int, text: str) -> None:
    drawn = Drawn(cluster())
    drawn.scene()
    for number in range(writes):
        drawn.reader.put(service(f"s{number % 10}"))
    scene = drawn.scene()

    (label,) = [mark for mark in draw(scene) if isinstance(mark, Text) and mark.text == text]

    assert around_text(label).x >= 0 and around_text(label).right <= scene.nodes[0].rect.x


@pytest.mark.parametrize(
    ("is_ready", "is_cordoned", "status"),
    [(True, False, ""), (True, True, "cordoned"), (False, False, "NotReady"), (False, True, "NotReady")],
)
def test_the_head_of_a_node_says_what_is_not_plain(is_ready: bool, is_cordoned: bool, status: str) -> None:
    reader = cluster(0)
    reader.put({**node("worker", is_ready=is_ready), "spec": {"unschedulable": is_cordoned}})

    assert boxes(Drawn(reader).scene())["worker"].status == status


@CALM
@given(some_cluster(), st.integers(0, 2**32), st.sampled_from(["en", "ko"]))
def test_the_next_pictures_are_as_tidy_as_the_first(reader: FakeReader, seed: int, lang: str) -> None:
    drawn = Drawn(reader, lang)
    drawn.scene()
    for number in range(2):
        shake(reader, seed + number)
        scene = drawn.scene()
        paper = Rect(0, 0, WIDTH, scene.height)
        parts = [part.rect for part in (*scene.frames, *scene.nodes, *scene.tiles, *scene.chips)]
        texts = [around_text(mark) for mark in draw(scene) if isinstance(mark, Text)]

        assert [place for place in (*parts, *texts) if not contains(paper, place)] == []
        assert (
            clashes(texts)
            == clashes(box.rect for box in scene.nodes)
            == clashes(chip.rect for chip in scene.chips)
            == []
        )
        assert clashes([tile.rect for tile in scene.tiles] + [around(dot) for dot in scene.dots]) == []


@CALM
@given(some_cluster())
def test_every_machine_has_a_name(reader: FakeReader) -> None:
    for box in Drawn(reader).scene().nodes:
        assert box.name == box.card.name or len(box.name) >= 2


def test_a_narrow_node_keeps_its_name_before_its_status() -> None:
    drawn = Drawn(cluster(4, zones=4))
    drawn.scene()
    drawn.reader.put(node("node-1", "zone-a", is_ready=False), "system:node:node-1")

    box = boxes(drawn.scene())["node-1"]

    assert (box.name, box.status, box.amount, box.writes) == ("node-1", "", "NotReady", 0)


def test_a_node_that_is_gone_has_no_status_any_more() -> None:
    drawn = Drawn(cluster())
    drawn.scene()
    drawn.reader.delete("Node", "node-1")

    assert [boxes(drawn.scene())["node-1"].status for _ in range(2)] == ["", ""]


@CALM
@given(some_cluster())
def test_texts_of_a_tile_stay_in_it(reader: FakeReader) -> None:
    for tile in Drawn(reader).scene().tiles:
        assert 25 + text_width(tile.name) + text_width(tile.note) + 7 <= tile.rect.w + SLACK


@pytest.mark.parametrize(
    ("workers", "pods", "mode"),
    [(3, 0, "pods"), (3, 60, "pods"), (3, 61, "dots"), (12, 60, "pods"), (13, 1, "fleet"), (0, 0, "pods")],
)
def test_the_picture_has_as_much_detail_as_there_is_room_for(workers: int, pods: int, mode: str) -> None:
    reader = cluster(workers)
    deploy(reader, "web", [f"node-{1 + number % max(workers, 1)}" for number in range(pods)])

    assert Drawn(reader).scene().mode == mode


def test_detail_comes_back_late_enough() -> None:
    drawn = Drawn(cluster(3))
    modes = []
    for wanted in (61, 51, 50):
        there = [key for key in drawn.reader.objects["Pod"] if key.namespace == "default"]
        for number in range(len(there), wanted):
            drawn.reader.put(pod(f"web-{number}", f"node-{1 + number % 3}"))
        for key in there[wanted:]:
            drawn.reader.delete("Pod", str(key))
        drawn.scene()
        modes.append(drawn.scene().mode)  # what is gone has left the picture now

    assert modes == ["dots", "dots", "pods"]


def test_a_fleet_stays_a_fleet_until_it_is_small_enough() -> None:
    drawn = Drawn(cluster(13))
    modes = []
    for number in (13, 12, 11, 10):
        modes.append(drawn.scene().mode)
        drawn.reader.delete("Node", f"node-{number}")
        drawn.scene()

    assert [*modes, drawn.scene().mode] == ["fleet", "fleet", "fleet", "pods", "pods"]


def test_components_keep_their_seats_inside_the_machine() -> None:
    drawn = Drawn(cluster())
    for name in ("aaa", "bbb"):
        drawn.reader.put(pod(f"{name}-control-plane", "control-plane", namespace="kube-system"))
    drawn.scene()
    drawn.reader.delete("Pod", "kube-system/aaa-control-plane")
    drawn.scene()

    scene = drawn.scene()

    rects = [chip.rect for chip in scene.chips if chip.role == "component"]
    assert len(rects) == 5 and clashes(rects) == []
    assert all(contains(boxes(scene)["control-plane"].rect, rect) for rect in rects)


def test_a_narrow_node_has_room_for_pods_of_the_system_that_are_not_well() -> None:
    reader = cluster(4, zones=4)
    reader.put(pod("kube-proxy-1", "node-1", is_ready=False, namespace="kube-system"))

    dots = Drawn(reader).scene().dots

    assert [dot.card.key.name for dot in dots if dot.card.node == "node-1"] == ["kube-proxy-1"]


def test_nobody_moves_when_others_come_and_go() -> None:
    drawn = Drawn(cluster())
    deploy(drawn.reader, "web", ["node-1", "node-1", "node-2"])
    before = {tile.card.key: tile.rect for tile in drawn.scene().tiles}
    first, second, third = before
    drawn.reader.delete("Pod", str(first))
    drawn.reader.put(pod("new", "node-1"))

    during = {tile.card.key: tile.rect for tile in drawn.scene().tiles}
    after = {tile.card.key: tile.rect for tile in drawn.scene().tiles}

    assert (during[first], during[second], during[third]) == (before[first], before[second], before[third])
    assert first not in after
    assert (after[second], after[third]) == (before[second], before[third])


def test_nodes_keep_their_place_when_one_is_added_or_removed() -> None:
    drawn = Drawn(cluster(3))
    before = boxes(drawn.scene())
    drawn.reader.put(node("node-4", "zone-a"))
    drawn.reader.delete("Node", "node-2")
    drawn.reader.delete("Pod", "kube-system/coredns-5d78c-m4d9s")
    drawn.scene()

    after = boxes(drawn.scene())

    assert "node-2" not in after and "node-4" in after
    assert [after[name].rect for name in ("node-1", "node-3")] == [before[name].rect for name in ("node-1", "node-3")]


def test_a_free_seat_in_a_node_is_used_again() -> None:
    drawn = Drawn(cluster())
    deploy(drawn.reader, "web", ["node-1", "node-1"])
    (gone, free), *_ = [(tile.card.key, tile.rect) for tile in drawn.scene().tiles]
    drawn.reader.delete("Pod", str(gone))
    drawn.scene()
    drawn.reader.put(pod("next", "node-1"))

    places = {tile.card.key.name: tile.rect for tile in drawn.scene().tiles}

    assert places["next"] == free


def test_the_text_of_a_picture_says_its_state() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])
    reader.put(pod("late", phase="Pending"))
    reader.put(node("node-3", "zone-c", is_ready=False))

    assert Drawn(reader).scene().text == "3 of 4 Nodes Ready; 3 Pods: 2 Ready, 1 waiting for a Node"


def test_what_is_gone_does_not_count() -> None:
    drawn = Drawn(cluster())
    deploy(drawn.reader, "web", ["node-1", "node-2"])
    drawn.scene()
    drawn.reader.delete("Node", "node-3")
    drawn.reader.delete("Pod", "default/web-7c5b8d9f4-b0x2q")

    assert drawn.scene().text == "3 of 3 Nodes Ready; 1 Pod: 1 Ready"


def test_a_picture_of_a_silent_server_says_so() -> None:
    drawn = Drawn(cluster())
    drawn.reader.close_streams()
    drawn.reader.is_reachable = False

    scene = drawn.scene()

    assert scene.text.endswith("the API server does not answer: this is what was last seen")
    assert {chip.id: chip.state for chip in scene.chips if chip.role == "component"}["api-server"] == "unknown"


def test_the_legend_explains_what_is_drawn_and_no_more() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1"])
    reader.put(pod("late", phase="Pending"))

    roles = {label.role for label in Drawn(reader).scene().labels if label.role.startswith("icon.")}

    assert roles - {"icon.person", "icon.people", "icon.arrow"} == {"icon.ready", "icon.waiting"}


def test_a_workload_points_to_its_pods_and_a_service_to_its_endpoints() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])

    edges = Drawn(reader).scene().edges

    pods = {f"default/web-7c5b8d9f4-{suffix}" for suffix in ("b0x2q", "c1x4q")}
    assert {(edge.role, edge.source, edge.target) for edge in edges} == {
        *(("owns", "ReplicaSet/default/web-7c5b8d9f4", name) for name in pods),
        *(("serves", "default/web", name) for name in pods),
    }


@pytest.mark.parametrize(("role", "kind"), [("owns", "rs"), ("serves", "svc")])
def test_what_several_lines_have_in_common_is_drawn_once(role: str, kind: str) -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-1", "node-1"])
    scene = Drawn(reader).scene()

    (chip,) = [chip for chip in scene.chips if chip.kind == kind]
    edges = [edge for edge in scene.edges if edge.role == role]

    assert len(edges) == 3
    assert [contains(chip.rect, Rect(*edge.points[0], 0, 0)) for edge in edges].count(True) == 1


def test_an_endpoint_that_is_not_ready_gets_no_traffic() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1"])
    slice_ = reader.objects["EndpointSlice"]
    (key,) = slice_
    reader.change(
        "EndpointSlice", str(key), endpoints=[{**slice_[key]["endpoints"][0], "conditions": {"ready": False}}]
    )

    assert [edge.role for edge in Drawn(reader).scene().edges if edge.source == "default/web"] == ["unserved"]


@pytest.mark.parametrize(("apps", "has_lines"), [(6, True), (7, False)])
def test_too_many_lines_are_none(apps: int, has_lines: bool) -> None:
    reader = cluster()
    for number in range(apps):
        deploy(reader, f"app{number}", ["node-1"], address=f"10.96.1.{number}")

    assert bool(Drawn(reader).scene().edges) == has_lines


def test_lines_run_beside_the_pods() -> None:
    reader = cluster()
    deploy(reader, "web", [f"node-{1 + number % 3}" for number in range(9)])
    scene = Drawn(reader).scene()

    for edge in scene.edges:
        for (x1, y1), (x2, y2) in zip(edge.points, edge.points[1:], strict=False):
            line = Rect(min(x1, x2), min(y1, y2), abs(x2 - x1) or 0.1, abs(y2 - y1) or 0.1)
            assert not any(intersect(line, tile.rect) for tile in scene.tiles)


def test_without_a_control_plane_in_sight_its_api_still_has_a_chip() -> None:
    reader = FakeReader()
    reader.put(node("worker"))

    assert [chip.id for chip in Drawn(reader).scene().chips] == ["api-server"]


def test_the_users_of_many_services_and_owners_are_told_what_is_hidden() -> None:
    reader = cluster()
    for number in range(17):
        reader.put(service(f"s{number}"))
    for number in range(12):
        reader.put(workload("Deployment", f"d{number}", 1))

    texts = [label.text for label in Drawn(reader).scene().labels]

    assert "+2 more" in texts
    assert any(text.startswith("+2 more · folded: kubernetes, kube-dns") for text in texts)
