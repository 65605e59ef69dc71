"""Arrows on top of a picture, in both painters."""

from __future__ import annotations

import struct
from itertools import combinations, permutations
from xml.etree import ElementTree

import pytest
from objects_of_a_cluster import cluster, deploy
from some_cluster import Drawn

from k8slab.view import Arrow
from k8slab.view.drawing import draw
from k8slab.view.geometry import WIDTH, Point, Rect
from k8slab.view.marks import Box, Glyph, Line, Mark, Open, Text
from k8slab.view.overlay import ARROW_STYLES
from k8slab.view.placing import Ground
from k8slab.view.png import png
from k8slab.view.scene import Scene
from k8slab.view.svg import svg

LABELS = [f"label.{style}" for style in ARROW_STYLES]
SVG = "{http://www.w3.org/2000/svg}"
PLACES = ("you", "users", "kube-proxy", "api-server", "etcd", "scheduler", "Node/node-1", "Node/node-3", "Service/web",
          "Pod/web-7c5b8d9f4-b0x2q")  # fmt: skip
EVERY = tuple(Arrow(a, b, f"{a} to {b}") for a in PLACES for b in PLACES)


@pytest.fixture
def scene() -> Scene:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])
    return Drawn(reader).scene()


def ways_of(scene: Scene, *arrows: Arrow) -> list[tuple[Point, ...]]:
    return [mark.points for mark in draw(scene, arrows) if isinstance(mark, Line) and mark.style == "arrow.ground"]


def _corners(rect: Rect) -> tuple[Point, Point]:
    return (rect.x, rect.y), (rect.right, rect.bottom)


def test_an_arrow_begins_and_ends_at_the_edge_of_what_it_joins(scene: Scene) -> None:
    marks = draw(scene, [Arrow("Node/node-1", "api-server", "status")])

    (line,) = [mark for mark in marks if isinstance(mark, Line) and mark.style == "arrow.ground"]
    node, server = scene.anchor("Node/node-1"), scene.anchor("api-server")

    assert node and server
    assert line.points[0][1] == node.y and node.x < line.points[0][0] < node.right
    assert line.points[-1][1] == server.bottom and server.x < line.points[-1][0] < server.right


@pytest.mark.parametrize("is_back", [False, True])
@pytest.mark.parametrize("other", ["api-server", "scheduler", "Service/web"])
def test_an_arrow_to_a_pod_runs_over_no_other_pod(other: str, is_back: bool) -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-1", "node-1", "node-1", "node-2"])
    scene = Drawn(reader).scene()

    for tile in scene.tiles:
        ends = (f"Pod/{tile.card.key}", other)[:: 1 if is_back else -1]
        (way,) = ways_of(scene, Arrow(*ends))
        others = [one.rect for one in scene.tiles if one is not tile]
        assert not any(rect.x < x < rect.right and rect.y < y < rect.bottom for rect in others for x, y in way)
        x, y = way[0 if is_back else -1]
        assert x in (tile.rect.x, tile.rect.right) or y in (tile.rect.y, tile.rect.bottom)


def test_an_arrow_from_pod_to_pod_runs_beside_the_columns() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-1", "node-1", "node-2"])
    scene = Drawn(reader).scene()

    for a, b in permutations(scene.tiles, 2):
        (way,) = ways_of(scene, Arrow(f"Pod/{a.card.key}", f"Pod/{b.card.key}", "200", "answer"))
        assert not any(
            t.rect.x < x < t.rect.right and t.rect.y < y < t.rect.bottom for t in scene.tiles for x, y in way
        )
        assert way[0][0] in (a.rect.x, a.rect.right) or way[-1][0] in (b.rect.x, b.rect.right)


def test_arrows_between_any_two_places_stay_in_the_picture(scene: Scene) -> None:
    marks = draw(scene, EVERY)[len(draw(scene)) :]

    points = [point for mark in marks if isinstance(mark, Line) for point in mark.points]
    points += [corner for mark in marks if isinstance(mark, Box) for corner in _corners(mark.rect)]
    assert all(-1 <= x <= WIDTH + 1 and -1 <= y <= scene.height + 1 for x, y in points)


def test_a_question_and_its_answer_lie_apart(scene: Scene) -> None:
    marks = draw(scene, [Arrow("you", "api-server", "get"), Arrow("api-server", "you", "200", "answer")])

    labels = [mark.rect for mark in marks if isinstance(mark, Box) and mark.style in LABELS]
    lines = [mark.points[len(mark.points) // 2] for mark in marks if isinstance(mark, Line) if "ground" in mark.style]

    assert abs(lines[0][1] - lines[1][1]) > 20
    assert not any(
        a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom for a, b in combinations(labels, 2)
    )


def labels_of(scene: Scene, *arrows: Arrow) -> list[Rect]:
    return [mark.rect for mark in draw(scene, arrows) if isinstance(mark, Box) and mark.style in LABELS]


@pytest.mark.parametrize("source", ["Node/node-1", "Node/node-2", "Node/node-3", "controller-manager", "scheduler"])
def test_a_label_covers_no_word_and_no_figure_where_there_is_room_beside_its_arrow(scene: Scene, source: str) -> None:
    (place,) = labels_of(scene, Arrow(source, "api-server", "PATCH pods/web-7c5b8d9f4-b0x2q/status → 200"))

    assert Ground(draw(scene)).covered(place) == 0


def test_a_label_lies_beside_an_arrow_that_runs_over_words(scene: Scene) -> None:
    ends = "Pod/web-7c5b8d9f4-b0x2q", "Pod/web-7c5b8d9f4-c1x4q"

    (place,) = labels_of(scene, Arrow(*ends, "200 OK in 7.0 ms", "answer"))
    (way,) = ways_of(scene, Arrow(*ends))

    assert Ground(draw(scene)).covered(place) == 0
    assert not any(place.x < x < place.right and place.y < y < place.bottom for x, y in way)


def test_a_label_covers_no_more_than_in_the_middle_of_its_arrow(scene: Scene) -> None:
    ground = Ground(draw(scene))
    for arrow in (arrow for arrow in EVERY if arrow.source != arrow.target):
        (place,) = labels_of(scene, arrow)
        (way,) = ways_of(scene, arrow)
        x, y = way[len(way) // 2]
        left = min(max(x - place.w / 2, 4), WIDTH - place.w - 4)
        middle = Rect(left, min(max(y - place.h / 2, 4), scene.height - place.h - 4), place.w, place.h)

        assert ground.covered(place) <= ground.covered(middle)


def test_labels_of_several_arrows_lie_apart(scene: Scene) -> None:
    arrows = [Arrow(f"Node/node-{n}", "api-server", f"PATCH nodes/node-{n}/status") for n in (1, 2, 3)]

    places = labels_of(scene, *arrows, Arrow("api-server", "Node/node-1", "200", "answer"))

    assert len(places) == 4 and not any(
        a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom for a, b in combinations(places, 2)
    )


def test_a_label_has_a_rim_of_paper_around_it(scene: Scene) -> None:
    marks = draw(scene, [Arrow("you", "api-server", "get")])

    rim, label = [mark.rect for mark in marks if isinstance(mark, Box) and mark.style.startswith("label.")]

    assert (rim.x < label.x, rim.right > label.right, rim.y < label.y, rim.bottom > label.bottom) == (True,) * 4


@pytest.mark.parametrize(
    ("mark", "covered"),
    [
        (Text(10, 20, "mm", "name"), True),
        (Text(210, 20, "mm", "name", "end"), False),
        (Glyph("ready", 20, 15, 6), True),
        (Box(Rect(0, 0, 50, 50), "tile.ready"), True),
        (Box(Rect(0, 0, 50, 50), "chip.service"), True),
        (Box(Rect(0, 0, 50, 50), "node"), False),
        (Line(((0, 0), (50, 50)), "serves"), False),
    ],
)
def test_words_symbols_and_small_boxes_are_not_to_be_covered(mark: Mark, covered: bool) -> None:
    assert (Ground([mark]).covered(Rect(10, 10, 20, 20)) > 0) == covered


def test_an_arrow_to_nowhere_is_left_out(scene: Scene) -> None:
    assert len(draw(scene, [Arrow("you", "Pod/nobody", "hello")])) == len(draw(scene))


def test_a_style_that_there_is_not_is_refused(scene: Scene) -> None:
    with pytest.raises(ValueError, match='unknown style "loud" of an arrow; there are: call, answer'):
        draw(scene, [Arrow("you", "api-server", "hello", "loud")])


@pytest.mark.parametrize("style", ARROW_STYLES)
def test_both_painters_draw_every_style(scene: Scene, style: str) -> None:
    arrows = [Arrow("you", "api-server", "<create> $x$", style), Arrow("etcd", "etcd", "", style)]

    root, data = ElementTree.fromstring(svg(scene, arrows)), png(scene, arrows)

    titles = [g.findtext(SVG + "title") for g in root.iter(SVG + "g") if g.get("data-part") == "arrow"]
    assert titles == ["you → api-server: <create> $x$", "etcd → etcd"]
    assert root.attrib["aria-label"] == f"{scene.text}; you → api-server: <create> $x$; etcd → etcd"
    assert struct.unpack(">I", data[16:20]) == (1170,) and data != png(scene)


def test_what_can_be_clicked_says_what_it_is(scene: Scene) -> None:
    opened = [mark for mark in draw(scene) if isinstance(mark, Open)]

    objects, parts = {mark.object for mark in opened}, {mark.part for mark in opened}

    assert {"Node/node-1", "Service/default/web", "Deployment/default/web"} <= objects
    assert {"Pod/default/web-7c5b8d9f4-b0x2q", "Pod/kube-system/etcd-control-plane"} <= objects
    assert {"you", "users", "kube-proxy", "api-server", "etcd", "scheduler", "controller-manager"} <= parts
