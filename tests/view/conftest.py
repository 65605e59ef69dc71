"""The cluster that most tests of this room look at."""

from __future__ import annotations

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster


@pytest.fixture
def reader() -> FakeReader:
    """A control plane and three workers, one a zone."""
    return cluster()
