"""The order in which pods are tried, and how long they wait for the next try."""

from __future__ import annotations

import pytest

from k8slab.clock import Loop
from k8slab.scheduler.queue import SchedulingQueue


class Tries:
    """A queue whose every attempt fails; `times` tells when which pod was tried."""

    def __init__(self, *, stuck: bool) -> None:
        self.loop = Loop(start_s=0.0)
        self.times: list[tuple[str, float]] = []
        self.stuck = stuck
        self.queue = SchedulingQueue(self.loop, self.work, 0.0)

    def work(self, uid: str) -> None:
        """Fail."""
        self.times.append((uid, self.loop.now))
        self.queue.failed(uid, stuck=self.stuck)


def test_the_highest_priority_comes_first_then_the_longest_wait() -> None:
    """Source: pkg/scheduler/framework/plugins/queuesort/priority_sort.go."""
    tries = Tries(stuck=True)

    for uid, priority in (("a", 0), ("b", 0), ("c", 7), ("d", -1), ("e", 7)):
        tries.queue.add(uid, priority)
    tries.loop.settle()

    assert [uid for uid, _ in tries.times] == ["c", "e", "a", "b", "d"]


def test_one_pod_after_the_other() -> None:
    loop, times = Loop(start_s=0.0), []
    queue = SchedulingQueue(loop, lambda uid: times.append((uid, loop.now)), 0.5)

    for uid in ("a", "b", "c"):
        queue.add(uid, 0)
    loop.settle()

    assert times == [("a", 0.5), ("b", 1.0), ("c", 1.5)]


def test_the_back_off_doubles_from_one_second_to_ten() -> None:
    """Source: kubernetes.io, kube-scheduler configuration, podInitialBackoffSeconds 1 and podMaxBackoffSeconds 10."""
    tries = Tries(stuck=False)

    tries.queue.add("a", 0)
    tries.loop.run_until(46.0)

    assert [when for _, when in tries.times] == [0, 1, 3, 7, 15, 25, 35, 45]


def test_a_pod_that_fits_nowhere_is_left_alone_for_five_minutes() -> None:
    """Source: pkg/scheduler/backend/queue/scheduling_queue.go, flushUnschedulablePodsLeftover (looks every 30 s)."""
    tries = Tries(stuck=True)
    tries.queue.add("a", 0)

    tries.loop.run_until(10.0)
    assert tries.times == [("a", 0.0)]
    tries.loop.run_until(400.0)

    assert tries.times == [("a", 0.0), ("a", 300.0)]


@pytest.mark.parametrize(("woken_at", "tried_at"), [(0.2, 1.0), (0.999, 1.0), (1.0, 1.0), (5.0, 5.0), (100.0, 100.0)])
def test_a_woken_pod_is_tried_when_its_back_off_since_the_last_try_is_over(woken_at: float, tried_at: float) -> None:
    """Source: scheduling_queue.go, isPodBackingoff: the back-off runs from the last attempt, not from the event."""
    tries = Tries(stuck=True)
    tries.queue.add("a", 0)
    tries.loop.run_until(woken_at)

    tries.queue.wake()
    tries.loop.run_until(200.0)

    assert tries.times == [("a", 0.0), ("a", tried_at)]


def test_two_events_wake_a_pod_once() -> None:
    tries = Tries(stuck=True)
    tries.queue.add("a", 0)
    tries.loop.run_until(0.5)

    tries.queue.wake()
    tries.queue.wake()
    tries.loop.run_until(200.0)

    assert [when for _, when in tries.times] == [0, 1]


def test_a_pod_that_has_changed_does_not_wait() -> None:
    tries = Tries(stuck=True)
    tries.queue.add("a", 0)
    tries.loop.run_until(0.25)
    tries.queue.wake()

    tries.queue.add("a", 0)
    tries.loop.run_until(200.0)

    assert [when for _, when in tries.times] == [0, 0.25]


@pytest.mark.parametrize("after_s", [0.0, 0.5])
@pytest.mark.parametrize("stuck", [True, False])
def test_a_pod_that_is_gone_is_not_tried(stuck: bool, after_s: float) -> None:
    tries = Tries(stuck=stuck)
    tries.queue.add("a", 0)
    tries.loop.run_until(after_s)
    tried = list(tries.times)

    tries.queue.remove("a")
    tries.queue.wake()
    tries.loop.run_until(400.0)

    assert tries.times == tried


def test_a_pod_that_comes_again_starts_with_a_short_back_off() -> None:
    tries = Tries(stuck=False)
    tries.queue.add("a", 0)
    tries.loop.run_until(20.0)
    tries.queue.remove("a")
    tries.times.clear()

    tries.queue.add("a", 0)
    tries.loop.run_until(22.0)

    assert [when for _, when in tries.times] == [20, 21]
