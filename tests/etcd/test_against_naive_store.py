"""Whatever happens to a DictStore happens in the same way to a list of snapshots, errors included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
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

KEYS = st.sampled_from(["/a", "/a/x", "/a/y", "/a/b/x", "x"])
PREFIXES = ["", "/", "/a", "/a/", "/a/b/", "x"]
VALUES = st.integers(0, 2).map(lambda number: {"v": number})
LEASES = st.integers(1, 3)  # of which two are open at first
REVISIONS = st.tuples(st.booleans(), st.integers(-1, 5))  # so far after the compacted or before the newest revision
PUTS = st.builds(Put, KEYS, VALUES, st.sampled_from([0, 0, 1, 1, 2, 3]))
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

    def revision(self, where: tuple[bool, int]) -> int:
        """Answer a revision near one of the two ends of the history."""
        is_old, distance = where
        return self.naive.compacted_revision + distance if is_old else self.naive.revision - distance

    @initialize()
    def grant_some(self) -> None:
        """Begin with two leases, or most writes with a lease would only fail."""
        self.grant(1, 5)
        self.grant(2, 9)

    @rule(put=PUTS)
    def put(self, put: Put) -> None:
        self.agree(lambda store: store.txn([], [put]))

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.agree(lambda store: store.txn([], [Delete(key)]))

    @rule(compare=st.lists(COMPARES, max_size=2), then=OPS, otherwise=OPS)
    def transact(self, compare: list[Compare], then: list[Op], otherwise: list[Op]) -> None:
        self.agree(lambda store: store.txn(compare, then, otherwise))

    @rule(prefix=st.sampled_from(PREFIXES), where=REVISIONS, limit=st.integers(0, 3), after=st.just("") | KEYS)
    def read(self, prefix: str, where: tuple[bool, int], limit: int, after: str) -> None:
        revision = self.revision(where)
        self.agree(lambda store: store.range(prefix, limit=limit, after=after))
        self.agree(lambda store: store.range(prefix, revision=revision, limit=limit, after=after))
        self.agree(lambda store: store.get(after, revision))

    @rule(lease=LEASES, ttl_s=st.integers(1, 9))
    def grant(self, lease: int, ttl_s: int) -> None:
        self.agree(lambda store: store.lease_grant(ttl_s, lease))

    @rule(lease=LEASES, is_over=st.booleans())
    def keep_alive_or_revoke(self, lease: int, is_over: bool) -> None:
        self.agree(methodcaller("lease_revoke" if is_over else "lease_keep_alive", lease))

    @rule(seconds=st.integers(1, 6))
    def pass_time(self, seconds: int) -> None:
        self.loop.run_until(self.loop.now + seconds)
        self.naive.pass_time(seconds)

    @rule(where=REVISIONS)
    def compact(self, where: tuple[bool, int]) -> None:
        revision = self.revision(where)
        self.agree(lambda store: store.compact(revision))

    @rule(prefix=st.sampled_from(PREFIXES), where=REVISIONS)
    def watch(self, prefix: str, where: tuple[bool, int]) -> None:
        told: list[Sequence[Event]] = []
        expected: list[Sequence[Event]] = []
        since = max(self.revision(where), 0)
        watch: Any = outcome(lambda store: store.watch(prefix, told.append, since=since), self.store)
        error = outcome(lambda store: store.watch(prefix, expected.append, since=since), self.naive)
        if isinstance(error, tuple):
            assert watch == error
        else:
            self.watches.append((watch, told, expected))

    @rule()
    def look_around(self) -> None:
        """Compare all that can be seen now, then, and in between (not at every step: ranges put things in order)."""
        oldest, newest = max(self.naive.compacted_revision, 1), self.naive.revision
        for revision in (0, oldest, (oldest + newest) // 2, newest - 1):
            for prefix in PREFIXES:
                self.agree(methodcaller("range", prefix, revision=revision))

    @invariant()
    def everybody_was_told_the_same(self) -> None:
        assert self.store.revision == self.naive.revision
        for _, told, expected in self.watches:
            assert told == expected

    def teardown(self) -> None:
        """Compact everything: nothing but the newest versions may be left in memory."""
        self.look_around()
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
    max_examples=150, stateful_step_count=60, deadline=None, derandomize=True, database=None
)
