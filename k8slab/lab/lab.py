"""The lab: a cluster in a notebook that shows itself after every cell that touched it.

    lab = k8slab.Lab(nodes=3)

From then on every cell that changed something ends with the cluster graph and the state diff; `%kubectl`,
`%%kubectl` and `%%manifest` work, and mistakes are answered in one line instead of a traceback.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from k8slab.client import Client, Reader
from k8slab.clock import parse_duration
from k8slab.kubeadm import Cluster
from k8slab.lab.bills import run_and_look
from k8slab.lab.charting import Charting
from k8slab.lab.following import VIEWER, Following, is_heartbeat
from k8slab.lab.going_on import GoingOn
from k8slab.lab.language import language_of_notebook
from k8slab.lab.meter import Meter
from k8slab.lab.mistakes import apply_checked
from k8slab.lab.notebook import Notebook
from k8slab.lab.patience import PATIENCE_S
from k8slab.lab.predict_asking import Asking
from k8slab.lab.predict_score import ScoreBook
from k8slab.proxy import Answer
from k8slab.view import ClusterView, Focus, Picture

if TYPE_CHECKING:
    from networkx import DiGraph

    from k8slab.http import HttpServer
    from k8slab.lab.connect import ConnectedLab
    from k8slab.lab.controls import Controls
    from k8slab.lab.panels import Kept, Panel
    from k8slab.lab.stepping import MessagePanel
    from k8slab.lab.tape import TapePanel
    from k8slab.lab.timeline import TimelinePanel
    from k8slab.view.path import RequestPath
    from k8slab.view.scene import Scene
    from k8slab.view.scheduling import Scheduling
    from k8slab.view.talks import Talks
    from k8slab.view.why import Why

__all__ = [
    "Lab",
]

Obj = dict[str, Any]
KeptPanel = TypeVar("KeptPanel", bound="Kept")


class Lab(Charting, Asking, GoingOn):
    """A Cluster with a view. Everything a Cluster can do, a Lab can do; see Cluster for the arguments.

    `lang` is "en" or "ko"; without it the notebook's own language. Only the newest Lab of a notebook is live.
    `last` is the newest picture. So many events (`budget`, 0: as many as its size needs) may happen in one second of
    virtual time, and so many real seconds (`patience`) may pass until the cluster is at rest; else it is stopped.
    """

    def __init__(
        self, nodes: int = 3, seed: int = 0, *, lang: str = "", budget: int = 0, patience: float = PATIENCE_S,
        **options: Any,
    ) -> None:  # fmt: skip
        self.patience_s = patience
        self._make = lambda: self._limited(Cluster(nodes, seed, **options), budget)
        self._open(self._make(), lang)

    @classmethod
    def of(cls, cluster: Cluster, lang: str = "") -> Lab:
        """A Lab of a cluster that there is already; it is the live one of the notebook from now on."""
        lab = cls.__new__(cls)
        lab._open(cluster, lang)
        return lab

    def _open(self, cluster: Cluster, lang: str) -> None:
        self.lang = lang or language_of_notebook()
        self.cluster = cluster
        self._reader = self.cluster.client_for(VIEWER, groups=["kubeadm:cluster-admins"])
        self.view = ClusterView(self._reader, self.lang)
        self.last = self.view.update()
        self.server: HttpServer | None = None
        self._kubeconfig: str | None = None  # of whoever was there before
        self._speed = 1.0  # before the clock was paused
        self._mark = self._state()
        self._is_shown = False
        self._is_timed = False  # the cell has moved time itself, so time stays where the cell has put it
        self._panels: list[Panel] = []
        self._following = Following(self, self._panels)
        self._predictions = getattr(self, "_predictions", None) or ScoreBook()  # what was said outlives a reset
        self._notebook = Notebook.attach(self)

    @staticmethod
    def connect(kubeconfig: str | Path = "", context: str = "", *, namespace: str = "", lang: str = "") -> ConnectedLab:
        """A lab that shows the cluster of a kubeconfig ("": KUBECONFIG or ~/.kube/config); see ConnectedLab.

        Raises ImportError without the extra `connect`, ServiceUnavailable, ValueError.
        """
        from k8slab.lab.connect import ConnectedLab

        return ConnectedLab(kubeconfig, context, namespace=namespace, lang=lang)

    @property
    def client(self) -> Client:
        """The API client of a cluster administrator; what it answers may be changed freely."""
        return self.cluster.client

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970 (UTC)."""
        return self.cluster.now

    @property
    def reader(self) -> Reader:
        """What the pictures read with."""
        return self._reader

    def fork(self, moment: float | None = None) -> Lab:
        """Another Lab with the same past up to a moment (in seconds as `now`; without one, up to now).

        Raises ValueError for a moment that this one has not lived.
        """
        return Lab.of(self.cluster.fork(moment), self.lang)

    def apply(self, manifests: str | Path | Obj | Iterable[Obj]) -> None:
        """Apply a YAML text, a file, an object or several: all of it or nothing.

        Raises ManifestMistakes with the line of every mistake, ApiError for what only the server refuses.
        """
        apply_checked(manifests, self.client, self.lang)

    def kubectl(self, command: str, stdin: str = "") -> str:
        """What `kubectl COMMAND` prints."""
        return self.cluster.kubectl(command, stdin)

    def run(self, duration: str | float) -> None:
        """Let virtual time pass: `"30s"`, `"5m"`. What takes longer than a second shows how far it is."""
        with self._busy(self.now + parse_duration(duration)), self._enduring(math.inf):
            run_and_look(self.cluster, parse_duration(duration))
        self._is_timed = True

    def settle(self) -> None:
        """Run until nothing but heartbeats is due."""
        with self._busy(), self._enduring():
            self.cluster.settle()

    def step(self) -> bool:
        """Let the next single thing happen."""
        self._is_timed = True
        return self.cluster.step()

    def request(self, url: str, source: str = "", namespace: str = "default", host: str = "") -> Answer:
        """Follow one HTTP request through the cluster; see `Cluster.request` for where it may start."""
        return self.cluster.request(url, source, namespace, host)

    def fail(self, name: str) -> None:
        """Cut the power of a machine."""
        self.cluster.fail(name)

    def recover(self, name: str) -> None:
        """Give a machine its power back."""
        self.cluster.recover(name)

    def picture(self) -> Picture:
        """The graph and the diff since the last picture; it counts as seen.

        The cluster settles first, unless time has been moved by `run` or `step` since the last picture.
        """
        if not self._is_timed and not self._is_paused and not self._is_restless:
            self.settle()
        if self._is_shown or self._mark != self._state():
            self.last = self.view.update()
        for panel in self._panels:
            panel.refresh()
        self._mark, self._is_shown, self._is_timed = self._state(), True, False
        return self.last

    def look(self) -> Picture:
        """The picture of now, as it is: the cluster does not settle first."""
        self._is_timed = True
        return self.picture()

    def focus(self, namespace: str = "", app: str = "", node: str = "", *, folding: str = "auto") -> Picture:
        """Look at a namespace, an app (the name of a workload) or a node from now on; without names at all of it again.

        `folding` is `pods` (each with its name), `dots` (each as a mark), `fleet` (nodes with counts), or `auto`: as
        the size of the cluster asks for. Raises ValueError for what is not there.
        """
        self.last = self.view.turn_to(Focus(namespace, app, node), folding)
        return self.last

    def graph(self) -> DiGraph:
        """Who owns, hosts, serves and routes to whom, as a networkx graph of names such as `Pod/web-1`."""
        return self.view.graph()

    def meter(self) -> Meter:
        """A client that counts what it asks and what it is sent."""
        return Meter(self.cluster.client_for("you-measuring", groups=["kubeadm:cluster-admins"], isolated=True))

    def serve(self, speed: float = 1.0) -> HttpServer:
        """Open the API over HTTPS, so that `!kubectl` in a cell reaches this cluster, and let its clock run.

        A Lab with `start="now"` shows real clients ages that are right.
        """
        if self.server is None:
            self.server = self.cluster.serve(speed=speed)
            self._kubeconfig = os.environ.get("KUBECONFIG")
            os.environ["KUBECONFIG"] = str(self.server.kubeconfig)
            programs = str(Path(sys.executable).parent)  # where kubectl is installed beside Python
            if programs not in os.environ.get("PATH", "").split(os.pathsep):
                os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
        if self._is_paused:
            self._is_shown = False  # what has waited for the clock happens now
        self.server.pacer.speed = speed
        self._following.start()
        return self.server

    def pause(self) -> None:
        """Stop the clock of a served cluster; clients are still answered."""
        if self.server is not None and not self._is_paused:
            self._speed = self.server.pacer.speed
            self.server.pacer.speed = 0
            self._following.stop()

    def resume(self) -> None:
        """Let the clock of a paused cluster run again, as fast as before."""
        if self._is_paused:
            self.serve(self._speed)

    def close(self) -> None:
        """Serve no longer; the cluster stays, and KUBECONFIG is what it was."""
        self._following.stop()
        if self.server is not None:
            self.server.close()
            self.server = None
            os.environ.pop("KUBECONFIG", None)
            if self._kubeconfig is not None:
                os.environ["KUBECONFIG"] = self._kubeconfig

    @property
    def is_touched(self) -> bool:
        """Something has happened since the last picture that was shown."""
        return not self._is_shown or self._mark != self._state()

    @property
    def is_graph_due(self) -> bool:
        """The next picture is the first, or shows machines that were switched off or on, of which no diff tells."""
        return not self._is_shown or self._mark[-1] != self._state()[-1]

    def controls(self, only: str | Iterable[str] = ()) -> Controls:
        """Levers for every fault, for scale and for time, with a graph to click on and what is broken now.

        `only` shows some of them: pods, power, daemons, control, network, scale, time, graph. Raises ValueError.
        """
        from k8slab.lab.controls import Controls

        return self._keep(Controls(self, only))

    def timeline(self) -> TimelinePanel:
        """Who did what and when, in lanes; a scrubber that shows any past moment; `fork` to go on from there."""
        from k8slab.lab.timeline import TimelinePanel

        return self._keep(TimelinePanel(self))

    def messages(self, duration: str | float = 0, *, reads: bool = False) -> MessagePanel:
        """One message to the API server at a time, with its arrow on the graph: what has been said, then live.

        It begins after the last picture; when nothing has happened since, with what led to it. At the end the cluster
        steps until it is at rest, and at least for this duration. `reads` counts get, list and watch as messages.
        """
        from k8slab.lab.stepping import messages_of

        return self._keep(messages_of(self, duration, reads=reads))

    def tape(self, kind: str, namespace: str = "", selector: str = "", *, fields: str = "") -> TapePanel:
        """A watch stream, line by line as it arrives, with the requests behind it; see `k8slab.view.tape.Tape`.

        `selector` chooses by labels, `fields` by fields; "" is every namespace. Raises ApiError for an unknown kind.
        """
        from k8slab.lab.tape import TapePanel
        from k8slab.view.tape import Tape

        tape = Tape(self._reader, kind, namespace, labels=selector, fields=fields, lang=self.lang)
        return self._keep(TapePanel(self, tape))

    def why(self, what: str, namespace: str = "default") -> Why:
        """Why an object is there, is as it is, or is gone: `pod/web-abc`, `deploy/web`, `node/node-2`, `shop/web-a`."""
        from k8slab.view.why import why

        return why(self._reader, what, namespace, self.lang)

    def scheduling(self, pod: str, namespace: str = "default", *, attempt: int = 0) -> Scheduling:
        """What the scheduler thought of a pod, as a heat map of nodes and plugins.

        `attempt` 1 is the first, 0 the latest. Raises ValueError when there is no such attempt.
        """
        from k8slab.view.scheduling import scheduling

        return scheduling(self._reader, pod, namespace, self.lang, attempt=attempt)

    def talks(self, by: str = "components", since: str | float = 0.0) -> Talks:
        """Who talks to whom, by components, resources or verbs; `since` a moment, or how long ago (`"5m"`)."""
        from k8slab.view.talks import talks

        return talks(self._reader, by, since, self.lang)

    def path(self, request: str | Answer, source: str = "", namespace: str = "default", host: str = "") -> RequestPath:
        """The way of a request hop by hop: one that is sent now (see `request`), or one whose Answer is at hand."""
        from k8slab.view.path import path

        url = request if isinstance(request, str) else ""
        answer = self.request(request, source, namespace, host) if isinstance(request, str) else request
        return path(answer, url, source, namespace, self.lang, reader=self._reader, scene=self._scene())

    def _scene(self) -> Scene:
        """The graph of now, without a word about what is new."""
        return self.last.scene if not self.is_touched else ClusterView(self._reader, self.lang).update().scene

    def _keep(self, panel: KeptPanel) -> KeptPanel:
        """Have a panel follow the cells, instead of the one that the same cell made before."""
        same = [old for old in self._panels if type(old) is type(panel) and getattr(old, "name", "") == panel.name]
        for old in same:
            self._panels.remove(old)
            old.close()
        self._panels.append(panel)
        self._following.start()
        return panel

    def _busy(self, until: float | None = None) -> AbstractContextManager[None]:
        from k8slab.lab.controls_progress import busy

        return busy(lambda: self.cluster.now, self.lang, until=until)

    def _state(self) -> tuple[Any, ...]:
        machines = tuple(vm.is_on for vm in self.cluster.world.vms.values())
        if self.server is None:
            return self.cluster.etcd.revision, self.cluster.now, machines
        with self.cluster.loop.lock:
            calls = reversed(self.cluster.api.audit.entries)  # time passes by itself, and hearts beat: that is no touch
            return next((call.revision for call in calls if call.revision and not is_heartbeat(call)), 0), machines

    @property
    def _is_paused(self) -> bool:
        return self.server is not None and self.server.pacer.speed == 0

    def __repr__(self) -> str:
        return repr(self.cluster).replace("Cluster", "Lab", 1)
