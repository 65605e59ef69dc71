"""A watch that arrives line by line: a thread reads, whoever looks takes what has come.

Source    staging/src/k8s.io/apimachinery/pkg/watch/streamwatcher.go
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from k8slab.wire import WatchEvent

__all__ = ["LineStream"]


class LineStream:
    """The events of one answer. `ended` is called once, with True when the connection broke before its end."""

    def __init__(self, answer: Any, ended: Callable[[LineStream, bool], None], arrived: Callable[[], None]) -> None:
        self._answer = answer
        self._ended = ended
        self._arrived = arrived
        self._events: deque[WatchEvent] = deque()
        self._wake: Callable[[], None] = _nothing
        self._is_over = False
        self._is_unwanted = False
        self._thread = threading.Thread(target=self._read, name="k8slab-watch", daemon=True)
        self._thread.start()

    @property
    def is_closed(self) -> bool:
        """The watch has ended; what has arrived can still be pulled."""
        return self._is_over

    def pull(self) -> list[WatchEvent]:
        """Take everything that has arrived, in order."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` (in another thread) whenever something has arrived, and when the stream is closed."""
        self._wake = wake
        if self._events or self._is_over:
            wake()

    def close(self) -> None:
        """End the watch; it does not wait for the thread."""
        self._is_unwanted = self._is_over = True
        with suppress(Exception):  # a connection that is broken already
            _shut(self._answer)

    def _read(self) -> None:
        is_broken = False
        try:
            for line in _lines(self._answer):
                self._take(json.loads(line))
        except Exception:  # whatever a broken connection, or half a line, raises
            is_broken = not self._is_unwanted
        finally:
            with suppress(Exception):
                self._answer.release_conn() if not is_broken else self._answer.close()
            self._is_over = True
            self._ended(self, is_broken)
            self._tell()

    def _take(self, event: dict[str, Any]) -> None:
        self._events.append(WatchEvent(event["type"], event["object"]))
        self._tell()

    def _tell(self) -> None:
        self._arrived()
        self._wake()


def _lines(answer: Any) -> Any:
    """The whole lines of an answer as they come. Raises ValueError when the last one is cut off."""
    rest = b""
    for part in answer.stream(65536, decode_content=True):
        *whole, rest = (rest + part).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        raise ValueError("the last line has no end")


def _shut(answer: Any) -> None:
    """Wake whoever reads from the connection, by ending what comes through it."""
    if hasattr(answer, "shutdown"):
        answer.shutdown()
    else:  # urllib3 before 2.3
        answer._connection.sock.shutdown(2)


def _nothing() -> None:
    """Nobody waits."""
