"""Quantities: `500m`, `1.5Gi`, `2e3`, exactly.

Source    staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import lru_cache

__all__ = [
    "cpu_m",
    "parse_quantity",
    "size_bytes",
]

PATTERN = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([eEinumkKMGTP]*[-+]?[0-9]*)")
COMPLAINT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
SUFFIX_COMPLAINT = "unable to parse quantity's suffix"
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
MOST_EXPONENT = 100


@lru_cache(maxsize=4096)
def parse_quantity(quantity: str | int | float) -> Fraction | int:
    """The exact number, of which an exponent beyond 100 is taken for 100. Raises ValueError in the server's words."""
    match = PATTERN.fullmatch(str(quantity))
    if match is None:
        raise ValueError(COMPLAINT)
    value = Fraction(match[1]) * _factor(match[2])
    return int(value) if value.denominator == 1 else value


def _factor(suffix: str) -> Fraction:
    if suffix in BINARY:
        return Fraction(2 ** BINARY[suffix])
    if suffix in DECIMAL:
        return Fraction(10) ** DECIMAL[suffix]
    if not re.fullmatch(r"[eE][-+]?[0-9]+", suffix):
        raise ValueError(SUFFIX_COMPLAINT)
    return Fraction(10) ** max(-MOST_EXPONENT, min(int(suffix[1:]), MOST_EXPONENT))


def cpu_m(quantity: str | int | float) -> int:
    """CPU in thousandths of a core, rounded up."""
    return math.ceil(parse_quantity(quantity) * 1000)


def size_bytes(quantity: str | int | float) -> int:
    """Memory or storage in bytes, rounded up."""
    return math.ceil(parse_quantity(quantity))
