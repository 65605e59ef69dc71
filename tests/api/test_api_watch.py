"""Watches: what is told, in which order, from which moment, and how a watch ends."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import SERVED, ApiBench, place_of, sample, told

from k8slab.api import watch_cache
from k8slab.wire import Stream


def watch(api: ApiBench, kind: str = "ConfigMap", **params: str) -> Stream:
    """Open a watch on the wire."""
    stream = api.send("watch", kind, params=params).stream
    assert stream is not None
    return stream


@pytest.mark.parametrize("kind", sorted(SERVED))
def test_a_life_is_told_in_three_words(api: ApiBench, kind: str) -> None:
    """Source: kubernetes.io, API concepts, "Efficient detection of changes"."""
    stream = watch(api, kind, resourceVersion=str(api.revision))
    created = api.given(sample(kind))
    api.let_go(kind, "web")
    patched = api.patch(kind, "web", {"metadata": {"labels": {"a": "b"}}})
    api.client.delete(kind, "web", place_of(kind))

    first, *_, changed, last = stream.pull()
    assert (first.type, changed.type, last.type) == ("ADDED", "MODIFIED", "DELETED")
    assert (first.object, changed.object) == (created, patched)
    assert last.object["metadata"]["labels"]["a"] == "b"
    assert last.object["metadata"]["resourceVersion"] == str(api.revision)


@pytest.mark.parametrize("since", ["", "0"])
def test_a_watch_from_nowhere_begins_with_what_is_there(api: ApiBench, since: str) -> None:
    """Source: kubernetes.io, API concepts, "Semantics for watch"."""
    api.given(sample("ConfigMap", "b"), sample("ConfigMap", "a"))

    stream = watch(api, resourceVersion=since)
    api.given(sample("ConfigMap", "c"))

    assert told(stream) == ["ADDED a", "ADDED b", "ADDED c"]


def test_a_watch_from_a_version_tells_what_came_after_it(api: ApiBench) -> None:
    first = api.given(sample("ConfigMap", "a"))
    api.given(sample("ConfigMap", "b"))
    api.client.delete("ConfigMap", "a", "default")

    stream = watch(api, resourceVersion=first["metadata"]["resourceVersion"])

    assert told(stream) == ["ADDED b", "DELETED a"]


def test_a_list_and_a_watch_from_it_leave_no_gap(api: ApiBench) -> None:
    api.given(sample("ConfigMap", "a"))
    listed = api.client.list("ConfigMap", limit=1)
    api.given(sample("ConfigMap", "b"))

    assert told(watch(api, resourceVersion=listed.resource_version)) == ["ADDED b"]


@pytest.mark.parametrize(
    ("change", "params", "event"),
    [
        ({"labels": {"app": "db"}}, {"labelSelector": "app=web"}, "DELETED"),
        ({"labels": {"app": "db"}}, {"labelSelector": "app=db"}, "ADDED"),
        ({"labels": {"tier": "front"}}, {"labelSelector": "app=web"}, "MODIFIED"),
        ({"labels": {"app": "db"}}, {"labelSelector": "app=cache"}, None),
        ({"labels": {"app": None}}, {"labelSelector": "!app"}, "ADDED"),
        ({"annotations": {"a": "b"}}, {"fieldSelector": "metadata.name=web"}, "MODIFIED"),
        ({"annotations": {"a": "b"}}, {"fieldSelector": "metadata.name=other"}, None),
    ],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_a_selector_sees_objects_come_and_go(
    api: ApiBench, change: Any, params: dict[str, str], event: str | None, is_late: bool
) -> None:
    """Source: apiserver/pkg/storage/cacher/cacher.go, convertToWatchEvent."""
    api.given(sample("ConfigMap", labels={"app": "web"}))
    params = {**params, "resourceVersion": str(api.revision)}
    stream = None if is_late else watch(api, **params)
    api.patch("ConfigMap", "web", {"metadata": change})

    assert told(stream or watch(api, **params)) == ([f"{event} web"] if event else [])


def test_what_leaves_a_selector_is_told_as_it_was_before(api: ApiBench) -> None:
    """Source: cacher.go, convertToWatchEvent: the previous object, with the version of the change."""
    api.given(sample("ConfigMap", labels={"app": "web"}))
    stream = watch(api, resourceVersion=str(api.revision), labelSelector="app=web")

    api.patch("ConfigMap", "web", {"metadata": {"labels": {"app": "db"}}})

    (event,) = stream.pull()
    assert event.object["metadata"]["labels"] == {"app": "web"}
    assert event.object["metadata"]["resourceVersion"] == str(api.revision)


def test_a_node_hears_of_its_pods_only(api: ApiBench) -> None:
    api.given(sample("Pod", "a"), sample("Pod", "b"))
    stream = watch(api, "Pod", resourceVersion=str(api.revision), fieldSelector="spec.nodeName=node-1")

    for name, node in (("a", "node-1"), ("b", "node-2")):
        api.client.bind(api.client.get("Pod", name, "default"), node)

    assert told(stream) == ["ADDED a"]


def test_a_namespace_hears_of_itself_only(api: ApiBench) -> None:
    api.given(sample("Namespace", "shop"))
    streams = [api.client.watch("ConfigMap", namespace, since=str(api.revision)) for namespace in ("default", "")]
    elsewhere = sample("ConfigMap", "b")
    elsewhere["metadata"]["namespace"] = "shop"

    api.given(sample("ConfigMap", "a"), elsewhere)

    assert [told(stream) for stream in streams] == [["ADDED a"], ["ADDED a", "ADDED b"]]


def test_a_name_on_the_url_watches_one_object(api: ApiBench) -> None:
    stream = api.send("watch", "ConfigMap", "web").stream
    api.given(sample("ConfigMap", "other"), sample("ConfigMap"))

    assert stream is not None and told(stream) == ["ADDED web"]


@pytest.mark.parametrize("wish", ["true", "false"])
def test_bookmarks_come_every_minute_to_those_who_want_them(api: ApiBench, wish: str) -> None:
    """Source: kubernetes.io, API concepts, "Watch bookmarks"."""
    stream = watch(api, resourceVersion=str(api.revision), allowWatchBookmarks=wish)
    api.given(sample("Secret"))
    api.loop.run_until(api.loop.now + 61)

    metadata = {"resourceVersion": str(api.revision)}
    bookmark = ("BOOKMARK", {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata})
    assert stream.pull() == ([bookmark] if wish == "true" else [])


def test_initial_events_end_with_a_bookmark(api: ApiBench) -> None:
    """Source: kubernetes.io, API concepts, "Streaming lists"."""
    api.given(sample("ConfigMap", "a"), sample("Secret"))

    events = watch(
        api, sendInitialEvents="true", allowWatchBookmarks="true", resourceVersionMatch="NotOlderThan"
    ).pull()

    assert [event.type for event in events] == ["ADDED", "BOOKMARK"]
    assert events[-1].object["metadata"] == {
        "resourceVersion": str(api.revision),
        "annotations": {"k8s.io/initial-events-end": "true"},
    }


def test_a_watch_from_what_is_forgotten_is_told_so_and_ends(api: ApiBench) -> None:
    """Source: apiserver/pkg/storage/cacher/watch_cache.go, getAllEventsSinceLocked; the event is a 410 Status."""
    for name in "abc":
        api.given(sample("ConfigMap", name))
    api.api.compact(api.revision)

    stream = watch(api, resourceVersion="2")

    (event,) = stream.pull()
    assert event.type == "ERROR" and stream.is_closed
    assert (event.object["code"], event.object["reason"]) == (410, "Expired")
    assert event.object["message"] == f"too old resource version: 2 ({api.revision})"


def test_a_watch_from_the_compacted_version_goes_on(api: ApiBench) -> None:
    api.given(sample("ConfigMap", "a"))
    api.api.compact(api.revision)
    since = str(api.revision)
    api.given(sample("ConfigMap", "b"))

    assert told(watch(api, resourceVersion=since)) == ["ADDED b"]


def test_an_open_watch_lives_through_a_compaction(api: ApiBench) -> None:
    stream = watch(api, resourceVersion=str(api.revision))
    api.given(sample("ConfigMap", "a"))
    api.api.compact(api.revision)
    api.given(sample("ConfigMap", "b"))

    assert told(stream) == ["ADDED a", "ADDED b"]


def test_a_server_that_goes_away_closes_its_watches(api: ApiBench) -> None:
    stream = watch(api, resourceVersion=str(api.revision))
    woken: list[bool] = []
    stream.on_arrival(lambda: woken.append(stream.is_closed))
    api.given(sample("ConfigMap", "a"))

    api.api.disconnect()

    assert woken == [False, True] and told(stream) == ["ADDED a"]
    api.given(sample("ConfigMap", "b"))
    assert stream.pull() == []


def test_a_closed_watch_hears_nothing_more(api: ApiBench) -> None:
    stream = watch(api, resourceVersion=str(api.revision))
    stream.close()
    stream.close()

    api.given(sample("ConfigMap", "a"))

    assert stream.pull() == [] and stream.is_closed


def test_all_watchers_hear_the_same(api: ApiBench) -> None:
    streams = [watch(api, resourceVersion=str(api.revision)) for _ in range(3)]
    api.given(sample("ConfigMap", "a"))
    api.patch("ConfigMap", "a", {"data": {"color": "blue"}})

    first, *others = [stream.pull() for stream in streams]
    assert len(first) == 2 and all(events == first for events in others)


@pytest.mark.parametrize("selector", [{}, {"fields": "spec.nodeName=node-1"}, {"fields": "metadata.name=web"}])
@pytest.mark.parametrize("starts_late", [True, False])
def test_a_watch_of_one_namespace_hears_of_no_other(api: ApiBench, selector: dict[str, str], starts_late: bool) -> None:
    api.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    since = api.client.list("Pod").resource_version
    early = None if starts_late else api.client.watch("Pod", "default", **selector)
    for namespace in ("shop", "default"):
        pod = sample("Pod")
        pod["metadata"]["namespace"] = namespace
        api.client.create({**pod, "spec": {**pod["spec"], "nodeName": "node-1"}})

    stream = early or api.client.watch("Pod", "default", since=since, **selector)

    assert [event.object["metadata"]["namespace"] for event in stream.pull()] == ["default"]


def test_a_watcher_that_never_reads_is_let_go_with_what_has_arrived(
    api: ApiBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source: apiserver/pkg/storage/cacher/cache_watcher.go, forceCloseWatcher (add)."""
    monkeypatch.setattr(watch_cache, "MOST_WAITING", 3)
    idle, busy = watch(api), watch(api)
    for number in range(5):
        api.given(sample("ConfigMap", f"map-{number}"))
        busy.pull()

    assert (idle.is_closed, busy.is_closed) == (True, False)
    assert told(idle) == ["ADDED map-0", "ADDED map-1", "ADDED map-2", "ADDED map-3"]


def test_a_watch_may_begin_with_more_than_may_be_left_lying(api: ApiBench, monkeypatch: pytest.MonkeyPatch) -> None:
    since = api.given(sample("ConfigMap", "first"))["metadata"]["resourceVersion"]
    api.given(*(sample("ConfigMap", f"map-{number}") for number in range(5)))
    monkeypatch.setattr(watch_cache, "MOST_WAITING", 3)

    streams = [watch(api), watch(api, resourceVersion=since)]

    assert [len(stream.pull()) for stream in streams] == [6, 5]
    assert not any(stream.is_closed for stream in streams)
