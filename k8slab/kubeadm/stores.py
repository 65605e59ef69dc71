"""The store of a cluster: a dict in this process, or a real etcd server in which others may have left something.

Left out  machines that know what ran on them: on a server that was used before, they start with nothing running;
          two clusters with agents on one server at the same time (nobody elects a leader, and nodes share names)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.client import Client
from k8slab.clock import Loop
from k8slab.etcd import DictStore, Put, Store
from k8slab.objects import parse_rfc3339
from k8slab.wire import NotFound

__all__ = [
    "missing",
    "open_store",
]

Obj = dict[str, Any]

STARTS = "/k8slab/starts"  # the key that every server after the first one writes


def open_store(url: str | None, loop: Loop) -> Store:
    """The etcd server at a URL (None: a store of one's own), its past and the loop in agreement.

    Raises ValueError for what is no such URL, StoreUnavailable.
    """
    if url is None:
        return DictStore(loop)
    from k8slab.etcd.etcd_store import EtcdStore  # the core needs neither threads nor sockets

    store = EtcdStore(url, loop)
    if store.revision > 1:
        start = store.txn([], [Put(STARTS, {"seed": loop.seed})]).revision  # that of nobody else
        loop.random.seed(f"{loop.seed}-{start}")  # names and UIDs other than those that are there
        loop.run_until(max((moment for kv in store.range("/registry/").kvs for moment in _signs(kv.value)), default=0))
    return store


def missing(client: Client, objs: Iterable[Obj]) -> Iterator[Obj]:
    """Those of the objects that are not there."""
    for obj in objs:
        metadata = obj["metadata"]
        try:
            client.get(obj["kind"], metadata["name"], metadata.get("namespace", ""))
        except NotFound:
            yield obj


def _signs(obj: Obj) -> Iterator[float]:
    """The moments at which an object was written, as far as it tells."""
    metadata = obj.get("metadata") or {}
    told = [metadata.get("creationTimestamp"), *(each.get("time") for each in metadata.get("managedFields") or ())]
    return (parse_rfc3339(text) for text in told if text)
