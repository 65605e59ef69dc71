"""Leader election: of several processes with the same work, only the one that holds a Lease does it.

What the Lease says of time is for people. A candidate goes by its own clock: a record that has not changed for as long
as it is valid has been left by a leader who is gone.

Source    staging/src/k8s.io/client-go/tools/leaderelection/{leaderelection.go,resourcelock/leaselock.go}
Left out  coordinated leader election (LeaseCandidate); release on exit: processes are killed here, so who comes next
          waits until the Lease has run out; a Lease does not keep a leader that was cut off from acting until it
          notices (nor does upstream's)
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from k8slab.client.client import Client
from k8slab.client.events import Recorder
from k8slab.clock import Scope
from k8slab.objects import rfc3339_micro
from k8slab.wire import ApiError, NotFound

__all__ = ["LeaderElector"]

Obj = dict[str, Any]

LEASE_DURATION_S, RENEW_DEADLINE_S, RETRY_PERIOD_S, JITTER = 15, 10.0, 2.0, 1.2
NAMESPACE = "kube-system"


class LeaderElector:
    """A candidate for the Lease `name`, until its scope is cancelled.

    `lead` is called when it has become the leader, `lost` when it has not been able to renew the Lease in time; then
    it is a candidate no more. `component` is in whose name it says so.
    """

    def __init__(
        self,
        client: Client,
        scope: Scope,
        name: str,
        host: str,
        *,
        lead: Callable[[], None],
        lost: Callable[[], None],
        component: str = "",
    ) -> None:
        from uuid import UUID  # which asks what machine this is

        self.identity = f"{host}_{UUID(int=scope.random.getrandbits(128), version=4)}"
        self._client, self._scope, self._name = client, scope, name
        self._lead, self._lost = lead, lost
        self._recorder = Recorder(client, scope, component or name)
        self._lease: Obj = {}  # as it was seen last
        self._changed_at = 0.0
        scope.call_soon(self._acquire)

    @property
    def leader(self) -> str:
        """The identity of the leader seen last; "" when none was seen."""
        return str(self._record.get("holderIdentity") or "")

    @property
    def is_leader(self) -> bool:
        """The leader seen last was this one."""
        return self.leader == self.identity

    @property
    def _record(self) -> Obj:
        return self._lease.get("spec") or {}

    @property
    def _is_valid(self) -> bool:
        return self._changed_at + (self._record.get("leaseDurationSeconds") or 0) > self._scope.now

    def _acquire(self) -> None:
        if self._try():
            self._say("became leader")
            self._scope.call_later(RETRY_PERIOD_S, self._renew, background=True)
            self._lead()
        else:
            wait_s = RETRY_PERIOD_S * (1 + JITTER * self._scope.random.random())
            self._scope.call_later(wait_s, self._acquire, background=True)

    def _renew(self, failing_since: float | None = None) -> None:
        now = self._scope.now
        if self._try():
            self._scope.call_later(RETRY_PERIOD_S, self._renew, background=True)
            return
        deadline = (now if failing_since is None else failing_since) + RENEW_DEADLINE_S
        if now < deadline:
            next_try = min(now + RETRY_PERIOD_S, deadline)
            self._scope.call_at(next_try, self._renew, deadline - RENEW_DEADLINE_S, background=True)
        else:
            self._say("stopped leading")
            self._lost()

    def _try(self) -> bool:
        """Acquire the Lease, or renew it; answers whether this is the leader now."""
        if self.is_leader and self._is_valid:
            with suppress(ApiError):  # somebody else may have written it: then the longer way
                self._write()
                return True
        try:
            self._see(self._client.get("Lease", self._name, NAMESPACE))
            if self.leader and self._is_valid and not self.is_leader:
                return False
            self._write()
        except NotFound:
            return self._create()
        except ApiError:
            return False
        return True

    def _create(self) -> bool:
        metadata = {"name": self._name, "namespace": NAMESPACE}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
        try:
            self._see(self._client.create({**lease, "spec": self._term(acquired="", transitions=0)}))
        except ApiError:
            return False
        return True

    def _write(self) -> None:
        """Begin a term, or go on with one's own. Raises ApiError."""
        transitions = self._record.get("leaseTransitions") or 0
        if self.is_leader:
            spec = self._term(self._record.get("acquireTime") or "", transitions)
        else:
            spec = self._term("", transitions + 1)
        self._see(self._client.update({**self._lease, "spec": spec}))

    def _term(self, acquired: str, transitions: int) -> Obj:
        now = rfc3339_micro(self._scope.now)
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": LEASE_DURATION_S,
            "acquireTime": acquired or now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }

    def _see(self, lease: Obj) -> None:
        if (lease.get("spec") or {}) != self._record:
            self._changed_at = self._scope.now
        self._lease = lease

    def _say(self, what: str) -> None:
        self._recorder.event(self._lease, "Normal", "LeaderElection", f"{self.identity} {what}")
