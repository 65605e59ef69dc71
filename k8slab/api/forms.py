"""Other forms of an answer: a Table for people, or only the metadata.

Source    staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go (doTransformObject, asTable,
          asPartialObjectMetadata); apimachinery/pkg/apis/meta/v1beta1/validation/validation.go
Left out  meta.k8s.io/v1beta1; what the cells of a BOOKMARK show (they are empty); managedFields in the rows of a
          Table, which nobody reads there: they are half of what kubectl would have to parse
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.kinds import Kind
from k8slab.api.tables import PARTIAL, VERSION, Tables
from k8slab.wire import BadRequest, NotAcceptable, Request, Response, Stream, WatchEvent

__all__ = ["Forms"]

Obj = dict[str, Any]

TABLE, PARTIAL_LIST = "Table", "PartialObjectMetadataList"
INCLUDED = ("", "Metadata", "Object", "None")


class Forms:
    """Gives answers another form."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tables = Tables()

    def formed(self, kind: Kind, request: Request, response: Response) -> Response:
        """The answer as `accept` wants it; a Status stays what it is. Raises BadRequest, NotAcceptable."""
        if request.accept not in (TABLE, PARTIAL, PARTIAL_LIST):
            return response
        included = request.params.get("includeObject", "")
        if request.accept == TABLE and included not in INCLUDED:
            text = f"includeObject: Invalid value: \"{included}\": must be 'Metadata', 'Object', 'None', or empty"
            raise BadRequest(f"Unable to convert to Table as requested: {text}")

        def shown(body: Obj, is_bookmark: bool = False) -> Obj:
            if body["kind"] == "Status":
                return body
            if request.accept != TABLE:
                return _partial(kind, body, request.accept)
            if is_bookmark:
                return self._tables.of_bookmark(kind, body, included)
            return self._tables.of(kind, body, included, self._now())

        if response.stream is not None:
            return response._replace(stream=FormedStream(response.stream, shown))
        return response._replace(body=shown(response.body))


class FormedStream:
    """A watch whose objects come in another form; only the first Table tells the columns."""

    def __init__(self, stream: Stream, shown: Callable[[Obj, bool], Obj]) -> None:
        self._stream, self._shown = stream, shown
        self._has_told = False

    @property
    def is_closed(self) -> bool:
        """The watch has ended; what has arrived can still be pulled."""
        return self._stream.is_closed

    def pull(self) -> list[WatchEvent]:
        """Take everything that has arrived, in order."""
        return [event._replace(object=self._formed(event)) for event in self._stream.pull()]

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the stream stops being empty, and when it is closed."""
        self._stream.on_arrival(wake)

    def close(self) -> None:
        """End the watch."""
        self._stream.close()

    def _formed(self, event: WatchEvent) -> Obj:
        """The object of an event in its form, or as it is where it has none."""
        try:
            obj = self._shown(event.object, event.type == "BOOKMARK")
        except NotAcceptable:
            return event.object
        if obj["kind"] == TABLE:
            obj["columnDefinitions"] = None if self._has_told else obj["columnDefinitions"]
            self._has_told = True
        return obj


def _partial(kind: Kind, body: Obj, wanted: str) -> Obj:
    is_list = body["kind"] == kind.list_kind
    if is_list != (wanted == PARTIAL_LIST):
        about = f"you requested {wanted}, but the requested object is {'' if is_list else 'not '}a list"
        raise NotAcceptable(f"{about} ({_go_type(kind, body)})")
    if not is_list:
        return _metadata_of(body)
    items = [_metadata_of(obj) for obj in body["items"]]
    return {"kind": PARTIAL_LIST, "apiVersion": VERSION, "metadata": body["metadata"], "items": items}


def _metadata_of(obj: Obj) -> Obj:
    return {"kind": PARTIAL, "apiVersion": VERSION, "metadata": obj["metadata"]}


def _go_type(kind: Kind, body: Obj) -> str:
    """How the real server calls the type of an object in its errors."""
    if kind.custom:
        return f"*unstructured.Unstructured{'List' if body['kind'] == kind.list_kind else ''}"
    return f"*{kind.group.partition('.')[0] or 'core'}.{body['kind']}"
