"""Whatever happens to a DictStore happens in the same way to a list of snapshots, errors included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from naive_store import NaiveStore

from k8slab.clock import Loop
from k8slab.etcd import (
    Compacted,
    Compare,
    Delete,
    DictStore,
    Event,
    FutureRevision,
    Get,
    LeaseNotFound,
    Op,
    Put,
    Watch,
)

KEYS = st.sampled_from(["/a", "/a/x", "/a/y", "/a/b/x", "/a-b/x", "x", "x/y"])
PREFIXES = st.sampled_from(["", "/", "/a", "/a/", "/a/b/", "/a/x", "x", "/q/"])
VALUES = st.integers(0, 2).map(lambda number: {"v": number})
LEASES = st.integers(1, 3)
BACK = st.integers(-2, 8)  # revisions before the newest one
PUTS = st.builds(Put, KEYS, VALUES, st.just(0) | LEASES)
OPS = st.lists(PUTS | st.builds(Delete, KEYS) | st.builds(Get, KEYS), max_size=3)
NUMBERS = st.builds(
    Compare,
    KEYS,
    st.sampled_from(["CREATE", "MOD", "VERSION", "LEASE"]),
    st.sampled_from(["=", "!=", "<", ">"]),
    st.integers(0, 6),
)
COMPARES = NUMBERS | st.builds(Compare, KEYS, st.just("VALUE"), st.sampled_from(["=", "!="]), VALUES)
ERRORS = (Compacted, FutureRevision, LeaseNotFound, ValueError)


def outcome(act: Callable[[Any], object], store: object) -> object:
    """Answer the result or the error, in a form that can be compared."""
    try:
        return act(store)
    except ERRORS as error:
        return type(error), str(error), getattr(error, "compacted_revision", None)


class BothStores(RuleBasedStateMachine):
    """Do everything twice and compare."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = Loop()
        self.store = DictStore(self.loop)
        self.naive = NaiveStore()
        self.watches: list[tuple[Watch, list[Sequence[Event]], list[Sequence[Event]]]] = []

    def agree(self, act: Callable[[Any], object]) -> None:
        """Act on both stores; the outcome must be the same."""
        assert outcome(act, self.store) == outcome(act, self.naive)

    @rule(op=PUTS | st.builds(Delete, KEYS))
    def write(self, op: Op) -> None:
        self.agree(lambda store: store.txn([], [op]))

    @rule(compare=st.lists(COMPARES, max_size=2), then=OPS, otherwise=OPS)
    def transact(self, compare: list[Compare], then: list[Op], otherwise: list[Op]) -> None:
        self.agree(lambda store: store.txn(compare, then, otherwise))

    @rule(prefix=PREFIXES, back=BACK, limit=st.integers(0, 3), after=st.just("") | KEYS)
    def list_range(self, prefix: str, back: int, limit: int, after: str) -> None:
        revision = self.naive.revision - back
        self.agree(lambda store: store.range(prefix, revision=revision, limit=limit, after=after))

    @rule(key=KEYS, back=BACK)
    def get(self, key: str, back: int) -> None:
        self.agree(lambda store: store.get(key, self.naive.revision - back))

    @rule(lease=LEASES, ttl_s=st.integers(1, 9))
    def grant(self, lease: int, ttl_s: int) -> None:
        self.agree(lambda store: store.lease_grant(ttl_s, lease))

    @rule(lease=LEASES)
    def keep_alive(self, lease: int) -> None:
        self.agree(lambda store: store.lease_keep_alive(lease))

    @rule(lease=LEASES)
    def revoke(self, lease: int) -> None:
        self.agree(lambda store: store.lease_revoke(lease))

    @rule(seconds=st.integers(1, 6))
    def pass_time(self, seconds: int) -> None:
        self.loop.run_until(self.loop.now + seconds)
        self.naive.pass_time(seconds)

    @rule(back=BACK)
    def compact(self, back: int) -> None:
        revision = self.naive.revision - back
        self.agree(lambda store: store.compact(revision))

    @rule(prefix=PREFIXES, back=BACK)
    def watch(self, prefix: str, back: int) -> None:
        told: list[Sequence[Event]] = []
        expected: list[Sequence[Event]] = []
        since = max(self.naive.revision - back, 0)
        watch: Any = outcome(lambda store: store.watch(prefix, told.append, since=since), self.store)
        error = outcome(lambda store: store.watch(prefix, expected.append, since=since), self.naive)
        if error:
            assert watch == error
        else:
            self.watches.append((watch, told, expected))

    @invariant()
    def now_is_the_same(self) -> None:
        """Compare all that can be seen at the newest and at the oldest revision."""
        self.agree(lambda store: (store.revision, store.compacted_revision, store.range("")))
        self.agree(lambda store: store.range("", revision=self.naive.compacted_revision))
        for _, told, expected in self.watches:
            assert told == expected

    def teardown(self) -> None:
        """Compact everything: nothing but the newest versions may be left in memory."""
        if self.naive.compacted_revision < self.naive.revision:
            self.agree(lambda store: store.compact(store.revision))
        index = self.store._index
        assert not index._past
        assert sum(map(len, index._directories.values())) == len(index.live)
        for watch, _, _ in self.watches:
            watch.cancel()
        assert not (self.store._bus._by_prefix or self.store._bus._lengths)


TestBothStores = BothStores.TestCase
TestBothStores.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, database=None
)
