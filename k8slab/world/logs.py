"""What one container has printed: timestamped lines, the newest kept.

A line may be a callable that makes the text when somebody reads it, so that a busy server costs nothing.

Source    pkg/kubelet/container/log (rotation: only the newest file, of 10 MiB, is read back)
Left out  which of the two streams a line came from; rotated files; a limit in bytes instead of lines
"""

from __future__ import annotations

from collections import deque

from k8slab.world.files import Text
from k8slab.world.outlets import Outlet

__all__ = [
    "Log",
]

LINES_KEPT = 5000


class Log:
    """The output of one instance of a container."""

    __slots__ = ("_lines", "_outlets", "_unfinished")

    def __init__(self) -> None:
        self._lines: deque[tuple[float, Text]] | None = None
        self._unfinished = ""
        self._outlets: tuple[Outlet, ...] = ()

    @property
    def is_rotated(self) -> bool:
        """The oldest lines are gone."""
        return self._lines is not None and len(self._lines) == LINES_KEPT

    def write(self, at: float, text: str) -> None:
        """Print; what follows the last newline waits for its end."""
        self._tell(at, text, is_raw=True)
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in lines:
            self._keep(at, line)

    def line(self, at: float, text: Text) -> None:
        """Print one line."""
        if self._outlets:
            text = _made(text)
            self._tell(at, text + "\n", is_raw=True)
        self._keep(at, text)

    def finish(self, at: float) -> None:
        """Nothing more will be printed."""
        if self._unfinished:
            self._keep(at, self._unfinished)
            self._unfinished = ""
        for outlet in self._outlets:
            outlet.end()
        self._outlets = ()

    def follow(self, outlet: Outlet) -> None:
        """Tell somebody each line from now on, and the end."""
        self._outlets += (outlet,)

    def read(self) -> list[tuple[float, str]]:
        """When each line was printed, and its text, oldest first."""
        return [(at, _made(text)) for at, text in self._lines or ()]

    def _keep(self, at: float, text: Text) -> None:
        if self._lines is None:
            self._lines = deque(maxlen=LINES_KEPT)
        self._lines.append((at, text))
        if self._outlets:
            self._tell(at, _made(text), is_raw=False)

    def _tell(self, at: float, text: str, *, is_raw: bool) -> None:
        if self._outlets:
            self._outlets = tuple(outlet for outlet in self._outlets if not outlet.is_closed)
            for outlet in self._outlets:
                if outlet.is_raw == is_raw:
                    outlet.take(at, text)


def _made(text: Text) -> str:
    return text if isinstance(text, str) else text()
