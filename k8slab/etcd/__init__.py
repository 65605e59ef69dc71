"""The store: what a cluster is, as keys and values under one revision, and every change as it happens.

Only the API server may talk to it. `Store` is the protocol, `DictStore` the store in this process.
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
    Store,
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
    "Store",
    "TxnResult",
    "Value",
    "Watch",
]
