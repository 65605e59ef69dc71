"""What becomes of the requests of a stretch of time, and how that is written into the books.

Source    RFC 9110 (502 Bad Gateway), RFC 5842 (508 Loop Detected), as single requests have it (k8slab.world.chains)
Left out  how the times of calls vary (they count with their mean)
"""

from __future__ import annotations

from typing import NamedTuple

from k8slab.proxy.loads import Load
from k8slab.proxy.servers import Target
from k8slab.proxy.streams import Share, Stream

__all__ = [
    "Outcomes",
    "Result",
    "account",
    "count_traffic",
]


class Result(NamedTuple):
    """What becomes of one request: the share of good answers, how long they take, in the mean, and what others get."""

    ok: float
    took_s: float
    status: int = 502


Waits = tuple[tuple[float, float], ...]

NO_WAITS: Waits = ((1.0, 0.0),)
CIRCLE = Result(0.0, 0.0, 508)


class Outcomes:
    """The results of one stretch of time, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, Result] = {}

    def of_share(self, share: Share) -> Result:
        """What becomes of a request that goes this way."""
        if share.target is None:
            return Result(0.0 if share.error else 1.0, share.took_s)
        result = self._of_target(share.target)
        return result._replace(took_s=share.took_s + share.round_trip_s + result.took_s)

    def _of_target(self, target: Target) -> Result:
        """What becomes of a request that a container has accepted."""
        known = self._known.get(id(target))
        if known is not None:
            return known
        self._known[id(target)] = CIRCLE  # for who is asked by his own question
        server = target.server
        served = server.served
        ok = served.answered if target.status < 400 else 0.0
        took_s, status = target.service_s + served.mean_wait_s, 502
        for stream, times in target.calls:
            found = [(share, self.of_share(share)) for share in stream.shares]
            good = min(1.0, stream.attempts * sum(share.likelihood * result.ok for share, result in found))
            late_s = sum(share.likelihood * result.ok * result.took_s for share, result in found)
            took_s += times * late_s * stream.attempts / good if good else 0.0
            ok *= good**times
            is_proxy = target.passed_on is not None
            status = max(
                [_passed_status(share, is_proxy, result) for share, result in found if result.ok < 1], default=status
            )
        self._known[id(target)] = Result(ok, took_s, status)
        return self._known[id(target)]


def _passed_status(share: Share, is_proxy: bool, result: Result) -> int:
    """What the client of a container gets to see when a call of it fails; a proxy tells what it has heard."""
    if is_proxy and share.target is not None:
        return share.target.status if share.target.status >= 400 else 504
    return 504 if is_proxy and share.error == "timeout" else result.status


def account(load: Load, stream: Stream, took_s: float, outcomes: Outcomes) -> None:
    """Write into the books what became of a stream's requests."""
    attempts = stream.rate * took_s
    if attempts <= 0:
        return
    tally = load.tally
    found = [(share, outcomes.of_share(share)) for share in stream.shares]
    good = sum(share.likelihood * result.ok for share, result in found)
    tries = load.attempts(stream)
    asked = attempts / tries
    answered = min(1.0, good * tries)
    load.note_failures(stream, 1.0 - good)
    tally.sent += asked
    tally.attempts += attempts
    scale = asked * answered / good if good > 0 else 0.0
    latencies: dict[tuple[float, Waits], float] = {}
    for share, result in found:
        if result.ok > 0:
            count = scale * share.likelihood * result.ok
            tally.add_ok(share.pod, share.zones, count)
            key = _latencies(share, result)
            latencies[key] = latencies.get(key, 0.0) + count
    for (steady_s, waits), count in latencies.items():
        tally.add_latencies(steady_s, waits, count)
    unlucky = (1.0 - answered) * asked / (1.0 - good) if good < 1.0 else 0.0
    for share, result in found:
        for reason, part in _failures(share, result):
            tally.add_failed(reason, unlucky * share.likelihood * part)


def count_traffic(stream: Stream, took_s: float) -> None:
    """Write what a stream has sent into the counters of traffic."""
    question = stream.question_bytes
    for share in stream.shares:
        if share.counter is not None and share.target is not None:
            requests = stream.rate * share.likelihood * took_s
            answers = requests * share.target.server.served.answered
            size = stream.answer_bytes if stream.answer_bytes is not None else share.target.answer_bytes
            share.counter.add(requests, requests * question, answers * size)


def _failures(share: Share, result: Result) -> list[tuple[str, float]]:
    """Why the rest of a share got no good answer, and how much of it."""
    if share.target is None:
        return [(share.error, 1.0)] if share.error else []
    served, status = share.target.server.served, share.target.status
    inside = served.answered - result.ok
    name = f"HTTP {status}" if status >= 400 else f"HTTP {result.status}"
    return [("timeout", served.overdue), (name, inside)]


def _latencies(share: Share, result: Result) -> tuple[float, Waits]:
    """How long a good answer of a share takes without waiting, to a tenth of a millisecond, and how long they wait."""
    served = share.target.server.served if share.target is not None else None
    if served is None or not served.waits:
        return round(result.took_s, 4), NO_WAITS
    return round(result.took_s - served.mean_wait_s, 4), served.waits
