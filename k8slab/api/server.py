"""The API server: one function, `handle`, through which every conversation of the cluster goes.

A write passes the same stations as in the real server: decode and check the types, default, admit,
let the system set its own fields, validate, store. Every call, refused ones too, is in the audit record.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go
Left out  authentication (every caller is believed); alpha and beta versions of built-in kinds
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from k8slab.api.admission import Admission, Attempt
from k8slab.api.allocators import SERVICE_CIDR, ServiceAddresses
from k8slab.api.applying import apply_to
from k8slab.api.attempts import SchedulingAttempts, own_group
from k8slab.api.audit import Audit
from k8slab.api.authorization import (
    REVIEWS,
    AlwaysAllow,
    Authorizer,
    RbacAuthorizer,
    answer_review,
    check_escalation,
    store_policy,
)
from k8slab.api.custom import DEFINITION, Definitions, Version, refusal, with_warnings
from k8slab.api.delete_options import checked_delete, delete_options
from k8slab.api.eviction import charged_budget, check_eviction, evicted
from k8slab.api.field_managers import detached, noted, recorded, with_fields
from k8slab.api.forms import Forms
from k8slab.api.kinds import KINDS, MEASURED_GROUPS, METRICS_GROUP, OWN_GROUP, Kind, find_kind
from k8slab.api.measurements import Measurements
from k8slab.api.metadata import created_metadata, specified, until_named, updated_metadata
from k8slab.api.metrics import Metrics
from k8slab.api.patching import patched
from k8slab.api.paths import Paths, nowhere
from k8slab.api.proxying import Proxy
from k8slab.api.queries import Queries
from k8slab.api.registry import Registry
from k8slab.api.store_errors import STORE_ERRORS, as_answer
from k8slab.api.strategy import on_create, on_update
from k8slab.api.streams import STREAMS, Dial, connect
from k8slab.api.subresources import bind, scale_of, success, with_scale
from k8slab.api.tokens import Tokens
from k8slab.api.watch_cache import WatchCache
from k8slab.api.write_options import APPLY, check_options
from k8slab.clock import Loop
from k8slab.etcd import Compacted, Store
from k8slab.objects import rfc3339
from k8slab.schema import decode, decode_patched
from k8slab.wire import (
    ApiError,
    BadRequest,
    FieldError,
    MethodNotAllowed,
    Request,
    Response,
    Unreadable,
    error_from_status,
    invalid,
)

__all__ = [
    "Api",
]

Obj = dict[str, Any]

BOOKMARK_EVERY_S = 60.0
OPTIONS_OF = {
    "create": "CreateOptions",
    "update": "UpdateOptions",
    "patch": "PatchOptions",
    "delete": "DeleteOptions",
    "deletecollection": "DeleteOptions",
}
KIND_OF = {kind.kind: kind for kind in reversed(KINDS)}
BODY_OF = {"binding": "Binding", "eviction": "Eviction", "scale": "Scale", "token": "TokenRequest"}
SERVICE = KIND_OF["Service"]
RBAC = "rbac.authorization.k8s.io"


class Api:
    """A server over one store. `handle` never raises: errors are answers too.

    With `policy` callers are held to their roles: the default policy and these roles and bindings are stored in a new
    store. Without, everybody may do everything.
    """

    def __init__(
        self,
        store: Store,
        loop: Loop,
        policy: Sequence[Obj] | None = None,
        *,
        dial: Dial | None = None,
        service_cidr: str = SERVICE_CIDR,
    ) -> None:
        self.store = store
        self.audit = Audit()
        self.attempts = SchedulingAttempts()
        self._loop = loop
        self._dial = dial
        self._caches: dict[Any, WatchCache] = {}
        if policy is not None:
            store_policy(store, loop.now, policy)
        self._registry = Registry(store, loop, self._cache)
        self._queries, self._forms = Queries(store, self._cache), Forms(lambda: loop.now)
        self._admission = Admission(self._cache, store, self._write_status)
        self.webhooks = self._admission.webhooks
        cluster = self._admission.cluster
        self.authorizer: Authorizer = AlwaysAllow() if policy is None else RbacAuthorizer(cluster, store)
        self._addresses = ServiceAddresses(self._services, loop.random, service_cidr)
        self._verbs: Mapping[str, Callable[[Kind, Request], Response]] = {
            "get": self._get,
            "list": self._queries.list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._update,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }
        metrics = Metrics(self._queries, KIND_OF, lambda: loop.now, dial)
        self._proxy = Proxy(self._queries, KIND_OF, loop, dial)
        self._tokens = Tokens(cluster, loop)
        self._unstored = {METRICS_GROUP: metrics.answer, OWN_GROUP: own_group(self.audit, self.attempts),
                          "authentication.k8s.io": self._tokens.review}  # fmt: skip
        self._definitions = Definitions(store, loop, self._registry, self._forget)
        self.measurements = Measurements(self._queries, lambda: (*KINDS, *self._definitions.kinds()), lambda: loop.now)
        self.paths = Paths(store, loop.now, self._definitions.kinds, self._cache, self.measurements.served)
        loop.call_later(BOOKMARK_EVERY_S, self._send_bookmarks, background=True)

    def handle(self, request: Request) -> Response:
        """Answer one request; an error is an answer whose body is a Status."""
        try:
            if not request.path:
                self.store.catch_up()
            acting = self.authorizer.acting(request)
            response = self.paths.answer(request) if request.path else self._answer(acting)
        except (ApiError, *STORE_ERRORS) as error:
            answer = as_answer(error)
            response = Response(answer.code, answer.status)
        if not request.path:
            self.paths.counts.add(request, response)
            self.audit.record(self._loop.now, request, response)
        return response

    def compact(self, revision: int) -> None:
        """Forget the history up to this revision; watches from before it are answered with 410.

        Nothing happens when it is forgotten already. Raises StoreUnavailable.
        """
        if revision <= self.store.compacted_revision:
            return
        with suppress(Compacted):  # by another server
            self.store.compact(revision)
        for cache in self._caches.values():
            cache.compacted(revision)

    def disconnect(self) -> None:
        """Close every open watch, as a server that goes away does."""
        for cache in self._caches.values():
            for watcher in cache.watchers():
                watcher.close()

    def _answer(self, request: Request) -> Response:
        if request.group in MEASURED_GROUPS:
            return self.measurements.answer(request)
        kind = find_kind(request.group, request.version, request.resource) or self._definitions.find(request)
        if kind is None or (request.subresource and request.subresource not in kind.subresources):
            return nowhere(f"/apis/{request.group}" if request.group else "/api")
        if problem := refusal(kind, request.verb):
            raise MethodNotAllowed(problem)
        if kind.is_namespaced and not request.namespace and request.verb not in ("list", "watch"):
            raise BadRequest("namespace must be specified")
        if isinstance(request.body, Unreadable):
            raise _unreadable(request.body, BODY_OF.get(request.subresource, kind.kind))
        if kind.kind in REVIEWS and not kind.custom:
            return answer_review(self.authorizer, kind, request, rfc3339(self._loop.now))
        if request.subresource == "proxy":
            return self._proxy.answer(kind, request)
        if request.subresource in STREAMS:
            return connect(request, self._queries.find(kind, request), self._node, self._dial)
        answer = self._verbs[request.verb] if kind.etcd_prefix else self._unstored[kind.group]
        response = answer(kind, request)
        if kind.custom or kind is DEFINITION:
            response = with_warnings(kind, request.verb, response)
        return self._forms.formed(kind, request, response) if request.accept else response

    def _get(self, kind: Kind, request: Request) -> Response:
        obj = self._queries.find(kind, request)
        return Response(200, _scale_of(kind, obj) if request.subresource == "scale" else obj)

    def _watch(self, kind: Kind, request: Request) -> Response:
        return Response(200, {}, self._queries.watch(kind, request))

    def _create(self, kind: Kind, request: Request) -> Response:
        if request.subresource:
            return self._create_subresource(kind, request)
        check_options(request)
        return until_named(request.body, partial(self._create_object, kind, request, *detached(request.body)))

    def _create_object(self, kind: Kind, request: Request, body: Any, fields: Any) -> Response:
        obj, warnings = self._decoded(kind, request, body)
        obj = specified(kind, obj)
        now, chance = self._loop.now, self._loop.random
        given = obj.get("metadata") or {}
        metadata = created_metadata(kind, given, request.namespace, now, chance)
        name = given.get("name") or given.get("generateName", "")
        attempt = _attempt("CREATE", kind, request, name, warnings)
        if (note := recorded(kind, obj, None, fields, request, now)) is not None:
            metadata["managedFields"] = note
        obj = on_create(kind, self._admission.created(attempt, {**obj, "metadata": metadata}))
        if kind is SERVICE:
            obj = self._addresses.allocate(obj)
        if kind.group == RBAC:
            check_escalation(self.authorizer, request, obj)
        response = self._registry.create(kind, obj, self._admission.check, attempt._replace(name=metadata["name"]))
        return response._replace(warnings=tuple(warnings)) if warnings else response

    def _create_subresource(self, kind: Kind, request: Request) -> Response:
        old = self._queries.find(kind, request)
        if request.subresource == "binding":
            body = decode(request.body, "v1", "Binding", "Ignore").obj
            bound = bind(old, body, self._loop.now)
            attempt = _attempt("CREATE", kind, request, request.name, [])
            answer = self._registry.update(kind, bound, old, self._admission.check, attempt)
            return answer._replace(code=201, body=success(201))
        if request.subresource == "eviction":
            return self._evict(kind, request, old)
        if request.subresource == "token":
            return self._tokens.issue(request, old)
        raise MethodNotAllowed("the server does not allow this method on the requested resource")

    def _evict(self, kind: Kind, request: Request, pod: Obj) -> Response:
        """Delete a pod if its budget can spare it; the budget is charged first. Raises TooManyRequests."""
        body = decode(request.body, "policy/v1", "Eviction", "Ignore").obj
        options = checked_delete(body.get("deleteOptions"))
        attempt = _attempt("CREATE", kind, request, request.name, [])
        check_eviction(self._admission.cluster, attempt, body)
        is_dry_run = _is_dry_run(request, options)
        charged = charged_budget(self._admission.cluster, pod, self._loop.now)
        if charged is not None and not is_dry_run:
            self._write_status(*charged)
        answer = self._registry.delete(kind, pod, options, dry_run=True)  # the preconditions are about the unmarked pod
        if not is_dry_run:
            marked = evicted(pod, self._loop.now)
            pod = self._registry.update(kind, marked, pod, self._admission.check, attempt).body
            answer = self._registry.delete(kind, pod, {**options, "preconditions": {}}, dry_run=False)
        return answer._replace(code=201, body=success(201))

    def _update(self, kind: Kind, request: Request) -> Response:
        """Update and patch: the second only has to work out the new object first."""
        check_options(request, is_apply=request.content_type == APPLY)
        if request.content_type == APPLY and request.verb == "patch":
            return self._apply(kind, request)
        old = self._queries.newest(kind, request)
        subresource = request.subresource
        base = _scale_of(kind, old) if subresource == "scale" else old
        new = patched(kind, base, request) if request.verb == "patch" else request.body
        if subresource == "scale":
            scale = decode(new, "autoscaling/v1", "Scale", "Ignore").obj
            new = kind.custom.with_scale(old, scale) if kind.custom else with_scale(old, scale)
        if new is old and not request.doubles:
            return Response(200, old)
        return self._replace(kind, request, old, *detached(new, old))

    def _apply(self, kind: Kind, request: Request) -> Response:
        """Server-side apply: what is not there is created."""
        if request.subresource == "scale":
            raise BadRequest("apply to the scale of an object is left out here; apply to the object itself")
        live = self._queries.found(kind, request)
        if live is None and request.subresource:
            live = self._queries.newest(kind, request)
        new, fields = apply_to(kind, live, request, self._loop.now)
        if live is None:
            return self._create_object(kind, request, new, fields)
        return self._replace(kind, request, live, new, fields)

    def _replace(self, kind: Kind, request: Request, old: Obj, new: Any, fields: Any) -> Response:
        """Store what an update or patch has made of an object."""
        subresource = request.subresource
        new, warnings = self._decoded(kind, request, new, known=old)
        new = specified(kind, new)
        metadata = updated_metadata(kind, new.get("metadata") or {}, old["metadata"], request.namespace, request.name)
        metadata.pop("managedFields", None)
        new = on_update(kind, {**new, "metadata": metadata}, old, "" if subresource == "scale" else subresource)
        new = detached(new)[0]
        fields = recorded(kind, new, old, fields, request, self._loop.now)
        attempt = _attempt("UPDATE", kind, request, request.name, warnings)
        if subresource in ("", "scale", "ephemeralcontainers", "resize"):
            new = self._admission.updated(attempt, new, old)
            if kind is SERVICE:
                new = self._addresses.allocate(new, old)
            if kind.group == RBAC:
                check_escalation(self.authorizer, request, new, old)
        response = self._registry.update(kind, with_fields(new, fields), old, self._admission.check, attempt)
        if subresource == "scale":
            response = response._replace(body=_scale_of(kind, response.body))
        return response._replace(warnings=tuple(warnings)) if warnings else response

    def _delete(self, kind: Kind, request: Request) -> Response:
        options = delete_options(request)
        old = self._queries.newest(kind, request)
        self._admission.deleted(_attempt("DELETE", kind, request, request.name, []), old)
        return self._registry.delete(kind, old, options, dry_run=_is_dry_run(request, options))

    def _delete_collection(self, kind: Kind, request: Request) -> Response:
        """Delete all that a list would show; the answer is that list."""
        options = delete_options(request)
        is_dry_run = _is_dry_run(request, options)
        listed, revision = self._queries.list(kind, request), 0
        for obj in listed.body["items"]:
            self._admission.deleted(_attempt("DELETE", kind, request, obj["metadata"]["name"], []), obj)
            answer = self._registry.delete(kind, obj, options, dry_run=is_dry_run)
            revision = max(revision, answer.revision)
        return listed._replace(revision=revision)

    def _decoded(self, kind: Kind, request: Request, body: Any, known: Obj | None = None) -> tuple[Obj, list[str]]:
        """The body with its types checked, and warnings. What is the very same as in `known` was checked before."""
        validation = request.params.get("fieldValidation", "Warn")
        if kind.custom:
            bare = detached(body)[0]
            return kind.custom.read(bare, validation, request.doubles, is_patch=request.verb == "patch")
        read = decode_patched if request.verb == "patch" else decode
        if "strategic" in request.content_type:
            read = partial(decode_patched, strategic=request.body)
        if known is None or not isinstance(body, dict):
            return read(body, kind.api_version, kind.kind, validation, request.doubles)
        same = {name for name, value in body.items() if known.get(name) is value} - {"apiVersion", "kind"}
        changed = {name: value for name, value in body.items() if name not in same}
        checked, warnings = read(changed, kind.api_version, kind.kind, validation, request.doubles)
        if checked is changed:
            return body, warnings
        return {**checked, **{name: body[name] for name in same}}, warnings

    def _cache(self, kind: Kind) -> WatchCache:
        key = kind.custom or (kind.group, kind.version, kind.plural)
        cache = self._caches.get(key)
        if cache is None:
            cache = self._caches[key] = WatchCache(kind, self.store)
        return cache

    def _forget(self, version: Version) -> None:
        """A definition has changed: whoever watches its objects looks anew."""
        if (cache := self._caches.pop(version, None)) is not None:
            cache.close()

    def _write_status(self, new: Obj, old: Obj) -> Response:
        """Store a status of the server's own making. Raises Conflict when `old` is no longer the newest."""
        kind, metadata = KIND_OF[new["kind"]], new["metadata"]
        request = Request("update", kind.plural, kind.group, kind.version, metadata["namespace"], subresource="status")
        request = request._replace(user="system:apiserver")
        attempt = _attempt("UPDATE", kind, request, metadata["name"], [])
        new = noted(kind, new, old, request, self._loop.now)
        return self._registry.update(kind, new, old, self._admission.check, attempt)

    def _node(self, name: str) -> Obj:
        """Raises NotFound."""
        return self._queries.find(KIND_OF["Node"], Request("get", "nodes", name=name))

    def _services(self) -> list[Obj]:
        return list(self._cache(SERVICE).objects.values())

    def _send_bookmarks(self) -> None:
        for cache in self._caches.values():
            cache.mark(self._queries.bookmark(cache.kind))
        self._loop.call_later(BOOKMARK_EVERY_S, self._send_bookmarks, background=True)


def _unreadable(body: Unreadable, kind: str) -> ApiError:
    return error_from_status({"reason": body.reason, "message": body.message.replace("{kind}", kind)})


def _scale_of(kind: Kind, obj: Obj) -> Obj:
    return kind.custom.scale_of(obj) if kind.custom else scale_of(obj)


def _attempt(verb: str, kind: Kind, request: Request, name: str, warnings: list[str]) -> Attempt:
    """What admission is told of a write."""
    is_dry_run = _is_dry_run(request)
    return Attempt(verb, kind, request.namespace, name, request.user, request.subresource, is_dry_run, warnings)


def _is_dry_run(request: Request, options: Obj | None = None) -> bool:
    """The caller wants to know what would happen. Raises Invalid for anything but All."""
    wish = request.params.get("dryRun", "")
    wishes = [wish] if wish else (options or {}).get("dryRun") or []
    if any(wish != "All" for wish in wishes):
        error = FieldError("FieldValueNotSupported", "dryRun", 'supported values: "All"', wishes)
        raise invalid(OPTIONS_OF[request.verb], "meta.k8s.io", "", [error])
    return bool(wishes)
