"""A workbench for the controller that the test file is about."""

from __future__ import annotations

import pytest
from cloud_bench import CloudBench


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> CloudBench:
    """A server, a cloud, and the controller that the module names in CONTROLLER."""
    return CloudBench(request.module.CONTROLLER)
