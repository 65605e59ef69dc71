"""Stores with shorthands, and a notebook for a watcher."""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.etcd import Compare, Delete, DictStore, Event, KeyValue, Put, Store, TxnResult
from k8slab.etcd.etcd_store import EtcdStore
from k8slab.etcd.watch_bus import WatchBus


class Told(list[tuple[int, list[str]]]):
    """Deliveries as (revision, ["PUT a", "DELETE b"])."""

    def __call__(self, events: Sequence[Event]) -> None:
        """Take down one delivery."""
        (revision,) = {event.kv.mod_revision for event in events}
        self.append((revision, [f"{event.type} {event.kv.key}" for event in events]))


class AnyBench(Store):
    """A store with shorthands for tests."""

    _bus: WatchBus

    def put(self, key: str, value: object = 0, lease: int = 0) -> KeyValue:
        """Write one key."""
        kv = self.txn([], [Put(key, {"v": value}, lease)]).responses[0]
        assert kv is not None
        return kv

    def delete(self, key: str) -> TxnResult:
        """Remove one key."""
        return self.txn([], [Delete(key)])

    def holds(self, compare: Compare) -> bool:
        """Answer whether a comparison holds."""
        return self.txn([compare], []).succeeded

    def keys(self, prefix: str = "", revision: int = 0) -> list[str]:
        """List the keys of a range."""
        return [kv.key for kv in self.range(prefix, revision=revision).kvs]


class Bench(DictStore, AnyBench):
    """The store in this process."""


class EtcdBench(EtcdStore, AnyBench):
    """The store that is a real etcd."""
