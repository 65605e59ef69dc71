"""Being there while the process of a container prints, and typing at it.

Left out  what it has printed before
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8slab.world.outlets import Outlet

if TYPE_CHECKING:
    from k8slab.world.containers import Container

__all__ = [
    "Attached",
]


class Attached:
    """A session with a process; `status` comes at its end. With `is_once` its input ends with this session."""

    def __init__(self, container: Container, status: Any, *, has_input: bool = False, is_once: bool = False) -> None:
        self._container = container
        self._has_input = has_input and container.config.stdin
        self._is_once = is_once
        newline = "\r\n" if container.config.tty else "\n"
        shape = lambda at, text: text.replace("\n", newline)  # noqa: E731
        self._outlet = Outlet(shape, is_raw=True, last=("error", status))
        container.follow(self._outlet)

    @property
    def is_closed(self) -> bool:
        """The process has ended."""
        return self._outlet.is_closed

    def pull(self) -> list[tuple[str, Any]]:
        """Take what has arrived."""
        return self._outlet.pull()

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is something again, and at the end."""
        self._outlet.on_arrival(wake)

    def send(self, data: bytes) -> None:
        """Type."""
        if self._has_input:
            self._container.feed(data)

    def end_input(self) -> None:
        """Type no more."""
        if self._has_input and self._is_once:
            self._container.end_input()

    def close(self) -> None:
        """Leave."""
        self._outlet.close()
        self.end_input()
