"""Telling the API what became of the pods: only what changed, and again when nobody answered.

Source    pkg/kubelet/status/status_manager.go (syncPod, TerminatePod)
"""

from __future__ import annotations

from typing import Any

from k8slab.client import Client
from k8slab.clock import Scope, Timer
from k8slab.wire import ApiError, NotFound

__all__ = [
    "StatusManager",
]

Obj = dict[str, Any]

RETRY_FIRST_S, RETRY_MOST_S = 1.0, 10.0
PATIENCE_S = 30.0  # how long a silent API keeps a cluster from resting


class StatusManager:
    """The statuses that one kubelet wants to be known, and those that the API has."""

    def __init__(self, client: Client, scope: Scope) -> None:
        self._client = client
        self._scope = scope
        self._sent: dict[str, Obj] = {}
        self._unsent: dict[str, tuple[Obj, Obj]] = {}
        self._undeleted: dict[str, Obj] = {}
        self._retry: Timer | None = None
        self._silent_since = 0.0
        self._delay_s = RETRY_FIRST_S

    def sent(self, uid: str) -> Obj:
        """The last status that the API has got for a pod."""
        return self._sent.get(uid) or {}

    def known(self, uid: str, status: Obj) -> None:
        """This is what the API has for a pod."""
        self._sent[uid] = status

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        for memory in (self._sent, self._unsent, self._undeleted):
            memory.pop(uid, None)

    def publish(self, uid: str, target: Obj, status: Obj) -> None:
        """Write what differs from the last status sent; a field that is missing now is removed."""
        sent = self._sent.get(uid) or {}
        changed: Obj = {name: value for name, value in status.items() if sent.get(name) != value}
        for name in ("podIP", "podIPs", "observedGeneration", "reason", "message"):
            if name in sent and name not in status:
                changed[name] = None
        if not changed:
            self._unsent.pop(uid, None)
            return
        try:
            self._client.patch_status(target, changed)
        except NotFound:
            self._unsent.pop(uid, None)
        except ApiError:
            self._unsent[uid] = (target, status)
            self._later()
        else:
            self._unsent.pop(uid, None)
            self._sent[uid] = {**sent, **status}
            for name, value in changed.items():
                if value is None:
                    del self._sent[uid][name]

    def delete(self, pod: Obj) -> None:
        """Remove a pod of which nothing runs any more: the kubelet has the last word about a deletion."""
        metadata = pod["metadata"]
        try:
            self._client.delete("Pod", metadata["name"], metadata["namespace"], grace_s=0, uid=metadata["uid"])
        except NotFound:
            pass
        except ApiError:
            self._undeleted[metadata["uid"]] = pod
            self._later()

    def _later(self) -> None:
        if self._retry is not None and self._retry.is_pending:
            return
        if not self._silent_since:
            self._silent_since = self._scope.now
        is_patient = self._scope.now - self._silent_since < PATIENCE_S
        self._retry = self._scope.call_later(self._delay_s, self._again, background=not is_patient)
        self._delay_s = min(self._delay_s * 2, RETRY_MOST_S)

    def _again(self) -> None:
        self._retry = None
        unsent, self._unsent = self._unsent, {}
        undeleted, self._undeleted = self._undeleted, {}
        for uid, (target, status) in unsent.items():
            self.publish(uid, target, status)
        for pod in undeleted.values():
            self.delete(pod)
        if self._retry is None:
            self._silent_since, self._delay_s = 0.0, RETRY_FIRST_S
