"""A number, or a percentage of one that is not known yet.

Source    pkg/apis/apps/validation/validation.go (ValidatePositiveIntOrPercent, IsNotMoreThan100Percent)
"""

from __future__ import annotations

import re
from typing import Any

from k8slab.api.validation.meta import Errors, invalid, not_negative

__all__ = ["PERCENT", "at_most_all", "share"]

PERCENT = re.compile(r"[0-9]+%")


def share(value: Any, field: str) -> Errors:
    """A number from zero on, or a percentage."""
    if isinstance(value, int):
        yield from not_negative(value, field)
    elif not PERCENT.fullmatch(value):
        text = "a valid percent string must be a numeric string followed by an ending '%'"
        yield invalid(field, value, f"{text} (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")


def at_most_all(value: Any, field: str) -> Errors:
    """A percentage of no more than a hundred, or a number."""
    if isinstance(value, str) and PERCENT.fullmatch(value) and int(value[:-1]) > 100:
        yield invalid(field, value, "must not be greater than 100%")
