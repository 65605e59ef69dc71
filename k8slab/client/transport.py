"""How a request reaches the API server. In one process that is a function call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from k8slab.objects import thaw
from k8slab.wire import Request, Response, ServiceUnavailable, Stream, WatchEvent

__all__ = [
    "Impersonating",
    "InProcess",
    "Transport",
]


class Transport(Protocol):
    """A way to the API server."""

    @property
    def user(self) -> str:
        """In whose name requests are sent."""

    @property
    def now(self) -> float:
        """The server's clock, in seconds since 1970."""

    @property
    def delay_s(self) -> float:
        """How much longer than usual an event of a watch takes to arrive."""

    @property
    def is_connected(self) -> bool:
        """What a watch tells arrives; False while the link is cut."""

    def send(self, request: Request) -> Response:
        """Answer one request. Raises ServiceUnavailable when nobody answers."""


class InProcess:
    """Straight into `handle`.

    Answers are shared with the server and must not be changed; with `isolated=True` they are copies,
    so that a person may do with them as they like. `is_reachable` tells whether there is a way to the
    server at this moment (or raises ServiceUnavailable in its own words), `delay` how slow it is for what a
    watch tells; `groups` are those of the user that do not follow from its name.
    """

    def __init__(
        self,
        handle: Callable[[Request], Response],
        clock: Callable[[], float],
        user: str,
        *,
        isolated: bool = False,
        is_reachable: Callable[[], bool] | None = None,
        delay: Callable[[], float] | None = None,
        groups: tuple[str, ...] = (),
    ) -> None:
        self._handle = handle
        self._clock = clock
        self.user = user
        self._isolated = isolated
        self._is_reachable = is_reachable
        self._delay = delay
        self._groups = groups

    @property
    def now(self) -> float:
        """The server's clock, in seconds since 1970."""
        return self._clock()

    @property
    def delay_s(self) -> float:
        """How much longer than usual an event of a watch takes to arrive."""
        return self._delay() if self._delay is not None else 0.0

    @property
    def is_connected(self) -> bool:
        """What a watch tells arrives; False while the link is cut."""
        try:
            return self._is_reachable is None or self._is_reachable()
        except ServiceUnavailable:
            return True  # the server is down: it has closed its streams itself

    def send(self, request: Request) -> Response:
        """Answer one request. Raises ServiceUnavailable when there is no way to the server."""
        if self._is_reachable is not None and not self._is_reachable():
            raise ServiceUnavailable("Unable to connect to the server: dial tcp: connect: no route to host")
        if self._groups:
            request = request._replace(groups=self._groups)
        if not self._isolated:
            return self._handle(request)
        response = self._handle(request._replace(body=thaw(request.body)))
        stream = IsolatedStream(response.stream) if response.stream else None
        return response._replace(body=thaw(response.body), stream=stream)


class Impersonating:
    """A way to the API server in somebody else's name, for who is allowed to take it."""

    def __init__(self, transport: Transport, user: str, groups: tuple[str, ...] = ()) -> None:
        self._transport = transport
        self._as = user, groups

    @property
    def user(self) -> str:
        """Who it really is."""
        return self._transport.user

    @property
    def now(self) -> float:
        """The server's clock, in seconds since 1970."""
        return self._transport.now

    @property
    def delay_s(self) -> float:
        """How much longer than usual an event of a watch takes to arrive."""
        return self._transport.delay_s

    @property
    def is_connected(self) -> bool:
        """What a watch tells arrives; False while the link is cut."""
        return self._transport.is_connected

    def send(self, request: Request) -> Response:
        """Answer one request. Raises ServiceUnavailable when nobody answers."""
        user, groups = self._as
        return self._transport.send(request._replace(as_user=user, as_groups=groups))


class IsolatedStream:
    """A stream whose objects are copies."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def is_closed(self) -> bool:
        """The watch has ended; what has arrived can still be pulled."""
        return self._stream.is_closed

    def pull(self) -> list[WatchEvent]:
        """Take everything that has arrived, in order."""
        return [WatchEvent(event.type, thaw(event.object)) for event in self._stream.pull()]

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the stream stops being empty, and when it is closed."""
        self._stream.on_arrival(wake)

    def close(self) -> None:
        """End the watch."""
        self._stream.close()
