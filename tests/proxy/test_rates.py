"""The curves of a load: their rate, their sum, their jumps."""

from __future__ import annotations

import pytest

from k8slab.proxy import Attack, Burst, Constant, Day, Ramp, Rate, as_rate, rate_as_data

HOUR_S = 3600.0
CURVES = (
    Constant(20),
    Ramp(10, 110, over="10m"),
    Ramp(100, 0, over="30s"),
    Day(peak=5000, trough=300, length="1h"),
    Burst(10, 100, every="60s", lasting="12s"),
    Attack(5, 500, after="2m", lasting="1m"),
)


@pytest.mark.parametrize(
    ("rate", "age_s", "wanted"),
    [
        (Constant(20), 999.0, 20.0),
        (Ramp(10, 110, over="10m"), 0.0, 10.0),
        (Ramp(10, 110, over="10m"), 300.0, 60.0),
        (Ramp(10, 110, over="10m"), 900.0, 110.0),
        (Day(peak=5000, trough=300), 0.0, 300.0),
        (Day(peak=5000, trough=300), 6 * HOUR_S, 2650.0),
        (Day(peak=5000, trough=300), 12 * HOUR_S, 5000.0),
        (Day(peak=5000, trough=300), 24 * HOUR_S, 300.0),
        (Burst(10, 100, every="60s", lasting="12s"), 11.9, 100.0),
        (Burst(10, 100, every="60s", lasting="12s"), 12.0, 10.0),
        (Burst(10, 100, every="60s", lasting="12s"), 65.0, 100.0),
        (Attack(5, 500, after="2m", lasting="1m"), 119.0, 5.0),
        (Attack(5, 500, after="2m", lasting="1m"), 120.0, 500.0),
        (Attack(5, 500, after="2m", lasting="1m"), 180.0, 5.0),
    ],
)
def test_a_curve_has_a_rate_at_every_age(rate: Rate, age_s: float, wanted: float) -> None:
    assert rate.at(age_s) == pytest.approx(wanted)


@pytest.mark.parametrize("rate", CURVES, ids=repr)
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 1000.0), (17.0, 43.0), (100.0, 700.0), (598.0, 607.0)])
def test_the_sum_of_a_curve_is_that_of_its_rates(rate: Rate, start_s: float, end_s: float) -> None:
    steps = 20_000
    width_s = (end_s - start_s) / steps

    added = sum(rate.at(start_s + (step + 0.5) * width_s) for step in range(steps)) * width_s

    assert rate.total(start_s, end_s) == pytest.approx(added, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "jumps"),
    [
        (Constant(20), []),
        (Ramp(0, 9), []),
        (Burst(10, 100, every="60s", lasting="12s"), [12.0, 60.0, 72.0, 120.0]),
        (Attack(5, 500, after="2m", lasting="1m"), [120.0, 180.0]),
    ],
)
def test_a_curve_knows_when_it_jumps(rate: Rate, jumps: list[float]) -> None:
    found, age_s = [], 0.0
    while len(found) < 4 and (age_s := rate.next_jump(age_s)) < float("inf"):
        found.append(age_s)

    assert found == jumps


@pytest.mark.parametrize("rate", CURVES, ids=repr)
def test_a_curve_survives_being_written_down(rate: Rate) -> None:
    assert as_rate(rate_as_data(rate)) == rate


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (lambda: as_rate("fast"), "a rate is a number of requests a second, or one of Attack, Burst, Constant"),
        (lambda: as_rate(True), "a rate is a number"),
        (lambda: as_rate(-1), "rate must be a number of requests a second, 0 or more, not -1.0"),
        (lambda: Ramp(0, float("nan")), "end must be a number"),
        (lambda: Ramp(0, 5, over="0s"), "over must be longer than nothing"),
        (lambda: Burst(1, 2, every="10s", lasting="20s"), "a burst of 20s does not fit in every 10s"),
        (lambda: Day(5, length="long"), '"long" is not a duration'),
        (lambda: Attack(1, 5, after="soon"), '"soon" is not a duration'),
    ],
)
def test_a_curve_that_makes_no_sense_is_refused(given: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        given()  # type: ignore[operator]
