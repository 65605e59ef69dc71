"""A command that runs beside the process of a container, takes its time, and may be typed at.

Source    containerd's exec; the kernel's terminals (a newline is shown as CR LF)
Left out  the size of a terminal; what it takes of CPU and memory; it ends when nobody listens any more
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from k8slab.world.images.behaviour import ExecResult
from k8slab.world.images.shell import Shell
from k8slab.world.images.typed import INTERRUPTED_CODE, Interrupted, Typed
from k8slab.world.outlets import Outlet

if TYPE_CHECKING:
    from k8slab.clock import Timer
    from k8slab.world.containers import Container
    from k8slab.world.images.calls import Place

__all__ = [
    "Command",
    "Session",
]

KILLED_CODE = 137
UNREAD_LIMIT_BYTES = 64 * 1024 * 1024


class Session(Protocol):
    """Something that hangs on a container and is told of its end."""

    def lost(self) -> None:
        """The container is no more."""


class Command:
    """A session with it: `stdout` and `stderr`, and at last `error` with what `status` makes of its exit code."""

    def __init__(
        self, container: Container, status: Callable[[int], Any], *, has_input: bool = False, is_tty: bool = False
    ) -> None:
        self._container = container
        self._status = status
        self._is_tty = is_tty
        self._typed = Typed(self._out if is_tty else None) if has_input else None
        self._outlet = Outlet()
        self._steps: Any = None
        self._timer: Timer | None = None
        self._is_reading = False
        self._taken_bytes = 0

    @property
    def is_closed(self) -> bool:
        """It has ended."""
        return self._outlet.is_closed

    def begin(self, place: Place, words: Sequence[str]) -> ExecResult:
        """Start it; a command that takes no time is over at once."""
        self._steps = Shell(place, self._out, self._err, self._typed or "").run(words)
        self._go_on()
        return ExecResult(0)

    def finish(self, result: ExecResult) -> None:
        """It is over; nothing has happened yet when it was no command of the shell."""
        if self._steps is None:
            self._out(result.output)
            self._err(result.errors)
        self._end(result.exit_code)

    @property
    def has_begun(self) -> bool:
        """It goes on by itself."""
        return self._steps is not None

    def lost(self) -> None:
        """Its container is no more."""
        self._end(KILLED_CODE)

    def pull(self) -> list[tuple[str, Any]]:
        """Take what has arrived."""
        return self._outlet.pull()

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is something again, and at the end."""
        self._outlet.on_arrival(wake)

    def send(self, data: bytes) -> None:
        """Type."""
        if self._typed is None or self.is_closed:
            return
        self._taken_bytes += len(data)
        if self._taken_bytes > UNREAD_LIMIT_BYTES:
            self.lost()
        elif self._typed.feed(data):
            self._container.run(self._interrupt)
        else:
            self._read_on()

    def end_input(self) -> None:
        """Type no more."""
        if self._typed is not None:
            self._typed.end()
            self._read_on()

    def close(self) -> None:
        """Nobody listens any more: kill it."""
        self._outlet.close()
        self._forget()

    def _read_on(self) -> None:
        if self._is_reading:
            self._container.run(self._go_on)

    def _interrupt(self) -> None:
        if self._steps is not None:
            self._go_on(Interrupted())

    def _go_on(self, thrown: Exception | None = None) -> None:
        self._forget_timer()
        steps = self._steps
        try:
            pause = next(steps) if thrown is None else steps.throw(thrown)
        except StopIteration as end:
            self._end(end.value)
        except Interrupted:
            self._end(INTERRUPTED_CODE)
        else:
            self._is_reading = pause.reads
            if pause.seconds < float("inf") and not self.is_closed:
                loop, run = self._container.sandbox.vm.loop, self._container.run
                self._timer = loop.call_later(pause.seconds, run, self._go_on, background=pause.background)

    def _end(self, code: int) -> None:
        if not self.is_closed:
            self._outlet.put("error", self._status(code))
        self.close()

    def _forget(self) -> None:
        self._forget_timer()
        self._is_reading = False
        self._container.commands = tuple(one for one in self._container.commands if one is not self)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _out(self, text: str) -> None:
        if text:
            self._outlet.put("stdout", text.replace("\n", "\r\n") if self._is_tty else text)

    def _err(self, text: str) -> None:
        if self._is_tty:  # a terminal has one output
            self._out(text)
        elif text:
            self._outlet.put("stderr", text)
