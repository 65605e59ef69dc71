"""A loop, an empty store on it (in this process, or a real etcd), and a watcher's notebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from real_etcd import HASTE, NO_ETCD, RealEtcd, etcd_program
from store_bench import AnyBench, Bench, EtcdBench, Told

from k8slab.clock import Loop


@pytest.fixture
def loop() -> Loop:
    """Virtual time."""
    return Loop()


@pytest.fixture
def etcd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealEtcd]:
    """A real etcd server, new and empty; parametrised by its options."""
    program = etcd_program()
    if program is None:
        pytest.skip(NO_ETCD)
    server = RealEtcd(program, tmp_path / "etcd", *getattr(request, "param", HASTE))
    yield server
    server.kill()


@pytest.fixture
def real_store(etcd: RealEtcd, loop: Loop) -> Iterator[EtcdBench]:
    """An empty store that is a real etcd."""
    store = EtcdBench(etcd.url, loop)
    yield store
    store.close()


@pytest.fixture
def dict_store(loop: Loop) -> Bench:
    """An empty store in this process."""
    return Bench(loop)


@pytest.fixture(params=["dict_store", "real_store"])
def store(request: pytest.FixtureRequest) -> AnyBench:
    """An empty store of either kind."""
    chosen: AnyBench = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def told() -> Told:
    """A watcher's notebook."""
    return Told()
