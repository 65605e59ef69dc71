"""Whatever happens to a DictStore happens in the same way to a real etcd, errors included."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from real_etcd import HASTE, NO_ETCD, RealEtcd, etcd_program
from test_against_naive_store import KEYS, LEASES, PREFIXES, REVISIONS, BothStores

from k8slab.etcd.etcd_store import EtcdStore

LONG = 1000  # leases must not end by the real clock


class DictAndEtcd(BothStores):
    """The same machine, with a real etcd in place of the list of snapshots; both live by one loop."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.server = RealEtcd(etcd_program() or "", Path(self.folder.name) / "etcd", *HASTE)
        self.naive = EtcdStore(self.server.url, self.loop)  # type: ignore[assignment]

    @rule(prefix=st.sampled_from(PREFIXES), where=REVISIONS, limit=st.integers(0, 3), after=KEYS)
    def read(self, prefix: str, where: tuple[bool, int], limit: int, after: str) -> None:
        super().read(prefix, where, limit, after)

    @rule(lease=LEASES, ttl_s=st.integers(2, 9))
    def grant(self, lease: int, ttl_s: int) -> None:
        super().grant(lease, ttl_s * LONG)

    @rule(seconds=st.integers(1, 6))
    def pass_time(self, seconds: int) -> None:
        self.loop.run_until(self.loop.now + seconds * LONG)

    @rule(prefix=st.sampled_from(PREFIXES), where=REVISIONS)
    def watch(self, prefix: str, where: tuple[bool, int]) -> None:
        since = max(self.revision(where), 0)
        if since != self.store.compacted_revision or not since:  # an old etcd leaves deletions out there
            super().watch(prefix, where)

    def teardown(self) -> None:
        self.look_around()
        self.naive.close()  # type: ignore[attr-defined]
        self.server.kill()
        self.folder.cleanup()


@pytest.mark.long
@pytest.mark.skipif(etcd_program() is None, reason=NO_ETCD)
class TestDictAndEtcd(DictAndEtcd.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=40, stateful_step_count=40, deadline=None, derandomize=True, database=None)
