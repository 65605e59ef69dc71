"""A workbench for the controller that the test file is about."""

from __future__ import annotations

import pytest
from bench import Bench

from k8slab.client import Controller


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    """A server, and the controller that the module names in CONTROLLER."""
    controller: type[Controller] = request.module.CONTROLLER
    return Bench(controller)
