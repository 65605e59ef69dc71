"""How much a process can do at once, and whom it asks while it answers.

The behaviour's class says it. A manifest may say it, too, in environment variables, for any image:

    K8SLAB_CPU_PER_REQUEST  5ms                          CPU time of a request
    K8SLAB_LATENCY          20ms                         how long a request takes when nobody else asks
    K8SLAB_WORKERS          8                            requests that are worked on at once
    K8SLAB_ANSWER_BYTES     20000                        size of an answer's body
    K8SLAB_CALLS            http://cart/ http://db/*0.5  whom it asks for each request, and how often

Left out  answers of different kinds (one path is as much work as another)
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from k8slab.clock import parse_duration

if TYPE_CHECKING:
    from k8slab.world.images.behaviour import Behaviour

__all__ = [
    "Capacity",
    "capacity_of",
]

NAMES = ("CPU_PER_REQUEST", "LATENCY", "WORKERS", "ANSWER_BYTES", "CALLS")
VARIABLES = tuple(f"K8SLAB_{name}" for name in NAMES)


class Capacity(NamedTuple):
    """What one process can do. None: as the answer itself says.

    `workers` is how many requests are worked on at once (0: as many as the CPU allows), `queue` how many wait at most,
    `calls` how many requests to a URL each request makes.
    """

    cpu_s: float
    latency_s: float | None
    workers: int
    queue: int
    memory_bytes: int
    answer_bytes: int | None
    calls: tuple[tuple[str, float], ...]


def capacity_of(behaviour: type[Behaviour], env: Mapping[str, str]) -> Capacity:
    """What a process of this behaviour can do. Raises ValueError for a variable that says nothing sensible."""
    return _capacity(cast("Hashable", behaviour), tuple(map(env.get, VARIABLES)))


@lru_cache(maxsize=4096)
def _capacity(behaviour: Any, said: tuple[str | None, ...]) -> Capacity:
    cpu, latency, workers, answer_bytes, calls = said
    return Capacity(
        parse_duration(cpu) if cpu else float(behaviour.cpu_s_per_request),
        parse_duration(latency) if latency else None,
        _number(VARIABLES[2], workers) if workers else int(behaviour.workers),
        int(behaviour.queue_length),
        int(behaviour.memory_bytes_per_request),
        _number(VARIABLES[3], answer_bytes) if answer_bytes else None,
        _calls(calls) if calls else tuple((str(url), float(times)) for url, times in behaviour.calls.items()),
    )


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _calls(text: str) -> tuple[tuple[str, float], ...]:
    return tuple(map(_call, text.replace(",", " ").split()))


def _call(word: str) -> tuple[str, float]:
    url, _, times = word.partition("*")
    try:
        count = float(times or 1)
    except ValueError:
        count = -1.0
    if not url.startswith("http://") or not 0 <= count < 1000:
        raise ValueError(
            f"{VARIABLES[4]} must be URLs, each with *TIMES when it is not 1 (http://db/*0.5), not {word!r}"
        )
    return url, count
