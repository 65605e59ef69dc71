"""What lets a lab go on, whatever a cell does: an end to what never rests, controllers of one's own, a new start.

A run that never comes to rest is stopped and explained. The controllers of the learner's that took part in it are
stopped; where nobody knows whose it was, cells no longer end with the cluster at rest until it has come to rest once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from k8slab.client import Controller
from k8slab.clock import HotLoop
from k8slab.kubeadm import Cluster
from k8slab.lab.controllers import OwnControllers
from k8slab.lab.patience import PATIENCE_S, budget_for, explained, patient

if TYPE_CHECKING:
    from k8slab.lab.panels import Panel
    from k8slab.view import Picture

__all__ = ["GoingOn"]

Made = TypeVar("Made", bound=Controller)


class GoingOn:
    """The part of a Lab that keeps it usable."""

    lang: str
    cluster: Cluster
    last: Picture
    patience_s = PATIENCE_S
    _panels: list[Panel]
    _make: Callable[[], Cluster] | None = None
    _is_restless = False

    def controller(self, kind: type[Made]) -> Made:
        """Run a controller of yours, a class made from `k8slab.client.Controller`, instead of one of its name before.

        It is stopped when it keeps the cluster busy for ever. Raises ValueError for what is no such class.
        """
        if not hasattr(self, "_own"):
            self._own = OwnControllers(self.cluster)
        self._is_restless = False
        return self._own.start(kind)

    def reset(self) -> Picture:
        """Start over with the same arguments: a fresh cluster, and a picture without a word about the old one.

        Nothing that was made in the old one is left; panels follow the new one, tapes have ended. Raises ValueError for
        a Lab of somebody else's cluster.
        """
        if self._make is None:
            raise ValueError("this lab shows a cluster that was made elsewhere: make a new one there")
        self.close()
        panels, self._is_restless = self._panels, False
        self.__dict__.pop("_own", None)
        self._open(self._make(), self.lang)
        for panel in panels:
            tape = getattr(panel, "tape", None)
            if tape is not None:
                tape.close()
            else:
                self._panels.append(panel)
        return self.last

    def close(self) -> None:
        """Serve no longer."""
        raise NotImplementedError

    def _open(self, cluster: Cluster, lang: str) -> None:
        raise NotImplementedError

    def _limited(self, made: Cluster, budget: int) -> Cluster:
        """The cluster with the lab's own budget of events: it is small, and a person waits."""
        made.loop.budget = budget or budget_for(len(made.nodes))
        return made

    @contextmanager
    def _enduring(self, patience_s: float | None = None) -> Iterator[None]:
        """What runs in it comes to an end. Raises HotLoop with an explanation."""
        seconds = self.patience_s if patience_s is None else patience_s
        try:
            with patient(self.cluster.loop, seconds):
                yield
        except HotLoop as error:
            own: Any = getattr(self, "_own", None)
            writers = dict.fromkeys(who for who, _, _ in error.writes)
            stopped = [who for who in writers if own is not None and own.stop(who)]
            self._is_restless = not stopped
            raise HotLoop(explained(error, self.lang, stopped)) from error
        self._is_restless = False
