"""A tape tells every request and every event of one list and watch, whatever becomes of the stream."""

from __future__ import annotations

import json

import pytest
from fake_reader import FakeStream

from k8slab.kubeadm import Cluster
from k8slab.view.tape import Line, Tape
from k8slab.wire import ApiError, Expired, NotFound, WatchEvent

POD = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}]}}


@pytest.fixture
def cluster() -> Cluster:
    """An API server alone, with one pod."""
    cluster = Cluster(agents=())
    put(cluster, "web")
    return cluster


def put(cluster: Cluster, name: str, namespace: str = "default", **labels: str) -> None:
    cluster.client.create(POD | {"metadata": {"name": name, "namespace": namespace, "labels": labels}})


def let_history_be_forgotten(cluster: Cluster) -> None:
    put(cluster, "elsewhere", "kube-system")
    cluster.api.compact(cluster.etcd.revision)


def told(tape: Tape, start: int = 0) -> list[str]:
    """Each line in short."""
    tape.update()
    return [f"{line.type} {line.what}".rstrip() for line in list(tape.lines)[start:]]


def test_the_first_lines_are_the_two_requests(cluster: Cluster) -> None:
    """Source: docs/reference/using-api/api-concepts.md, "Efficient detection of changes"."""
    tape = Tape(cluster.client, "pods", "default")

    listed, watched = tape.lines
    path = "GET /api/v1/namespaces/default/pods"
    assert (listed.what, listed.told) == (path, "1 item")
    assert watched.what == f"{path}?watch=1&resourceVersion={listed.revision}&allowWatchBookmarks=true"


@pytest.mark.parametrize(
    ("kind", "namespace", "labels", "path"),
    [
        ("deploy", "", "", "GET /apis/apps/v1/deployments"),
        ("Node", "default", "", "GET /api/v1/nodes"),
        ("po", "shop", "app=web,tier!=db", "GET /api/v1/namespaces/shop/pods?labelSelector=app%3Dweb,tier%21%3Ddb"),
    ],
)
def test_a_request_is_told_as_a_path(cluster: Cluster, kind: str, namespace: str, labels: str, path: str) -> None:
    assert Tape(cluster.client, kind, namespace, labels=labels).lines[0].what == path


def test_events_come_line_by_line(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "pods", "default")
    put(cluster, "new")
    cluster.client.patch("Pod", "new", "default", {"metadata": {"labels": {"app": "shop"}}})
    cluster.client.delete("Pod", "new", "default", grace_s=0)

    assert told(tape, 2) == ["ADDED new", "MODIFIED new", "DELETED new"]
    assert tape.lines[-2].told == "metadata.labels.app — → shop"
    revisions = [int(line.revision) for line in list(tape.lines)[1:]]
    assert revisions == sorted(revisions)


def test_a_line_says_when_it_came(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "pods", "default")
    cluster.run("7s")
    put(cluster, "new")
    cluster.run("20s")

    told(tape)

    assert tape.lines[-1].time - tape.began == 7


def test_a_line_weighs_what_the_server_would_write(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "pods", "default")
    stream = cluster.client.watch("Pod", "default", since=tape.lines[0].revision)
    put(cluster, "new")
    told(tape)

    (event,) = stream.pull()
    text = json.dumps({"type": event.type, "object": event.object}, separators=(",", ":")) + "\n"
    assert tape.lines[-1].size_bytes == len(text)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"namespace": "default"}, ["a", "b"]),
        ({"namespace": "default", "labels": "app=x"}, ["b"]),
        ({}, ["default/a", "default/b", "kube-system/c"]),
        ({"fields": "metadata.namespace=kube-system"}, ["kube-system/c"]),
    ],
)
def test_only_what_was_asked_for_comes(cluster: Cluster, arguments: dict[str, str], names: list[str]) -> None:
    tape = Tape(cluster.client, "pods", **arguments)
    put(cluster, "a")
    put(cluster, "b", app="x")
    put(cluster, "c", "kube-system", app="y")
    tape.update()

    assert [line.what for line in list(tape.lines)[2:]] == names


def test_a_bookmark_moves_the_number_and_nothing_else(cluster: Cluster) -> None:
    """Source: docs/reference/using-api/api-concepts.md, "Watch bookmarks"."""
    tape = Tape(cluster.client, "pods", "default")
    put(cluster, "elsewhere", "kube-system")
    cluster.run("1m")
    revision = cluster.client.list("Pod").resource_version

    assert told(tape, 2) == ["BOOKMARK"]
    assert tape.lines[-1].revision == revision


def test_whoever_comes_back_soon_is_told_what_was_missed(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "pods", "default")
    tape.tear()
    put(cluster, "missed")
    was_silent = told(tape, 2) == ["TORN"]
    tape.mend()

    assert was_silent
    assert [line.type for line in list(tape.lines)[3:]] == ["WATCH", "ADDED"]


def test_whoever_comes_too_late_lists_again(cluster: Cluster) -> None:
    """Source: docs/reference/using-api/api-concepts.md, "410 Gone responses"; client-go, reflector.go."""
    put(cluster, "goes")
    tape = Tape(cluster.client, "pods", "default")
    tape.tear()
    put(cluster, "comes")
    cluster.client.delete("Pod", "goes", "default", grace_s=0)
    let_history_be_forgotten(cluster)
    tape.mend()

    late = list(tape.lines)[3:]
    assert [line.type for line in late] == ["WATCH", "ERROR", "LIST", "DELETED", "ADDED", "WATCH"]
    assert late[1].what == "410 Expired" and late[1].told.startswith("too old resource version")
    assert all(line.is_found and not line.size_bytes for line in late[3:5])
    put(cluster, "later")
    assert told(tape)[-1] == "ADDED later"


def test_a_watcher_that_falls_behind_lists_at_once(cluster: Cluster) -> None:
    """Source: apiserver/pkg/storage/cacher/cacher.go: a watcher that does not read is told 410 on its open stream."""
    tape = Tape(cluster.client, "pods", "default")
    behind = FakeStream()
    behind.events = [WatchEvent("ERROR", Expired("too old resource version").status)]
    behind.close()
    tape._stream = behind

    assert [line.partition(" ")[0] for line in told(tape, 2)] == ["ERROR", "LIST", "WATCH"]


def test_what_a_list_finds_is_no_event(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "pods", "default")
    tape.tear()
    put(cluster, "comes")
    let_history_be_forgotten(cluster)
    tape.mend()

    assert (tape.requests, tape.events) == (5, 1)  # list, watch, watch, list, watch; the 410


def test_values_of_secrets_are_never_on_it(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "secrets", "default")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "default"}}
    cluster.client.create(secret | {"stringData": {"password": "hunter2"}})
    cluster.client.patch("Secret", "key", "default", {"stringData": {"password": "swordfish"}})
    told(tape)

    for word in ("hunter2", "swordfish", "c3dvcmRmaXNo"):
        assert word not in tape.text + tape.html


def test_a_name_that_is_no_kind_is_refused(cluster: Cluster) -> None:
    with pytest.raises(NotFound):
        Tape(cluster.client, "gadgets")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_table_and_text_tell_the_same(cluster: Cluster, lang: str) -> None:
    tape = Tape(cluster.client, "pods", "default", lang=lang)
    put(cluster, "new")
    tape.update()

    bundle = tape._repr_mimebundle_()
    for line in tape.lines:
        assert all(part in bundle["text/plain"] for part in (line.type, line.revision, line.what))
        assert all(part in bundle["text/html"] for part in (line.type, line.revision, line.what.replace("&", "&amp;")))


def test_texts_from_the_cluster_are_escaped(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "configmaps", "default")
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}
    cluster.client.create(obj)
    cluster.client.patch("ConfigMap", "c", "default", {"data": {"page": "<script>"}})
    tape.update()

    assert "<script>" in tape.text and "<script>" not in tape.html


def test_of_a_long_tape_the_newest_lines_are_shown(cluster: Cluster) -> None:
    tape = Tape(cluster.client, "pods", "default")
    for number in range(70):
        tape._add(Line(tape.began, "BOOKMARK", str(number), "", "", 1))

    shown = tape.text.splitlines()
    assert shown[1] == "… 48 earlier lines"
    assert len(shown) == 26 and " 69 " in shown[-1]


def test_a_server_that_does_not_answer_is_said_once() -> None:
    full = Cluster(1)
    tape = Tape(full.client, "pods", "default")
    full.fail("control-plane")
    full.run("1m")
    seen = [told(tape)[-1], told(tape)[-1]]
    full.recover("control-plane")
    full.settle()

    assert seen == ["SILENT", "SILENT"] and told(tape).count("SILENT") == 1
    assert told(tape)[-1].startswith("WATCH") and tape.is_open


def test_a_refused_list_is_an_error(cluster: Cluster) -> None:
    stranger = cluster.client_for("stranger")

    with pytest.raises(ApiError):
        Tape(stranger, "pods")
