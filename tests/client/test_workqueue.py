"""Each key waits at most once."""

from __future__ import annotations

import itertools

import pytest

from k8slab.client import WorkQueue
from k8slab.clock import Loop
from k8slab.objects import Key

A, B, C = (Key("default", name) for name in "abc")


class Bench:
    """A queue whose work is a list of (seconds since the start, key)."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.done: list[tuple[float, Key]] = []
        self.again: list[Key] = []
        self.queue = WorkQueue(self.loop, self.work)

    def work(self, key: Key) -> None:
        self.done.append((round(self.loop.now - self.loop.start_s, 4), key))
        for wish in self.again:
            self.queue.add(wish)
        self.again = []

    def keys(self) -> list[Key]:
        self.loop.settle()
        return [key for _, key in self.done]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_key_that_waits_is_not_added_again(bench: Bench) -> None:
    """Source: client-go workqueue/queue.go, Add: dirty."""
    for key in (A, B, A, C, B):
        bench.queue.add(key)
    assert len(bench.queue) == 3

    assert bench.keys() == [A, B, C] and len(bench.queue) == 0


@pytest.mark.parametrize(("again", "order"), [([A], [A, B, A]), ([A, A], [A, B, A]), ([B], [A, B]), ([C], [A, B, C])])
def test_a_key_added_while_it_is_worked_on_comes_once_more(bench: Bench, again: list[Key], order: list[Key]) -> None:
    """Source: client-go workqueue/queue.go, Done: re-queued when dirty."""
    bench.again = again
    bench.queue.add(A)
    bench.queue.add(B)

    assert bench.keys() == order


def test_failures_wait_twice_as_long_each_time(bench: Bench) -> None:
    """Source: client-go default_rate_limiters.go: 5 ms * 2^failures, at most 1,000 s."""
    delays = [bench.queue.add_rate_limited(A) for _ in range(20)]

    assert delays[:4] == [0.005, 0.01, 0.02, 0.04]
    assert all(b == 2 * a for a, b in itertools.pairwise(delays[:18])) and delays[18:] == [1000.0, 1000.0]


def test_back_off_is_counted_per_key_and_can_be_forgotten(bench: Bench) -> None:
    for _ in range(5):
        bench.queue.add_rate_limited(A)
    assert bench.queue.add_rate_limited(B) == 0.005

    bench.queue.forget(A)

    assert bench.queue.add_rate_limited(A) == 0.005


@pytest.mark.parametrize(
    ("waits", "moments"),
    [([5], [5]), ([5, 3], [3]), ([3, 5], [3]), ([5, 5], [5]), ([0], [0]), ([-1], [0])],
)
def test_of_several_delays_the_earliest_holds(bench: Bench, waits: list[float], moments: list[float]) -> None:
    """Source: client-go workqueue/delaying_queue.go, insert."""
    for wait in waits:
        bench.queue.add_after(A, wait)
    bench.loop.settle()

    assert bench.done == [(moment, A) for moment in moments]


def test_a_delay_can_be_asked_for_anew_once_it_has_passed(bench: Bench) -> None:
    bench.queue.add_after(A, 1)
    bench.loop.settle()

    bench.queue.add_after(A, 2)
    bench.loop.settle()

    assert bench.done == [(1, A), (3, A)]


def test_other_callbacks_come_between_two_keys(bench: Bench) -> None:
    bench.queue.add(A)
    bench.queue.add(B)
    bench.loop.call_soon(lambda: bench.queue.add(C))

    assert bench.keys() == [A, B, C]


def test_work_that_raises_does_not_stop_the_queue() -> None:
    loop, done = Loop(), list[Key]()

    def work(key: Key) -> None:
        done.append(key)
        if key == A:
            raise ValueError("broken")

    queue = WorkQueue(loop, work)
    queue.add(A)
    queue.add(B)

    with pytest.raises(ValueError, match="broken"):
        loop.settle()
    loop.settle()

    assert done == [A, B]


def test_background_wishes_do_not_keep_a_cluster_awake(bench: Bench) -> None:
    bench.queue.add_after(A, 1, background=True)
    assert bench.keys() == []

    bench.loop.run_until(bench.loop.now + 1)

    assert bench.keys() == [A]
