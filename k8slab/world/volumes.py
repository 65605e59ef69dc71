"""Files that a pod keeps on its machine beside its containers, and how much they take.

Left out  what directories take; blocks that are not full
"""

from __future__ import annotations

from collections import Counter, UserDict
from typing import TYPE_CHECKING

from k8slab.world.files import Text, as_bytes
from k8slab.world.resources import Gauge

if TYPE_CHECKING:
    from k8slab.clock import Loop

__all__ = [
    "Tally",
    "Volume",
    "Zeros",
    "size_of",
]


class Zeros(str):
    """The text of a large file of zeros: it is as large as it says, and takes no room here."""

    size_bytes: int

    def __new__(cls, size_bytes: int) -> Zeros:
        """Raises ValueError for a negative size."""
        if size_bytes < 0:
            raise ValueError(f"a file cannot have {size_bytes} bytes")
        text = super().__new__(cls, "")
        text.size_bytes = size_bytes
        return text


class Tally:
    """The bytes that have been written into volumes, and those that went with them, by kind."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def note(self, kind: str, before: Text, after: Text) -> None:
        """A file is written: all of it, or what is appended to it."""
        size, known = size_of(after), size_of(before)
        is_longer = isinstance(before, str) and isinstance(after, str) and after.startswith(before) and size >= known
        self.written[kind] += size - known if is_longer else size


class Volume(UserDict[str, Text]):
    """Paths to texts; `used` measures them, as a part of the machine's disk or memory.

    What is in memory is gone when the power goes. With a `tally`, what is written and lost is counted as of a `kind`.
    """

    def __init__(
        self, loop: Loop, parent: Gauge, *, is_in_memory: bool = False, kind: str = "", tally: Tally | None = None
    ) -> None:
        self.used = Gauge(loop, parent)
        self.is_in_memory = is_in_memory
        self.kind = kind
        self._tally = tally
        super().__init__()

    def lose(self) -> None:
        """All that is in it is gone."""
        if self._tally is not None:
            self._tally.lost[self.kind] += int(self.used.value)
        self.data.clear()
        self.used.clear()

    def __setitem__(self, path: str, text: Text) -> None:
        before = self.data.get(path, "")
        change = size_of(text) - size_of(before)
        if self._tally is not None:
            self._tally.note(self.kind, before, text)
        self.data[path] = text
        if change:
            self.used.add(change)

    def __delitem__(self, path: str) -> None:
        change = size_of(self.data.pop(path))
        if change:
            self.used.add(-change)


def size_of(text: Text) -> int:
    """The bytes of a file; what is made when it is read takes none."""
    if isinstance(text, Zeros):
        return text.size_bytes
    return len(as_bytes(text)) if isinstance(text, str) else 0
