"""Which object is meant: `pod/web-1`, `web-1`, `deploy/web`, `node/node-2`, `shop/web-1`, `shop/pod/web-1`.

A name alone is that of a Pod, else of whatever there is (or was, by the record) with that name; the beginning of a
Pod's name stands for the newest Pod that begins so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from k8slab.view.why.history import History, Thing
from k8slab.wire import ApiError, ServiceUnavailable

__all__ = [
    "Target",
    "target_of",
]

TRIED = (
    "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Service", "Node", "EndpointSlice",
    "PersistentVolumeClaim", "PersistentVolume", "ConfigMap", "Secret", "Namespace",
)  # fmt: skip
MOST_ALIKE = 5


class Target(NamedTuple):
    """The object that is meant; `asked` is what was asked for when only its beginning fits; `alike` are near names."""

    thing: Thing
    asked: str = ""
    alike: tuple[str, ...] = ()


def target_of(what: str, namespace: str, history: History) -> Target:
    """Find it among what is there, then among what was written. Raises ApiError for a kind that is not served."""
    parts = what.strip("/").split("/")
    kind = ""
    if len(parts) == 3:
        namespace, kind, name = parts
    elif len(parts) == 2 and _is_kind(parts[0], history):
        kind, name = parts
    else:
        *spaces, name = parts
        namespace = spaces[0] if spaces else namespace
    for thing in _candidates(kind, namespace, name, history):
        if history.now(thing) is not None or history.calls_to(thing):
            return Target(thing)
    resource = history.reader.mapper.named(kind or "Pod")
    thing = Thing(resource.kind, namespace if resource.is_namespaced else "", name)
    alike = [obj for obj in history.all(thing.kind, thing.namespace) if obj["metadata"]["name"].startswith(f"{name}-")]
    if alike:
        newest = max(alike, key=lambda obj: str(obj["metadata"].get("creationTimestamp", "")))
        return Target(thing._replace(name=newest["metadata"]["name"]), asked=what)
    names = [obj["metadata"]["name"] for obj in history.all(thing.kind, thing.namespace)]
    return Target(thing, alike=tuple(names[:MOST_ALIKE]))


def _candidates(kind: str, namespace: str, name: str, history: History) -> Iterable[Thing]:
    for one in (kind,) if kind else TRIED:
        try:
            resource = history.reader.mapper.named(one)
        except ServiceUnavailable:
            raise
        except ApiError:
            if kind:
                raise
            continue
        yield Thing(resource.kind, namespace if resource.is_namespaced else "", name)


def _is_kind(word: str, history: History) -> bool:
    try:
        history.reader.mapper.named(word)
    except ServiceUnavailable:
        raise
    except ApiError:
        return False
    return True
