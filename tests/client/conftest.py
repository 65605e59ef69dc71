"""An API server with nobody else around it."""

from __future__ import annotations

import pytest
from bench import Bench


@pytest.fixture
def bench() -> Bench:
    """A server, an admin's client, and no controller."""
    return Bench()
