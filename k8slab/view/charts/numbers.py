"""Numbers as a chart or a table writes them."""

from __future__ import annotations

__all__ = ["clock", "count", "dollars", "latency", "step_of", "won"]

STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


def count(number: float) -> str:
    """`1,250`, `12.5`, `0.4`, `0`."""
    if number >= 100 or number == round(number):
        return f"{number:,.0f}"
    return f"{number:,.1f}" if number >= 0.05 else "0"


def won(amount: float) -> str:
    """`1,250`; below ten with a decimal, so that small things can be compared."""
    return f"{amount:,.0f}" if amount >= 10 or amount == 0 else f"{amount:,.2f}"


def dollars(amount: float) -> str:
    """`$12.40`, `$0.0004`."""
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:,.4f}"


def latency(seconds: float) -> str:
    """`7.1 ms`, `1.2 s`."""
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{1000 * seconds:,.3g} ms"


def clock(seconds: float, step_s: float = 1) -> str:
    """A time since the beginning: `45 s`, `12 min`, `1:30 h`, as fine as a step of the axis."""
    if seconds < 120 and step_s < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return (
            f"{minutes} min"
            if step_s >= 60 or seconds % 60 < 1
            else f"{int(seconds // 60)}:{int(seconds % 60):02d} min"
        )
    return f"{minutes // 60}:{minutes % 60:02d} h"


def step_of(length_s: float, most: int) -> float:
    """The distance of the marks on an axis of time, so that there are at most so many."""
    return next((float(step) for step in STEPS_S if length_s / step <= most), length_s / most or 1.0)
