"""The thread that reads every change of a real etcd, one revision after the other.

It only reads, and puts what it has read into a queue; whoever runs the loop takes it out. When the server goes away,
the thread tries again until it is back, and goes on after the last revision it has read.

The whole key space is watched. Every revision changes some key, so whoever has got all changes up to a revision knows
that there are no others.

Source    etcd-io/etcd, api/etcdserverpb/rpc.proto (WatchCreateRequest, WatchResponse)
Left out  going on when a compaction overtook a stream that was broken for long: the store then says so for good
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Event as Signal
from threading import Thread

from .gateway import Answers, Gateway, Obj, key_range, key_value
from .protocol import Compacted, Event, StoreUnavailable

__all__ = [
    "Changes",
    "Follower",
    "changes_since",
]

RETRY_S = 0.1

Changes = tuple[Event, ...]  # of one revision


class Follower:
    """Everything that happens from one revision on; `arrived` is called by the thread when there is something."""

    def __init__(self, gateway: Gateway, since: int, arrived: Callable[[], None]) -> None:
        self.is_lost = False
        self._gateway = gateway
        self._since = since
        self._arrived = arrived
        self._queue: SimpleQueue[Changes] = SimpleQueue()
        self._answers: Answers | None = None
        self._is_over = Signal()
        self._thread = Thread(target=self._run, name="etcd-watch", daemon=True)
        self._thread.start()

    def take(self, patience_s: float = 0.0) -> Changes | None:
        """The changes of the next revision, None when none arrive in time."""
        try:
            return self._queue.get(timeout=patience_s) if patience_s else self._queue.get_nowait()
        except Empty:
            return None

    def reconnect(self) -> None:
        """Give up a connection that seems to be dead."""
        if self._answers is not None:
            self._answers.close()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._is_over.set()
        self.reconnect()
        self._thread.join()

    def _run(self) -> None:
        while not (self._is_over.is_set() or self.is_lost):
            try:
                self._read()
            except StoreUnavailable:
                self._is_over.wait(RETRY_S)
            except Compacted:
                self.is_lost = True

    def _read(self) -> None:
        answers = self._answers = self._gateway.stream("watch", _from(self._since), timeout_s=None)
        try:
            if self._is_over.is_set():
                return
            for changes in _changes(answers):
                self._since = changes[0].kv.mod_revision + 1
                self._queue.put(changes)
                self._arrived()
        finally:
            self._answers = None
            answers.release()


def changes_since(gateway: Gateway, since: int, until: int) -> Iterator[Changes]:
    """What happened from one revision to another, for which there must be one. Raises Compacted, StoreUnavailable."""
    answers = gateway.stream("watch", _from(since))
    try:
        for changes in _changes(answers):
            yield changes
            if changes[0].kv.mod_revision >= until:
                return
    finally:
        answers.release()


def _from(revision: int) -> Obj:
    return {"create_request": {**key_range(""), "start_revision": str(revision), "prev_kv": True}}


def _changes(answers: Iterable[Obj]) -> Iterator[Changes]:
    """The changes of one revision never come in two answers. Raises Compacted, StoreUnavailable."""
    for answer in answers:
        if "compact_revision" in answer:
            raise Compacted(int(answer["compact_revision"]))
        if answer.get("canceled"):
            raise StoreUnavailable(f"etcd has ended a watch: {answer.get('cancel_reason', 'it does not say why')}")
        for _, group in groupby(map(_event, answer.get("events", ())), lambda event: event.kv.mod_revision):
            yield tuple(group)


def _event(told: Obj) -> Event:
    prev = key_value(told["prev_kv"]) if "prev_kv" in told else None
    return Event("DELETE" if told.get("type") == "DELETE" else "PUT", key_value(told["kv"]), prev)
