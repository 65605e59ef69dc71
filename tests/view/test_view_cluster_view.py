"""One view of one cluster, picture after picture."""

from __future__ import annotations

from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy, pod

from k8slab.view import ClusterView, Focus


def view_of(reader: FakeReader, lang: str = "en", focus: Focus | None = None) -> ClusterView:
    return ClusterView(reader, lang, focus=focus or Focus())  # type: ignore[arg-type]


def lease(name: str) -> dict[str, object]:
    spec = {"renewTime": "2026-01-01T00:00:00.000000Z", "leaseDurationSeconds": 40}
    return {"kind": "Lease", "metadata": {"name": name, "namespace": "kube-node-lease"}, "spec": spec}


def test_the_first_picture_has_no_diff(reader: FakeReader) -> None:
    picture = view_of(reader).update()

    assert (picture.diff, picture.text) == (None, "4 of 4 Nodes Ready; no Pods")


def test_the_next_one_tells_what_has_changed_and_when(reader: FakeReader) -> None:
    view = view_of(reader)
    view.update()
    reader.now += 5
    reader.put(pod("late", phase="Pending"))
    reader.now += 5

    assert view.update().text.splitlines()[1:] == [
        "You created Pod late.",
        "+ Pod default/late",
        "    +5.0 s  created; status.phase — → Pending; status.conditions[Ready] — → False  [you]",
    ]


def test_moments_count_from_the_last_picture(reader: FakeReader) -> None:
    view = view_of(reader)
    view.update()
    reader.now += 100
    view.update()
    reader.now += 3
    reader.put(pod("late", phase="Pending"))

    diff = view.update().diff

    assert diff is not None and diff.stories[0].writes[0].after_s == 3.0


def test_a_view_speaks_its_language(reader: FakeReader) -> None:
    view = view_of(reader, "ko")
    view.update()

    assert view.update().text == "Node 4개 중 4개 Ready; Pod 없음\n바뀐 것이 없습니다."


def test_a_focus_can_be_moved() -> None:
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])
    reader.put(pod("shop-1", "node-3", namespace="shop"))
    view = view_of(reader, focus=Focus(namespace="shop"))
    before = view.update().scene.text
    view.focus = Focus(app="web")

    assert (before, view.update().scene.text) == (
        "4 of 4 Nodes Ready; 1 Pod: 1 Ready; in focus: namespace shop",
        "4 of 4 Nodes Ready; 2 Pods: 2 Ready; in focus: app web",
    )


def test_who_hears_nothing_does_not_say_who_is_silent(reader: FakeReader) -> None:
    reader.put(lease("node-1"))
    view = view_of(reader)
    view.update()
    reader.close_streams()
    reader.is_reachable = False
    reader.now += 60

    diff = view.update().diff

    assert diff is not None and diff.stories == ()


def test_two_views_of_one_cluster_do_not_disturb_each_other(reader: FakeReader) -> None:
    one, other = view_of(reader), view_of(reader)
    one.update(), other.update()
    reader.put(pod("late", phase="Pending"))
    one.update()

    diff = other.update().diff

    assert diff is not None and diff.sentence == "You created Pod late."


def test_drawing_changes_nothing_it_has_read(reader: FakeReader) -> None:
    deploy(reader, "web", ["node-1"])
    before = repr(reader.objects)
    view = view_of(reader)

    picture = view.update()
    picture._repr_mimebundle_()

    assert repr(reader.objects) == before


def test_a_closed_view_watches_nothing(reader: FakeReader) -> None:
    view_of(reader).close()

    assert all(stream.is_closed for streams in reader.streams.values() for stream in streams)
