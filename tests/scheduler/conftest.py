"""The scheduler that most tests of this room need."""

from __future__ import annotations

import pytest
from scheduler_bench import SchedulerBench


@pytest.fixture
def bench() -> SchedulerBench:
    """A scheduler with the default plugins, and no nodes."""
    return SchedulerBench()
