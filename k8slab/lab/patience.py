"""What keeps a lab from running for ever: a budget of events, an end of patience, and an explanation.

Events are counted in each second of virtual time (k8slab.clock); whoever writes in answer to its own writes needs ever
more of them while no time passes. What is slower than that ends by the clock on the wall, which only waits for rest:
`run` takes as long as it takes.

Left out  where threads cannot be started (Python in a browser) only events are counted
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Timer

from k8slab.clock import HotLoop, Loop
from k8slab.lab.words import say

__all__ = [
    "PATIENCE_S",
    "budget_for",
    "explained",
    "patient",
]

EVENTS, EVENTS_PER_NODE = 10_000, 1_000  # five times what 300 Pods on three Nodes, or 1,000 on twenty, need
PATIENCE_S = 60.0
RESTLESS = "no rest after {seconds:g} s of real time"


def budget_for(nodes: int) -> int:
    """How many events a second of virtual time may cost in a lab of this size."""
    return EVENTS + EVENTS_PER_NODE * nodes


@contextmanager
def patient(loop: Loop, seconds: float) -> Iterator[None]:
    """Have a run that does not come to an end in so many real seconds raise HotLoop."""
    if seconds == inf:
        yield
        return
    timer = Timer(seconds, loop.give_up, [RESTLESS.format(seconds=seconds)])
    timer.daemon = True
    with suppress(RuntimeError):  # there are no threads
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def explained(error: HotLoop, lang: str, stopped: list[str]) -> str:
    """What went on, who wrote what how often, and what to do now; `stopped` are the controllers that were."""
    lines = [say(lang, "hot", why=str(error).partition(", next in line")[0])]
    lines += [say(lang, "hot write", who=who, what=what, times=str(times)) for who, what, times in error.writes]
    if stopped:
        lines.append(say(lang, "hot stopped", names=", ".join(stopped)))
    else:
        lines.append(say(lang, "hot go on"))
    return "\n".join(lines)
