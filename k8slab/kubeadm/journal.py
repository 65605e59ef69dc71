"""What was done to a cluster from outside: API writes, faults, the passing of time; and doing it once more.

A cluster is determined by how it was built and by these inputs. So its past is reached by replay: built anew, given
the same inputs up to a moment. Reads change nothing and are not written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.objects import thaw
from k8slab.wire import Request

if TYPE_CHECKING:
    from k8slab.kubeadm.cluster import Cluster

__all__ = [
    "MOVES",
    "Input",
    "Journal",
    "replay",
]

READS = ("get", "list", "watch")
QUESTIONS = ("authentication.k8s.io", "authorization.k8s.io")  # groups of what is answered and never stored
MOVES = ("run", "settle", "step")  # the inputs that move time


class Input(NamedTuple):
    """One thing done: at which moment (virtual seconds since 1970), which, with what, and when it was over."""

    at: float
    act: str
    what: Mapping[str, Any]
    until: float


class Journal:
    """The inputs of one cluster, in order. Closed while the cluster is being built: that is told by its size alone."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.is_open = False

    def note(self, at: float, act: str, until: float | None = None, **what: Any) -> None:
        """Write one input down."""
        if self.is_open:
            self.inputs.append(Input(at, act, what, at if until is None else until))

    def note_request(self, at: float, request: Request) -> None:
        """Write a call of the API down, unless it only reads."""
        if self.is_open and not request.path and request.verb not in READS and request.group not in QUESTIONS:
            fields = {name: value for name, value in request._asdict().items() if value}
            self.note(at, "request", **{**fields, "body": thaw(request.body)} if request.body is not None else fields)


def replay(cluster: Cluster, inputs: Iterable[Input], moment: float) -> None:
    """Give a freshly built cluster everything that was done up to and including a moment, and leave it there."""
    for entry in inputs:
        if entry.at > moment:
            break
        if entry.until > moment:
            cluster.run(moment - cluster.now)
            return
        _do(cluster, entry)
    if cluster.now < moment:
        cluster.run(moment - cluster.now)


def _do(cluster: Cluster, entry: Input) -> None:
    what = entry.what
    if entry.act == "request":
        groups = {name: tuple(what[name]) for name in ("groups", "as_groups") if name in what}
        cluster.handle(Request(**{**what, **groups, "body": thaw(what.get("body"))}))
    elif entry.act == "run":
        cluster.run(what["seconds"])
    elif entry.act == "settle":
        cluster.settle(what["quiet_s"])
    elif entry.act == "step":
        cluster.step()
    elif entry.act == "send":
        cluster.request(what["url"], what["source"], what["namespace"])
    elif entry.act == "image":
        cluster.image(what["name"], what["behaviour"])
    else:
        getattr(cluster, entry.act)(*what.values())
