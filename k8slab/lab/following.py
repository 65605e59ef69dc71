"""Panels that follow a served cluster between the cells, while its clock runs by itself.

A few times a second the notebook looks whether anything has been recorded; if so, its panels do. All of it runs on the
notebook's own event loop, so that no thread touches a widget, and only while nobody else touches the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from k8slab.api import AuditEntry

if TYPE_CHECKING:
    from k8slab.lab.lab import Lab
    from k8slab.lab.panels import Panel

__all__ = [
    "VIEWER",
    "Following",
    "is_heartbeat",
    "notebook_loop",
]

LOOK_S = 0.3
REST = 5  # of the time in which panels draw, at most one in so many parts is spent on it
VIEWER = "k8slab-view"  # who reads for the pictures


class Following:
    """The looks of one Lab. They end by themselves when nothing is served, time stands or no panel is open."""

    def __init__(self, lab: Lab, panels: Sequence[Panel]) -> None:
        self._lab = lab
        self._all = panels
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: asyncio.TimerHandle | None = None
        self._seen = 0

    @property
    def is_on(self) -> bool:
        """A look is due."""
        return self._next is not None

    def start(self) -> None:
        """Look from now on, if there is anything to look at and a notebook to do so."""
        self._loop = self._loop or notebook_loop()
        if self._loop is not None and not self._loop.is_closed() and not self.is_on and self._is_worth_it():
            self._next = self._loop.call_later(LOOK_S, self._look)

    def stop(self) -> None:
        """Look no longer."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _is_worth_it(self) -> bool:
        server = self._lab.server
        return server is not None and server.pacer.speed > 0 and bool(self._panels())

    def _panels(self) -> Sequence[Panel]:
        return [panel for panel in self._all if getattr(panel, "is_following", False)]

    def _look(self) -> None:
        """One look; the next is due after a rest. A panel that fails waits for the next cell, which tells why."""
        self._next = None
        loop, server = self._loop, self._lab.server
        if loop is None or server is None or not self._is_worth_it():
            return
        began = loop.time()
        try:
            server.pacer.try_call(self._refresh)
        except Exception:
            return
        self._next = loop.call_later(LOOK_S + REST * (loop.time() - began), self._look)

    def _refresh(self) -> None:
        """Have the panels look, if anything has been said that they could tell of."""
        seen, entries = self._seen, self._lab.cluster.api.audit.entries
        self._seen = entries[-1].number if entries else 0
        news = takewhile(lambda entry: entry.number > seen, reversed(entries))
        if any(entry.user != VIEWER and not is_heartbeat(entry) for entry in news):
            for panel in self._panels():
                panel.refresh()


def is_heartbeat(call: AuditEntry) -> bool:
    """Somebody says no more than that it is alive."""
    return call.resource == "leases" or (call.resource == "nodes" and call.user.startswith("system:node:"))


def notebook_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs the cells; None where no notebook is."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
