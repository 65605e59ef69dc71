"""Several API servers on one store: each sees what the others write, and none overwrites it; and a store that fails."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, refused, sample, told

from k8slab.api import Api
from k8slab.client import Client, InProcess
from k8slab.etcd import DictStore, Put, RequestTooLarge, StoreUnavailable
from k8slab.wire import Request, WatchEvent

AWAY = "etcd does not answer"


class AwayStore(DictStore):
    """A store that can be switched off."""

    is_away = False

    def catch_up(self) -> None:
        if self.is_away:
            raise StoreUnavailable(AWAY)


class SmallStore(DictStore):
    """A store for small values."""

    def txn(self, compare: Any, then: Any, otherwise: Any = ()) -> Any:
        if any(len(str(op)) > 2000 for op in then):
            raise RequestTooLarge
        return super().txn(compare, then, otherwise)


def another(bench: ApiBench) -> Client:
    """A client of another server on the same store."""
    return Client(InProcess(Api(bench.store, bench.loop).handle, lambda: bench.loop.now, "bob", isolated=True))


def test_each_server_sees_what_the_other_writes() -> None:
    bench = ApiBench()
    other = another(bench)

    bench.given(sample("ConfigMap", "from-one"))
    other.create(sample("ConfigMap", "from-the-other"))

    names = ["from-one", "from-the-other"]
    assert [obj["metadata"]["name"] for obj in bench.client.list("ConfigMap", "default")] == names
    assert [obj["metadata"]["name"] for obj in other.list("ConfigMap", "default")] == names


def test_a_watch_goes_on_at_a_server_that_was_not_there_when_it_began() -> None:
    bench = ApiBench()
    seen = int(bench.given(sample("ConfigMap", "old"))["metadata"]["resourceVersion"])
    bench.given(sample("ConfigMap", "new"))
    bench.patch("ConfigMap", "old", {"data": {"color": "blue"}})
    bench.client.delete("ConfigMap", "new", "default")

    stream = Api(bench.store, bench.loop).handle(watch(seen)).stream

    assert stream is not None
    events = stream.pull()
    assert [f"{event.type} {event.object['metadata']['name']}" for event in events] == [
        "ADDED new", "MODIFIED old", "DELETED new",
    ]  # fmt: skip
    assert [version(event) for event in events] == [seen + 1, seen + 2, seen + 3]


def test_a_watch_at_a_new_server_hears_of_everything_once() -> None:
    bench = ApiBench()
    bench.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"))
    api = Api(bench.store, bench.loop)
    streams = [api.handle(watch(since)).stream for since in (3, 2, 3, 2)]

    bench.given(sample("ConfigMap", "c"))

    shown = [told(stream) for stream in streams if stream is not None]
    assert shown == [["ADDED b", "ADDED c"], ["ADDED a", "ADDED b", "ADDED c"]] * 2


def test_a_watch_from_before_the_compaction_is_refused_by_a_new_server_too() -> None:
    bench = ApiBench()
    bench.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"))
    bench.store.compact(bench.revision)

    stream = Api(bench.store, bench.loop).handle(watch(2)).stream

    assert stream is not None
    assert [(event.type, event.object["code"]) for event in stream.pull()] == [("ERROR", 410)]


@pytest.mark.parametrize("kind", ["ConfigMap", "Pod"])
def test_what_another_server_has_changed_meanwhile_is_not_deleted(kind: str) -> None:
    bench = ApiBench()
    place = {"spec": {**sample("Pod")["spec"], "nodeName": "node-1"}} if kind == "Pod" else {}
    bench.given(sample(kind, **place))
    other = another(bench)
    patch = {"metadata": {"labels": {"color": "blue"}}}

    def meanwhile(review: object) -> None:
        other.patch(kind, "web", "default", patch)

    bench.api.webhooks.register("meanwhile", meanwhile, ["*"], operations=["DELETE"])

    code, reason, _ = refused(bench.client.delete, kind, "web", "default")

    assert (code, reason) == (409, "Conflict")
    assert "deletionTimestamp" not in other.get(kind, "web", "default")["metadata"]


@pytest.mark.parametrize("value", ["hello", 7, ["list"], {}, {"metadata": "none"}])
def test_what_is_no_object_counts_as_absent(value: Any) -> None:
    bench = ApiBench()
    bench.given(sample("ConfigMap", "a"), sample("ConfigMap", "b"))
    stream = bench.api.handle(watch(bench.revision)).stream

    bench.store.txn([], [Put("/registry/configmaps/default/a", value), Put("/registry/configmaps/default/c", value)])

    assert stream is not None and told(stream) == ["DELETED a"]
    assert [obj["metadata"]["name"] for obj in bench.client.list("ConfigMap", "default")] == ["b"]
    assert [obj["metadata"]["name"] for obj in another(bench).list("ConfigMap", "default")] == ["b"]


@pytest.mark.parametrize("verb", ["get", "list", "create", "delete", "watch"])
def test_while_the_store_is_away_the_server_says_so(verb: str) -> None:
    bench = ApiBench(AwayStore)
    bench.given(sample("ConfigMap"))
    bench.store.is_away = True  # type: ignore[attr-defined]

    answer = bench.send(verb, "ConfigMap", "web", body=sample("ConfigMap") if verb == "create" else None)

    assert (answer.code, answer.body["reason"]) == (503, "ServiceUnavailable")
    assert (answer.body["message"], answer.body["details"]) == (AWAY, {"retryAfterSeconds": 1})


def test_when_the_store_is_back_the_server_goes_on() -> None:
    bench = ApiBench(AwayStore)
    bench.store.is_away = True  # type: ignore[attr-defined]
    assert bench.send("list", "ConfigMap").code == 503

    bench.store.is_away = False  # type: ignore[attr-defined]

    assert bench.given(sample("ConfigMap"))["metadata"]["name"] == "web"


def test_what_the_store_finds_too_large_is_refused() -> None:
    bench = ApiBench(SmallStore)

    answer = bench.send("create", "ConfigMap", body=sample("ConfigMap", data={"all": "x" * 2000}))

    assert (answer.code, answer.body["reason"]) == (413, "RequestEntityTooLarge")


def watch(since: int) -> Request:
    """A watch on ConfigMaps from a revision on."""
    params = {"resourceVersion": str(since)}
    return Request("watch", "configmaps", namespace="default", user="alice", params=params)


def version(event: WatchEvent) -> int:
    """The revision of an event."""
    return int(event.object["metadata"]["resourceVersion"])
