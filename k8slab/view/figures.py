"""How pictures write amounts, and the lines that they show on hovering."""

from __future__ import annotations

from collections.abc import Iterable

from k8slab.view.words import Words

__all__ = [
    "cores",
    "gib",
    "per_second",
    "title_line",
]

GIB = 1024**3


def cores(cpu_m: int) -> str:
    """`250m` as 0.25, `4000m` as 4."""
    return _short(cpu_m / 1000)


def gib(size_bytes: int) -> str:
    """Bytes in GiB, to the hundredth and with no more than three digits."""
    return _short(round(size_bytes / GIB, 2))


def per_second(rate: float) -> str:
    """`0.5/s`, `120/s`, `1.2k/s`."""
    if rate >= 1000:
        return f"{_short(rate / 1000)}k/s"
    return f"{_short(rate)}/s"


def title_line(parts: Iterable[str], mark: str, words: Words) -> str:
    """The parts that say something, and what has happened to the thing, with dots between."""
    texts = [part for part in parts if part]
    if mark:
        texts.append(words(mark))
    return " · ".join(texts)


def _short(number: float) -> str:
    """Three digits, or all before the point."""
    return f"{number:.3g}" if number < 999.5 else f"{number:.0f}"
