"""What a build prints, step by step, in the manner of `docker buildx build --progress=plain`.

Source    github.com/moby/buildkit, util/progress/progressui (numbers, CACHED, DONE with seconds, ERROR)
Left out  what the commands of a RUN print themselves; lines between the begin and the end of a step
"""

from __future__ import annotations

from k8slab.clock import Loop

__all__ = [
    "Progress",
    "told_bytes",
]

UNITS = ("B", "kB", "MB", "GB", "TB")


class Progress:
    """Numbered steps: when each began and ended, and how."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._began: dict[int, float] = {}
        self._lines: dict[int, list[str]] = {}

    def begin(self, name: str) -> int:
        """A step begins; its number."""
        number = len(self._lines) + 1
        self._began[number] = self._loop.now
        self._lines[number] = [f"#{number} {name}"]
        return number

    def say(self, number: int, text: str) -> None:
        """A line of a step."""
        self._lines[number].append(f"#{number} {text}")

    def took(self, number: int, text: str) -> None:
        """A line of a step with the seconds that it took."""
        self.say(number, f"{text} {self._seconds(number)} done")

    def done(self, number: int) -> None:
        """A step is over."""
        self.say(number, f"DONE {self._seconds(number)}")

    def cached(self, name: str) -> None:
        """A step need not be taken."""
        self.say(self.begin(name), "CACHED")

    def error(self, number: int, text: str) -> None:
        """A step has failed."""
        self.say(number, f"ERROR: {text}")

    @property
    def text(self) -> str:
        """All steps, each with its lines, in the order in which they began."""
        return "\n\n".join("\n".join(lines) for lines in self._lines.values()) + "\n"

    def _seconds(self, number: int) -> str:
        return f"{self._loop.now - self._began[number]:.1f}s"


def told_bytes(size_bytes: int) -> str:
    """An amount as a builder tells it: 412B, 1.50kB, 48.2MB."""
    amount, unit = float(size_bytes), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{size_bytes}B" if not unit else f"{amount:.4g}{UNITS[unit]}"
