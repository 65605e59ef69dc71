"""Lanes of who did what: the same from watches alone and, richer, from the audit record."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster as fake_cluster
from objects_of_a_cluster import node, pod

from k8slab.kubeadm import Cluster
from k8slab.view import ClusterView
from k8slab.view.calls import Call
from k8slab.view.recorder import Change
from k8slab.view.timeline import Lever, Past, Timeline
from k8slab.view.timeline.axis import Axis
from k8slab.view.timeline.deeds import Deed, deeds_of_calls
from k8slab.view.timeline.lanes import clusters, lanes
from k8slab.wire import ApiError

MASTERS = ["kubeadm:cluster-admins"]


class Story:
    """A cluster that has lived a little, and its time line."""

    def __init__(self, lang: str = "en", **options: Any) -> None:
        self.cluster = Cluster(2)
        self.reader = self.cluster.client_for("k8slab-view", groups=MASTERS)
        self.view = ClusterView(self.reader, lang)
        self.view.update()
        self.cluster.kubectl("create deployment web --image=nginx --replicas=2")
        self.cluster.settle()
        self.view.update()
        self.line = Timeline(self.view, self.reader, lang, **options)

    def lane(self, name: str) -> list[str]:
        """The acts in one lane."""
        return [deed.act for lane in self.line._all() if lane.name == name for deed in lane.deeds]


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


def call(number: int, who: str, verb: str, resource: str = "pods", code: int = 200, **more: Any) -> Call:
    revision = more.get("revision", 0 if verb in ("get", "list", "watch") or code >= 400 else number)
    return Call(
        number, float(number), who, verb, resource, more.get("subresource", ""), "default", "web", code, revision
    )


def acts(*calls: Call, reads: bool = True) -> list[tuple[str, str]]:
    return [(deed.lane, deed.act) for deed in deeds_of_calls(calls, reads=reads)]


@pytest.mark.parametrize(
    ("one", "lane", "act"),
    [
        (call(1, "you", "create"), "you", "created"),
        (call(1, "scheduler", "create", subresource="binding"), "scheduler", "updated"),
        (call(1, "you", "create", subresource="eviction"), "you", "deleted"),
        (call(1, "kubelet node-1", "patch", subresource="status"), "kubelet node-1", "updated"),
        (call(1, "you", "delete"), "you", "deleted"),
        (call(1, "you", "deletecollection"), "you", "deleted"),
        (call(1, "kubelet node-1", "create", "events"), "kubelet node-1", "event"),
        (call(1, "you", "list"), "you", "read"),
        (call(1, "you", "create", revision=0), "you", "read"),  # a dry run
        (call(1, "you", "update", code=409), "api-server", "refused"),
        (call(1, "you", "get", code=404), "api-server", "refused"),
    ],
)
def test_a_call_is_a_deed_of_its_kind(one: Call, lane: str, act: str) -> None:
    assert acts(one) == [(lane, act)]


def test_heartbeats_are_no_deeds_and_reads_only_when_wanted() -> None:
    calls = [call(1, "kubelet node-1", "update", "leases"), call(2, "you", "get"), call(3, "you", "create")]

    assert acts(*calls, reads=False) == [("you", "created")]


def test_there_is_a_lane_for_everybody_who_did_something(story: Story) -> None:
    names = [lane.name for lane in story.line._all()]

    assert names[:2] == ["you", "scheduler"]
    assert [name for name in names if name.startswith("kubelet")] == ["kubelet node-1", "kubelet node-2"]
    assert {"deployment-controller", "replicaset-controller"} <= set(names[2:-2])
    assert story.lane("replicaset-controller").count("created") == 2


def test_lanes_stand_in_the_order_of_the_house() -> None:
    order = ["you", "api-server", "scheduler", "controller-manager", "node-controller", "kubelet node-2",
             "kubelet node-10", "kube-proxy", "faults"]  # fmt: skip

    assert [lane.name for lane in lanes(Deed(0, name, "read", Lever(0, "", "")) for name in reversed(order))] == order


def test_many_kubelets_share_a_lane() -> None:
    deeds = [Deed(n, f"kubelet node-{n}", "updated", Lever(0, "", "")) for n in range(13)]

    (lane,) = lanes(reversed(deeds))

    assert (lane.name, [deed.time for deed in lane.deeds]) == ("kubelets", list(range(13)))


def test_without_records_the_watches_tell_the_writes() -> None:
    reader = fake_cluster(has_audit=False)
    view = ClusterView(reader, "en")  # type: ignore[arg-type]
    reader.now += 5
    reader.put(pod("web-1"))
    view.update()

    line = Timeline(view, reader)  # type: ignore[arg-type]

    assert [(lane.name, [deed.act for deed in lane.deeds]) for lane in line._all()] == [("?", ["created"])]
    assert "(not told): 1 created (+5.0 s)" in line.text


def test_a_node_that_falls_silent_is_a_fault_on_any_cluster(reader: FakeReader) -> None:
    reader.has_audit = False
    view = ClusterView(reader, "en")  # type: ignore[arg-type]
    reader.put(node("node-1", is_ready=False))
    reader.put(node("node-1"))

    line = Timeline(view, reader)  # type: ignore[arg-type]

    assert [deed.act for lane in line._all() if lane.name == "faults" for deed in lane.deeds] == ["fault", "recovery"]


def test_levers_are_marked() -> None:
    story = Story(levers=lambda: [Lever(2e9, "fault", "fail('node-1')")])
    story.line.zoom(story.line.began, 3e9)

    assert story.lane("faults") == ["fault"]
    assert "<title>" in story.line.html and "fail(&#39;node-1&#39;)" in story.line.html


def deeds(*moments: float, act: str = "updated") -> list[Deed]:
    return [Deed(moment, "you", act, Lever(0, "", "")) for moment in moments]


@pytest.mark.parametrize(
    ("moments", "sizes"),
    [
        ([0, 500, 1000], [1, 1, 1]),
        ([0, 0, 0, 1000], [3, 1]),
        ([0, 5, 10, 15], [4]),  # each would overlap the one before
        ([-5, 0, 1001], [1]),  # what is out of sight
    ],
)
def test_marks_that_would_overlap_become_one_with_a_number(moments: list[float], sizes: list[int]) -> None:
    axis = Axis(0, 1000, 0, 1000, 0)

    assert [len(cluster.deeds) for cluster in clusters(deeds(*moments), axis)] == sizes


def test_no_two_marks_overlap_their_numbers_included() -> None:
    found = clusters(deeds(*range(10_000)), Axis(0, 10_000, 0, 700, 0))

    gaps = [b.x - a.x for a, b in pairwise(found)]
    assert sum(len(cluster.deeds) for cluster in found) == 10_000
    assert min(gaps) > 12 + 8 * len(str(len(found[0].deeds)))


def test_a_mark_of_several_has_the_shape_of_the_most_notable() -> None:
    together = [*deeds(0), *deeds(0, act="deleted"), *deeds(0, act="read")]

    (cluster,) = clusters(together, Axis(0, 1, 0, 100, 0))

    assert (cluster.act, cluster.counts) == ("deleted", {"updated": 1, "deleted": 1, "read": 1})


@pytest.mark.parametrize(
    ("length", "texts"),
    [
        (480, ["+0 ms", "+2m 00s", "+4m 00s", "+6m 00s", "+8m 00s"]),
        (3, ["+0 ms", "+500 ms", "+1.0 s", "+1.5 s", "+2.0 s", "+2.5 s", "+3.0 s"]),
        (86_400, ["+0 ms", "+4h 00m", "+8h 00m", "+12h 00m", "+16h 00m", "+20h 00m", "+24h 00m"]),
    ],
)
def test_an_axis_is_written_at_at_round_moments(length: float, texts: list[str]) -> None:
    assert [text for _, text in Axis(1e9, 1e9 + length, 0, 700, 1e9).ticks()] == texts


def test_in_order_every_moment_has_the_same_room() -> None:
    axis = Axis(0, 1000, 0, 300, 0, [0, 1, 2, 1000])

    assert [axis.x(moment) for moment in (0, 1, 1.5, 2, 501, 1000)] == [0, 100, 150, 200, 250, 300]


def test_the_text_tells_what_the_picture_shows(story: Story) -> None:
    text = story.line.text

    assert text.startswith("Time line from ") and "you: 1 created (+0 ms)" in text
    assert text.splitlines()[-1].startswith("shown below: ")
    shown = re.findall(r'<text class="name"[^>]*>([^<]+)<', story.line.html)
    assert shown == [line.split(":")[0] for line in text.splitlines()[1:-1]]


def test_a_mark_tells_its_call_when_hovered(story: Story) -> None:
    assert "you → api-server: POST deployments/web → 201</title>" in story.line.html


def test_the_line_of_the_scrubber_hides_no_mark_and_no_number(story: Story) -> None:
    drawn = story.line.html

    assert drawn.index('class="scrub"') < drawn.index("<use ")
    assert re.search(r'class="bold halo"[^>]*>\d+<', drawn)


def test_the_scrubber_shows_graph_and_diff_of_a_past_moment() -> None:
    story = Story()
    bound = next(deed.time for lane in story.line._all() if lane.name == "scheduler" for deed in lane.deeds)

    texts = [story.line.picture(moment).text for moment in (story.line.began, bound, story.line.now)]

    assert "no Pods" in texts[0] and "Nothing changed." in texts[0]
    assert "scheduler bound Pod web-" in texts[1] and "waiting for a Node" in texts[1]
    assert "2 Pods: 2 Ready" in texts[2]


def test_a_past_that_the_view_has_not_seen_is_read() -> None:
    story = Story()
    early = story.line.began - 1
    asked: list[float] = []

    def at(moment: float) -> Any:
        asked.append(moment)
        return fake_cluster(workers=1)

    line = Timeline(story.view, story.reader, past=Past(early - 1, at))
    picture = line.picture(early)

    assert asked == [early] and picture.diff is None
    assert picture.text.startswith("2 of 2 Nodes Ready")


def test_what_stood_at_the_end_goes_along() -> None:
    story = Story()
    story.cluster.run("30s")
    story.line.update()
    followed = (story.line.moment, story.line.end) == (story.cluster.now, story.cluster.now)
    story.line.moment = story.line.began
    story.cluster.run("30s")
    story.line.update()

    assert followed and story.line.moment == story.line.began


def test_a_time_line_takes_nothing_from_the_next_picture() -> None:
    story = Story()
    story.cluster.kubectl("delete deployment web")
    story.cluster.settle()
    story.line.update()

    picture = story.view.update()

    assert "ou deleted Deployment web" in picture.text


def test_a_time_line_cannot_end_before_it_starts(story: Story) -> None:
    with pytest.raises(ValueError, match="cannot end"):
        story.line.zoom(5, 5)


def test_a_cluster_in_which_nothing_has_happened_has_an_empty_line(reader: FakeReader) -> None:
    reader.has_audit = False
    line = Timeline(ClusterView(reader, "en"), reader)  # type: ignore[arg-type]

    assert line.text == "Time line: nothing has happened yet" and "<svg" in line.html


def test_secrets_are_never_told() -> None:
    story = Story()
    story.cluster.kubectl("create secret generic key --from-literal=password=hunter2")
    story.cluster.client.patch("Secret", "key", "default", {"stringData": {"password": "swordfish"}})
    story.line.update()

    html = story.line.html + story.line.text + story.line.picture().html
    assert "PATCH secrets/key" in html
    assert all(word not in html for word in ("hunter2", "swordfish", "c3dvcmRmaXNo"))


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_without_a_kernel_there_is_a_picture_with_its_text(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("K8SLAB_STATIC", "1")
    line = Story(lang).line

    bundle = line._repr_mimebundle_()

    assert "<svg" not in bundle["text/html"] and "data:image/png;base64," in bundle["text/html"]
    assert line.text.splitlines()[1] in bundle["text/html"]


def test_names_in_it_are_escaped() -> None:
    story = Story(levers=lambda: [Lever(story_began + 1, "lever", "<script>") for story_began in (2e9,)])
    story.line.zoom(story.line.began, 3e9)

    assert "<script>" not in story.line.html


def test_changes_of_the_record_carry_their_fields(story: Story) -> None:
    bound = next(deed for lane in story.line._all() if lane.name == "scheduler" for deed in lane.deeds)

    assert re.search(r"POST pods/web-\S+/binding → 201 · spec.nodeName — → node-\d", story.line._told(bound))


def test_an_api_that_refuses_the_record_is_drawn_from_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    monkeypatch.setattr(story.reader, "list", refusing(story.reader.list))

    line = Timeline(story.view, story.reader)

    assert all(isinstance(deed.source, Change) for lane in line._all() for deed in lane.deeds)
    assert "replicaset-controller: " in line.text


def refusing(list_: Any) -> Any:
    def answer(kind: str, *args: Any, **options: Any) -> Any:
        if kind == "AuditRecord":
            raise ApiError("forbidden")
        return list_(kind, *args, **options)

    return answer
