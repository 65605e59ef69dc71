"""List, watch, list again: what a reflector does, with every request and every event written down.

Watches   one kind, in a namespace or with selectors
Writes    nothing
Source    tools/cache/reflector.go of client-go: list, then watch from the list's resourceVersion; after an end, watch
          from the last number; after 410 Gone, list again; docs/reference/using-api/api-concepts.md, "Efficient
          detection of changes", "Watch bookmarks"
Left out  lists in pages, lists as a stream of events (sendInitialEvents); the wait between two attempts: the next
          `update` tries again
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from k8slab.client import ObjectList, Reader, Resource
from k8slab.objects import Key, key_of
from k8slab.view.tape.lines import COMES, REQUESTS, Line, size_of, told_of
from k8slab.view.tape.table import tape_html, tape_text
from k8slab.view.tape.words import Words
from k8slab.wire import ApiError, ServiceUnavailable, Stream, WatchEvent

__all__ = ["Tape"]

Obj = dict[str, Any]
KEPT = 5_000  # lines


class Tape:
    """The list and watch of one kind. `update` takes what has come; IPython shows the lines as a table.

    `requests` and `events` are counted, as is all that was received, as JSON; `hidden` are lines that were forgotten.
    `wake` is called when something arrives, by whatever thread brings it.
    Raises ApiError when the kind is unknown, or the list is refused.
    """

    def __init__(
        self, reader: Reader, kind: str, namespace: str = "", *, labels: str = "", fields: str = "", lang: str = "en"
    ) -> None:
        self.lines: deque[Line] = deque(maxlen=KEPT)
        self.hidden = self.requests = self.events = self.received_bytes = 0
        self.is_torn = False
        self.words = Words(lang)
        self._reader = reader
        self._kind = kind
        self._resource: Resource = reader.mapper.named(kind)
        self._namespace = namespace if self._resource.is_namespaced else ""
        self._labels, self._fields = labels, fields
        self._objects: dict[Key, Obj] = {}
        self._arrived: deque[tuple[float, WatchEvent]] = deque()
        self._revision = ""
        self._stream: Stream | None = None
        self.wake: Callable[[], None] | None = None
        self._list()
        self.began = self.lines[0].time
        self._watch()

    @property
    def title(self) -> str:
        """Whose tape this is: `pods in default, app=web`."""
        what = self._resource.plural
        if self._namespace:
            what = self.words("where", what=what, namespace=self._namespace)
        return ", ".join(filter(None, [what, self._labels, self._fields]))

    @property
    def is_open(self) -> bool:
        """A stream is open at this moment."""
        return self._stream is not None

    @property
    def text(self) -> str:
        """The newest lines as a terminal shows them."""
        return tape_text(self)

    @property
    def html(self) -> str:
        """The newest lines as a table."""
        return tape_html(self)

    def update(self) -> None:
        """Write down what has come, and open the stream again where it has ended."""
        if self.is_torn:
            return
        try:
            if self._take():
                return
            if self._revision:
                self._watch()
                if self._take():
                    return
            self._list()
            self._watch()
            self._take()
        except ApiError as error:
            self._stream = None
            if self.lines[-1].type != "SILENT":  # said once, however often it is tried
                is_away = isinstance(error, ServiceUnavailable)
                self._note("SILENT", "", "", self.words("waiting") if is_away else error.message)

    def tear(self) -> None:
        """Hang up: what happens from now on is not heard. What had come is still taken."""
        self.update()
        if self.is_torn:
            return
        self.is_torn = True
        if self._stream is not None:
            self._stream.close()
        self._stream = None
        self._note("TORN", self._revision, "", self.words("TORN", revision=self._revision))

    def mend(self) -> None:
        """Come back, and ask for everything after the last number that was seen."""
        self.is_torn = False
        self.update()

    def close(self) -> None:
        """End the watch for good."""
        self.is_torn = True
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _list(self) -> None:
        found = self._reader.list(self._kind, self._namespace, labels=self._labels, fields=self._fields)
        is_first = not self.requests
        self._note("LIST", found.resource_version, self._path({}), self.words("items", n=len(found)), self._size(found))
        there = {key_of(obj): obj for obj in found}
        if not is_first:  # what is there at the beginning has not changed
            self._compare(there)
        self._objects = there
        self._revision = found.resource_version

    def _compare(self, there: dict[Key, Obj]) -> None:
        for key in [key for key in self._objects if key not in there]:
            self._find("DELETED", key, None)
        for key, obj in there.items():
            known = self._objects.get(key)
            if known is None:
                self._find("ADDED", key, obj)
            elif known["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
                self._find("MODIFIED", key, obj)

    def _find(self, type_: str, key: Key, obj: Obj | None) -> None:
        told = told_of(self._resource.kind, key, self._objects.get(key), obj, self.words)
        told = f"{told} ({self.words('found')})" if told else self.words("found")
        revision = obj["metadata"]["resourceVersion"] if obj else ""
        self._add(Line(self._reader.now, type_, revision, self._name(key), told, 0, is_found=True))

    def _watch(self) -> None:
        self._stream = stream = self._reader.watch(
            self._kind,
            self._namespace,
            since=self._revision,
            labels=self._labels,
            fields=self._fields,
            bookmarks=True,
        )
        params = {"watch": "1", "resourceVersion": self._revision, "allowWatchBookmarks": "true"}
        self._note("WATCH", self._revision, self._path(params), self.words("since", revision=self._revision))
        stream.on_arrival(lambda: self._collect(stream))

    def _collect(self, stream: Stream) -> None:
        """Note the moment at which something comes."""
        now, events = self._reader.now, stream.pull()
        self._arrived.extend((now, event) for event in events)
        if self.wake is not None and (events or stream.is_closed):
            self.wake()

    def _take(self) -> bool:
        """Write down what has arrived; True when the stream is still good, or can be opened where it ended later."""
        stream = self._stream
        if stream is None:
            return False
        self._collect(stream)
        while self._arrived:
            moment, event = self._arrived.popleft()
            if event.type == "ERROR":
                self._refused(moment, event)
                return False
            self._event(moment, event)
        if stream.is_closed:
            self._stream = None
            self._note("END", self._revision, "", self.words("END"))
        return not stream.is_closed

    def _refused(self, moment: float, event: WatchEvent) -> None:
        status = event.object
        what = f"{status.get('code', '')} {status.get('reason', '')}"
        self._add(Line(moment, "ERROR", "", what, status.get("message", ""), _event_size(event)))
        self._arrived.clear()
        self._stream, self._revision = None, ""

    def _event(self, moment: float, event: WatchEvent) -> None:
        obj = event.object
        self._revision = revision = obj["metadata"]["resourceVersion"]
        if event.type == "BOOKMARK":
            told, what = self.words("bookmark"), ""
        else:
            key = key_of(obj)
            what = self._name(key)
            after = None if event.type == "DELETED" else obj
            told = told_of(self._resource.kind, key, self._objects.pop(key, None), after, self.words)
            if after is not None:
                self._objects[key] = after
        self._add(Line(moment, event.type, revision, what, told, _event_size(event)))

    def _note(self, type_: str, revision: str, what: str, told: str, size_bytes: int = 0) -> None:
        self._add(Line(self._reader.now, type_, revision, what, told, size_bytes))

    def _add(self, line: Line) -> None:
        self.hidden += len(self.lines) == KEPT
        self.lines.append(line)
        self.requests += line.type in REQUESTS
        self.events += line.type in COMES and not line.is_found
        self.received_bytes += line.size_bytes

    def _name(self, key: Key) -> str:
        return key.name if self._namespace else str(key)

    def _path(self, params: dict[str, str]) -> str:
        """The URL that a person could ask with `kubectl get --raw`."""
        resource = self._resource
        root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
        where = f"/namespaces/{self._namespace}" if self._namespace else ""
        asked = {"labelSelector": self._labels, "fieldSelector": self._fields} | params
        query = "&".join(f"{name}={quote(text, safe=',')}" for name, text in asked.items() if text)
        return f"GET {root}{where}/{resource.plural}" + (f"?{query}" if query else "")

    def _size(self, found: ObjectList) -> int:
        head = {"kind": f"{self._resource.kind}List", "apiVersion": self._resource.api_version}
        metadata = {"resourceVersion": found.resource_version}
        return size_of({**head, "metadata": metadata, "items": list(found)})

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def _event_size(event: WatchEvent) -> int:
    return size_of({"type": event.type, "object": event.object}) + 1  # and the end of the line
