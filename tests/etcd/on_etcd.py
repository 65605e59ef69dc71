"""A plugin that gives every test a real etcd in place of each DictStore: `PYTHONPATH=tests/etcd pytest -p on_etcd DIR`.

Tests that look into a DictStore, or count on having its very values, are not meant for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_etcd import HASTE, NO_ETCD, RealEtcd, etcd_program

import k8slab.etcd
from k8slab.clock import Loop
from k8slab.etcd.etcd_store import EtcdStore

opened: list[OnEtcd] = []


class OnEtcd(EtcdStore):
    """A new etcd server with its store."""

    def __init__(self, loop: Loop) -> None:
        program = etcd_program()
        if program is None:
            pytest.skip(NO_ETCD)
        self.folder = tempfile.TemporaryDirectory()
        self.server = RealEtcd(program, Path(self.folder.name), *HASTE)
        opened.append(self)
        super().__init__(self.server.url, loop)

    def end(self) -> None:
        """Leave nothing behind."""
        self.close()
        self.server.kill()
        self.folder.cleanup()


@pytest.fixture(autouse=True)
def servers_end() -> Iterator[None]:
    """Stop what a test has started."""
    before = len(opened)
    yield
    while len(opened) > before:
        opened.pop().end()


def pytest_sessionfinish() -> None:
    """Stop the rest: what fixtures of whole modules have started."""
    while opened:
        opened.pop().end()


k8slab.etcd.DictStore = OnEtcd  # type: ignore[assignment,misc]
