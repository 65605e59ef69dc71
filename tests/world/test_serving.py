"""The queue before one container: waiting by chance, overload, patience, and what it remembers."""

from __future__ import annotations

import random

import pytest

from k8slab.world import Queue, Served, capacity_per_s
from k8slab.world.serving import waiting_share

ENDLESS = 10**9


def mean_wait_s(served: Served) -> float:
    """The mean of all waits."""
    return sum(part * wait_s for part, wait_s in served.waits)


def settled(rate: float, capacity: float, service_s: float, patience_s: float = 1e6) -> Served:
    """How a stretch goes when the same has gone on for long."""
    queue = Queue(ENDLESS)
    queue.advance(1e6, rate, capacity, service_s, patience_s)
    return queue.advance(10.0, rate, capacity, service_s, patience_s)


@pytest.mark.parametrize(
    ("at_once", "rho", "erlang_c"),
    [(1, 0.5, 0.5), (1, 0.9, 0.9), (2, 0.5, 0.3333), (2, 0.8, 0.7111), (5, 0.8, 0.5541), (10, 0.8, 0.4092)],
)
def test_the_share_that_waits_is_close_to_erlangs_formula(at_once: int, rho: float, erlang_c: float) -> None:
    """Source: tables of Erlang C; Sakasegawa's formula is exact for one server and within a tenth elsewhere."""
    capacity = 100.0

    share = waiting_share(rho * capacity, capacity, at_once / capacity)

    assert share == pytest.approx(erlang_c, rel=0.1)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_waits_are_those_of_one_server_that_serves_one_after_the_other(rho: float) -> None:
    """A simulation of single requests: exponential gaps and service times (M/M/1), 200,000 of them."""
    dice, waits, wait_s = random.Random(7), [], 0.0
    for _ in range(200_000):
        waits.append(wait_s)
        wait_s = max(0.0, wait_s + dice.expovariate(100.0) - dice.expovariate(100.0 * rho))
    waits.sort()

    served = settled(100.0 * rho, 100.0, 0.01)

    assert mean_wait_s(served) == pytest.approx(sum(waits) / len(waits), rel=0.1)
    rare = [wait for part, wait in served.waits if part == 0.01]  # stands for the quantiles .98 to .99
    assert rare == [pytest.approx(waits[int(0.985 * len(waits))], rel=0.1)]


@pytest.mark.parametrize(
    ("passed_s", "limit", "patience_s", "length", "answered"),
    [
        (2.0, ENDLESS, 100.0, 200.0, 1.0),  # all wait, and get their answer in the end
        (4.0, 100, 100.0, 100.0, 0.625),  # full after a second: of 800 that came, 300 found no place
        (8.0, ENDLESS, 4.0, 400.0, 0.75),  # after 4 s the last in the queue waits as long as anybody does
        (0.0001, 0, 100.0, 0.0, 0.5),  # no place to wait
    ],
)
def test_what_comes_too_fast_waits_until_the_queue_is_full_or_patience_ends(
    passed_s: float, limit: int, patience_s: float, length: float, answered: float
) -> None:
    queue = Queue(limit)

    served = queue.advance(passed_s, 200.0, 100.0, 0.0, patience_s)

    assert (queue.length, served.answered) == (pytest.approx(length), pytest.approx(answered))
    assert served.answered + served.overdue == pytest.approx(1.0)
    assert sum(part for part, _ in served.waits) == pytest.approx(1.0)


def test_in_overload_all_wait_as_long_as_the_queue_is() -> None:
    queue = Queue(ENDLESS)

    first, then = (queue.advance(2.0, 200.0, 100.0, 0.0, 2.0) for _ in range(2))

    assert mean_wait_s(first) == pytest.approx(1.0)  # it grew from nothing to two seconds
    assert mean_wait_s(then) == pytest.approx(2.0)  # and stays there
    assert then.answered == pytest.approx(0.5)


def test_a_queue_is_worked_off_when_less_comes_again() -> None:
    queue = Queue(ENDLESS)
    queue.advance(2.0, 200.0, 100.0, 0.0, 100.0)

    served = queue.advance(4.0, 50.0, 100.0, 0.0, 100.0)

    assert served.done == pytest.approx(400.0)  # as fast as it can: the 200 that came, and the 200 that waited
    assert not queue.is_overloaded


def test_how_long_a_stretch_is_makes_no_difference_to_an_overloaded_queue() -> None:
    one, many = Queue(150), Queue(150)

    whole = one.advance(3.0, 180.0, 100.0, 0.0, 10.0)
    parts = [many.advance(0.1, 180.0, 100.0, 0.0, 10.0) for _ in range(30)]

    assert many.length == pytest.approx(one.length)
    assert sum(part.answered for part in parts) / 30 == pytest.approx(whole.answered)
    assert sum(map(mean_wait_s, parts)) / 30 == pytest.approx(mean_wait_s(whole), rel=0.1)


def test_waits_do_not_jump_when_the_rate_passes_the_capacity() -> None:
    queue = Queue(ENDLESS)
    for _ in range(100):
        before = queue.advance(1.0, 99.0, 100.0, 0.01, 1e6)

    after = queue.advance(0.001, 101.0, 100.0, 0.01, 1e6)

    assert mean_wait_s(after) == pytest.approx(mean_wait_s(before), rel=0.1)


def test_a_container_without_any_cpu_answers_nobody() -> None:
    assert Queue(ENDLESS).advance(5.0, 10.0, 0.0, 0.01, 5.0) == Served(0.0, 1.0, (), 0.0)


@pytest.mark.parametrize(
    ("cpu_m", "cpu_s", "workers", "service_s", "capacity"),
    [(500, 0.005, 0, 0.01, 100), (4000, 0.005, 2, 0.01, 200), (100, 0.005, 50, 0.01, 20), (100, 0.0, 4, 0.02, 200)],
)
def test_capacity_is_what_cpu_and_workers_allow(
    cpu_m: float, cpu_s: float, workers: int, service_s: float, capacity: float
) -> None:
    assert capacity_per_s(cpu_m, cpu_s, workers, service_s) == pytest.approx(capacity)
