"""A key on a real etcd that is there as long as the process that holds it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from real_etcd import RealEtcd

from k8slab.clock import Loop
from k8slab.etcd import session
from k8slab.etcd.etcd_store import EtcdStore

KEY = "/k8slab/machines"
TTL_S = 1


@pytest.fixture
def two(etcd: RealEtcd, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EtcdStore]]:
    """The stores of two processes on one server, who are soon believed dead."""
    monkeypatch.setattr(session, "TTL_S", TTL_S)
    stores = [EtcdStore(etcd.url, Loop()) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def die(store: EtcdStore) -> None:
    """What `kill -9` leaves: nobody keeps the lease alive, nobody ends it."""
    (held,) = store._sessions
    held._is_over.set()
    held._thread.join()


def test_a_key_is_held_by_one(two: list[EtcdStore]) -> None:
    held = [store.hold(KEY, name) for store, name in zip(two, ("one", "two"), strict=True)]

    found = two[1].get(KEY)
    assert held == [True, False]
    assert found is not None and found.value == "one"


def test_a_key_is_held_for_much_longer_than_its_lease(two: list[EtcdStore]) -> None:
    two[0].hold(KEY, "one")

    for _ in range(2):
        assert not two[1].hold(KEY, "two")


def test_a_key_that_was_given_back_is_free_at_once(two: list[EtcdStore]) -> None:
    two[0].hold(KEY, "one")

    two[0].close()

    assert two[1].get(KEY) is None and two[1].hold(KEY, "two")


def test_the_key_of_a_dead_process_is_had_by_who_waits(two: list[EtcdStore]) -> None:
    two[0].hold(KEY, "one")
    die(two[0])
    assert two[1].get(KEY) is not None

    assert two[1].hold(KEY, "two")


def test_a_key_outlives_its_server(etcd: RealEtcd, two: list[EtcdStore]) -> None:
    two[0].hold(KEY, "one")
    etcd.kill()

    etcd.start()

    assert not two[1].hold(KEY, "two")


def test_a_key_whose_lease_has_ended_is_held_anew(two: list[EtcdStore]) -> None:
    """As when a process stood still for a while."""
    two[0].hold(KEY, "one")
    (held,) = two[0]._sessions

    two[1]._gateway.ask("lease/revoke", {"ID": held._lease})

    assert two[1].get(KEY) is None
    held._is_over.wait(TTL_S)
    assert two[1].get(KEY) is not None


def test_a_session_that_is_closed_leaves_no_thread(two: list[EtcdStore]) -> None:
    before = threading.active_count()
    for store in two:
        store.hold(KEY, "one")
    assert threading.active_count() == before + 1

    two[0].close()

    assert "etcd-session" not in [thread.name for thread in threading.enumerate()]
