"""Back-off between tries."""

from __future__ import annotations

import pytest

from k8slab.kubelet.backoff import BackOff


def test_the_first_retry_is_at_once_and_the_next_ones_wait_twice_as_long() -> None:
    """Source: kubernetes.io, "Container restart policy": 10s, 20s, 40s, … capped at 300 seconds."""
    back_off, now, waits = BackOff(), 0.0, []

    for _ in range(8):
        ready_at = back_off.ready_at("main", now)
        waits.append(ready_at - now)
        back_off.note("main", now, ready_at)
        now = ready_at + 1

    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]


@pytest.mark.parametrize(("good_minutes", "wait_s"), [(9, 40), (11, 0)])
def test_ten_good_minutes_are_rewarded(good_minutes: float, wait_s: float) -> None:
    """Source: kubernetes.io, "Container restart policy": executed for 10 minutes without any problems."""
    back_off = BackOff()
    for _ in range(3):
        back_off.note("main", 0, 0)

    failed_at = good_minutes * 60.0

    assert back_off.ready_at("main", failed_at) == failed_at + wait_s


def test_keys_do_not_know_of_each_other() -> None:
    back_off = BackOff()

    back_off.note("a", 0, 0)

    assert (back_off.delay_s("a"), back_off.delay_s("b")) == (10, 0)
