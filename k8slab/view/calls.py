"""The audit record as plain values: who asked what of the API, when, and which revision it made.

Source    the AuditRecords of slab.k8slab.dev/v1 (k8slab/api/audit.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from k8slab.client import Reader
from k8slab.objects import parse_rfc3339
from k8slab.view.writers import friendly_name
from k8slab.wire import ApiError, ServiceUnavailable

__all__ = [
    "Call",
    "call_of",
    "read_calls",
]

Obj = dict[str, Any]

KIND, PAGE, KEPT = "auditrecords.slab.k8slab.dev", 20_000, 100_000


class Call(NamedTuple):
    """One call. `who` is the short name of its user; `revision` is 0 when it has written nothing."""

    number: int
    when: float
    who: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    revision: int

    @property
    def is_write(self) -> bool:
        """It has changed something."""
        return self.revision > 0 and self.code < 400


# What each reader has been told, and where to go on: the record only ever grows.
_known: WeakKeyDictionary[Reader, tuple[Sequence[Call], str]] = WeakKeyDictionary()


def read_calls(reader: Reader) -> list[Call] | None:
    """Everything on record, oldest first; None where the API keeps no record, or does not show it.

    A reader that has asked before asks for what is new; a record that has begun anew is read anew.
    Raises ServiceUnavailable.
    """
    calls, token = _known.get(reader, ((), ""))
    found = list(calls)
    while True:
        try:
            page = reader.list(KIND, limit=PAGE, continue_=token)
        except ServiceUnavailable:
            raise
        except ApiError:
            if not token:
                return None
            found, token = [], ""
            continue
        if int(page.resource_version or token or 0) < int(token or 0):
            found, token = [], ""
            continue
        found += map(call_of, page)
        token = page.continue_token
        if len(page) < PAGE or not token:
            _known[reader] = found[-KEPT:], token
            return found[-KEPT:]


def call_of(record: Obj) -> Call:
    """One AuditRecord as a Call."""
    metadata, spec = record["metadata"], record["spec"]
    return Call(
        int(metadata["name"].rpartition("-")[2]),
        parse_rfc3339(spec["time"]),
        friendly_name(spec.get("user", "")),
        spec["verb"],
        spec.get("resource", ""),
        spec.get("subresource", ""),
        spec.get("namespace", ""),
        spec.get("name", ""),
        spec.get("code", 200),
        int(metadata.get("resourceVersion") or 0),
    )
