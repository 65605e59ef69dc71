"""End to end at size: pods per CPU second from one Deployment to Running and in a Service's EndpointSlice.

    python benchmarks/scale.py                        a table: 1,000 nodes with 1,000 and with 20,000 pods (minutes)
    python benchmarks/scale.py --record               write benchmarks/scale.json
    python benchmarks/scale.py --nodes 100 --pods 500 one size, once: what was measured

CPU time of the process counts, not the clock on the wall: a rate is pods per CPU second. The nodes are there before.
Memory is what the resident set has grown by, per pod, with all of the history since the Deployment was applied.
A figure is compared with the recorded one after both were divided by the speed of plain Python (see run.py).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from k8slab import Cluster

BASELINE = Path(__file__).with_name("scale.json")

Obj = dict[str, Any]

LABELS = {"app": "web"}
SERVICE: Obj = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"selector": LABELS, "ports": [{"port": 80}]},
}


class Grown(NamedTuple):
    """What was measured: CPU seconds, memory, virtual time, writes; `yardstick` as in run.py, but in CPU time."""

    nodes: int
    pods: int
    build_s: float
    cpu_s: float
    kb_per_pod: float
    virtual_s: float
    writes_per_pod: float
    yardstick: float

    @property
    def rate(self) -> float:
        """Pods per CPU second."""
        return self.pods / self.cpu_s


def deployment(pods: int) -> Obj:
    """One container, which asks for so little that all of them fit."""
    container = {"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    spec = {"replicas": pods, "selector": {"matchLabels": LABELS}, "template": template}
    metadata = {"name": "web", "namespace": "default"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def grown(nodes: int, pods: int) -> Grown:
    """Grow one Deployment behind a Service from nothing to all of its pods."""
    start = time.process_time()
    cluster = Cluster(nodes=nodes)
    cluster.apply(SERVICE)
    cluster.settle()
    build_s, speed = time.process_time() - start, yardstick()
    gc.collect()
    memory, revision, began = resident_bytes(), cluster.etcd.revision, cluster.now
    start = time.process_time()
    cluster.apply(deployment(pods))
    cluster.settle()
    cpu_s = time.process_time() - start
    gc.collect()
    kb_per_pod = (resident_bytes() - memory) / pods / 1000
    check(cluster, pods)
    writes = (cluster.etcd.revision - revision) / pods
    return Grown(nodes, pods, build_s, cpu_s, kb_per_pod, cluster.now - began, writes, (speed + yardstick()) / 2)


def check(cluster: Cluster, pods: int) -> None:
    """Every pod runs, and the Service names it once, as ready."""
    running = {
        pod["metadata"]["name"] for pod in cluster.client.list("Pod", "default") if pod["status"]["phase"] == "Running"
    }
    slices = cluster.client.list("EndpointSlice", "default", labels="kubernetes.io/service-name=web")
    endpoints = [one for slice_ in slices for one in slice_.get("endpoints") or () if one["conditions"]["ready"]]
    assert len(running) == len(endpoints) == pods
    assert {one["targetRef"]["name"] for one in endpoints} == running


def resident_bytes() -> int:
    """How much memory this process holds (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def yardstick() -> float:
    """CPU seconds for the piece of plain Python that run.py takes as its measure: the best of five."""

    def work() -> float:
        start = time.process_time()
        table: dict[str, int] = {}
        for number in range(300_000):
            table[str(number % 5_000)] = table.get(str(number % 5_000), 0) + number
        return time.process_time() - start

    return min(work() for _ in range(5))


def measured(nodes: int, pods: int) -> Grown:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--nodes", str(nodes), "--pods", str(pods)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return Grown(**json.loads(done.stdout))


def report(record: bool) -> None:
    """Print the figures beside their aims and the recorded ones, and write them down if asked to."""
    few, many = measured(1000, 1000), measured(1000, 20_000)
    before = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    speed = many.yardstick / before["yardstick"] if before else 1.0
    rows = (
        ("1,000 nodes, 20,000 pods: pods per CPU second", many.rate, 1000.0, speed),
        ("1,000 nodes, 1,000 pods: pods per CPU second", few.rate, 1000.0, speed),
        ("rate at 20,000 pods, of that at 1,000", many.rate / few.rate * many.yardstick / few.yardstick, 0.7, 1.0),
        ("memory of a pod among 20,000, kB", many.kb_per_pod, 15.0, 1.0),
        ("CPU seconds to build 1,000 nodes", few.build_s, 5.0, 1 / speed),
    )
    print(f"{'':56}{'now':>10}{'aim':>10}{'to baseline':>12}")
    for name, now, aim, faster in rows:
        ratio = f"{now * faster / before['figures'][name]:.2f}" if name in before.get("figures", {}) else "-"
        print(f"{name:56}{now:>10,.4g}{aim:>10,g}{ratio:>12}")
    print(f"{'yardstick: 300,000 turns of plain Python':56}{many.yardstick:>10.4g} CPU s")
    if record:
        figures = {name: now for name, now, _, _ in rows}
        text = json.dumps({"yardstick": many.yardstick, "python": sys.version.split()[0], "figures": figures}, indent=1)
        BASELINE.write_text(text + "\n")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measure a cluster of many nodes and pods.")
    parser.add_argument("--record", action="store_true", help="write the figures as the new baseline")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=0, help="only this size, as JSON")
    options = parser.parse_args()
    if options.pods:
        print(json.dumps(grown(options.nodes, options.pods)._asdict()))
    else:
        report(options.record)


if __name__ == "__main__":
    main()
