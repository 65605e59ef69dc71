"""A lab that looks at any cluster: the pictures of a Lab, drawn of what a kubeconfig reaches.

    lab = k8slab.Lab.connect()

Whatever changed while a cell ran is shown at its end, so far as it was heard of by then. What moves time, breaks
machines or forks is refused: such a cluster's time is its own. A server that does not answer is shown as it was last
seen, and asked again for every picture.

Left out  pictures between cells: nothing is drawn while no cell ends
"""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from k8slab.client import Client
from k8slab.client.over_http import OverHttp, RemoteClient, open_door
from k8slab.lab.following import Following
from k8slab.lab.kubectl_program import run_kubectl
from k8slab.lab.lab import Lab
from k8slab.lab.language import language_of_notebook
from k8slab.lab.meter import Meter
from k8slab.lab.notebook import Notebook
from k8slab.lab.predict_score import ScoreBook
from k8slab.lab.words import say
from k8slab.objects import Key
from k8slab.view import ClusterView, Picture
from k8slab.view.facts import Focus
from k8slab.view.fields import is_heartbeat
from k8slab.view.recorder import KINDS, Change
from k8slab.wire import ApiError

__all__ = [
    "ConnectedLab",
    "OwnTime",
]

QUIET_S, LIMIT_S = 0.1, 1.0  # of real time: what a cell has caused arrives in less


class OwnTime(AttributeError, ValueError):
    """What was asked for needs a cluster that lives in this process."""


class ConnectedLab(Lab):
    """A cluster elsewhere with a view. `client` reads and writes as the kubeconfig's user; `access` says what it sees.

    Who may not look into all namespaces sees the one called `namespace` ("": the context's, or else default).
    Raises ImportError without the official client, ServiceUnavailable when nobody answers, ValueError for a context
    that is none.
    """

    def __init__(self, kubeconfig: str | Path = "", context: str = "", *, namespace: str = "", lang: str = "") -> None:
        self.lang = lang or language_of_notebook()
        self._kubeconfig_path = str(kubeconfig or os.environ.get("KUBECONFIG", ""))
        door = open_door(self._kubeconfig_path, context)
        self.context, self.url = door.context, door.host
        self._way = OverHttp(lambda: open_door(self._kubeconfig_path, self.context))
        self._remote = RemoteClient(self._way, namespace or door.namespace or "default")
        self._remote.ping()
        self._remote.resources()
        self._reader = self._remote
        self._newest: Change | None = None  # of those that have been shown
        self._look(Focus())
        self.server = None
        self._was_connected = True
        self._panels = []
        self._following = Following(self, self._panels)  # nothing is served here, so it never looks
        self._predictions = ScoreBook()
        self._notebook = Notebook.attach(self)

    @property
    def client(self) -> Client:
        """The API client of the kubeconfig's user; every answer is a fresh copy."""
        return self._remote

    @property
    def now(self) -> float:
        """The server's clock at its last answer, in seconds since 1970 (UTC)."""
        return self._remote.now

    @property
    def access(self) -> str:
        """Which kinds are seen, where that is not all of them everywhere; "" where it is."""
        hidden = [kind for kind in KINDS if kind not in self.view.objects]
        parts = []
        if self._remote.narrowed:
            parts.append(say(self.lang, "only here", namespace=self._remote.namespace))
        if hidden:
            parts.append(say(self.lang, "not seen", kinds=", ".join(hidden)))
        return "; ".join(parts)

    @property
    def is_touched(self) -> bool:
        """Something but heartbeats has been heard of since the last picture, or the server has gone or come back."""
        if not self._is_shown:
            return True
        self._hear()
        return not self._is_shown or bool(self._news()) or self._was_connected != self.view.is_connected

    @property
    def is_graph_due(self) -> bool:
        """The next picture is the first, or the server has gone or come back."""
        return not self._is_shown or self._was_connected != self.view.is_connected

    def kubectl(self, command: str, stdin: str = "") -> str:
        """What the real `kubectl COMMAND` prints. Raises ValueError where there is none."""
        return run_kubectl(command, stdin, self._kubeconfig_path, self.context, self.lang)

    def picture(self) -> Picture:
        """The graph and the diff since the last picture, of what has been heard of; it counts as seen."""
        self._hear()
        if self._is_shown or self._newest_change() is not self._newest:
            self.last = self.view.update()
        self._newest, self._was_connected, self._is_shown = self._newest_change(), self.view.is_connected, True
        for panel in self._panels:
            panel.refresh()
        return self.last

    def meter(self) -> Meter:
        """A client that counts what it asks and what it is sent."""
        return Meter(self._remote)

    def pause(self) -> None:
        """Refused: raises OwnTime."""
        raise OwnTime(say(self.lang, "own time"))

    resume = pause

    def close(self) -> None:
        """End every watch."""
        self._way.close()

    def _hear(self) -> None:
        """Wait for what is on its way; ask for a sign of life, and find the server again if it was lost."""
        self._way.wait(QUIET_S, LIMIT_S)
        try:
            self._remote.ping()
        except ApiError:
            pass  # the picture says so
        self.view.history.pull()
        if self._identity() not in ("", self._known_as):  # it is in no way what it was: there is nothing to compare
            self.view.close()
            self._look(self.view.focus)

    def _look(self, focus: Focus) -> None:
        """Begin to watch, with a first picture."""
        self.view = ClusterView(self._remote, self.lang, focus=focus)
        if "Pod" in self._remote.narrowed:
            self.view.focus = focus._replace(namespace=self._remote.namespace)
        self.last = self.view.update()
        self._known_as, self._is_shown = self._identity(), False
        self._newest = self._newest_change()

    def _identity(self) -> str:
        """What tells one cluster from another: the birth of kube-system, by custom, or of what may be seen instead."""
        spaces = self.view.objects.get("Namespace", {})
        oldest = spaces.get(Key("", "kube-system")) or next(iter(spaces.values()), None)
        return "" if oldest is None else f"{oldest['metadata']['uid']} {oldest['metadata']['creationTimestamp']}"

    def _news(self) -> list[Change]:
        since = takewhile(lambda change: change is not self._newest, reversed(self.view.history.changes))
        return [change for change in since if not is_heartbeat(change)]

    def _newest_change(self) -> Change | None:
        return self.view.history.changes[-1] if self.view.history.changes else None

    def __getattr__(self, name: str) -> NoReturn:
        """What is missing here is missing for a reason: there is no Cluster behind this lab."""
        if name == "cluster":
            raise OwnTime(say(self.lang, "own time"))
        raise AttributeError(f"'ConnectedLab' object has no attribute {name!r}")

    def __repr__(self) -> str:
        access = f"; {self.access}" if self.access else ""
        return f"<Lab connected to {self.url} by context {self.context}{access}>"
