"""A cluster behind HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from http_caller import Caller

from k8slab import Cluster


@pytest.fixture
def cluster() -> Cluster:
    """A small cluster."""
    return Cluster(nodes=1)


@pytest.fixture
def caller(cluster: Cluster, tmp_path: Path) -> Iterator[Caller]:
    """A client of that cluster, whose clock stands still."""
    with cluster.serve(speed=0) as server:
        yield Caller(server, tmp_path)
