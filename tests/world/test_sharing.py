"""Max-min fair shares: who gets how much, and when everybody is done."""

from __future__ import annotations

import pytest

from k8slab.clock import Loop
from k8slab.world.sharing import Lane, Resource, Sharing, fill

INF = float("inf")

# Bertsekas/Gallager, Data Networks, 6.5.2, and by hand: capacities, (way, jobs, limit) of each lane, rates
CASES = [
    ({"x": 10}, [("x", 1, INF)], [10]),
    ({"x": 10}, [("x", 4, INF)], [2.5]),
    ({"x": 10}, [("x", 1, 2), ("x", 1, INF)], [2, 8]),
    ({"x": 10}, [("x", 2, 2), ("x", 1, INF)], [2, 6]),
    ({"x": 10, "y": 3}, [("xy", 1, INF), ("x", 1, INF)], [3, 7]),
    ({"x": 10, "y": 10}, [("xy", 1, INF), ("x", 1, INF), ("y", 1, INF)], [5, 5, 5]),
    ({"x": 10, "y": 4}, [("xy", 1, INF), ("x", 1, INF), ("y", 1, INF)], [2, 8, 2]),
    ({"x": 1}, [("", 1, 7), ("x", 1, INF)], [7, 1]),
]


@pytest.mark.parametrize(("capacities", "lanes", "rates"), CASES)
def test_rates_are_max_min_fair(
    capacities: dict[str, float], lanes: list[tuple[str, int, float]], rates: list[float]
) -> None:
    there = {name: Resource(name, per_s) for name, per_s in capacities.items()}
    made = [Lane(tuple(there[name] for name in way), limit) for way, _, limit in lanes]
    for lane, (_, count, _) in zip(made, lanes, strict=True):
        lane.count = count

    fill(made)

    assert [lane.rate for lane in made] == pytest.approx(rates)


def test_who_ends_leaves_its_share_to_the_others() -> None:
    """Two of 100 and 50 share 10 a second: the small one has it after 10 s, the large one then goes twice as fast."""
    loop, ends = Loop(), dict[str, float]()
    sharing, line = Sharing(loop), Resource("line", 10)

    for name, amount in (("large", 100), ("small", 50)):
        sharing.start([line], amount, lambda name=name: ends.update({name: loop.now - loop.start_s}))
    loop.settle()

    assert ends == pytest.approx({"small": 10, "large": 15})
    assert line.given == pytest.approx(150)


def test_a_late_comer_slows_the_first_down_and_a_cancelled_job_is_never_done() -> None:
    loop, ends = Loop(), dict[str, float]()
    sharing, line = Sharing(loop), Resource("line", 10)
    sharing.start([line], 100, lambda: ends.update(first=loop.now - loop.start_s))
    loop.run_until(loop.start_s + 5)
    late = sharing.start([line], 100, lambda: ends.update(late=0))

    loop.run_until(loop.start_s + 7)
    sharing.cancel(late)
    loop.settle()

    assert ends == pytest.approx({"first": 11})


def test_a_thousand_jobs_are_one_lane() -> None:
    loop, ends = Loop(), list[float]()
    sharing, line = Sharing(loop), Resource("line", 10)

    for number in range(1000):
        sharing.start([line], 1 + number % 2, lambda: ends.append(loop.now - loop.start_s))
    lanes = len(sharing.lanes)
    loop.settle(quiet_s=1000)

    assert (lanes, len(ends), ends[-1]) == (1, 1000, pytest.approx(150))


def test_nothing_to_do_is_done_at_once() -> None:
    loop, ends = Loop(), list[float]()
    sharing = Sharing(loop)

    sharing.start([Resource("line", 10)], 0, lambda: ends.append(loop.now))
    sharing.start([], 10, lambda: ends.append(loop.now))
    loop.settle()

    assert ends == [loop.start_s, loop.start_s]
