"""What travels between a client and the API server: Request, Response, WatchEvent, Stream.

A Request names a resource the way the real server sees it after parsing a URL, so that an
HTTP server only has to translate. Bodies are wire-form dicts and are never changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

__all__ = [
    "Request",
    "Response",
    "Session",
    "Stream",
    "Unreadable",
    "WatchEvent",
]

NOTHING: Mapping[str, str] = {}


class Request(NamedTuple):
    """One call of the API.

    `verb` is one of get, list, watch, create, update, patch, delete, deletecollection.
    `params` are the query parameters under their real names (labelSelector, fieldSelector, limit,
    continue, resourceVersion, dryRun, fieldManager …), all text. `content_type` tells the kind of
    a patch; `accept` asks for another form of the answer ("Table"). A call that is about no resource
    (discovery, version, health) has only `path`. `groups` are those of `user` that do not follow from its
    name; `as_user` and `as_groups` say for whom it wants to be taken (impersonation). `doubles` are the texts
    of warnings about fields that the body gave twice.
    """

    verb: str
    resource: str = ""
    group: str = ""
    version: str = "v1"
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    params: Mapping[str, str] = NOTHING
    body: Any = None
    content_type: str = ""
    user: str = ""
    path: str = ""
    accept: str = ""
    groups: tuple[str, ...] = ()
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()


class Unreadable(NamedTuple):
    """A body that could not be read: the reason and message of the answer to whoever may write at all.

    In the message `{kind}` stands for the kind that was expected.
    """

    reason: str
    message: str


class WatchEvent(NamedTuple):
    """One line of a watch stream; `type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."""

    type: str
    object: dict[str, Any]


class Stream(Protocol):
    """An open watch. Events wait in it until they are pulled."""

    @property
    def is_closed(self) -> bool:
        """The server, or the reader, has ended the watch; what has arrived can still be pulled."""

    def pull(self) -> list[WatchEvent]:
        """Take everything that has arrived, in order (often nothing)."""

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the stream stops being empty, and when it is closed."""

    def close(self) -> None:
        """End the watch."""


class Session(Protocol):
    """An open connection to a container: what it prints waits here until it is pulled, what is sent is its input."""

    @property
    def is_closed(self) -> bool:
        """Nothing more will come; what has arrived can still be pulled."""

    def pull(self) -> list[tuple[str, Any]]:
        """Take what has arrived, in order: `stdout` or `stderr` with a text, `error` with the Status that ends it."""

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever there is something again, and when the session is closed."""

    def send(self, data: bytes) -> None:
        """Give it input."""

    def end_input(self) -> None:
        """There is no more input."""

    def close(self) -> None:
        """End the session."""


class Response(NamedTuple):
    """The answer to one Request: an object, a list or a Status in `body`, or a `stream`.

    `revision` is the store's revision after a write (0 after a read), `warnings` are the texts
    of `Warning:` headers, `text` is an answer that is no object (a log), `session` what goes on after it. What a
    container has answered (proxy) comes with its `headers`.
    """

    code: int
    body: dict[str, Any]
    stream: Stream | None = None
    revision: int = 0
    warnings: tuple[str, ...] = ()
    text: str | None = None
    session: Session | None = None
    headers: Mapping[str, str] | None = None
