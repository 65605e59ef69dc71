"""The base of every controller: watches that become keys, a queue of keys, one step per key.

A controller is level-triggered: `reconcile(key)` looks at what is and at what is wanted, takes one
step, and may ask to be called again with `After(seconds)`. It acts only on caches that have seen all
of its own writes; until then the key waits. Whatever goes wrong, the key comes back after a back-off.

Source    staging/src/k8s.io/sample-controller/controller.go; pkg/controller/controller_utils.go (expectations)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

from k8slab.client.client import Client
from k8slab.client.events import Recorder
from k8slab.client.informer import Informer, Informers
from k8slab.client.reflector import DELIVERY_S
from k8slab.client.workqueue import WorkQueue
from k8slab.clock import Scheduling
from k8slab.objects import Key, controller_of, key_of
from k8slab.wire import AlreadyExists, ApiError, Conflict, NotFound, ServiceUnavailable

__all__ = [
    "After",
    "Again",
    "Controller",
    "Failure",
    "own_key",
    "owner_key",
]

Obj = dict[str, Any]
Keys = Callable[[Obj], Iterable[Key]]

# What a busy cluster answers now and then; the next look decides.
EXPECTED = (AlreadyExists, Conflict, NotFound, ServiceUnavailable)
FAILURES_KEPT = 100
MOST_PATIENT_S = 1.0  # how rarely a cache that stays behind is looked at


class After(NamedTuple):
    """Look at this key again in `seconds`; a background wish does not keep a cluster from settling."""

    seconds: float
    background: bool = False


class Again(Exception):
    """Everything has been said about what went wrong: only come back after the back-off."""


class Failure(NamedTuple):
    """A reconcile that raised: when, at which key, and what."""

    when: float
    key: Key
    error: str


def own_key(obj: Obj) -> Iterable[Key]:
    """The object's own key."""
    return (key_of(obj),)


def owner_key(kind: str) -> Keys:
    """The key of the controlling owner, when that is a `kind`."""

    def keys(obj: Obj) -> Iterable[Key]:
        owner = controller_of(obj)
        if owner is None or owner["kind"] != kind:
            return ()
        return (Key(obj["metadata"].get("namespace", ""), owner["name"]),)

    return keys


def _is_new_wish(old: Obj, new: Obj) -> bool:
    before, after = old["metadata"], new["metadata"]
    return any(before.get(field) != after.get(field) for field in ("generation", "deletionTimestamp"))


class Controller:
    """One kind of decision, taken again whenever something it watches changes.

    A new object, and a new wish (generation), is looked at once; other changes are gathered for `batch_s` seconds,
    so that a thousand Pods that start together do not cause a thousand looks at all of them.
    """

    name: ClassVar[str] = "controller"
    watches: ClassVar[Mapping[str, Keys]] = {}
    batch_s: ClassVar[float] = 0.0

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        self.client = client
        self.loop = loop
        self.recorder = Recorder(client, loop, self.name)
        self.failures: list[Failure] = []
        self.reconciles = 0
        self._behind_since: float | None = None
        self._informers = informers
        self._watched: dict[str, Informer] = {}
        self.queue = WorkQueue(loop, self._process)
        for kind, keys in self.watches.items():
            self.watch(kind, keys)

    def reconcile(self, key: Key) -> After | None:
        """Take one step for this key."""
        raise NotImplementedError

    def informer(self, kind: str) -> Informer:
        """The shared cache of a kind; from now on this controller waits for its own writes to show there."""
        informer = self._informers.of(kind)
        self._watched[kind] = informer
        return informer

    def watch(self, kind: str, keys: Keys) -> Informer:
        """Enqueue `keys(obj)` whenever an object of `kind` changes, for its old form and its new."""
        informer = self.informer(kind)

        def enqueue(old: Obj | None, new: Obj | None) -> None:
            after_s = 0.0 if old is None or new is None or _is_new_wish(old, new) else self.batch_s
            for obj in (old, new):
                if obj is not None:
                    for key in keys(obj):
                        self.enqueue(key, after_s)

        informer.on_change(enqueue)
        return informer

    def enqueue(self, key: Key, after_s: float = 0.0) -> None:
        """Have a key looked at: now, or after gathering what else happens to it."""
        if after_s:
            self.queue.add_after(key, after_s)
        else:
            self.queue.add(key)

    def _process(self, key: Key) -> None:
        if not self._has_seen_its_writes():
            self._wait_for_the_cache(key)
            return
        self._behind_since = None
        self.reconciles += 1
        try:
            again = self.reconcile(key)
        except (Again, *EXPECTED):
            self.queue.add_rate_limited(key)
        except Exception as error:  # the one place that catches everything: a broken reconcile must not stop the loop
            self._note_failure(key, error)
            self.queue.add_rate_limited(key)
        else:
            self.queue.forget(key)
            if again is not None:
                self.queue.add_after(key, max(again.seconds, 0.0), background=again.background)

    def _wait_for_the_cache(self, key: Key) -> None:
        """Look again soon; when the server stays away, ever more rarely and without keeping the cluster awake."""
        self._behind_since = self._behind_since or self.loop.now
        waited_s = self.loop.now - self._behind_since
        wait_s = min(max(waited_s, DELIVERY_S), MOST_PATIENT_S)
        self.queue.hold(key, wait_s, background=wait_s == MOST_PATIENT_S)

    def _has_seen_its_writes(self) -> bool:
        return all(
            informer.revision >= self.client.written.get(kind, 0) or not informer.is_synced
            for kind, informer in self._watched.items()
        ) and all(informer.is_synced for informer in self._watched.values())

    def _note_failure(self, key: Key, error: Exception) -> None:
        text = str(error) if isinstance(error, ApiError) else f"{type(error).__name__}: {error}"
        del self.failures[: -FAILURES_KEPT + 1]
        self.failures.append(Failure(self.loop.now, key, text))
        kind = next(iter(self.watches), None)
        obj = self._watched[kind].get(key) if kind else None
        if obj is not None:
            self.recorder.event(obj, "Warning", "ReconcileError", text)
