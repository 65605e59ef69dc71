"""Files that a pod keeps on its machine beside its containers, and how much they take.

Left out  what directories take; blocks that are not full
"""

from __future__ import annotations

from collections import UserDict
from typing import TYPE_CHECKING

from k8slab.world.files import Text, as_bytes
from k8slab.world.resources import Gauge

if TYPE_CHECKING:
    from k8slab.clock import Loop

__all__ = [
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


class Volume(UserDict[str, Text]):
    """Paths to texts; `used` measures them, as a part of the machine's disk or memory.

    What is in memory is gone when the power goes.
    """

    def __init__(self, loop: Loop, parent: Gauge, *, is_in_memory: bool = False) -> None:
        self.used = Gauge(loop, parent)
        self.is_in_memory = is_in_memory
        super().__init__()

    def __setitem__(self, path: str, text: Text) -> None:
        change = size_of(text) - size_of(self.data.get(path, ""))
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
