"""How many requests a second a load sends: curves whose sum over any time is known exactly.

    200                                              always the same
    Ramp(0, 500, over="10m")                         from one rate to another, and there it stays
    Day(peak=5000, trough=300, length="24h")         a wave: the trough at its start, the peak half a length later
    Burst(50, 800, every="5m", lasting="20s")        the higher rate at the start of every period
    Attack(50, 20_000, after="5m", lasting="10m")    the higher rate once

Ages are seconds since the load began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import cos, inf, isfinite, pi, sin
from typing import Any, Protocol

from k8slab.clock import parse_duration

__all__ = [
    "Attack",
    "Burst",
    "Constant",
    "Day",
    "Ramp",
    "Rate",
    "as_rate",
    "rate_as_data",
]


class Rate(Protocol):
    """Requests a second over time."""

    def at(self, age_s: float) -> float:
        """The rate at an age."""

    def total(self, start_s: float, end_s: float) -> float:
        """How many requests are sent between two ages."""

    def next_jump(self, age_s: float) -> float:
        """The first age after this one at which the rate changes at once; infinity when there is none."""


@dataclass(frozen=True)
class Constant:
    """The same rate for ever."""

    rate: float

    def __post_init__(self) -> None:
        _check(rate=self.rate)

    def at(self, age_s: float) -> float:
        """The rate at an age."""
        return self.rate

    def total(self, start_s: float, end_s: float) -> float:
        """How many requests are sent between two ages."""
        return self.rate * (end_s - start_s)

    def next_jump(self, age_s: float) -> float:
        """There is none."""
        return inf


@dataclass(frozen=True)
class Ramp:
    """From `start` to `end` in a straight line, then `end` for ever."""

    start: float
    end: float
    over: str | float = "10m"

    def __post_init__(self) -> None:
        _check(start=self.start, end=self.end)
        _span("over", self.over)

    def at(self, age_s: float) -> float:
        """The rate at an age."""
        return self.start + (self.end - self.start) * min(age_s / parse_duration(self.over), 1.0)

    def total(self, start_s: float, end_s: float) -> float:
        """How many requests are sent between two ages."""
        knee_s = min(max(parse_duration(self.over), start_s), end_s)
        sloped = (self.at(start_s) + self.at(knee_s)) / 2 * (knee_s - start_s)
        return sloped + self.end * (end_s - knee_s)

    def next_jump(self, age_s: float) -> float:
        """There is none."""
        return inf


@dataclass(frozen=True)
class Day:
    """A cosine: `trough` at the start, `peak` half a `length` later, and so on."""

    peak: float
    trough: float = 0.0
    length: str | float = "24h"

    def __post_init__(self) -> None:
        _check(peak=self.peak, trough=self.trough)
        _span("length", self.length)

    def at(self, age_s: float) -> float:
        """The rate at an age."""
        middle, swing = (self.peak + self.trough) / 2, (self.peak - self.trough) / 2
        return middle - swing * cos(2 * pi * age_s / parse_duration(self.length))

    def total(self, start_s: float, end_s: float) -> float:
        """How many requests are sent between two ages."""
        middle, swing = (self.peak + self.trough) / 2, (self.peak - self.trough) / 2
        turn = 2 * pi / parse_duration(self.length)
        return middle * (end_s - start_s) - swing / turn * (sin(turn * end_s) - sin(turn * start_s))

    def next_jump(self, age_s: float) -> float:
        """There is none."""
        return inf


@dataclass(frozen=True)
class Burst:
    """`peak` for the first `lasting` of `every` period, else `base`."""

    base: float
    peak: float
    every: str | float = "5m"
    lasting: str | float = "30s"

    def __post_init__(self) -> None:
        _check(base=self.base, peak=self.peak)
        if _span("lasting", self.lasting) > _span("every", self.every):
            raise ValueError(f"a burst of {self.lasting} does not fit in every {self.every}")

    def at(self, age_s: float) -> float:
        """The rate at an age."""
        return self.peak if age_s % parse_duration(self.every) < parse_duration(self.lasting) else self.base

    def total(self, start_s: float, end_s: float) -> float:
        """How many requests are sent between two ages."""
        return self.base * (end_s - start_s) + (self.peak - self.base) * (self._high_s(end_s) - self._high_s(start_s))

    def next_jump(self, age_s: float) -> float:
        """The start or end of a burst."""
        every_s, lasting_s = parse_duration(self.every), parse_duration(self.lasting)
        begun_s = age_s // every_s * every_s
        return begun_s + lasting_s if age_s < begun_s + lasting_s else begun_s + every_s

    def _high_s(self, age_s: float) -> float:
        """For how long it has been at its peak."""
        every_s, lasting_s = parse_duration(self.every), parse_duration(self.lasting)
        return age_s // every_s * lasting_s + min(age_s % every_s, lasting_s)


@dataclass(frozen=True)
class Attack:
    """`base`, but `peak` once, from the age `after` on for `lasting`."""

    base: float
    peak: float
    after: str | float = "5m"
    lasting: str | float = "10m"

    def __post_init__(self) -> None:
        _check(base=self.base, peak=self.peak)
        _span("lasting", self.lasting)
        parse_duration(self.after)

    def at(self, age_s: float) -> float:
        """The rate at an age."""
        start_s, end_s = self._times()
        return self.peak if start_s <= age_s < end_s else self.base

    def total(self, start_s: float, end_s: float) -> float:
        """How many requests are sent between two ages."""
        from_s, to_s = self._times()
        high_s = max(0.0, min(end_s, to_s) - max(start_s, from_s))
        return self.base * (end_s - start_s) + (self.peak - self.base) * high_s

    def next_jump(self, age_s: float) -> float:
        """Its start or its end."""
        return next((moment for moment in self._times() if moment > age_s), inf)

    def _times(self) -> tuple[float, float]:
        after_s = parse_duration(self.after)
        return after_s, after_s + parse_duration(self.lasting)


KINDS: dict[str, Callable[..., Rate]] = {kind.__name__: kind for kind in (Attack, Burst, Constant, Day, Ramp)}


def as_rate(given: Any) -> Rate:
    """A number, a curve, or the data of one. Raises ValueError for anything else."""
    if isinstance(given, (Attack, Burst, Constant, Day, Ramp)):
        return given
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return Constant(float(given))
    if isinstance(given, Mapping) and given.get("kind") in KINDS:
        return KINDS[given["kind"]](**{name: value for name, value in given.items() if name != "kind"})
    raise ValueError(f"a rate is a number of requests a second, or one of {', '.join(KINDS)}, not {given!r}")


def rate_as_data(rate: Rate) -> dict[str, Any]:
    """A curve as plain data, for `as_rate`."""
    return {"kind": type(rate).__name__, **asdict(rate)}  # type: ignore[call-overload]


def _check(**rates: float) -> None:
    for name, rate in rates.items():
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not (isfinite(rate) and rate >= 0):
            raise ValueError(f"{name} must be a number of requests a second, 0 or more, not {rate!r}")


def _span(name: str, duration: str | float) -> float:
    seconds = parse_duration(duration)
    if seconds <= 0:
        raise ValueError(f"{name} must be longer than nothing: {duration!r}")
    return seconds
