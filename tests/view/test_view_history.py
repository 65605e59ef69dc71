"""The past is the present without what came later."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import node, pod

from k8slab.kubeadm import Cluster
from k8slab.objects import Key, thaw
from k8slab.view import ClusterView
from k8slab.view.history import History
from k8slab.view.recorder import KINDS, Recorder


@pytest.fixture
def history(reader: FakeReader) -> History:
    return History(Recorder(reader), lambda: reader.now)


def names(history: History, moment: float) -> list[str]:
    return [key.name for key in history.at(moment)["Pod"] if key.namespace == "default"]


def live(reader: FakeReader) -> None:
    """A pod comes at 10 s, moves in at 20 s, goes at 30 s; another comes at 30 s."""
    start = reader.now
    for after, act in (
        (10, lambda: reader.put(pod("web-1"))),
        (20, lambda: reader.change("Pod", "default/web-1", spec={"nodeName": "node-1"})),
        (30, lambda: reader.delete("Pod", "default/web-1")),
        (30, lambda: reader.put(pod("web-2"))),
    ):
        reader.now = start + after
        act()


def test_every_moment_has_its_objects(reader: FakeReader, history: History) -> None:
    live(reader)
    history.pull()

    found = {after: names(history, history.began + after) for after in (0, 9, 10, 25, 30, 99)}

    assert found == {0: [], 9: [], 10: ["web-1"], 25: ["web-1"], 30: ["web-2"], 99: ["web-2"]}
    assert history.at(history.began + 15)["Pod"][Key("default", "web-1")]["spec"].get("nodeName") is None


def test_a_revision_has_its_objects(reader: FakeReader, history: History) -> None:
    first = reader.put(pod("web-1"))["metadata"]["resourceVersion"]
    reader.put(pod("web-2"))
    history.pull()

    assert Key("default", "web-2") not in history.at_revision(int(first))["Pod"]
    assert Key("default", "web-1") in history.at_revision(int(first))["Pod"]


def test_the_present_is_not_touched(reader: FakeReader, history: History) -> None:
    live(reader)
    history.pull()
    before = deepcopy(dict(history.at(reader.now)))

    history.at(history.began)

    assert history.at(reader.now) == before


def test_what_was_taken_is_not_taken_again_but_kept(reader: FakeReader, history: History) -> None:
    reader.put(pod("web-1"))
    first = history.take()
    history.pull()
    reader.put(pod("web-2"))
    history.pull()

    assert [change.key.name for change in first] == ["web-1"]
    assert [change.key.name for change in history.take()] == ["web-2"]
    assert len(history.changes) == 2


def test_a_scrubber_stops_where_something_happened_and_not_at_heartbeats(reader: FakeReader, history: History) -> None:
    lease = {"apiVersion": "v1", "kind": "Lease", "metadata": {"name": "node-1", "namespace": "kube-node-lease"}}
    reader.put(lease)
    reader.now += 5
    reader.put(lease | {"spec": {"renewTime": "2026-01-01T00:00:05Z"}})
    reader.now += 5
    reader.put(pod("web-1"))
    history.pull()

    assert [moment - history.began for moment in history.stops()] == [0, 10]


def test_moments_never_go_back(reader: FakeReader, history: History) -> None:
    """On a cluster without records a change is as old as its newest condition, which may be older than its revision."""
    reader.now += 60
    reader.put(pod("web-1"))
    reader.records[-1]["spec"]["time"] = "2026-01-01T00:00:50Z"
    reader.put(node("node-9"))
    reader.records[-1]["spec"]["time"] = "2026-01-01T00:00:20Z"
    history.pull()

    assert [change.time - history.began for change in history.changes] == [50, 50]


def test_before_it_began_nothing_is_known(reader: FakeReader, history: History) -> None:
    with pytest.raises(ValueError, match="is known from"):
        history.at(history.began - 1)


def test_of_a_long_history_the_oldest_is_forgotten(
    reader: FakeReader, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("k8slab.view.history.KEPT", 10)
    start = reader.now
    for number in range(21):
        reader.now = start + number
        reader.put(pod(f"web-{number}"))
    history.pull()

    assert (len(history.changes), history.began) == (10, start + 10)
    assert len(names(history, start + 12)) == 13
    assert history.stops()[0] == history.began


def test_it_is_the_past_of_the_cluster_itself() -> None:
    """Law 6 of the house: what the recorder kept and what the replayed cluster answers are the same."""
    cluster = Cluster(2)
    view = ClusterView(cluster.client_for("k8slab-view", groups=["kubeadm:cluster-admins"]))
    cluster.kubectl("create deployment web --image=nginx --replicas=3")
    cluster.fail("node-1")
    cluster.run("7m")
    view.update()

    stops = view.history.stops()
    for moment in (stops[1], stops[len(stops) // 2], stops[-1]):
        assert everything(view.history.at(moment)) == everything_read(cluster.at(moment + 1e-6))


def everything(objects: Any) -> dict[str, Any]:
    return {kind: sorted(map(repr, map(thaw, there.values()))) for kind, there in objects.items() if there}


def everything_read(reader: Any) -> dict[str, Any]:
    listed = {kind: reader.list(kind) for kind in KINDS}
    return {kind: sorted(map(repr, map(thaw, found))) for kind, found in listed.items() if found}
