"""What the API server asks of its store: revisions, ranges, transactions, leases, watches.

The words are etcd's (api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto), so that a real etcd server
fits behind the same protocol. Values are JSON objects: DictStore keeps them as they are (they are
never changed in place), a store on a real etcd encodes them.

One revision counts every write to the whole store. A key remembers the revision that created it,
the revision that changed it last, and its version: how often it was written since its creation.

Source    etcd-io/website, content/en/docs/v3.6/learning/api.md
Left out  ranges by arbitrary end key (only single keys and prefixes), nested transactions, users and roles
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

__all__ = [
    "Compacted",
    "Compare",
    "Delete",
    "Event",
    "FutureRevision",
    "Get",
    "KeyValue",
    "LeaseNotFound",
    "Put",
    "RangeResult",
    "RequestTooLarge",
    "Store",
    "StoreUnavailable",
    "TxnResult",
    "Watch",
]

Value = Mapping[str, Any]


class KeyValue(NamedTuple):
    """One version of one key. In the Event of a deletion, `value` is None and `mod_revision` the deletion's."""

    key: str
    value: Any
    create_revision: int
    mod_revision: int
    version: int
    lease: int = 0


class Event(NamedTuple):
    """One change, as a watch tells it; `prev` is the key before it (None when it was absent)."""

    type: Literal["PUT", "DELETE"]
    kv: KeyValue
    prev: KeyValue | None


class Compare(NamedTuple):
    """A condition of a transaction; an absent key has create and mod revision 0 and version 0."""

    key: str
    target: Literal["CREATE", "MOD", "VERSION", "VALUE", "LEASE"]
    op: Literal["=", "!=", "<", ">"]
    operand: Any


class Put(NamedTuple):
    """Write one key, bound to a lease if one is named."""

    key: str
    value: Value
    lease: int = 0


class Delete(NamedTuple):
    """Remove one key; nothing happens when it is absent."""

    key: str


class Get(NamedTuple):
    """Read one key inside a transaction."""

    key: str


Op = Put | Delete | Get


class TxnResult(NamedTuple):
    """`responses` has one entry per operation that ran: the KeyValue read, written or removed, or None."""

    succeeded: bool
    revision: int
    responses: tuple[KeyValue | None, ...]


class RangeResult(NamedTuple):
    """Keys in byte order; `count` is how many there are in the range regardless of the limit."""

    kvs: list[KeyValue]
    more: bool
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    revision: int


class Watch(Protocol):
    """A subscription that can be ended."""

    def cancel(self) -> None:
        """Receive nothing more."""


class Store(Protocol):
    """A versioned key-value store with a memory. One that is elsewhere raises StoreUnavailable when it is away."""

    @property
    def revision(self) -> int:
        """The revision of the newest write (1 in an empty store, as in etcd)."""

    @property
    def compacted_revision(self) -> int:
        """The history below and at this revision is gone (0 when nothing was compacted)."""

    def catch_up(self) -> None:
        """Have watches tell all that was written until now, by whomever (nothing to do where nobody else can write).

        Raises StoreUnavailable.
        """

    def get(self, key: str, revision: int = 0) -> KeyValue | None:
        """One key now, or as it was at `revision`. Raises Compacted, FutureRevision."""

    def range(self, prefix: str, *, revision: int = 0, limit: int = 0, after: str = "") -> RangeResult:
        """The keys that start with `prefix` and sort after the key `after`, now or at `revision`.

        Raises Compacted, FutureRevision.
        """

    def txn(self, compare: Sequence[Compare], then: Sequence[Op], otherwise: Sequence[Op] = ()) -> TxnResult:
        """Run `then` if every comparison holds, else `otherwise`; all in one revision.

        Raises LeaseNotFound, ValueError when a key is written twice.
        """

    def lease_grant(self, ttl_s: float, lease: int = 0) -> int:
        """Open a lease and answer its id; when it ends, its keys are deleted in one revision."""

    def lease_keep_alive(self, lease: int) -> float:
        """Start the lease's time anew and answer it, in seconds. Raises LeaseNotFound."""

    def lease_revoke(self, lease: int) -> None:
        """End a lease now. Raises LeaseNotFound."""

    def compact(self, revision: int) -> None:
        """Forget what no key was at or after `revision`. Raises Compacted, FutureRevision."""

    def watch(self, prefix: str, deliver: Callable[[Sequence[Event]], None], *, since: int = 0) -> Watch:
        """Deliver every change under `prefix` from revision `since` on (0: from now on).

        Changes of one revision arrive in one call. Raises Compacted.
        """

    def close(self) -> None:
        """Let go of the store; watches tell nothing more."""


class Compacted(Exception):
    """The revision asked for lies before the compaction; `compacted_revision` says where that is."""

    def __init__(self, compacted_revision: int) -> None:
        super().__init__("etcdserver: mvcc: required revision has been compacted")
        self.compacted_revision = compacted_revision


class FutureRevision(Exception):
    """The revision asked for has not been written yet."""

    def __init__(self) -> None:
        super().__init__("etcdserver: mvcc: required revision is a future revision")


class LeaseNotFound(Exception):
    """No such lease, or it has ended."""

    def __init__(self) -> None:
        super().__init__("etcdserver: requested lease not found")


class StoreUnavailable(Exception):
    """The store cannot be reached just now; whether a write that was under way has been done is not known."""


class RequestTooLarge(Exception):
    """The store takes no values of this size."""

    def __init__(self) -> None:
        super().__init__("etcdserver: request is too large")
