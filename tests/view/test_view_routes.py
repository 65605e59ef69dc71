"""From an Ingress to its Services: lines in the picture, words beside it, arrows of the graph."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy, service
from some_cluster import Drawn

from k8slab.view.drawing import draw
from k8slab.view.geometry import Rect
from k8slab.view.marks import Open, Text
from k8slab.view.scene import Edge, Scene

Obj = dict[str, Any]


def ingress(name: str, *routes: tuple[str, str, str], default: str = "") -> Obj:
    """Rules of a host, a path and a Service."""
    rules = [
        {"host": host, "http": {"paths": [{"path": path, "backend": {"service": {"name": to}}}]}}
        for host, path, to in routes
    ]
    spec: Obj = {"rules": rules, **({"defaultBackend": {"service": {"name": default}}} if default else {})}
    return {"kind": "Ingress", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def with_services(*names: str) -> FakeReader:
    reader = cluster()
    for name in names:
        reader.put(service(name))
    return reader


def routes(scene: Scene) -> list[Edge]:
    return [edge for edge in scene.edges if edge.role == "routes"]


def test_every_backend_of_an_ingress_has_a_line_that_says_for_what() -> None:
    """Source: kubernetes.io, "Ingress", "The Ingress resource" and "DefaultBackend"."""
    reader = with_services("web", "api", "rest")
    reader.put(
        ingress("shop", ("a.example", "/", "web"), ("a.example", "/x", "api"), ("b", "/", "web"), default="rest")
    )

    scene = Drawn(reader).scene()

    titles = {edge.target: edge.title for edge in routes(scene)}
    assert titles == {
        "default/web": "Ingress default/shop → Service web · a.example/, b/",
        "default/api": "Ingress default/shop → Service api · a.example/x",
        "default/rest": "Ingress default/shop → Service rest · *",
    }
    assert titles["default/api"] in [mark.title for mark in draw(scene) if isinstance(mark, Open)]


def test_the_picture_says_in_words_where_requests_go() -> None:
    reader = with_services("web")
    reader.put(ingress("shop", ("a.example", "/", "web"), default="web"))
    reader.put(ingress("none"))

    text = Drawn(reader).scene().text

    assert text.endswith("Ingress shop: a.example/ → Service web, * → Service web; Ingress none: —")


def test_no_line_leads_to_a_service_that_is_not_there() -> None:
    reader = with_services("web")
    reader.put(ingress("shop", ("", "/", "missing")))
    drawn = Drawn(reader)
    before = routes(drawn.scene())

    reader.put(ingress("shop", ("", "/", "web")))
    there = routes(drawn.scene())
    reader.delete("Ingress", "default/shop")

    assert (before, len(there), routes(drawn.scene())) == ([], 1, [])


@pytest.mark.parametrize("services", [3, 7, 15])
def test_lines_lead_to_the_edge_of_a_service_and_through_none(services: int) -> None:
    names = [f"s{number:02}" for number in range(services)]
    reader = with_services(*names)
    for number in range(3):
        reader.put(ingress(f"i{number}", *(("", f"/{name}", name) for name in names)))

    scene = Drawn(reader).scene()

    chips = {chip.id: chip.rect for chip in scene.chips}
    assert len(routes(scene)) == 3 * services
    for edge in routes(scene):
        x, y = edge.points[-1]
        rect = chips[edge.target]
        assert (x == rect.x and rect.y < y < rect.bottom) or (y == rect.bottom and rect.x < x < rect.right)
        for (x1, y1), (x2, y2) in zip(edge.points, edge.points[1:], strict=False):
            line = Rect(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
            assert not any(crosses(line, other) for other in chips.values())


def crosses(line: Rect, rect: Rect) -> bool:
    return line.x < rect.right and rect.x < line.right and line.y < rect.bottom and rect.y < line.bottom


def test_what_an_ingress_has_in_common_for_several_services_is_drawn_once() -> None:
    reader = with_services("a", "b", "c")
    reader.put(ingress("shop", *(("", f"/{name}", name) for name in "abc")))

    scene = Drawn(reader).scene()
    top = next(chip.rect.y for chip in scene.chips if chip.role == "ingress")

    assert [edge.points[0][1] == top for edge in routes(scene)].count(True) <= 2 < len(routes(scene))


def test_many_pods_are_no_reason_to_leave_them_out() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1"] * 70)
    reader.put(ingress("shop", ("", "/", "web")))

    scene = Drawn(reader).scene()

    assert (scene.mode, len(routes(scene))) == ("dots", 1)


def test_texts_that_a_line_runs_behind_have_a_halo() -> None:
    reader = with_services("web")
    texts = [mark for mark in draw(Drawn(reader).scene()) if isinstance(mark, Text)]

    assert [mark.has_halo for mark in texts if mark.text.startswith("kube-proxy")] == [True]
