"""Revisions, ranges, transactions and compaction, as a running etcd server shows them."""

from __future__ import annotations

from typing import Any

import pytest
from store_bench import AnyBench, Bench

from k8slab import etcd
from k8slab.etcd import (
    Compacted,
    Compare,
    Delete,
    FutureRevision,
    Get,
    KeyValue,
    LeaseNotFound,
    Put,
    RangeResult,
    Store,
)


def test_the_room_exports_a_sorted_list() -> None:
    assert etcd.__all__ == sorted(etcd.__all__)
    assert all(hasattr(etcd, name) for name in etcd.__all__)


def test_a_dict_store_is_a_store(store: AnyBench) -> None:
    as_store: Store = store  # mypy checks it
    assert as_store.revision


def test_an_empty_store_has_revision_1_and_the_first_write_makes_2(store: AnyBench) -> None:
    """Source: etcd.io, Data model, "Logical view"."""
    assert (store.revision, store.compacted_revision) == (1, 0)

    store.put("a")

    assert store.revision == 2


def test_a_key_remembers_its_creation_its_last_change_and_how_often_it_was_written(store: AnyBench) -> None:
    """Source: etcd.io, etcd API, "Key-Value pair"."""
    store.put("a", 1)
    store.put("other")

    kv = store.put("a", 2)

    assert kv == store.get("a") == KeyValue("a", {"v": 2}, create_revision=2, mod_revision=4, version=2)


def test_a_key_that_is_deleted_and_created_again_starts_a_new_life(store: AnyBench) -> None:
    """Source: etcd.io, Data model: "Each deletion ends a key's generation"."""
    store.put("a")
    store.put("a")
    store.delete("a")
    assert store.get("a") is None

    assert store.put("a") == KeyValue("a", {"v": 0}, create_revision=5, mod_revision=5, version=1)


@pytest.mark.parametrize(("revision", "value"), [(1, None), (2, 1), (3, 1), (4, 2), (5, None), (6, 3), (0, 3)])
def test_a_key_can_be_read_as_it_was_at_any_revision(store: AnyBench, revision: int, value: int | None) -> None:
    """Source: etcd.io, etcd API, "Range": revision is the point-in-time of the key-value store."""
    store.put("a", 1)
    store.put("b")
    store.put("a", 2)
    store.delete("a")
    store.put("a", 3)

    kv = store.get("a", revision)

    assert (kv and kv.value["v"]) == value


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("", ["/p-x/a", "/p/a", "/p/a/1", "/p/b", "/q/a", "root"]),
        ("/p", ["/p-x/a", "/p/a", "/p/a/1", "/p/b"]),
        ("/p/", ["/p/a", "/p/a/1", "/p/b"]),
        ("/p/a", ["/p/a", "/p/a/1"]),
        ("/p/a/", ["/p/a/1"]),
        ("ro", ["root"]),
        ("/p/c", []),
        ("/z/", []),
    ],
)
def test_a_range_is_every_key_with_the_prefix_in_byte_order(store: AnyBench, prefix: str, keys: list[str]) -> None:
    """Source: etcd.io, etcd API: the key space is a flat, lexically sorted binary space."""
    for key in ("/q/a", "/p/b", "root", "/p/a/1", "/p-x/a", "/p/a"):
        store.put(key)
        store.range("")  # so that keys come to lists already in order

    assert store.keys(prefix) == keys
    assert store.keys(prefix, store.revision) == keys


def test_a_range_in_the_past_has_the_keys_deleted_since_and_not_the_new_ones(store: AnyBench) -> None:
    for key in ("/p/b", "/p/a", "/p/c"):
        store.put(key)
    store.delete("/p/b")
    store.put("/p/a")
    store.put("/p/d")

    assert store.keys("/p/", 4) == ["/p/a", "/p/b", "/p/c"]
    assert [kv.mod_revision for kv in store.range("/p/", revision=4).kvs] == [3, 2, 4]
    assert store.keys("/p/") == ["/p/a", "/p/c", "/p/d"]


def test_a_key_that_comes_and_goes_between_two_ranges_is_listed_once(store: AnyBench) -> None:
    store.put("a")
    assert store.keys() == ["a"]

    for _ in range(3):
        store.delete("a")
        store.put("a")

    assert store.keys() == ["a"]
    assert [store.keys(revision=revision) for revision in (2, 3, 4)] == [["a"], [], ["a"]]


@pytest.mark.parametrize("past", [False, True])
def test_a_limited_range_says_that_there_is_more_and_goes_on_after_a_key(store: AnyBench, past: bool) -> None:
    """Source: etcd.io, etcd API, "Range response": count is set regardless of the limit, more says keys are left."""
    for key in "dbcae":
        store.put(key)
    revision = store.revision if past else 0
    store.put("z" if past else "a")

    first = store.range("", revision=revision, limit=2)
    second = store.range("", revision=revision, limit=3, after=first.kvs[-1].key)

    assert [kv.key for kv in first.kvs + second.kvs] == list("abcde")
    assert [(page.more, page.count) for page in (first, second)] == [(True, 5), (False, 3)]


def test_a_range_answers_with_the_revision_of_the_store(store: AnyBench) -> None:
    """Source: etcd.io, etcd API, "Response header": revision of the key-value store when the response was made."""
    store.put("a")
    store.put("b")

    assert store.range("", revision=2) == RangeResult([KeyValue("a", {"v": 0}, 2, 2, 1)], False, 1, 3)


def test_a_revision_not_yet_written_cannot_be_read(store: AnyBench) -> None:
    with pytest.raises(FutureRevision, match="etcdserver: mvcc: required revision is a future revision"):
        store.get("a", 2)
    with pytest.raises(FutureRevision):
        store.range("", revision=2)


@pytest.mark.parametrize(
    ("compare", "holds"),
    [
        (Compare("a", "CREATE", "=", 2), True),
        (Compare("a", "MOD", "=", 3), True),
        (Compare("a", "MOD", "!=", 3), False),
        (Compare("a", "MOD", "<", 4), True),
        (Compare("a", "VERSION", ">", 2), False),
        (Compare("a", "VALUE", "=", {"v": 7}), True),
        (Compare("a", "VALUE", "!=", {"v": 7}), False),
        (Compare("a", "LEASE", "=", 0), True),
        (Compare("absent", "CREATE", "=", 0), True),
        (Compare("absent", "MOD", "<", 1), True),
        (Compare("absent", "VERSION", "=", 0), True),
        (Compare("absent", "LEASE", "=", 0), True),
        (Compare("absent", "VALUE", "=", None), False),
        (Compare("absent", "VALUE", "!=", {"v": 7}), False),
    ],
)
def test_a_transaction_compares(store: AnyBench, compare: Compare, holds: bool) -> None:
    """Source: etcd.io, etcd API, "Transaction"; the value of an absent key was tried on a running etcd."""
    store.put("a", 0)
    store.put("a", 7)

    assert store.holds(compare) is holds


def test_a_transaction_takes_one_branch(store: AnyBench) -> None:
    """Source: etcd.io, etcd API, "Transaction"."""
    create = [Compare("a", "CREATE", "=", 0)], [Put("a", {})], [Get("a")]

    first, second = store.txn(*create), store.txn(*create)

    kv = KeyValue("a", {}, 2, 2, 1)
    assert first == (True, 2, (kv,))
    assert second == (False, 2, (kv,))


def test_all_comparisons_must_hold(store: AnyBench) -> None:
    store.put("a")

    assert not store.txn([Compare("a", "VERSION", "=", 1), Compare("b", "VERSION", "=", 1)], []).succeeded


def test_the_writes_of_one_transaction_share_a_revision_and_its_reads_see_what_came_before(store: AnyBench) -> None:
    """Source: etcd.io, etcd API: a transaction's modifications all have the same revision."""
    old = store.put("b", "old")

    result = store.txn([], [Get("a"), Put("a", {}), Get("a"), Delete("b"), Get("b")])

    a = KeyValue("a", {}, 3, 3, 1)
    assert result == (True, 3, (None, a, a, old, None))
    assert store.revision == 3


@pytest.mark.parametrize("ops", [[], [Get("a")], [Delete("absent")], [Delete("absent"), Get("absent")]])
def test_a_transaction_that_changes_nothing_keeps_the_revision(store: AnyBench, ops: list[Any]) -> None:
    """Source: a running etcd."""
    store.put("a")

    assert store.txn([], ops).revision == store.revision == 2


@pytest.mark.parametrize(
    "ops", [[Put("a", {}), Put("a", {})], [Put("a", {}), Delete("a")], [Delete("a"), Put("a", {})]]
)
@pytest.mark.parametrize("is_otherwise", [False, True])
def test_a_transaction_must_not_write_a_key_twice(store: AnyBench, ops: list[Any], is_otherwise: bool) -> None:
    """Source: etcd.io, etcd API: "It is not allowed to modify the same key several times within one txn"."""
    branches = ([Put("b", {})], ops) if is_otherwise else (ops, [])
    with pytest.raises(ValueError, match="etcdserver: duplicate key given in txn request"):
        store.txn([], *branches)

    assert store.revision == 1


def test_a_transaction_may_delete_a_key_twice(store: AnyBench) -> None:
    """Source: a running etcd."""
    kv = store.put("a")

    assert store.txn([], [Delete("a"), Delete("a")]).responses == (kv, None)


def test_a_key_must_have_a_name(store: AnyBench) -> None:
    """Source: a running etcd."""
    with pytest.raises(ValueError, match="etcdserver: key is not provided"):
        store.put("")


def test_a_transaction_with_an_unknown_lease_writes_nothing(store: AnyBench) -> None:
    """Source: a running etcd."""
    with pytest.raises(LeaseNotFound, match="etcdserver: requested lease not found"):
        store.txn([], [Put("a", {}), Put("b", {}, lease=99)])

    assert store.revision == 1 and store.get("a") is None


def test_compaction_forgets_what_was_before_and_keeps_the_revision_itself(store: AnyBench) -> None:
    """Source: etcd.io, etcd API, "Compaction"; the revision itself was tried on a running etcd."""
    for value in range(4):
        store.put("a", value)

    store.compact(4)

    with pytest.raises(Compacted, match="etcdserver: mvcc: required revision has been compacted") as error:
        store.get("a", 3)
    assert error.value.compacted_revision == store.compacted_revision == 4
    assert [store.range("", revision=revision).kvs[0].value["v"] for revision in (4, 5)] == [2, 3]


def test_what_nobody_touched_survives_every_compaction(store: AnyBench) -> None:
    store.put("a", "old")
    store.put("b")
    for revision in (2, 3):
        store.compact(revision)

    assert store.get("a", 3) == store.get("a") == KeyValue("a", {"v": "old"}, 2, 2, 1)


def test_compaction_frees_the_memory_of_every_version_it_drops(dict_store: Bench) -> None:
    for directory in ("/p/a/", "/p/b/"):
        for value in range(3):
            dict_store.put(directory + "x", value)
    dict_store.put("/q/y")
    dict_store.delete("/p/a/x")

    dict_store.compact(dict_store.revision)

    assert (dict_store._index._past, dict_store._index._names) == ({}, ["/p/b/", "/q/"])
    assert [len(directory) for directory in dict_store._index._directories.values()] == [1, 1]
    assert dict_store.keys(revision=dict_store.revision) == ["/p/b/x", "/q/y"]


@pytest.mark.parametrize(("revision", "error"), [(3, Compacted), (2, Compacted), (-1, Compacted), (6, FutureRevision)])
def test_compaction_goes_forward_and_not_into_the_future(
    store: AnyBench, revision: int, error: type[Exception]
) -> None:
    """Source: a running etcd."""
    for _ in range(4):
        store.put("a")
    store.compact(3)

    with pytest.raises(error):
        store.compact(revision)


def test_compaction_drops_what_was_superseded_at_the_very_revision(dict_store: Bench) -> None:
    dict_store.put("a")
    dict_store.put("b")
    dict_store.compact(3)
    dict_store.put("a")

    dict_store.compact(4)

    assert dict_store._index._past == {}


def test_values_are_shared_and_never_copied(dict_store: Bench) -> None:
    value: dict[str, Any] = {"spec": {}}
    dict_store.txn([], [Put("a", value)])
    dict_store.put("a", "new")

    kv = dict_store.get("a", 2)

    assert kv is not None and kv.value is value
