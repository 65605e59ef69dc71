"""An API server over a store, without agents."""

from __future__ import annotations

import pytest
from api_bench import ApiBench


@pytest.fixture
def api() -> ApiBench:
    """An API server with the namespace default and nobody else."""
    return ApiBench()
