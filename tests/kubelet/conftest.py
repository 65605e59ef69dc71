"""The node that most tests of this room need."""

from __future__ import annotations

import pytest
from one_node import OneNode


@pytest.fixture
def node() -> OneNode:
    """A node that is ready for pods."""
    return OneNode()
