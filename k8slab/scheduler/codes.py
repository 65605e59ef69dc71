"""Verdicts on nodes as numbers, a byte each; only when there are too many different ones for that, in a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from k8slab.scheduler.columns import where

__all__ = ["Codes", "joined_codes", "last_zero", "numbers_of", "where_zero"]

Codes = bytearray | bytes | list[int]

FEW = 4  # one in so many


def joined_codes(parts: Sequence[Codes]) -> Codes:
    """One column of codes, of bytes if it can be."""
    narrow = [part for part in parts if not isinstance(part, list)]
    return b"".join(narrow) if len(narrow) == len(parts) else list(chain.from_iterable(parts))


def where_zero(codes: Codes) -> Sequence[int]:
    """The places of the nodes that will do."""
    good = codes.count(0)
    if good in (0, len(codes)):
        return range(good)
    if good * FEW < len(codes):
        return list(where(codes, 0))
    return [place for place, code in enumerate(codes) if not code]


def last_zero(codes: Codes) -> int:
    """The place of the last node that will do."""
    return codes.rindex(0) if not isinstance(codes, list) else len(codes) - 1 - codes[::-1].index(0)


def numbers_of(codes: Codes) -> Iterable[tuple[int, int]]:
    """Each code with its number, in the order in which they come first."""
    if isinstance(codes, list):
        return Counter(codes).items()
    found = []
    while codes:
        rest = codes.translate(None, bytes(codes[:1]))
        found.append((codes[0], len(codes) - len(rest)))
        codes = rest
    return found
