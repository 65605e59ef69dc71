"""The calls of the API as they are recorded, read on from where the last look ended; and what each one says.

Left out  clusters without an audit record have no calls to show; what the pictures themselves ask
"""

from __future__ import annotations

from collections.abc import Iterable

from k8slab.client import Reader
from k8slab.view.calls import Call, call_of
from k8slab.wire import ApiError, BadRequest, Expired, ServiceUnavailable

__all__ = [
    "CallLog",
    "answer_of",
    "is_heartbeat_call",
    "is_read",
    "request_of",
]

AUDIT = "AuditRecord"
READS = ("get", "list", "watch")
KEPT = 100_000
METHODS = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE", "deletecollection": "DELETE"}
REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed", 409: "Conflict",
    410: "Expired", 413: "RequestEntityTooLarge", 415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests",
    500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
}  # fmt: skip


class CallLog:
    """The calls so far, oldest first; `pull` asks for what has been recorded since. Those of `besides` are left out."""

    def __init__(self, reader: Reader, besides: str = "k8slab-view") -> None:
        self.calls: list[Call] = []
        self.is_served = True
        self._reader = reader
        self._besides = besides
        self._token = ""
        self._last = 0

    def pull(self) -> None:
        """Read on, if this cluster keeps such a record."""
        while self.is_served:
            try:
                page = self._reader.list(AUDIT, continue_=self._token)
            except ServiceUnavailable:
                return
            except (BadRequest, Expired):
                self.is_served, self._token = bool(self._token), ""
                continue
            except ApiError:
                self.is_served = False
                return
            self._take(map(call_of, page))
            self._token = page.continue_token or self._token
            if not page.remaining or not page.continue_token:
                break
        if len(self.calls) > 2 * KEPT:
            del self.calls[: len(self.calls) - KEPT]

    def after(self, revision: int) -> list[Call]:
        """The calls after the last one that made this resourceVersion, or an older one.

        What happens at one moment is told apart by it, as it is not by time.
        """
        for at in range(len(self.calls) - 1, -1, -1):
            if 0 < self.calls[at].revision <= revision:
                return self.calls[at + 1 :]
        return list(self.calls)

    def _take(self, calls: Iterable[Call]) -> None:
        """Keep what is new: whoever had to begin anew is told the old ones again."""
        for call in calls:
            if call.number > self._last:
                self._last = call.number
                if call.who != self._besides:
                    self.calls.append(call)


def is_read(call: Call) -> bool:
    """It only asked; so does a dry run."""
    return call.verb in READS or (not call.revision and call.code < 400)


def is_heartbeat_call(call: Call) -> bool:
    """A kubelet or an elected component says that it is alive."""
    return call.resource == "leases" and call.verb in ("update", "patch")


def request_of(call: Call) -> str:
    """`PATCH pods/web-1/status`, `GET pods?watch`; outside of `default` with `-n` and the namespace."""
    path = "/".join(filter(None, (call.resource, call.name, call.subresource)))
    path += "?watch" if call.verb == "watch" else ""
    where = f" -n {call.namespace}" if call.namespace not in ("", "default") else ""
    return f"{METHODS.get(call.verb, 'GET')} {path}{where}"


def answer_of(call: Call) -> str:
    """`200`, `404 NotFound`."""
    reason = "AlreadyExists" if call.code == 409 and call.verb == "create" else REASONS.get(call.code, "")
    return f"{call.code} {reason}".strip()
