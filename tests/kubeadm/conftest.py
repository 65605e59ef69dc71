"""A whole cluster to work on."""

from __future__ import annotations

import pytest

from k8slab import Cluster


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(nodes=3)
