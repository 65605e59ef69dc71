"""Scheduling alone: pods per CPU second from the queue to the binding, in the shapes of upstream's scheduler_perf.

    python benchmarks/scheduling.py Basic               one workload at its full size: its figure
    python benchmarks/scheduling.py Basic --small       the same at the smallest size that upstream has
    python benchmarks/run.py --only "scheduling alone"  all of them: figure, aim, ratio to benchmarks/scheduling.json

An API server, its store and one scheduler; nobody else. Nodes, and the pods that are there before, are made first, and
the pods that are measured, too. The CPU time of this process counts from then on: what the informer delivers, queue,
cycles, bindings, evictions and Events. Virtual time goes on meanwhile, so that what comes back every 200 ms does so.

Source    test/integration/scheduler_perf/{misc,affinity,topology_spreading}/performance-config.yaml, templates/; the
          aims of issue 5, and of upstream's own thresholds for what it does not name
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.api import Api
from k8slab.client import Client, Informers, InProcess
from k8slab.clock import Loop
from k8slab.etcd import DictStore
from k8slab.scheduler import Scheduler

Obj = dict[str, Any]

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
FIRST, SECOND = "sched-0", "sched-1"
CHURN_S = 0.2


def of_color(color: str, key: str) -> Obj:
    """A term of inter-pod affinity, of pods in both namespaces."""
    return {"labelSelector": {"matchLabels": {"color": color}}, "topologyKey": key, "namespaces": [SECOND, FIRST]}


IN_ZONE = {"key": ZONE, "operator": "In", "values": ["zone1", "zone2"]}
SPREAD = {"maxSkew": 5, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule",
          "labelSelector": {"matchLabels": {"color": "blue"}}}  # fmt: skip
DEFAULT: Obj = {}
LOW: Obj = {"cpu": "900m", "terminationGracePeriodSeconds": 0}
HIGH: Obj = {"cpu": "3", "priorityClassName": "high"}
LARGE: Obj = {"cpu": "9", "priorityClassName": "high"}
BY_NODE: Obj = {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [IN_ZONE]}]}}}}
SPREADING: Obj = {"color": "blue", "topologySpreadConstraints": [SPREAD]}
NEAR: Obj = {"color": "blue", "affinity": {"podAffinity": {REQUIRED: [of_color("blue", ZONE)]}}}
APART: Obj = {"color": "green", "affinity": {"podAntiAffinity": {REQUIRED: [of_color("green", HOST)]}}}


class Size(NamedTuple):
    """How many nodes, pods that are there before, and pods that are measured."""

    nodes: int
    before: int
    pods: int


class Workload(NamedTuple):
    """What it should reach (pods a CPU second), the size upstream measures and its smallest one, and the pods.

    `pods` are measured, `before` are there before, a pod of the kind `churn` comes every 200 ms meanwhile; nodes stand
    in `zones` in turn. Without `fits` nothing finds a place: what is counted are attempts.
    """

    aim: float
    size: Size
    small: Size
    pods: Obj
    before: Obj = DEFAULT
    zones: tuple[str, ...] = ()
    churn: Obj | None = None
    fits: bool = True


MOONS = ("moon-1", "moon-2", "moon-3")
WORKLOADS = {
    "Basic": Workload(2000, Size(5000, 1000, 10_000), Size(5, 5, 10), DEFAULT),
    "NodeAffinity": Workload(1000, Size(5000, 5000, 10_000), Size(5, 5, 10), BY_NODE, BY_NODE, ("zone1",)),
    "TopologySpreading": Workload(800, Size(5000, 5000, 5000), Size(5, 10, 10), SPREADING, zones=MOONS),
    "PodAffinity": Workload(300, Size(5000, 5000, 5000), Size(5, 5, 10), NEAR, NEAR, ("zone1",)),
    "PodAntiAffinity": Workload(300, Size(5000, 1000, 2000), Size(5, 1, 4), APART, APART),
    "Preemption": Workload(300, Size(5000, 20_000, 5000), Size(5, 20, 5), HIGH, LOW),
    "PreemptionAsync": Workload(570, Size(5000, 20_000, 5000), Size(5, 20, 5), DEFAULT, LOW, churn=HIGH),
    "Unschedulable": Workload(2000, Size(5000, 100, 10_000), Size(5, 1, 10), DEFAULT, churn=LARGE),
    "UnschedulableAlone": Workload(2000, Size(5000, 20_000, 5000), Size(5, 20, 10), LARGE, LOW, fits=False),
}


def node_of(name: str, zone: str | None) -> Obj:
    """templates/node-default.yaml."""
    labels = {HOST: name, **({ZONE: zone} if zone else {})}
    amounts = {"pods": "110", "cpu": "4", "memory": "32Gi"}
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "KubeletReady"}
    status = {"capacity": amounts, "allocatable": amounts, "conditions": [ready]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "status": status}


def pod_of(kind: Obj, prefix: str, namespace: str) -> str:
    """templates/pod-*.yaml, as the text that a client sends."""
    spec = dict(kind)
    asked = {"cpu": spec.pop("cpu", "100m"), "memory": "500Mi"}
    metadata: Obj = {"name": f"{prefix}-%d", "namespace": namespace}
    if "color" in spec:
        metadata["labels"] = {"color": spec.pop("color")}
    pause = {"name": "pause", "image": "registry.k8s.io/pause:3.10.2", "ports": [{"containerPort": 80}]}
    spec["containers"] = [{**pause, "resources": {"limits": asked, "requests": asked}}]
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


class Slab:
    """An API server with one scheduler; `attempts` counts what it has thought about."""

    def __init__(self, seed: int = 1) -> None:
        self._made = 0
        self.loop = Loop(seed, budget=10**9)
        api = Api(DictStore(self.loop), self.loop)
        self.client = Client(InProcess(api.handle, lambda: self.loop.now, "test"))
        for name in ("default", "kube-system", "kube-node-lease", FIRST, SECOND):
            self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        high = {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": "high"},
            "value": 10,
        }
        self.client.create(high)
        scope = self.loop.scope()
        client = Client(InProcess(api.handle, lambda: self.loop.now, "system:kube-scheduler"))
        informers = Informers(client, scope)
        self.scheduler = Scheduler(client, informers, scope)
        informers.start()

    def nodes(self, workload: Workload, count: int) -> None:
        """Make the nodes, in zones in turn."""
        zones = workload.zones or (None,)
        for number in range(count):
            node = node_of(f"node-{number}", zones[number % len(zones)])
            self.client.update_status({**self.client.create(node), "status": node["status"]})

    def pods(self, kind: Obj, count: int, prefix: str, namespace: str) -> None:
        """Make pods, each from its own text."""
        text = pod_of(kind, prefix, namespace)
        for _ in range(count):
            self._made += 1
            self.client.create(json.loads(text % self._made))

    def churn(self, kind: Obj, is_over: Callable[[], bool]) -> None:
        """Make a pod now and every 200 ms."""
        if not is_over():
            self.pods(kind, 1, "churn", "default")
            self.loop.call_later(CHURN_S, self.churn, kind, is_over)

    def bound(self) -> int:
        """How many of the measured pods have a node."""
        measured = (pod for pod in self.client.list("Pod", SECOND) if pod["metadata"]["name"].startswith("measured-"))
        return sum(bool(pod["spec"].get("nodeName")) for pod in measured)


class Result(NamedTuple):
    """Pods (or attempts), the CPU seconds that they took, and how many of the pods are bound."""

    pods: int
    seconds: float
    bound: int

    @property
    def rate(self) -> float:
        """Per CPU second."""
        return self.pods / self.seconds


def run(name: str, *, small: bool = False, around: Callable[[Callable[[], None]], None] | None = None) -> Result:
    """Play one workload; `around` may wrap what is measured, in a profiler for example."""
    workload = WORKLOADS[name]
    size = workload.small if small else workload.size
    slab = Slab()
    slab.nodes(workload, size.nodes)
    slab.pods(workload.before, size.before, "before", FIRST)
    slab.loop.settle()
    slab.pods(workload.pods, size.pods, "measured", SECOND)
    before = slab.scheduler.attempts.revision
    gc.collect()
    start = time.process_time()
    if around is None:
        _play(slab, workload, size)
    else:
        around(lambda: _play(slab, workload, size))
    spent = time.process_time() - start
    counted = size.pods if workload.fits else slab.scheduler.attempts.revision - before
    return Result(counted, spent, slab.bound())


def _play(slab: Slab, workload: Workload, size: Size) -> None:
    """Until every measured pod has a node; or, when none ever will, until each has been tried once."""
    goal = slab.scheduler.attempts.revision + size.pods

    def is_over() -> bool:
        return slab.scheduler.attempts.revision >= goal

    if workload.churn is not None:
        slab.churn(workload.churn, is_over)
    if workload.fits:
        slab.loop.settle()
    while not workload.fits and not is_over():
        slab.loop.step()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Scheduling alone, in the shapes of scheduler_perf.")
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--small", action="store_true", help="the smallest size that upstream has")
    options = parser.parse_args()
    result = run(options.workload, small=options.small)
    print(f"{result.rate:,.0f} pods per CPU second ({result.bound} bound, {result.seconds:.2f} s)")


if __name__ == "__main__":
    main()
