"""Containers that ask others before they answer: front, cart, order, database.

One call after the other, each through names and rules as any request of a pod. Who gets no good answer from one of them
answers 502 himself; who is called by his own call in the end, 508.

Source    RFC 9110 (502 Bad Gateway), RFC 5842 (508 Loop Detected)
Left out  calls at the same time, retries
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8slab.world.images.behaviour import Reply

if TYPE_CHECKING:
    from k8slab.world.containers import Container

__all__ = [
    "answer_after_calls",
]

DEEPEST = 8
AGENT = "k8slab"
LOOP = Reply(508, "these containers call each other in a circle\n")


def answer_after_calls(container: Container, reply: Reply, calls: tuple[tuple[str, float], ...]) -> Reply:
    """The answer, late by what its calls took; an error when one of them got none."""
    network, took_s = container.sandbox.vm.network, reply.latency_s
    if network.calls_deep >= DEEPEST:
        return LOOP._replace(latency_s=took_s)
    network.calls_deep += 1
    try:
        for url in [url for url, times in calls for _ in range(_whole(container, times))]:
            status, text, call_s = _call(container, url)
            took_s += call_s
            if not 200 <= status < 400:
                status = 508 if status == 508 else 502
                return Reply(status, f"{url}: {text or status}\n", took_s)
    finally:
        network.calls_deep -= 1
    return reply._replace(latency_s=took_s)


def _call(container: Container, url: str) -> tuple[int, str, float]:
    sandbox = container.sandbox
    outgoing = sandbox.vm.network.outgoing
    if outgoing is None:
        return 0, "there is no way out of this machine", 0.0
    fetched = outgoing.fetch(url, sandbox.vm, sandbox.namespace, sandbox.ip, AGENT)
    return fetched.status, fetched.text, fetched.took_s


def _whole(container: Container, times: float) -> int:
    """So many calls; a part of one is drawn."""
    whole = int(times)
    return whole + (times > whole and container.sandbox.vm.loop.random.random() < times - whole)
