"""Watches: everybody hears of every change once, in order, and nobody pays for the others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import pytest
from store_bench import AnyBench, Bench, Told

from k8slab.etcd import Compacted, Delete, Event, KeyValue, Put, Watch


def test_a_watch_tells_changes_before_the_write_returns(store: AnyBench, told: Told) -> None:
    store.put("a")
    store.watch("a", told)
    assert told == []

    store.put("a")
    assert told == [(3, ["PUT a"])]


def test_an_event_has_the_key_before_and_after(store: AnyBench) -> None:
    """Source: etcd.io, etcd API, "Events"; the tombstone is a running etcd's."""
    events: list[Event] = []
    store.watch("", events.extend)
    first = store.put("a")
    second = store.put("a")
    store.delete("a")

    gone = KeyValue("a", None, create_revision=0, mod_revision=4, version=0)
    assert events == [("PUT", first, None), ("PUT", second, first), ("DELETE", gone, second)]


def test_changes_of_one_revision_arrive_in_one_call_in_the_order_of_the_operations(store: AnyBench, told: Told) -> None:
    """Source: etcd.io, etcd API guarantees, "Watch APIs": atomic; the order is a running etcd's."""
    store.put("/k")
    store.watch("/", told)

    store.txn([], [Put("/m", {}), Put("x", {}), Put("/a", {}), Delete("/k"), Delete("/absent")])

    assert told == [(3, ["PUT /m", "PUT /a", "DELETE /k"])]


@pytest.mark.parametrize("prefix", ["", "/", "/r", "/r/", "/r/po", "/r/pods/", "/r/pods/ns/web-", "/r/pods/ns/web-1"])
def test_any_beginning_of_a_key_can_be_watched(store: AnyBench, told: Told, prefix: str) -> None:
    watch = store.watch(prefix, told)
    store.put("/r/pods/ns/web-1")
    watch.cancel()
    store.put("/r/pods/ns/web-1")

    assert told == [(2, ["PUT /r/pods/ns/web-1"])]
    assert not store._bus._lengths


@pytest.mark.parametrize("prefix", ["/r/pods/ns/web-2", "/r/pods/ns/web-11", "/r/nodes/", "r", "/r/pods/ns/web-1/"])
def test_other_keys_are_not_told(store: AnyBench, told: Told, prefix: str) -> None:
    store.watch(prefix, told)
    store.put("/r/pods/ns/web-1")

    assert told == []


def test_a_change_is_told_once_whatever_else_is_watched(store: AnyBench, told: Told) -> None:
    for other in ("x", "/r", "/z", "/r/z", "z/r"):
        store.watch(other, lambda events: None)
    store.watch("/", told)
    store.watch("/r/", told)

    store.put("/r/a")

    assert told == [(2, ["PUT /r/a"]), (2, ["PUT /r/a"])]


def test_a_watch_tells_the_history_first_and_then_what_happens(store: AnyBench, told: Told) -> None:
    """Source: etcd.io, etcd API, "Watch streams": start_revision."""
    store.put("/a")
    store.txn([], [Put("/a", {}), Put("b", {})])
    store.delete("/a")
    store.put("b")

    store.watch("/", told, since=3)
    store.put("/a")

    assert told == [(3, ["PUT /a"]), (4, ["DELETE /a"]), (6, ["PUT /a"])]


def test_a_watch_from_the_future_waits_for_it(store: AnyBench, told: Told) -> None:
    """Source: a running etcd."""
    store.watch("", told, since=4)
    for ops in ([Put("a", {})], [Put("a", {}), Put("b", {})]) * 2:
        store.txn([], ops)

    assert [revision for revision, _ in told] == [4, 5]


def test_a_watch_from_before_the_compaction_is_refused(store: AnyBench, told: Told) -> None:
    """Source: etcd.io, etcd API, "Watch response": compact_revision."""
    for _ in range(4):
        store.put("a")
    store.compact(4)

    with pytest.raises(Compacted) as error:
        store.watch("", told, since=3)
    assert error.value.compacted_revision == 4


def test_a_watch_from_the_compacted_revision_lacks_only_what_was_before_it(dict_store: Bench) -> None:
    """Source: a running etcd; that the deletion is still told (etcd 3.5.1 does not yet), etcd-io/etcd pull 18274."""
    events: list[Event] = []
    dict_store.put("a")
    dict_store.delete("a")
    last = dict_store.put("b")
    dict_store.compact(3)

    dict_store.watch("", events.extend, since=3)

    assert events == [("DELETE", KeyValue("a", None, 0, 3, 0), None), ("PUT", last, None)]


def test_a_watch_under_way_does_not_mind_a_compaction(store: AnyBench, told: Told) -> None:
    store.watch("", told)
    store.put("a")
    store.compact(2)
    store.put("a")

    assert [revision for revision, _ in told] == [2, 3]


def test_a_watcher_that_writes_does_not_disturb_the_order(store: AnyBench, told: Told) -> None:
    def echo(events: Sequence[Event]) -> None:
        if events[0].kv.key == "in":
            store.put("out")
        told(events)

    store.watch("", echo)
    store.watch("", told)
    store.put("in")

    assert told == [(2, ["PUT in"]), (2, ["PUT in"]), (3, ["PUT out"]), (3, ["PUT out"])]


def test_a_watcher_that_writes_during_its_history_gets_its_own_write_last(store: AnyBench, told: Told) -> None:
    def echo(events: Sequence[Event]) -> None:
        if not told:
            store.put("late")
        told(events)

    store.put("a")
    store.put("b")
    store.watch("", echo, since=1)

    assert told == [(2, ["PUT a"]), (3, ["PUT b"]), (4, ["PUT late"])]


def test_a_watch_opened_during_a_delivery_gets_everything_once(store: AnyBench, told: Told) -> None:
    opened: list[Watch] = []

    def open_watch(events: Sequence[Event]) -> None:
        if not opened:
            opened.append(store.watch("", told, since=2))

    store.put("a")
    store.watch("", open_watch)
    store.put("b")
    store.put("c")

    assert [revision for revision, _ in told] == [2, 3, 4]


def test_a_watch_that_is_cancelled_receives_not_even_what_is_waiting(store: AnyBench, told: Told) -> None:
    store.watch("", lambda events: watch.cancel())
    watch = store.watch("", told)

    store.put("a")
    watch.cancel()  # a second time is harmless

    assert told == []


def test_a_watcher_that_fails_does_not_cost_the_others_their_events(store: AnyBench, told: Told) -> None:
    watch = store.watch("", lambda events: 1 / 0)  # type: ignore[arg-type]
    store.watch("", told)
    with pytest.raises(ZeroDivisionError):
        store.put("a")
    watch.cancel()

    store.put("b")

    assert told == [(2, ["PUT a"]), (3, ["PUT b"])]


def test_watchers_of_other_keys_cost_a_write_nothing(store: AnyBench, told: Told) -> None:
    def write() -> None:
        store.put("/r/pods/ns/web-1")

    store.watch("/r/pods/", told)
    few = calls_during(write)
    for number in range(1000):
        store.watch(f"/r/pods/ns/db-{number % 10}{number}", told)
        store.watch(f"/r/pods/ns-{number}/", told)
        store.watch(f"/r/kind-{number}/", told)

    write()
    assert calls_during(write) <= few


def calls_during(act: Callable[[], None]) -> int:
    """Count the function calls: a measure of work that does not depend on the machine."""
    count = 0

    def notice(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(notice)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count
