"""The past of a cluster: read, lived differently, kept in a file. All of it is replay.

Left out  the exact order when a person's call in one thread falls between two callbacks of the same moment, while a
          server paces time in another
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from k8slab.api import Api
from k8slab.client import InProcess, Reader
from k8slab.clock import Loop
from k8slab.kubeadm.journal import Input, Journal, replay
from k8slab.kubeadm.saving import read_history, write_history

__all__ = ["TimeTravel"]


class TimeTravel:
    """What a cluster can do with its history."""

    api: Api
    journal: Journal
    loop: Loop
    _built_with: Mapping[str, Any]
    _built_at: float

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        raise NotImplementedError

    @property
    def built_at(self) -> float:
        """When it was built, in seconds since 1970: its past is known from then on."""
        return self._built_at

    @property
    def has_past(self) -> bool:
        """It can be forked, and read as it was: nobody but its inputs has made it what it is."""
        return not self.loop.is_shared and not self._built_with.get("store")

    def fork(self, moment: float | None = None) -> Self:
        """Another cluster with the same past up to a moment (in seconds as `now`; without one, up to now).

        What was done, and what happened, at that very moment is in it. What happens to either from then on is
        unknown to the other. Raises ValueError for a moment that this cluster has not lived.
        """
        self._check_store()
        moment = self.now if moment is None else moment
        if not self._built_at <= moment <= self.now:
            raise ValueError(f"this cluster knows its past from {self._built_at:.3f} to {self.now:.3f}, not {moment!r}")
        return self._replayed(self._built_with, self.journal.inputs, moment)

    def at(self, moment: float) -> Reader:
        """The API as it answered at a moment of the past, read-only. Raises ValueError as `fork` does."""
        past = self.fork(moment)
        return Reader(InProcess(past.api.handle, lambda: past.now, "kubernetes-admin", isolated=True))

    def save(self, path: str | Path) -> None:
        """Write how the cluster was built and what was done to it, atomically, mode 0600.

        Raises ValueError when Python code was among it.
        """
        self._check_store()
        write_history(path, self._built_with, self.journal.inputs, self.now)

    def _check_store(self) -> None:
        """Raises ValueError when others may have written to the store, too: the inputs do not tell all then."""
        if self.loop.is_shared:
            raise ValueError("a cluster that shares its time with others cannot be forked or saved alone")
        if url := self._built_with.get("store"):
            raise ValueError(f"a cluster with the store {url} cannot be forked or saved: the past is with that server")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Build a saved cluster anew. Raises ValueError for a file that is torn, foreign or newer."""
        return cls._replayed(*read_history(path))

    @classmethod
    def _replayed(cls, built_with: Mapping[str, Any], inputs: Sequence[Input], moment: float) -> Self:
        cluster = cls(**built_with)
        replay(cluster, list(inputs), moment)
        return cluster

    def _end_moment(self) -> None:
        """Write down that what a step has left for this very moment happens now, before time passes."""
        if self.loop.has_due:
            self.journal.note(self.now, "wait")
