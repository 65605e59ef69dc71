"""A list that is worked out when somebody first looks at it.

It stands in a shared object for a list that hardly anybody reads. It reads like the list; JSON needs `thaw`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

__all__ = ["Deferred"]


class Deferred(Sequence[Any]):
    """A list that knows how to make itself, once."""

    __slots__ = ("_list",)

    def __init__(self) -> None:
        self._list: list[Any] | None = None

    @abstractmethod
    def work_out(self) -> list[Any]:
        """The list itself; it is not changed any more."""

    def as_list(self) -> list[Any]:
        """The list, which belongs to this object."""
        if self._list is None:
            self._list = self.work_out()
        return self._list

    def __getitem__(self, index: Any) -> Any:
        return self.as_list()[index]

    def __len__(self) -> int:
        return len(self.as_list())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Deferred):
            return self.as_list() == other.as_list()
        return isinstance(other, list) and self.as_list() == other

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __repr__(self) -> str:
        return repr(self.as_list())
