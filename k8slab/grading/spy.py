"""A Reader that counts what is asked of it, and can be told to let something happen at the worst moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from k8slab.client import ObjectList, Reader
from k8slab.wire import Stream

__all__ = ["Spy"]


class Spy:
    """Stands between an answer and the cluster: get, list, watch and now, nothing else."""

    def __init__(self, reader: Reader) -> None:
        self.calls: Counter[str] = Counter()
        self.before_watch: Callable[[], None] | None = None
        self.streams: list[Stream] = []
        self._reader = reader

    @property
    def now(self) -> float:
        """The server's clock."""
        return self._reader.now

    def get(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Count, and pass on."""
        self.calls["get"] += 1
        return self._reader.get(*args, **kwargs)

    def list(self, *args: Any, **kwargs: Any) -> ObjectList:
        """Count, and pass on."""
        self.calls["list"] += 1
        return self._reader.list(*args, **kwargs)

    def watch(self, *args: Any, **kwargs: Any) -> Stream:
        """Count, let happen what is to happen between list and watch, and pass on."""
        self.calls["watch"] += 1
        if self.before_watch is not None:
            happen, self.before_watch = self.before_watch, None
            happen()
        stream = self._reader.watch(*args, **kwargs)
        self.streams.append(stream)
        return stream

    def break_streams(self) -> None:
        """Close every open watch, as a server that restarts does."""
        for stream in self.streams:
            stream.close()
