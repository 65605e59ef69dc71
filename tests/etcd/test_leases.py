"""Leases: keys that disappear unless somebody keeps asking for them to stay."""

from __future__ import annotations

import pytest
from store_bench import AnyBench, Bench, Told

from k8slab.clock import Loop
from k8slab.etcd import Compare, LeaseNotFound


def test_the_keys_of_a_lease_are_deleted_in_one_revision_in_key_order(store: AnyBench, loop: Loop, told: Told) -> None:
    """Source: etcd.io, etcd API, "Lease API"; revision and order were tried on a running etcd."""
    lease = store.lease_grant(60)
    for key in ("c", "a", "b"):
        store.put(key, lease=lease)
    store.watch("", told)

    loop.run_until(loop.now + 59.9)
    assert store.keys() == ["a", "b", "c"]
    loop.run_until(loop.now + 0.1)

    assert told == [(5, ["DELETE a", "DELETE b", "DELETE c"])]


def test_a_lease_that_is_kept_alive_starts_its_time_anew(store: AnyBench, loop: Loop) -> None:
    """Source: etcd.io, etcd API, "Keep alives"."""
    store.put("a", lease=store.lease_grant(60, lease=7))

    for _ in range(5):
        loop.run_until(loop.now + 50)
        assert store.lease_keep_alive(7) == 60
    assert store.keys() == ["a"]

    loop.run_until(loop.now + 60)
    assert store.keys() == []


def test_revoking_a_lease_deletes_its_keys_now(store: AnyBench, loop: Loop) -> None:
    """Source: etcd.io, etcd API, "Lease API": LeaseRevoke."""
    lease = store.lease_grant(60)
    store.put("a", lease=lease)

    store.lease_revoke(lease)

    assert (store.keys(), store.revision) == ([], 3)
    assert not loop.step()


@pytest.mark.parametrize("end", ["revoke", "time"])
def test_a_lease_that_has_ended_is_not_found(store: AnyBench, loop: Loop, end: str) -> None:
    lease = store.lease_grant(60)
    if end == "revoke":
        store.lease_revoke(lease)
    loop.run_until(loop.now + 60)

    for ask in (store.lease_revoke, store.lease_keep_alive, lambda number: store.put("a", lease=number)):
        with pytest.raises(LeaseNotFound):
            ask(lease)
    assert store.revision == 1


def test_a_write_without_the_lease_frees_the_key_from_it(store: AnyBench) -> None:
    """Source: a running etcd."""
    lease = store.lease_grant(60)
    store.put("a", lease=lease)
    store.put("b", lease=lease)
    store.put("a")

    store.lease_revoke(lease)

    assert store.keys() == ["a"]


def test_a_key_moves_from_one_lease_to_another(store: AnyBench) -> None:
    first, second = store.lease_grant(60), store.lease_grant(60)
    store.put("a", lease=first)
    store.put("a", lease=second)

    store.lease_revoke(first)

    assert store.holds(Compare("a", "LEASE", "=", second))


def test_a_key_deleted_and_created_again_is_free_of_the_lease(store: AnyBench) -> None:
    lease = store.lease_grant(60)
    store.put("a", lease=lease)
    store.delete("a")
    store.put("a")

    store.lease_revoke(lease)

    assert store.keys() == ["a"]


def test_every_lease_has_an_id_of_its_own(store: AnyBench) -> None:
    """Source: etcd.io, etcd API, "Lease API": if ID is 0, the lessor chooses an ID; the error is a running etcd's."""
    assert len({store.lease_grant(60, lease=1), store.lease_grant(60), store.lease_grant(60)} | {1}) == 3

    with pytest.raises(ValueError, match="etcdserver: lease already exists"):
        store.lease_grant(60, lease=1)


def test_the_store_in_this_process_counts_its_leases(dict_store: Bench) -> None:
    assert [dict_store.lease_grant(60, lease=1), dict_store.lease_grant(60), dict_store.lease_grant(60)] == [1, 2, 3]


def test_a_very_short_lease_gets_two_seconds(dict_store: Bench) -> None:
    """Source: a running etcd."""
    assert dict_store.lease_keep_alive(dict_store.lease_grant(0)) == 2


def test_a_waiting_lease_keeps_nobody_from_settling(store: AnyBench, loop: Loop) -> None:
    store.put("a", lease=store.lease_grant(30))

    loop.settle()

    assert store.keys() == ["a"]
