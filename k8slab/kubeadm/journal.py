"""What was done to a cluster from outside: API writes, faults, the passing of time; and doing it once more.

A cluster is determined by how it was built and by these inputs. So its past is reached by replay: built anew, given
the same inputs up to a moment. Reads change nothing and are not written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8slab.objects import thaw
from k8slab.wire import Request, Unreadable

__all__ = [
    "MOVES",
    "READS",
    "Input",
    "Journal",
    "replay",
]

READS = ("get", "list", "watch")
QUESTIONS = ("authentication.k8s.io", "authorization.k8s.io")  # groups of what is answered and never stored
TYPED = ("typed", "hung_up")  # the inputs of open sessions
MOVES = ("wait", "step")  # the inputs that move time


class Input(NamedTuple):
    """One thing done: at which moment (virtual seconds since 1970), which, with what, and when it was over."""

    at: float
    act: str
    what: Mapping[str, Any]
    until: float


class Journal:
    """The inputs of one cluster, in order; what it was built of is told by its size alone."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self._known: float | None = None

    def open(self, at: float) -> None:
        """The cluster is built: from now on its inputs are written down."""
        self._known = at

    def note(self, at: float, act: str, until: float | None = None, **what: Any) -> None:
        """Write one input down, and before it that time has passed, if it has."""
        if self._known is None:
            return
        if at > self._known:
            self.inputs.append(Input(self._known, "wait", {}, at))
        self._known = at if until is None else until
        self.inputs.append(Input(at, act, what, self._known))

    def note_request(self, at: float, request: Request) -> None:
        """Write a call of the API down, unless it only reads or cannot be read."""
        only_reads = request.verb in READS and request.subresource != "proxy"  # which reaches a container
        if self._known is None or request.path or only_reads or request.group in QUESTIONS:
            return
        if isinstance(request.body, Unreadable):
            return
        fields = {name: value for name, value in request._asdict().items() if value}
        self.note(at, "request", **{**fields, "body": thaw(request.body)} if request.body is not None else fields)


def replay(cluster: Any, inputs: Iterable[Input], moment: float) -> None:
    """Give a freshly built cluster everything that was done up to and including a moment, and leave it there."""
    for entry in inputs:
        if entry.at > moment:
            break
        if entry.until > moment:
            break
        _do(cluster, entry)
    cluster.run_until(moment)


def _do(cluster: Any, entry: Input) -> None:
    what = entry.what
    if entry.act == "request":
        groups = {name: tuple(what[name]) for name in ("groups", "as_groups") if name in what}
        cluster.handle(Request(**{**what, **groups, "body": thaw(what.get("body"))}))
    elif entry.act == "wait":
        cluster.run_until(entry.until)
    elif entry.act == "step":
        cluster.step()
    elif entry.act == "send":
        cluster.request(**what)
    elif entry.act in TYPED:
        getattr(cluster.sessions, entry.act)(*what.values())
    elif entry.act == "measured":
        cluster.metric(**what)
    elif entry.act == "console":
        getattr(cluster.cloud, what["verb"])(**what["given"])
    elif entry.act == "image":
        cluster.image(what["name"], what["behaviour"])
    else:
        getattr(cluster, entry.act)(*what.values())
