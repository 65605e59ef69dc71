"""Time that passes by itself, and calls from other threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from k8slab.clock import Loop
from k8slab.http import Pacer

WAIT_S = 20.0  # at most: what is waited for comes in milliseconds


@pytest.fixture
def loop() -> Loop:
    """A loop with nothing in it."""
    return Loop()


@pytest.fixture
def pacer(loop: Loop) -> Iterator[Pacer]:
    """A pacer of that loop, a thousand times as fast as the real clock."""
    made = Pacer(loop, 1000.0)
    made.start()
    yield made
    made.stop()


def test_virtual_time_follows_the_real_one(loop: Loop, pacer: Pacer) -> None:
    rung = threading.Event()

    pacer.call(lambda: loop.call_later(30, rung.set)).result(WAIT_S)

    assert rung.wait(WAIT_S)


@pytest.mark.parametrize(("ago_s", "is_now"), [(10, True), (100, False), (-10, False)])
def test_a_loop_of_a_moment_ago_is_brought_to_the_real_time(ago_s: float, is_now: bool) -> None:
    loop = Loop(start_s=time.time() - ago_s)
    pacer = Pacer(loop)

    pacer.start()

    pacer.stop()
    assert (abs(loop.now - time.time()) < 5) == is_now


def test_a_clock_that_stands_moves_nothing(loop: Loop, pacer: Pacer) -> None:
    pacer.speed = 0
    first = pacer.call(lambda: loop.now).result(WAIT_S)

    pacer.call(lambda: loop.call_later(0.001, int)).result(WAIT_S)

    assert loop.next_due() is not None and loop.now == first


def test_a_clock_without_a_limit_jumps_to_what_happens_next_and_no_further(loop: Loop, pacer: Pacer) -> None:
    rung = threading.Event()
    first = loop.now
    pacer.speed = 0
    pacer.call(lambda: loop.call_later(3000, rung.set)).result(WAIT_S)
    pacer.call(lambda: [loop.call_later(30 * i, int) for i in range(100)]).result(WAIT_S)

    pacer.speed = float("inf")

    assert rung.wait(WAIT_S) and loop.now - first < 3000 + WAIT_S


def test_a_clock_without_a_limit_does_not_jump_to_what_is_far_away(loop: Loop, pacer: Pacer) -> None:
    first, rung = loop.now, [threading.Event(), threading.Event()]
    pacer.speed = float("inf")
    pacer.call(lambda: loop.call_later(90, int)).result(WAIT_S)

    for bell in rung:  # the second is heard in a later tick
        pacer.call(lambda bell=bell: loop.call_later(1, bell.set)).result(WAIT_S)
        assert bell.wait(WAIT_S)

    assert loop.now < first + 90


def test_who_finds_the_engine_busy_waits_in_line(loop: Loop, pacer: Pacer) -> None:
    with loop.lock:
        asked = threading.Thread(target=lambda: answers.append(pacer.call(lambda: "done").result(WAIT_S)))
        answers: list[str] = []
        asked.start()
        while not loop._inbox:
            pass
        assert answers == []

    asked.join(WAIT_S)
    assert answers == ["done"]


def test_a_call_that_raises_tells_its_caller_and_stops_nobody(pacer: Pacer) -> None:
    with pytest.raises(ZeroDivisionError):
        pacer.call(lambda: 1 / 0).result(WAIT_S)

    assert pacer.call(lambda: 1).result(WAIT_S) == 1


def test_a_call_whose_caller_goes_while_it_waits_is_not_made(loop: Loop, pacer: Pacer) -> None:
    made: list[str] = []
    with loop.lock, ThreadPoolExecutor() as elsewhere:
        waiting = elsewhere.submit(pacer.call, lambda: made.append("too late")).result(WAIT_S)
        behind_it = elsewhere.submit(pacer.call, lambda: list(made)).result(WAIT_S)
        assert waiting.cancel()

    assert behind_it.result(WAIT_S) == []
    assert not pacer.problem


def test_a_call_whose_caller_goes_while_it_is_made_stops_nobody(loop: Loop, pacer: Pacer) -> None:
    begun, gone = threading.Event(), threading.Event()
    with loop.lock, ThreadPoolExecutor() as elsewhere:
        waiting = elsewhere.submit(pacer.call, lambda: (begun.set(), gone.wait(WAIT_S))).result(WAIT_S)

    assert begun.wait(WAIT_S)
    waiting.cancel()
    gone.set()

    assert pacer.call(lambda: 1).result(WAIT_S) == 1
    assert not pacer.problem


def test_a_loop_that_breaks_stops_its_clock_and_says_why(loop: Loop, pacer: Pacer) -> None:
    pacer.call(lambda: loop.call_later(1, lambda: 1 / 0)).result(WAIT_S)

    while not pacer.problem:
        threading.Event().wait(0.01)

    assert "ZeroDivisionError" in pacer.problem and pacer.speed == 0
    assert pacer.call(lambda: 1).result(WAIT_S) == 1


@pytest.mark.parametrize("speed", [-1, float("-inf"), float("nan")])
def test_a_speed_is_a_number(pacer: Pacer, speed: float) -> None:
    with pytest.raises(ValueError, match="a speed is a number"):
        pacer.speed = speed
