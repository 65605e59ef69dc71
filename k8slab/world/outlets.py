"""What a container prints, for one who listens from now on.

Left out  a listener that slows the process down: one that never reads is left behind and closed
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = [
    "Outlet",
]

WAITING_LIMIT = 100_000

Output = tuple[str, Any]
Shape = Callable[[float, str], str]


class Outlet:
    """Pairs of a channel and what came out of it, until it is closed; lines of a log come as `shape` makes them.

    One that `is_raw` gets what is printed as it is printed, lines or not. `last` comes when the process has ended.
    """

    __slots__ = ("_last", "_shape", "_waiting", "_wake", "is_closed", "is_raw")

    def __init__(
        self, shape: Shape = lambda at, line: f"{line}\n", *, is_raw: bool = False, last: Output | None = None
    ) -> None:
        self.is_closed = False
        self.is_raw = is_raw
        self._last = last
        self._shape = shape
        self._waiting: list[Output] = []
        self._wake: Callable[[], None] | None = None

    def take(self, at: float, text: str) -> None:
        """Take one line of a log, or what was printed."""
        if shown := self._shape(at, text):
            self.put("stdout", shown)

    def put(self, channel: str, what: Any) -> None:
        """Take what came out of a channel."""
        if self.is_closed:
            return
        self._waiting.append((channel, what))
        if len(self._waiting) > WAITING_LIMIT:
            self.close()
        elif len(self._waiting) == 1:
            self._tell()

    def pull(self) -> list[Output]:
        """Take everything that has arrived, in order (often nothing)."""
        arrived, self._waiting = self._waiting, []
        return arrived

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is something again, and when it is closed."""
        self._wake = wake
        if self._waiting or self.is_closed:
            wake()

    def send(self, data: bytes) -> None:
        """Nobody reads here."""

    def end_input(self) -> None:
        """Nobody reads here."""

    def end(self) -> None:
        """The process has ended."""
        if self._last is not None:
            self.put(*self._last)
        self.close()

    def close(self) -> None:
        """Nothing more will come."""
        if not self.is_closed:
            self.is_closed = True
            self._tell()

    def _tell(self) -> None:
        if self._wake is not None:
            self._wake()
