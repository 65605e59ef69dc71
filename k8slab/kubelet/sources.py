"""The ConfigMaps and Secrets that pods of one node have in volumes: each is followed while a pod uses it.

One that is immutable is not followed: it is read once, and what becomes of it later is not seen.

Source    pkg/kubelet/util/manager/watch_based_manager.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.client import Client, Informer
from k8slab.clock import Scope
from k8slab.objects import Key
from k8slab.wire import ServiceUnavailable

__all__ = [
    "Sources",
]

Obj = dict[str, Any]
Ref = tuple[str, str, str]


class Sources:
    """Objects by kind, namespace and name; `changed(uid)` is called for every pod whose object is another now."""

    def __init__(self, client: Client, scope: Scope, changed: Callable[[str], None]) -> None:
        self._client = client
        self._scope = scope
        self._changed = changed
        self._informers: dict[Ref, Informer] = {}
        self._users: dict[Ref, dict[str, None]] = {}

    def follow(self, uid: str, kind: str, namespace: str, name: str) -> None:
        """A pod uses this object."""
        ref = (kind, namespace, name)
        users = self._users.setdefault(ref, {})
        users[uid] = None
        if ref not in self._informers:
            informer = Informer(self._client, self._scope, kind, namespace=namespace, fields=f"metadata.name={name}")
            self._informers[ref] = informer
            informer.start()
            informer.on_change(lambda old, new: self._noticed(ref, old, new))

    def release(self, uid: str) -> None:
        """The pod uses none any more."""
        for ref, users in list(self._users.items()):
            users.pop(uid, None)
            if not users:
                del self._users[ref]
                self._informers.pop(ref).stop()

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """A followed object, None when there is none. Raises ApiError when the API has not answered yet."""
        informer = self._informers[kind, namespace, name]
        if not informer.is_synced:
            raise ServiceUnavailable("the API has not answered yet")
        return informer.get(Key(namespace, name))

    def stop(self) -> None:
        """Follow nothing any more."""
        for informer in self._informers.values():
            informer.stop()

    def _noticed(self, ref: Ref, old: Obj | None, new: Obj | None) -> None:
        if new is not None and new.get("immutable"):
            self._scope.call_soon(self._informers[ref].stop)
        for uid in list(self._users.get(ref, ())):
            self._changed(uid)
