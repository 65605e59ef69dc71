"""Get, list and watch: selectors, pages, the past, and streams.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/get.go, pkg/storage/continue.go
Left out  pages in descending order; sendInitialEvents over several pages
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.api.watch_cache import Selects, WatchCache, Watcher, served
from k8slab.etcd import Compacted, FutureRevision, Store
from k8slab.objects import parse_field_selector, parse_label_selector
from k8slab.wire import BadRequest, Expired, NotFound, Request, Response, Timeout, WatchEvent

__all__ = [
    "Queries",
]

Obj = dict[str, Any]

EVERYWHERE = ("metadata.name", "metadata.namespace")
CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter."
)


class Queries:
    """Reading, from the watch caches for the present and from the store for the past."""

    def __init__(self, store: Store, cache_of: Callable[[Kind], WatchCache]) -> None:
        self._store = store
        self._cache_of = cache_of

    def newest(self, kind: Kind, request: Request) -> Obj:
        """The object that the request names, as it is now. Raises NotFound."""
        obj = self._cache_of(kind).objects.get(kind.key(request.namespace, request.name))
        if obj is None:
            raise not_found(kind, request.name)
        return obj

    def find(self, kind: Kind, request: Request) -> Obj:
        """The object that the request names, at the revision it names. Raises NotFound, Expired, BadRequest."""
        revision = _number(request, "resourceVersion")
        if not revision:
            return self.newest(kind, request)
        key = kind.key(request.namespace, request.name)
        kv = self._at(revision, lambda: self._store.get(key, revision))
        if kv is None:
            raise not_found(kind, request.name)
        return served(kv)

    def list(self, kind: Kind, request: Request) -> Response:
        """A list object with its resourceVersion, and a continue token when a limit cut it."""
        selects = selector_of(kind, request)
        prefix, limit = kind.prefix(request.namespace), _number(request, "limit")
        revision, after = self._place(request, prefix)
        objects: Iterable[Obj]
        if revision == self._store.revision:
            cache = self._cache_of(kind)
            objects = [cache.objects[key] for key in cache.keys(prefix, after)]
        else:
            found = self._at(revision, lambda: self._store.range(prefix, revision=revision, after=after))
            objects = [served(kv) for kv in found.kvs]
        items = [obj for obj in objects if selects is None or selects(obj)]
        metadata: Obj = {"resourceVersion": str(revision)}
        if limit and len(items) > limit:
            metadata["continue"] = _continue_token(revision, kind, items[limit - 1], prefix)
            if selects is None:
                metadata["remainingItemCount"] = len(items) - limit
            items = items[:limit]
        body = {"kind": kind.kind + "List", "apiVersion": kind.api_version, "metadata": metadata, "items": items}
        return Response(200, body)

    def watch(self, kind: Kind, request: Request) -> Watcher:
        """Open a watch; a resourceVersion that is compacted gives a stream with the Status 410 in it."""
        since_text = request.params.get("resourceVersion", "")
        since = _number(request, "resourceVersion") if since_text not in ("", "0") else None
        if since is not None and since > self._store.revision:
            raise _too_large(since, self._store.revision)
        cache = self._cache_of(kind)
        index, selects = _watch_index(kind, request), selector_of(kind, request)
        watcher = cache.watch(kind.prefix(request.namespace), selects, index, since)
        if watcher is None:
            watcher = Watcher(cache, index, None)
            watcher.is_closed = True
            text = f"too old resource version: {since} ({self._store.compacted_revision + 1})"
            watcher.push(WatchEvent("ERROR", Expired(text).status))
            return watcher
        watcher.wants_bookmarks = request.params.get("allowWatchBookmarks") == "true"
        if request.params.get("sendInitialEvents") == "true":
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
            if revision < self._store.compacted_revision:
                raise Expired(CONTINUE_EXPIRED)
            return revision, after
        wanted = _number(request, "resourceVersion")
        match = request.params.get("resourceVersionMatch", "")
        if match == "Exact":
            if not wanted:
                raise BadRequest('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"')
            return wanted, ""
        if wanted > self._store.revision:
            raise _too_large(wanted, self._store.revision)
        return self._store.revision, ""

    def _at(self, revision: int, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Compacted as error:
            oldest = error.compacted_revision
            raise Expired(f"The resourceVersion for the provided list is too old: {revision} ({oldest})") from None
        except FutureRevision:
            raise _too_large(revision, self._store.revision) from None


def not_found(kind: Kind, name: str) -> NotFound:
    """The 404 for an object."""
    details: Obj = {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}
    return NotFound(f'{kind.full_name} "{name}" not found', details)


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
        if path not in EVERYWHERE and path not in kind.selectable:
            place = f"{kind.group}/{kind.version}, Resource={kind.plural}"
            raise BadRequest(
                f'Unable to find "{place}" that match label selector "{labels_text}", '
                f'field selector "{fields_text}": field label not supported: {path}'
            )
    name = request.name

    def selects(obj: Obj) -> bool:
        metadata = obj["metadata"]
        if name and metadata["name"] != name:
            return False
        if labels is not None and not labels.matches(metadata.get("labels") or {}):
            return False
        return fields is None or fields.matches(obj)

    return selects


def _watch_index(kind: Kind, request: Request) -> str:
    """Where a watcher waits: at a node, at a namespace, or for everything."""
    fields = request.params.get("fieldSelector", "")
    if kind.kind == "Pod" and fields:
        for path, op, value in parse_field_selector(fields):
            if path == "spec.nodeName" and op == "=" and value:
                return "node/" + value
    return "ns/" + request.namespace if request.namespace else ""


def _number(request: Request, name: str) -> int:
    text = request.params.get(name, "") or "0"
    if not text.isdigit():
        raise BadRequest(f'{name}: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax')
    return int(text)


def _too_large(wanted: int, newest: int) -> Timeout:
    message = f"Too large resource version: {wanted}, current: {newest}"
    return Timeout(message, {"causes": [{"reason": "ResourceVersionTooLarge", "message": message}]})


def _continue_token(revision: int, kind: Kind, last: Obj, prefix: str) -> str:
    key = kind.key(last["metadata"].get("namespace", ""), last["metadata"]["name"])
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": key[len(prefix) :] + "\u0000"})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse_token(token: str, prefix: str) -> tuple[int, str]:
    try:
        fields = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(fields["rv"]), prefix + str(fields["start"]).rstrip("\u0000")
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise BadRequest("continue key is not valid") from None
