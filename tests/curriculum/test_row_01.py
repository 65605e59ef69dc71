"""What notebook 01 shows of pushing and watching."""

from __future__ import annotations

import pytest
from row_01_push_or_watch import NEVER, number


def test_who_watches_notices_in_seconds_what_a_push_tool_learns_when_it_comes_again() -> None:
    """A node is given up after 50 s (kube-controller-manager's grace period), its pods 300 s later (the toleration)."""
    found = number()

    (dies, again), (cut, never) = found["push, process dies"], found["push, power cut"]
    assert 1790 < dies < 1800 and dies <= again < dies + 5 and 1790 < cut < 1812 and never == NEVER
    assert found["watch, process dies"] == (pytest.approx(0, abs=1), pytest.approx(1, abs=1.5))
    assert 40 < found["watch, power cut"][0] < 60 and 340 < found["watch, power cut"][1] < 365
