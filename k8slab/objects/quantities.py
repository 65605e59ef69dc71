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
    "format_quantity",
    "parse_quantity",
    "size_bytes",
]

PATTERN = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]+)?")
COMPLAINT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
MOST_EXPONENT = 100


@lru_cache(maxsize=4096)
def parse_quantity(quantity: str | int | float) -> Fraction | int:
    """The exact number. Raises ValueError in the server's words."""
    match = PATTERN.fullmatch(str(quantity))
    if match is None:
        raise ValueError(COMPLAINT)
    digits, suffix = match.group(1), match.group(2) or ""
    if suffix in BINARY:
        factor = Fraction(2 ** BINARY[suffix])
    else:
        exponent = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
        if abs(exponent) > MOST_EXPONENT:
            raise ValueError(COMPLAINT)
        factor = Fraction(10) ** exponent
    value = Fraction(digits) * factor
    return int(value) if value.denominator == 1 else value


def cpu_m(quantity: str | int | float) -> int:
    """CPU in thousandths of a core, rounded up."""
    return math.ceil(parse_quantity(quantity) * 1000)


def size_bytes(quantity: str | int | float) -> int:
    """Memory or storage in bytes, rounded up."""
    return math.ceil(parse_quantity(quantity))


def format_quantity(quantity: str | int | float) -> str:
    """The canonical form: no fraction, the largest suffix of its family: `0.5` is `500m`, `1024Ki` is `1Mi`."""
    value = parse_quantity(quantity)
    is_binary = str(quantity)[-1:] == "i"
    if is_binary and value == int(value) and abs(value) >= 1024:
        for suffix, power in reversed(BINARY.items()):
            if value % 2**power == 0 and abs(value) >= 2**power:
                return f"{int(value) // 2**power}{suffix}"
        return str(int(value))
    for suffix, power in sorted(DECIMAL.items(), key=lambda item: -item[1]):
        scaled = value / Fraction(10) ** power
        if scaled == int(scaled) and (scaled or not suffix):
            return f"{int(scaled)}{suffix}"
    return f"{math.ceil(value * 10**9)}n"
