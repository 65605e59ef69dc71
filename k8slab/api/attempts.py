"""What schedulers thought of each pod: `schedulingattempts` of the slab's own API group, read-only.

Whoever runs schedulers gives their record as `source`; without one there are no attempts to read. Objects are put into
words one by one, only those that are asked for.

Left out  watches; pages (a list is given whole); attempts beyond those that the record keeps
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from k8slab.api.audit import Audit
from k8slab.api.kinds import Kind
from k8slab.api.queries import not_found, selector_of
from k8slab.wire import Request, Response

__all__ = ["AttemptSource", "SchedulingAttempts", "own_group"]

Obj = dict[str, Any]


class AttemptSource(Protocol):
    """Where attempts come from: what can be selected by of each, and how to get the whole object."""

    @property
    def revision(self) -> int:
        """How many there have been."""

    def objects(self, namespace: str = "") -> Iterable[tuple[Obj, Callable[[], Obj]]]:
        """Those of a namespace ("" for all), oldest first."""


class SchedulingAttempts:
    """Answers get and list."""

    def __init__(self) -> None:
        self.source: AttemptSource | None = None

    def answer(self, kind: Kind, request: Request) -> Response:
        """One attempt, or a list of them, oldest first. Raises BadRequest for bad selectors, NotFound."""
        selects = selector_of(kind, request)
        every = self.source.objects(request.namespace) if self.source is not None else ()
        items = [whole() for head, whole in every if selects is None or selects(head)]
        if request.verb == "list":
            revision = str(self.source.revision) if self.source is not None else "0"
            head = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": {"resourceVersion": revision}}
            return Response(200, {**head, "items": items})
        if not items:
            raise not_found(kind, request.name)
        return Response(200, items[0])


def own_group(audit: Audit, attempts: SchedulingAttempts) -> Callable[[Kind, Request], Response]:
    """Who answers for the slab's own API group, of which nothing is stored."""
    return lambda kind, request: (audit if kind.kind == "AuditRecord" else attempts).answer(kind, request)
