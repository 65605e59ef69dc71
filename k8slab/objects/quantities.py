"""Quantities."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import lru_cache

__all__ = ["cpu_m", "format_quantity", "parse_quantity", "size_bytes"]

_RE = re.compile(r"^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]+)?$")
_SUFFIX = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "k": 10**3, "M": 10**6, "G": 10**9,
           "T": 10**12, "P": 10**15, "E": 10**18, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}


@lru_cache(maxsize=4096)
def parse_quantity(text: str | int | float) -> Fraction | int:
    """The exact number."""
    match = _RE.match(str(text))
    if not match:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    number, suffix = match.groups()
    value = Fraction(number)
    if suffix:
        value *= _SUFFIX[suffix] if suffix in _SUFFIX else Fraction(10) ** int(suffix[1:])
    return int(value) if value.denominator == 1 else value


def cpu_m(q: str | int | float) -> int:
    """Milli cores, rounded up."""
    return math.ceil(parse_quantity(q) * 1000)


def size_bytes(q: str | int | float) -> int:
    """Bytes, rounded up."""
    return math.ceil(parse_quantity(q))


def format_quantity(q: str | int | float) -> str:
    """Text."""
    return str(q)
