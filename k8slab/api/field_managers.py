"""Who wrote which field: metadata.managedFields through creates, updates and applies.

Hardly anybody reads managedFields, and everybody writes. So a write only notes who wrote what over what, and the sets
are worked out when they are looked at, or when eight writes have gathered. Who writes the same few numbers and texts
again and again, as a heartbeat does, leaves one note with a new time.

Source    apimachinery/pkg/util/managedfields/fieldmanager.go and internal: fieldmanager.go, structuredmerge.go,
          skipnonapplied.go, lastapplied*.go, versioncheck.go; apiserver/pkg/endpoints/handlers/{create,update,patch}.go
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from k8slab.api.defaults import DEFAULTS
from k8slab.api.kinds import KINDS, Kind
from k8slab.api.metadata import NEVER_EMPTY
from k8slab.api.write_options import APPLY
from k8slab.objects import Deferred, rfc3339
from k8slab.schema import type_of
from k8slab.schema.empty import empty_of
from k8slab.schema.facts import Type
from k8slab.schema.managed import STRIPPED, Managed, Manager, managers_from, managers_to, updated
from k8slab.schema.typed import Comparison, compare
from k8slab.wire import Request

__all__ = [
    "Record",
    "changes_elsewhere",
    "detached",
    "is_only_noted",
    "managed_by",
    "recorded",
    "type_of_kind",
    "with_fields",
]

Obj = dict[str, Any]

MOST_WRITES = 8  # that wait to be worked out
PLAIN = (str, int, bool)
RESET: list[Obj] = [{}]
UNOWNED = {"apiVersion", "kind", "metadata"}
UNOWNED_AT_FIRST = UNOWNED | {"status"}  # by who creates an object that has a status of its own
UNOWNED_METADATA = {name.removeprefix("f:") for name in STRIPPED["f:metadata"]}
COMPONENTS = {
    "system:kube-scheduler": "kube-scheduler",
    "system:kube-controller-manager": "kube-controller-manager",
    "system:apiserver": "kube-apiserver",
    "system:kube-proxy": "kube-proxy",
    "system:serviceaccount:kube-system:coredns": "coredns",
}


Mark = tuple[tuple[str, str], ...] | None


class Record(Deferred):
    """The managedFields of an object after one write: what was there, what came, and who wrote it when."""

    __slots__ = ("_kind", "_managed", "_manager", "_new", "_old", "_when", "base", "mark", "writes")

    def __init__(self, kind: Kind, manager: Manager, when: float, old: Obj | None, new: Obj, base: Any) -> None:
        self._list = None
        self._managed: Managed | None = None
        self._kind, self._manager, self._when, self._old, self._new = kind, manager, when, old, new
        self.base: Any = base
        self.mark: Mark = None
        self.writes: int = 1
        if base.__class__ is Record:
            if base.writes >= MOST_WRITES:
                base.managers()
            self.writes += base.writes

    @classmethod
    def of(cls, managed: Managed) -> Record:
        """A record whose managers are known."""
        record = cls.__new__(cls)
        Deferred.__init__(record)
        record._managed, record.base, record.mark, record.writes = managed, None, None, 0
        return record

    def again(self, manager: Manager, mark: Mark, when: float) -> Record | None:
        """The record after the same manager has changed the same values once more; None when they are others."""
        if not mark or mark != self.mark or manager is not self._manager:
            return None
        record = Record(self._kind, manager, when, self._old, self._new, self.base)
        record.mark = mark
        if self._managed is not None:
            owned = self._managed.get(manager)
            changed = {manager: owned._replace(time=rfc3339(when))} if owned else {}
            record._managed = {**self._managed, **changed}
        return record

    def managers(self) -> Managed:
        """Who owns what."""
        if self._managed is None:
            self._managed = self._work_out()
            self._old, self._new, self.base, self.writes = None, {}, None, 0  # no longer needed
        return self._managed

    def work_out(self) -> list[Any]:
        """The entries of managedFields."""
        return managers_to(self.managers())

    def _work_out(self) -> Managed:
        of, base = type_of_kind(self._kind), managed_by(self.base)
        default = DEFAULTS.get((self._kind.api_version, self._kind.kind))
        new, old = default(self._new) if default else self._new, self._old
        if old is None:
            new = _without_empty(new)
            old = empty_of(of) if not self._kind.custom and of else {}
            if "status" in self._kind.subresources:
                new = {name: value for name, value in new.items() if name != "status"}
        elif not base:
            return {}  # what nobody tracks from the beginning is not tracked until it is applied
        try:
            old = detached(old)[0]
            others = changes_elsewhere(self._kind, old, new)
            return updated(base, old, new, of, self._manager, rfc3339(self._when), others)
        except ValueError:
            return {}


def _without_empty(obj: Obj) -> Obj:
    """A new object without the lists and maps of its metadata that the server does not keep when they are empty."""
    given = obj.get("metadata") or {}
    return {**obj, "metadata": {name: value for name, value in given.items() if value or name not in NEVER_EMPTY}}


def managed_by(fields: Any) -> Managed:
    """The managers that a managedFields tells of; none when it makes no sense."""
    if isinstance(fields, Record):
        return fields.managers()
    try:
        return managers_from(fields or ())
    except (ValueError, AttributeError, TypeError):
        return {}


def changes_elsewhere(kind: Kind, old: Obj, new: Obj) -> Callable[[str], Comparison | None] | None:
    """What a change is in the other versions of a kind; None when all have the same fields."""
    if kind.custom:
        return None

    def changes(api_version: str) -> Comparison | None:
        other = next((k for k in KINDS if (k.api_version, k.etcd_prefix) == (api_version, kind.etcd_prefix)), None)
        if other is None:
            return None
        before, after = (_in_version(other, kind, obj) for obj in (old, new))
        return compare(before, after, type_of_kind(other))

    return changes


def _in_version(kind: Kind, now_in: Kind, obj: Obj) -> Obj:
    stored = now_in.form.stored(obj) if now_in.form else obj
    return kind.form.served(stored) if kind.form else stored


def type_of_kind(kind: Kind) -> Type | None:
    """What the objects of a kind look like; None when nothing is known of it."""
    return kind.custom.type if kind.custom else type_of(kind.api_version, kind.kind)


@lru_cache(maxsize=4096)
def _updater(name: str, user: str, group: str, version: str, subresource: str) -> Manager:
    """Who updates: a request says its name, or else is known by the first word of what acts under its user's name."""
    if not name:
        is_controller = user.startswith("system:serviceaccount:kube-system:")
        name = COMPONENTS.get(user) or ("kube-controller-manager" if is_controller else "k8slab")
        name = "kubelet" if user.startswith("system:node:") else name
    return Manager(name, "Update", f"{group}/{version}" if group else version, subresource)


def detached(obj: Any, old: Obj | None = None) -> tuple[Any, Any]:
    """An object without its managedFields, and these (None when it has none).

    One that still has the very metadata of `old` stays as it is.
    """
    metadata = obj.get("metadata") if isinstance(obj, dict) else None
    if not isinstance(metadata, dict) or "managedFields" not in metadata or (old and metadata is old["metadata"]):
        return obj, None
    rest = {name: value for name, value in metadata.items() if name != "managedFields"}
    return {**obj, "metadata": rest}, metadata["managedFields"]


def with_fields(obj: Obj, fields: Any) -> Obj:
    """The object with these managedFields, or without any (None)."""
    if fields is None:
        return obj
    return {**obj, "metadata": {**obj["metadata"], "managedFields": fields}}


def noted(kind: Kind, new: Obj, old: Obj, request: Request, now: float) -> Obj:
    """The object as the server itself has changed it, with managedFields that say so."""
    bare, _ = detached(new)
    return with_fields(bare, recorded(kind, bare, old, None, request, now))


def is_only_noted(after: Any, before: Any) -> bool:
    """The managedFields differ at most by the note of a write, which means nothing when the write changed nothing."""
    if after is before:
        return True
    if not isinstance(after, Record) or before is None:
        return False
    return after.base is before or _untimed(after.managers()) == _untimed(managed_by(before))


def _untimed(managed: Managed) -> Obj:
    return {str(tuple(manager)): (owned.fields, owned.api_version) for manager, owned in managed.items()}


def recorded(kind: Kind, new: Obj, old: Obj | None, given: Any, request: Request, now: float) -> Any:
    """The managedFields after this write of `new` over `old` (None: a create); None when there are none.

    `given` is what the writer says of managedFields: it is taken at its word when it makes sense, and may reset them.
    """
    if request.content_type == APPLY:
        return given  # the apply has worked it out
    before = old["metadata"].get("managedFields") if old is not None else None
    base = before
    if given is not None and given is not before and not request.subresource:
        if given == RESET:
            base = None
        elif (managed := managed_by(given)) and given != before:
            base = Record.of(managed)
    if (base is None and old is not None) or _is_bare(kind, new, old is None):
        return None
    name = request.params.get("fieldManager", "")
    manager = _updater(name, request.user, kind.group, kind.version, request.subresource)
    mark = _mark(old, new) if old is not None and base is before else None
    if mark and isinstance(base, Record) and (record := base.again(manager, mark, now)) is not None:
        return record
    record = Record(kind, manager, now, old, new, base)
    record.mark = mark
    return record


def _is_bare(kind: Kind, obj: Obj, is_new: bool) -> bool:
    """An object without a field that anybody could own."""
    unowned = UNOWNED_AT_FIRST if is_new and "status" in kind.subresources else UNOWNED
    if not obj.keys() <= unowned or (kind.api_version, kind.kind) in DEFAULTS:
        return False
    return all(name in UNOWNED_METADATA for name, value in obj["metadata"].items() if value)


def _mark(old: Obj, new: Obj) -> Mark:
    """Which plain values differ, two steps into the object, when nothing else does; else None."""
    if len(old) != len(new):
        return None
    changed = []
    for part, after in new.items():
        before = old.get(part)
        if after is before:
            continue
        if type(after) is not dict or type(before) is not dict:
            return None
        if part == "metadata":
            uncounted = ("managedFields" in before) + ("resourceVersion" in before)
            if len(before) - len(after) != uncounted or not after.items() <= before.items():
                return None
            continue
        if len(after) != len(before):
            return None
        for name, value in after.items():
            if value is not (was := before.get(name)):
                if type(value) is not type(was) or type(value) not in PLAIN:
                    return None
                if value != was:
                    changed.append((part, name))
    return tuple(changed)
