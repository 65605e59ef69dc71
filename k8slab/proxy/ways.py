"""All the ways that a request can take, and how likely each is.

A request meets choices (one of the DNS pods, one of the endpoints), each between equals. Here the code that takes one
request there is walked once for every combination of choices instead of once with drawn ones. So a flow is split by the
very code that a single request runs through, and both agree whatever rules are added to it.

Source    the probabilities 1/n, 1/(n-1) … of pkg/proxy/iptables/proxier.go, which are equal shares
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

from k8slab.proxy.hops import Arrival, Found

__all__ = [
    "Way",
    "ways",
    "ways_by_name",
]

WAYS_LIMIT = 100_000

Chance = Callable[[int], int]
T = TypeVar("T")


class Way(NamedTuple):
    """One way: how likely it is, and where it ends (`arrival.took_s` is the mean of those that end there)."""

    likelihood: float
    arrival: Arrival


class _Choices:
    """Stands in for chance: the first choices are given, all others are the first there is."""

    def __init__(self, given: tuple[int, ...]) -> None:
        self.taken = list(given)
        self.sizes: list[int] = []

    def draw(self, count: int) -> int:
        """One of `count`."""
        position = len(self.sizes)
        self.sizes.append(count)
        if position == len(self.taken):
            self.taken.append(0)
        return self.taken[position]


def ways(walk: Callable[[Chance], Arrival]) -> list[Way]:
    """Every end of a walk, by how likely it is; equal ends are one way, in the order in which they were found.

    Raises RuntimeError when there are more than a hundred thousand combinations.
    """
    ends: dict[Hashable, Way] = {}
    for likelihood, arrival in _all(walk):
        _add(ends, likelihood, arrival)
    return list(ends.values())


def ways_by_name(find: Callable[[Chance], Found], walk: Callable[[str, Chance], Arrival]) -> list[Way]:
    """The same for a walk in two parts: to find an address, and to reach it. Their choices need not be combined.

    Raises RuntimeError as `ways` does.
    """
    names: dict[Found, list[float]] = {}
    for likelihood, found in _all(find):
        seen = names.setdefault(found._replace(took_s=0.0), [0.0, 0.0])
        seen[0] += likelihood
        seen[1] += likelihood * found.took_s
    ends: dict[Hashable, Way] = {}
    for found, (part, took_s) in names.items():
        if found.error:
            _add(ends, part, Arrival(None, "", 0, took_s / part, found.error))
            continue
        for likelihood, arrival in _all(partial(walk, found.address)):
            _add(ends, likelihood * part, arrival._replace(took_s=arrival.took_s + took_s / part))
    return list(ends.values())


def _all(walk: Callable[[Chance], T]) -> Iterator[tuple[float, T]]:
    """Walk with every combination of choices: how likely each is, and what comes of it."""
    waiting: list[tuple[int, ...]] = [()]
    walked = 0
    while waiting:
        given = waiting.pop()
        choices = _Choices(given)
        end = walk(choices.draw)
        walked += 1
        if walked > WAYS_LIMIT:
            raise RuntimeError(f"a request has more than {WAYS_LIMIT:,} ways to take")
        likelihood = 1.0
        for position, size in enumerate(choices.sizes):
            likelihood /= size
            if position >= len(given):
                others = tuple(choices.taken[:position])
                waiting += [(*others, other) for other in range(size - 1, 0, -1)]
        yield likelihood, end


def _add(ends: dict[Hashable, Way], likelihood: float, arrival: Arrival) -> None:
    """Add a way to the one that ends at the same place."""
    connection = arrival.connection
    place = (id(connection.container) if connection is not None else arrival.error, arrival.port, arrival.gate)
    known = ends.get(place)
    if known is None:
        ends[place] = Way(likelihood, arrival)
        return
    both = known.likelihood + likelihood
    took_s = (known.arrival.took_s * known.likelihood + arrival.took_s * likelihood) / both
    ends[place] = Way(both, known.arrival._replace(took_s=took_s))
