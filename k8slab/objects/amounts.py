"""Sums of quantities in the form the server writes them, and what a pod asks for as a whole.

Source    staging/src/k8s.io/apimachinery/pkg/api/resource/{quantity,amount}.go;
          staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests, PodLimits
Left out  resources of the pod as a whole (spec.resources); overhead in limits that nobody set
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from k8slab.objects.quantities import parse_quantity

__all__ = [
    "canonical_quantity",
    "pod_resources",
    "sum_of_resources",
]

Obj = dict[str, Any]
Resources = dict[str, str]

BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
DECIMAL = ("k", "M", "G", "T", "P", "E")
SMALL = ((Fraction(1, 10**3), "m"), (Fraction(1, 10**6), "u"), (Fraction(1, 10**9), "n"))


def canonical_quantity(value: Fraction | int, *, is_binary: bool = False) -> str:
    """The shortest text without a fraction; below 1,024 even a binary amount is written in decimals."""
    if not isinstance(value, int):
        value = Fraction(value)
    if value.denominator != 1:
        step, suffix = next((each for each in SMALL if (value / each[0]).denominator == 1), SMALL[-1])
        return f"{math.ceil(value / step)}{suffix}"
    number, suffix = int(value), ""
    base, suffixes = (1024, BINARY) if is_binary and abs(number) >= 1024 else (1000, DECIMAL)
    for larger in suffixes:
        if not number or number % base:
            break
        number, suffix = number // base, larger
    return f"{number}{suffix}"


def sum_of_resources(parts: Iterable[Mapping[str, Any]]) -> Resources:
    """The amounts of several lists added up, name by name; each in the form of the first that is not zero."""
    total: dict[str, Fraction | int] = {}
    binary: dict[str, bool] = {}
    for part in parts:
        for name, quantity in part.items():
            if not total.get(name):
                binary[name] = str(quantity).endswith("i")
            total[name] = total.get(name, 0) + parse_quantity(quantity)
    return {name: canonical_quantity(value, is_binary=binary[name]) for name, value in total.items()}


def pod_resources(spec: Obj, field: str) -> Resources:
    """The `requests` or `limits` of a pod: its containers and sidecars, or more while it initializes."""
    running = [_of(container, field) for container in spec.get("containers") or ()]
    sidecars: list[Mapping[str, Any]] = []
    peaks: list[Resources] = []
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            sidecars.append(_of(container, field))
            peaks.append(sum_of_resources(sidecars))
        else:
            peaks.append(sum_of_resources([*sidecars, _of(container, field)]))
    total = _largest([sum_of_resources([*running, *sidecars]), *peaks])
    return sum_of_resources([total, spec["overhead"]]) if spec.get("overhead") and field == "requests" else total


def _of(container: Obj, field: str) -> Mapping[str, Any]:
    return (container.get("resources") or {}).get(field) or {}


def _largest(lists: list[Resources]) -> Resources:
    largest: Resources = {}
    for each in lists:
        for name, quantity in each.items():
            if name not in largest or parse_quantity(quantity) > parse_quantity(largest[name]):
                largest[name] = quantity
    return largest
