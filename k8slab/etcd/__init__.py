"""The store: what a cluster is, as keys and values under one revision, and every change as it happens.

Only the API server may talk to it. `Store` is the protocol, `DictStore` the store in this process;
`k8slab.etcd.etcd_store.EtcdStore` is a real etcd server (with a thread and sockets, so that it is not imported here).
"""

from __future__ import annotations

from .dict_store import DictStore
from .protocol import (
    Compacted,
    Compare,
    Delete,
    Event,
    FutureRevision,
    Get,
    KeyValue,
    LeaseNotFound,
    Op,
    Put,
    RangeResult,
    RequestTooLarge,
    Store,
    StoreUnavailable,
    TxnResult,
    Value,
    Watch,
)

__all__ = [
    "Compacted",
    "Compare",
    "Delete",
    "DictStore",
    "Event",
    "FutureRevision",
    "Get",
    "KeyValue",
    "LeaseNotFound",
    "Op",
    "Put",
    "RangeResult",
    "RequestTooLarge",
    "Store",
    "StoreUnavailable",
    "TxnResult",
    "Value",
    "Watch",
]
