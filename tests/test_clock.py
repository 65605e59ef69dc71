"""Virtual time: what happens when, in which order, and what is still to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from k8slab.clock import HotLoop, Loop, parse_duration

Calls = list[Any]


@pytest.fixture
def loop() -> Loop:
    """A loop whose time begins at zero."""
    return Loop(start_s=0)


@pytest.fixture
def calls() -> Calls:
    """What has been called."""
    return []


def test_every_slab_is_switched_on_at_the_same_moment() -> None:
    assert Loop().now == Loop(seed=7).now == 1_767_225_600


def test_callbacks_run_in_the_order_of_their_moments(loop: Loop, calls: Calls) -> None:
    for delay_s in (3, 1, 2):
        loop.call_later(delay_s, calls.append, delay_s)

    loop.run_until(10)

    assert calls == [1, 2, 3]


def test_at_equal_moments_the_first_to_ask_is_the_first_to_run(loop: Loop, calls: Calls) -> None:
    loop.call_at(1, calls.append, "first")
    loop.call_later(1, calls.append, "second", background=True)
    loop.call_at(1, calls.append, "third")

    loop.run_until(1)

    assert calls == ["first", "second", "third"]


def test_soon_is_after_everything_already_due(loop: Loop, calls: Calls) -> None:
    loop.call_soon(lambda: loop.call_soon(calls.append, "asked later"))
    loop.call_soon(calls.append, "asked before")

    loop.run_until(0)

    assert calls == ["asked before", "asked later"]


def test_time_jumps_to_the_moment_of_each_callback(loop: Loop, calls: Calls) -> None:
    for moment in (0.5, 3600):
        loop.call_at(moment, lambda: calls.append(loop.now))

    loop.run_until(7200)

    assert calls == [0.5, 3600]
    assert loop.now == 7200


def test_a_run_includes_its_last_moment_and_nothing_after_it(loop: Loop, calls: Calls) -> None:
    for moment in (4.9, 5, 5.1):
        loop.call_at(moment, calls.append, moment)

    loop.run_until(5)

    assert calls == [4.9, 5]


def test_what_is_asked_for_the_past_happens_now(loop: Loop, calls: Calls) -> None:
    loop.run_until(100)
    loop.call_at(50, lambda: calls.append(loop.now))

    loop.run_until(100)

    assert calls == [100]


def test_time_never_moves_backwards(loop: Loop) -> None:
    loop.run_until(100)

    loop.run_until(50)

    assert loop.now == 100


def test_a_step_is_one_callback(loop: Loop, calls: Calls) -> None:
    loop.call_at(1, calls.append, "a")
    loop.call_at(1, calls.append, "b")

    assert loop.step()
    assert (calls, loop.now) == (["a"], 1)
    assert loop.step()
    assert not loop.step()
    assert (calls, loop.now) == (["a", "b"], 1)


def test_a_step_passes_over_what_was_cancelled(loop: Loop, calls: Calls) -> None:
    loop.call_at(1, calls.append, "a").cancel()
    loop.call_at(2, calls.append, "b")

    loop.step()

    assert (calls, loop.now) == (["b"], 2)


def test_a_cancelled_timer_is_not_called(loop: Loop, calls: Calls) -> None:
    timer = loop.call_at(1, calls.append, "a")
    assert timer.is_pending

    timer.cancel()
    loop.run_until(2)

    assert calls == []
    assert not timer.is_pending


def test_cancelling_after_the_call_or_twice_is_harmless(loop: Loop, calls: Calls) -> None:
    timer = loop.call_at(1, calls.append, "a")
    loop.run_until(1)
    assert not timer.is_pending

    timer.cancel()
    timer.cancel()

    assert calls == ["a"]


def test_thousands_of_cancelled_timers_are_forgotten_and_the_others_kept(loop: Loop, calls: Calls) -> None:
    for number in range(5000):
        timer = loop.call_at(5000 - number, calls.append, number)
        if number % 10:
            timer.cancel()

    assert len(loop._heap) < 2500 and len(loop._foreground) < 2500
    loop.run_until(5000)

    assert calls == [number for number in reversed(range(5000)) if number % 10 == 0]


def test_a_long_run_does_not_remember_what_it_has_called(loop: Loop) -> None:
    def again() -> None:
        loop.call_later(1, again)

    again()
    loop.call_at(500.5, again).cancel()
    loop.run_until(1000)

    assert len(loop._heap) == len(loop._foreground) == 1


def test_a_scope_drops_its_calls_and_leaves_the_others(loop: Loop, calls: Calls) -> None:
    scope = loop.scope()
    for ask in (scope, loop):
        ask.call_soon(calls.append, "soon")
        ask.call_later(1, calls.append, "later")
        ask.call_at(2, calls.append, "at")

    scope.cancel()
    loop.run_until(3)

    assert calls == ["soon", "later", "at"]


def test_a_living_scope_calls_and_shares_time_and_chance_with_its_loop(loop: Loop, calls: Calls) -> None:
    scope = loop.scope()
    scope.call_later(1, calls.append, "a")
    loop.run_until(1)

    assert calls == ["a"]
    assert scope.is_alive
    assert scope.now == loop.now == 1
    assert scope.random is loop.random


def test_nothing_can_be_asked_of_a_dead_scope(loop: Loop, calls: Calls) -> None:
    scope = loop.scope()
    scope.cancel()

    scope.call_soon(calls.append, "a")
    loop.run_until(1)

    assert calls == []
    assert not scope.is_alive


def test_a_scope_can_be_cancelled_by_one_of_its_own_calls(loop: Loop, calls: Calls) -> None:
    scope = loop.scope()
    scope.call_at(1, scope.cancel)
    scope.call_at(1, calls.append, "a")

    loop.run_until(1)

    assert calls == []


def test_two_scopes_end_apart(loop: Loop, calls: Calls) -> None:
    first, second = loop.scope(), loop.scope()
    first.call_at(1, calls.append, "first")
    second.call_at(1, calls.append, "second")

    first.cancel()
    loop.run_until(1)

    assert calls == ["second"]


def every(loop: Loop, period_s: float, act: Callable[[], object], *, background: bool) -> None:
    """Call `act` again and again."""

    def again() -> None:
        act()
        loop.call_later(period_s, again, background=background)

    loop.call_later(period_s, again, background=background)


def test_settling_waits_for_what_is_due_and_not_for_background_work(loop: Loop, calls: Calls) -> None:
    every(loop, 10, lambda: calls.append("heartbeat"), background=True)
    loop.call_at(25, calls.append, "work")

    loop.settle()

    assert calls == ["heartbeat", "heartbeat", "work"]
    assert loop.now == 25


def test_settling_does_nothing_when_only_background_work_is_left(loop: Loop, calls: Calls) -> None:
    every(loop, 10, lambda: calls.append("heartbeat"), background=True)

    loop.settle()

    assert (calls, loop.now) == ([], 0)


def test_work_that_background_work_begins_is_waited_for(loop: Loop, calls: Calls) -> None:
    loop.call_at(5, lambda: loop.call_later(50, calls.append, "begun"), background=True)
    loop.call_at(6, calls.append, "work")

    loop.settle()

    assert calls == ["work", "begun"]


@pytest.mark.parametrize(("gap_s", "moments"), [(60, [60, 120, 180]), (60.5, [])])
def test_a_minute_of_quiet_is_rest(loop: Loop, calls: Calls, gap_s: float, moments: list[float]) -> None:
    for number in (1, 2, 3):
        loop.call_at(number * gap_s, lambda: calls.append(loop.now))

    loop.settle()

    assert calls == moments


def test_the_wanted_quiet_can_be_said(loop: Loop, calls: Calls) -> None:
    loop.call_at(5, calls.append, "near")
    loop.call_at(100, calls.append, "far")

    loop.settle(quiet_s=10)
    assert calls == ["near"]
    loop.settle(quiet_s=200)

    assert calls == ["near", "far"]


def test_cancelled_work_is_not_waited_for(loop: Loop) -> None:
    loop.call_at(30, print).cancel()
    assert loop.next_due() is None

    loop.settle()

    assert loop.now == 0


def test_settling_ends_after_a_while_although_something_comes_back_for_ever(loop: Loop) -> None:
    every(loop, 50, lambda: None, background=False)

    loop.settle(limit_s=600)

    assert loop.now == 600


@pytest.mark.parametrize("act", [Loop.settle, lambda loop: loop.run_until(100)])
def test_callbacks_without_end_are_an_error_that_names_them(act: Callable[[Loop], None]) -> None:
    loop = Loop(start_s=0, budget=1000)
    every(loop, 0, never_satisfied, background=False)

    with pytest.raises(HotLoop, match=r"more than 1,000 callbacks in one second of virtual time, next in line: every"):
        act(loop)

    assert loop.now == 0


def test_many_callbacks_in_many_seconds_are_no_hot_loop() -> None:
    loop, calls = Loop(start_s=0, budget=100), list[int]()
    every(loop, 0.125, lambda: calls.append(1), background=True)

    loop.run_until(1000)

    assert len(calls) == 8_000


def never_satisfied() -> None:
    """What a hot loop does."""


def test_what_another_thread_posts_comes_when_nothing_more_is_due_now(loop: Loop, calls: Calls) -> None:
    loop.call_soon(calls.append, "now")
    loop.call_later(1, calls.append, "later")
    loop.post(calls.append, "posted")

    loop.run_until(loop.now + 1)

    assert calls == ["now", "posted", "later"]


def test_settling_takes_in_what_was_posted(loop: Loop, calls: Calls) -> None:
    loop.post(lambda: loop.call_later(5, calls.append, "work"))

    loop.settle()

    assert (calls, loop.now) == (["work"], 5)


def test_an_error_in_a_callback_is_told_and_the_loop_can_go_on(loop: Loop, calls: Calls) -> None:
    loop.call_at(1, [].pop)
    loop.call_at(2, calls.append, "a")

    with pytest.raises(IndexError):
        loop.run_until(2)
    loop.run_until(2)

    assert calls == ["a"]


def history(seed: int) -> list[tuple[float, float]]:
    """Moments and draws of a loop whose callbacks wait as long as the dice say."""
    loop = Loop(seed)
    seen: list[tuple[float, float]] = []
    every(loop, 1, lambda: seen.append((loop.now, loop.random.random())), background=False)
    loop.call_soon(lambda: loop.call_later(loop.random.random(), lambda: seen.append((loop.now, -1))))
    loop.run_until(loop.now + 20)
    return seen


def test_the_same_seed_gives_the_same_history() -> None:
    assert history(1) == history(1)
    assert history(1) != history(2)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        (0, 0),
        (90, 90),
        (1.5, 1.5),
        ("0s", 0),
        ("30s", 30),
        ("5m", 300),
        ("1h", 3600),
        ("1d", 86_400),
        ("250ms", 0.25),
        ("1h30m", 5400),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("1d12h30m15s500ms", 131_415.5),
    ],
)
def test_a_duration_is_a_number_of_seconds_or_numbers_with_units(duration: str | float, seconds: float) -> None:
    """Source: go.dev, time.ParseDuration; days are our own."""
    assert parse_duration(duration) == seconds


@pytest.mark.parametrize(
    "duration", ["", "30", "s", "5 m", "5min", "1h 30m", "-5s", "1h30", "half an hour", True, None]
)
def test_what_is_no_duration_is_answered_with_an_example(duration: Any) -> None:
    with pytest.raises(ValueError) as refused:
        parse_duration(duration)

    assert str(refused.value) == f'"{duration}" is not a duration; write it like "30s", "5m" or "1h30m"'


@pytest.mark.parametrize("duration", [-1, -0.001, float("inf"), float("nan")])
def test_time_only_moves_forward(duration: float) -> None:
    with pytest.raises(ValueError, match="time only moves forward"):
        parse_duration(duration)


def test_one_who_joins_a_loop_may_be_busy_in_it_too() -> None:
    loop = Loop(budget=10)
    assert not loop.is_shared

    joined = loop.joined(10)
    for _ in range(15):
        loop.call_soon(lambda: None)
    loop.run_until(loop.now)

    assert joined is loop and loop.is_shared
