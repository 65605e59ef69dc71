"""What a program of the little shell is given, and what it may do while it takes its time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from k8slab.world.files import Files
    from k8slab.world.outgoing import PodNetwork

__all__ = [
    "FOREVER_S",
    "Call",
    "Pause",
    "Place",
    "Program",
    "Steps",
]

FOREVER_S = float("inf")


class Pause(NamedTuple):
    """The program sleeps; in a loop that is background work, as it may come back for ever.

    One that `spins` does not sleep at all: it burns a CPU. One that `reads` waits for input.
    """

    seconds: float
    background: bool = False
    spins: bool = False
    reads: bool = False


Steps = Generator[Pause, None, int]


class Place(NamedTuple):
    """Where programs run: files, environment, clock, network, and the names of programs that are not there.

    `own` names the programs that the image was made for; `run_own` runs one of them.
    """

    files: Files
    env: Mapping[str, str]
    now: Callable[[], float]
    net: PodNetwork | None = None
    missing: frozenset[str] = frozenset()
    machine_up_s: float = 0.0
    own: frozenset[str] = frozenset()
    run_own: Callable[[Call], Steps] | None = None


class Call(NamedTuple):
    """One call of a program. `out` and `err` print."""

    name: str
    args: tuple[str, ...]
    stdin: str
    out: Callable[[str], object]
    err: Callable[[str], object]
    env: Mapping[str, str]
    cwd: str
    place: Place

    @property
    def files(self) -> Files:
        """The files of the container."""
        return self.place.files

    @property
    def flags(self) -> str:
        """The letters of all short options."""
        return "".join(arg[1:] for arg in self.args if arg.startswith("-") and not arg.startswith("--"))

    @property
    def names(self) -> list[str]:
        """The arguments that are no options."""
        return [arg for arg in self.args if not arg.startswith("-") or arg == "-"]

    def path(self, name: str) -> str:
        """The whole path of a file."""
        whole = name if name.startswith("/") else f"{self.cwd.rstrip('/')}/{name}"
        parts: list[str] = []
        for part in whole.split("/"):
            if part == "..":
                parts[-1:] = []
            elif part not in ("", "."):
                parts.append(part)
        return "/" + "/".join(parts)

    def fail(self, text: str, code: int = 1) -> int:
        """Say what is wrong, with the program's name before it."""
        self.err(f"{self.name}: {text}\n")
        return code


Program = Callable[[Call], int | Steps]
