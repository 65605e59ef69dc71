"""The kinds that CustomResourceDefinitions add to the built-in ones, and the way of a definition to being served.

The conditions are set here, in the API server, as upstream's naming, establishing and finalizing controllers
run in it: a server without any agent serves custom kinds too.

Source    apiextensions-apiserver/pkg/apiserver (apiserver.go, customresource_handler.go)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from k8slab.api.admission import Attempt
from k8slab.api.custom.naming import CLEANUP, cleaned, next_form
from k8slab.api.custom.version import Version
from k8slab.api.kinds import ALL_VERBS, KINDS, Kind
from k8slab.api.validation.apiextensions import definition_warnings
from k8slab.api.watch_cache import served
from k8slab.clock import Loop
from k8slab.etcd import Event, Store, StoreUnavailable
from k8slab.objects import has_condition, is_leaving
from k8slab.wire import Conflict, Request, Response

if TYPE_CHECKING:
    from k8slab.api.registry import Registry

__all__ = [
    "DEFINITION",
    "Definitions",
    "refusal",
    "with_warnings",
]

Obj = dict[str, Any]

STEP_S = 0.001
LOOK_AGAIN_S = 5.0  # crd_finalizer.go: how often the objects that are left are counted
VERBS_AT_THE_END = ("delete", "deletecollection", "get", "list", "watch")
DEFINITION = next(kind for kind in KINDS if kind.kind == "CustomResourceDefinition")
VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")


class Definitions:
    """A registry of custom kinds that follows the store."""

    def __init__(self, store: Store, loop: Loop, registry: Registry, forget: Callable[[Version], None]) -> None:
        self._store, self._loop, self._registry, self._forget = store, loop, registry, forget
        self._definitions: dict[str, Obj] = {}
        self._versions: dict[str, tuple[Any, list[tuple[Obj, Version]]]] = {}
        self._by_resource: dict[tuple[str, str, str], Kind] = {}
        self._is_awake = False
        for kv in store.range(DEFINITION.etcd_prefix).kvs:
            self._learn(kv.key, kv.value, kv.mod_revision)
        store.watch(DEFINITION.etcd_prefix, self._follow)

    def find(self, request: Request) -> Kind | None:
        """The custom kind that a request is about, or None."""
        return self._by_resource.get((request.group, request.version, request.resource))

    def kinds(self) -> Iterable[Kind]:
        """Every custom kind that is served, in the order of discovery."""
        return self._by_resource.values()

    def _follow(self, events: Sequence[Event]) -> None:
        for event in events:
            self._learn(event.kv.key, event.kv.value if event.type == "PUT" else None, event.kv.mod_revision)

    def _learn(self, key: str, definition: Obj | None, revision: int) -> None:
        """Take note of a definition's newest form (None: it is gone)."""
        before = self._versions.get(key)
        if definition is None:
            self._definitions.pop(key, None)
            self._versions.pop(key, None)
        else:
            metadata = {**definition["metadata"], "resourceVersion": str(revision)}
            self._definitions[key] = {**definition, "metadata": metadata}
            if before is None or before[0] != definition["spec"]:
                made = [(given, Version(definition, given)) for given in definition["spec"]["versions"]]
                self._versions[key] = (definition["spec"], made)
        if before is not None and self._versions.get(key) is not before:
            for _, version in before[1]:
                self._forget(version)
        self._index()
        self._wake(STEP_S)

    def _index(self) -> None:
        kinds = [kind for key in self._definitions for kind, is_served in self._kinds_of(key) if is_served]
        kinds.sort(key=lambda kind: (kind.group, _priority(kind.version), kind.plural))
        self._by_resource = {(kind.group, kind.version, kind.plural): kind for kind in kinds}

    def _kinds_of(self, key: str) -> list[tuple[Kind, bool]]:
        """The kind of each version of a definition, and whether it is served."""
        definition = self._definitions[key]
        if not has_condition(definition, "Established"):
            return []
        return [
            (_kind(definition, given, version), bool(given.get("served"))) for given, version in self._versions[key][1]
        ]

    def _wake(self, after_s: float, background: bool = False) -> None:
        if not self._is_awake or background:
            self._is_awake = not background
            self._loop.call_later(after_s, self._step, background=background)

    def _step(self) -> None:
        """Bring every definition one step further; later if another server is quicker, or the store is away."""
        self._is_awake = False
        try:
            self._step_all()
        except (Conflict, StoreUnavailable):
            self._wake(LOOK_AGAIN_S, background=True)

    def _step_all(self) -> None:
        for key in list(self._definitions):
            definition = self._definitions.get(key)
            if definition is None:
                continue
            others = [
                each for other, each in self._definitions.items() if other != key and _same_group(each, definition)
            ]
            new = next_form(definition, others, self._loop.now)
            if new is not definition:
                self._write(new, definition)
            elif is_leaving(definition) and CLEANUP in (definition["metadata"].get("finalizers") or ()):
                self._clean_up(key, definition)

    def _clean_up(self, key: str, definition: Obj) -> None:
        """Delete the objects of a definition that is leaving; let it go when there are none."""
        left = 0
        kinds = self._kinds_of(key)
        if kinds:
            kind, _ = kinds[0]
            assert kind.custom is not None
            for kv in self._store.range(kind.etcd_prefix).kvs:
                self._registry.delete(kind, kind.custom.served(served(kv)), {}, dry_run=False)
            left = len(self._store.range(kind.etcd_prefix).kvs)
        new = cleaned(definition, left, self._loop.now)
        if new is not definition:
            self._write(new, definition)
        if left:
            self._wake(LOOK_AGAIN_S, background=True)

    def _write(self, new: Obj, old: Obj) -> None:
        """Store the next form of a definition. Raises Conflict, which does no harm, for the next look decides."""
        metadata = {name: value for name, value in new["metadata"].items() if name != "resourceVersion"}
        attempt = Attempt("UPDATE", DEFINITION, "", metadata["name"], "system:apiserver", "status", False, [])
        self._registry.update(DEFINITION, {**new, "metadata": metadata}, old, _admit, attempt)


def with_warnings(kind: Kind, verb: str, response: Response) -> Response:
    """The answer with what is deprecated, or with the rules in a definition that nobody will enforce."""
    found = [kind.custom.warning] if kind.custom and kind.custom.warning else []
    if kind is DEFINITION and verb in ("create", "update", "patch"):
        found = definition_warnings(response.body)
    return response._replace(warnings=(*response.warnings, *found)) if found else response


def refusal(kind: Kind, verb: str) -> str:
    """Why a kind does not know a verb: it never did, or its definition is on its way out; "" when it knows it."""
    if verb in kind.verbs or (kind.custom and verb in ("patch", "update")):
        return ""
    if kind.custom and verb == "create":
        return f"{verb} not allowed while custom resource definition is terminating"
    return "the server does not allow this method on the requested resource"


def _admit(*args: Any) -> None:
    """The server itself may do what it does."""


def _same_group(one: Obj, other: Obj) -> bool:
    same: bool = one["spec"]["group"] == other["spec"]["group"]
    return same


def _kind(definition: Obj, given: Obj, version: Version) -> Kind:
    spec = definition["spec"]
    names = definition["status"]["acceptedNames"]
    subresources = given.get("subresources") or {}
    selectable = tuple(field["jsonPath"].lstrip(".") for field in given.get("selectableFields") or ())
    return Kind(
        group=spec["group"],
        version=given["name"],
        kind=names["kind"],
        plural=names["plural"],
        etcd_prefix=f"/registry/{spec['group']}/{names['plural']}/",
        is_namespaced=spec["scope"] == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(name for name in ("scale", "status") if subresources.get(name) is not None),
        has_generation=True,
        selectable=selectable,
        verbs=VERBS_AT_THE_END if has_condition(definition, "Terminating") else ALL_VERBS,
        names=(names["singular"], names["listKind"]),
        custom=version,
        form=version,
    )


def _priority(version: str) -> tuple[int, int, int, str]:
    """Order versions as Kubernetes does: stable before beta before alpha, and the newest of each first."""
    found = VERSION.fullmatch(version)
    if found is None:
        return (3, 0, 0, version)
    rank = {None: 0, "beta": 1, "alpha": 2}[found[2]]
    return (rank, -int(found[1]), -int(found[3] or 0), version)
