"""The store of a cluster: a dict in this process, or a real etcd server that others use, too.

Clusters on one etcd are one cluster with several API servers: each has controllers and a scheduler, of which only those
that lead do something. The machines are run by one of them alone, for all have the same names.

Left out  machines that know what ran on them: on a server that was used before, they start with nothing running;
          logs, exec and proxy of a pod through another server than the one that runs the machines;
          clocks that agree: whose time goes faster than that of the leader takes the lead from it
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from k8slab.client import Client
from k8slab.clock import Loop
from k8slab.etcd import DictStore, KeyValue, Put, Store, StoreUnavailable
from k8slab.objects import parse_rfc3339
from k8slab.wire import AlreadyExists, NotFound

__all__ = [
    "add",
    "open_store",
]

Obj = dict[str, Any]

STARTS = "/k8slab/starts"  # the key that every server writes when it starts
MACHINES = "/k8slab/machines"  # the key of the process that runs the machines


def open_store(url: str | None, loop: Loop, *, with_machines: bool) -> tuple[Store, bool]:
    """The etcd server at a URL (None: a store of one's own), the loop in agreement with it; and whether it is new.

    Raises ValueError for what is no such URL or when another process runs the machines, StoreUnavailable.
    """
    if url is None:
        return DictStore(loop), True
    from socket import gethostname  # the core needs neither threads nor sockets

    from k8slab.etcd.etcd_store import EtcdStore

    store = EtcdStore(url, loop)
    try:
        if with_machines and not store.hold(MACHINES, {"host": gethostname(), "pid": os.getpid()}):
            raise _taken(url, store.get(MACHINES))
        start = store.txn([], [Put(STARTS, {"seed": loop.seed})])
        there = store.range("/registry/").kvs
    except (StoreUnavailable, ValueError):
        store.close()
        raise
    (written,) = start.responses
    is_new = not there and written is not None and written.version == 1
    if not is_new:
        loop.random.seed(f"{loop.seed}-{start.revision}")  # names and UIDs other than those that are there
        loop.run_until(max((moment for kv in there for moment in _signs(kv.value)), default=0))
    return store, is_new


def add(client: Client, objs: Iterable[Obj], *, is_new: bool) -> None:
    """Create the objects; in a cluster that is not new, those that are not there."""
    for obj in objs:
        if is_new:
            client.create(obj)
        elif not _is_there(client, obj):
            with suppress(AlreadyExists):  # by another server that starts at the same time
                client.create(obj)


def _is_there(client: Client, obj: Obj) -> bool:
    metadata = obj["metadata"]
    try:
        client.get(obj["kind"], metadata["name"], metadata.get("namespace", ""))
    except NotFound:
        return False
    return True


def _taken(url: str, holder: KeyValue | None) -> ValueError:
    who = f"process {holder.value['pid']} on {holder.value['host']}" if holder else "another process"
    return ValueError(
        f"{who} runs the machines of the cluster in {url}, and they cannot run twice: end it, "
        "or start this one without kubelets (agents controllers,scheduler, or none)"
    )


def _signs(obj: Obj) -> Iterator[float]:
    """The moments at which an object was written, as far as it tells."""
    metadata = obj.get("metadata") or {}
    told = [metadata.get("creationTimestamp"), *(each.get("time") for each in metadata.get("managedFields") or ())]
    return (parse_rfc3339(text) for text in told if text)
