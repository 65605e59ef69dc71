"""The audit record: who asked what of the API, when, and how it ended.

It is served as one more read-only resource, `auditrecords` of the slab's own API group. A list goes
on where the last one ended when it is given that list's continue token, with a limit or without. Bodies
are never recorded, so no Secret can be in it.

Source    the fields of audit.k8s.io/v1 Event that tell who asked what, and how it ended
Left out  stages, levels and policies of the real audit log; watches; records beyond the newest 100,000
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any, NamedTuple

from k8slab.api.kinds import OWN_GROUP, Kind
from k8slab.api.queries import not_found, number_of, selector_of
from k8slab.objects import rfc3339_micro
from k8slab.wire import BadRequest, Request, Response

__all__ = [
    "Audit",
    "AuditEntry",
]

Obj = dict[str, Any]

KEPT = 100_000


class AuditEntry(NamedTuple):
    """One call. `revision` is the store's revision it made (0: it wrote nothing), `as_user` whom `user` spoke for."""

    number: int
    when: float
    user: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    revision: int
    as_user: str = ""


class Audit:
    """The newest calls, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[AuditEntry] = deque(maxlen=KEPT)
        self._count = 0

    def record(self, when: float, request: Request, response: Response) -> None:
        """Write one call down, unless it is about the record itself."""
        if request.resource == "auditrecords":
            return
        self._count += 1
        self.entries.append(
            AuditEntry(
                self._count,
                when,
                request.user,
                request.verb,
                request.group,
                request.resource,
                request.subresource,
                request.namespace,
                request.name or _created_name(request, response),
                response.code,
                response.revision,
                request.as_user,
            )
        )

    def answer(self, kind: Kind, request: Request) -> Response:
        """One record, or those after the continue token as an AuditRecordList. Raises BadRequest, NotFound."""
        after, selects = request.params.get("continue", "0"), selector_of(kind, request)
        if not after.isdigit():
            raise BadRequest("continue key is not valid: " + after)
        limit = number_of(request, "limit")
        oldest = self.entries[0].number if self.entries else self._count + 1
        last, items = self._count, []
        for entry in islice(self.entries, max(int(after) - oldest + 1, 0), None):
            if selects is None or selects(_as_object(entry)):
                items.append(_as_object(entry))
            if limit and len(items) == limit:
                last = entry.number
                break
        if request.verb == "list":
            metadata = {"resourceVersion": str(self._count), "continue": str(last)}
            body = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": metadata, "items": items}
            return Response(200, body)
        if not items:
            raise not_found(kind, request.name)
        return Response(200, items[0])


def _created_name(request: Request, response: Response) -> str:
    if request.verb != "create" or response.code >= 400:
        return ""
    name: str = response.body.get("metadata", {}).get("name", "")
    return name


def _as_object(entry: AuditEntry) -> Obj:
    spec: Obj = {
        "user": entry.user,
        "impersonatedUser": entry.as_user,
        "verb": entry.verb,
        "group": entry.group,
        "resource": entry.resource,
        "subresource": entry.subresource,
        "namespace": entry.namespace,
        "name": entry.name,
        "time": rfc3339_micro(entry.when),
        "code": entry.code,
    }
    metadata = {"name": f"call-{entry.number}"}
    if entry.revision:
        metadata["resourceVersion"] = str(entry.revision)
    return {
        "apiVersion": f"{OWN_GROUP}/v1",
        "kind": "AuditRecord",
        "metadata": metadata,
        "spec": {name: value for name, value in spec.items() if value != ""},
    }
