"""Get, list and watch: selectors, pages, the past, and streams.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/get.go, pkg/storage/continue.go
Left out  the end of a watch by timeoutSeconds, which is for whoever serves it; a read waits for no revision that is
          not there yet
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Callable, Iterable
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.api.read_options import EXACT, check_read_options, wants_initial_events
from k8slab.api.watch_cache import WatchCache
from k8slab.api.watchers import Selects, Watcher
from k8slab.etcd import Compacted, FutureRevision, Store
from k8slab.objects import parse_field_selector, parse_label_selector
from k8slab.wire import BadRequest, Expired, NotFound, Request, Response, Timeout, WatchEvent

__all__ = [
    "Queries",
]

Obj = dict[str, Any]

EVERYWHERE = ("metadata.name", "metadata.namespace")
LIST_EXPIRED = "The resourceVersion for the provided list is too old."
INCONSISTENT = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
DIGITS = re.compile("[0-9]{1,18}")
NEWEST = -1  # the revision in a token that goes on in the present


class Queries:
    """Reading, from the watch caches for the present and from the store for the past."""

    def __init__(self, store: Store, cache_of: Callable[[Kind], WatchCache]) -> None:
        self._store = store
        self._cache_of = cache_of

    def newest(self, kind: Kind, request: Request) -> Obj:
        """The object that the request names, as it is now. Raises NotFound."""
        obj = self.found(kind, request)
        if obj is None:
            raise not_found(kind, request.name)
        return obj

    def found(self, kind: Kind, request: Request) -> Obj | None:
        """The object that the request names, as it is now, or None."""
        return self._cache_of(kind).objects.get(kind.key(request.namespace, request.name))

    def find(self, kind: Kind, request: Request) -> Obj:
        """The object that the request names, not older than it says. Raises NotFound, BadRequest, Timeout."""
        if request.params and (wanted := number_of(request, "resourceVersion")) > self._store.revision:
            raise _too_large(wanted, self._store.revision)
        return self.newest(kind, request)

    def list(self, kind: Kind, request: Request) -> Response:
        """A list object with its resourceVersion, and a continue token when a limit cut it. Raises Invalid."""
        check_read_options(request)
        selects = selector_of(kind, request)
        prefix, limit = kind.prefix(request.namespace), number_of(request, "limit")
        revision, after = self._place(request, prefix)
        if after and revision < self._store.compacted_revision:
            status = Expired(INCONSISTENT).status
            return Response(410, {**status, "metadata": {"continue": _token(NEWEST, after, prefix)}})
        objects: Iterable[Obj]
        if revision == self._store.revision:
            cache = self._cache_of(kind)
            objects = [cache.objects[key] for key in cache.keys(prefix, after, _watch_index(kind, request))]
        else:
            found = self._at(revision, lambda: self._store.range(prefix, revision=revision, after=after))
            objects = map(self._cache_of(kind).served, found.kvs)
        items = [obj for obj in objects if selects is None or selects(obj)]
        metadata: Obj = {"resourceVersion": str(revision)}
        if limit and len(items) > limit:
            last = items[limit - 1]["metadata"]
            metadata["continue"] = _token(revision, kind.key(last.get("namespace", ""), last["name"]), prefix)
            if selects is None:
                metadata["remainingItemCount"] = len(items) - limit
            items = items[:limit]
        body = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": metadata, "items": items}
        return Response(200, body)

    def watch(self, kind: Kind, request: Request) -> Watcher:
        """Open a watch; a resourceVersion that is compacted gives a stream with the Status 410 in it.

        Raises Invalid, BadRequest, Timeout.
        """
        check_read_options(request)
        number_of(request, "timeoutSeconds")  # whoever serves this ends it
        since, is_initial = number_of(request, "resourceVersion") or None, wants_initial_events(request)
        if since is not None and since > self._store.revision:
            raise _too_large(since, self._store.revision)
        if is_initial is not None:
            since = None if is_initial else since or self._store.revision
        cache = self._cache_of(kind)
        selects = selector_of(kind, request)
        index = _watch_index(kind, request)
        if request.namespace and not index.startswith("ns/"):
            selects = _within(request.namespace, selects)
        watcher = cache.watch(kind.prefix(request.namespace), selects, index, since)
        if watcher is None:
            watcher = Watcher(cache, index, None)
            watcher.is_closed = True
            text = f"too old resource version: {since} ({self._store.compacted_revision})"
            watcher.push(WatchEvent("ERROR", Expired(text).status))
            return watcher
        watcher.wants_bookmarks = request.params.get("allowWatchBookmarks") == "true"
        if is_initial and watcher.wants_bookmarks:
            watcher.push(self.bookmark(kind, {"k8s.io/initial-events-end": "true"}))
        return watcher

    def bookmark(self, kind: Kind, annotations: Obj | None = None) -> WatchEvent:
        """A BOOKMARK event: an object with nothing in it but the newest resourceVersion."""
        metadata: Obj = {"resourceVersion": str(self._store.revision)}
        if annotations:
            metadata["annotations"] = annotations
        return WatchEvent("BOOKMARK", {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata})

    def _place(self, request: Request, prefix: str) -> tuple[int, str]:
        """The revision to read at, and the key after which to go on."""
        token = request.params.get("continue")
        if token:
            revision, after = _parse_token(token, prefix)
            if request.params.get("resourceVersion", "0") not in ("", "0"):
                raise BadRequest("specifying resource version is not allowed when using continue")
            return (self._store.revision if revision == NEWEST else revision), after
        wanted = number_of(request, "resourceVersion")
        match = request.params.get("resourceVersionMatch", "")
        if match == EXACT or (wanted and not match and number_of(request, "limit")):
            return wanted, ""  # without a match a limit has always meant exactly this revision
        if wanted > self._store.revision:
            raise _too_large(wanted, self._store.revision)
        return self._store.revision, ""

    def _at(self, revision: int, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Compacted:
            raise Expired(LIST_EXPIRED) from None
        except FutureRevision:
            raise _too_large(revision, self._store.revision) from None


def not_found(kind: Kind, name: str) -> NotFound:
    """The 404 for an object."""
    return NotFound(f'{kind.full_name} "{name}" not found', kind.details(name))


def selector_of(kind: Kind, request: Request) -> Selects | None:
    """The test that the request's selectors put to an object; None when everything passes. Raises BadRequest."""
    params = request.params
    labels_text, fields_text = params.get("labelSelector", ""), params.get("fieldSelector", "")
    if not labels_text and not fields_text and not request.name:
        return None
    try:
        labels = parse_label_selector(labels_text) if labels_text else None
        fields = parse_field_selector(fields_text) if fields_text else None
    except ValueError as error:
        raise BadRequest(str(error)) from None
    for path, _, _ in fields or ():
        if problem := _field_problem(kind, path):
            raise BadRequest(problem)
    name = request.name

    def selects(obj: Obj) -> bool:
        metadata = obj["metadata"]
        if name and metadata["name"] != name:
            return False
        if labels is not None and not labels.matches(metadata.get("labels") or {}):
            return False
        return fields is None or fields.matches(obj)

    return selects


def _field_problem(kind: Kind, path: str) -> str:
    """What is wrong with selecting by this field; kinds without fields of their own have other words for it."""
    if path in kind.selectable or path == "metadata.name":
        return ""
    if path in EVERYWHERE and (kind.is_namespaced or not kind.selectable):
        return ""
    if kind.selectable or kind.custom:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _watch_index(kind: Kind, request: Request) -> str:
    """Where a watcher waits: at a name, a node, a namespace, or for everything."""
    fields = request.params.get("fieldSelector", "")
    for path, op, value in parse_field_selector(fields) if fields else ():
        if op == "=" and value and path == "metadata.name":
            return "name/" + value
        if op == "=" and value and path == "spec.nodeName" and kind.kind == "Pod":
            return "node/" + value
    return "ns/" + request.namespace if request.namespace else ""


def _within(namespace: str, selects: Selects | None) -> Selects:
    """What lies in the namespace and is selected."""
    return lambda obj: obj["metadata"].get("namespace") == namespace and (selects is None or selects(obj))


def number_of(request: Request, name: str) -> int:
    """A parameter that is a number; 0 when it is not given. Raises BadRequest."""
    text = request.params.get(name, "") or "0"
    if not DIGITS.fullmatch(text):
        raise BadRequest(f'{name}: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax')
    return int(text)


def _too_large(wanted: int, newest: int) -> Timeout:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    text = f"Timeout: Too large resource version: {wanted}, current: {newest}"
    return Timeout(text, {"causes": [cause], "retryAfterSeconds": 1})


def _token(revision: int, last_key: str, prefix: str) -> str:
    """The continue token for what comes after a key."""
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": last_key[len(prefix) :] + "\u0000"})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse_token(token: str, prefix: str) -> tuple[int, str]:
    """The revision of a continue token, and the key after which it goes on. Raises BadRequest."""
    try:
        fields = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        version, revision, start = (fields.get(name) for name in ("v", "rv", "start"))
    except (binascii.Error, ValueError, AttributeError) as error:
        raise BadRequest(f"invalid continue token: continue key is not valid: {error}") from None
    problem = ""
    if version != "meta.k8s.io/v1":
        problem = f"server does not recognize this encoded version {version or ''}"
    elif not isinstance(revision, int) or not revision:
        problem = "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
    elif not isinstance(start, str) or not start:
        problem = "encoded start key empty (version meta.k8s.io/v1)"
    elif posixpath.normpath("/" + start) != "/" + start:
        problem = start
    if problem:
        raise BadRequest(f"invalid continue token: continue key is not valid: {problem}")
    return revision, prefix + start.rstrip("\u0000")
