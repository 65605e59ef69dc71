"""Measure what a user waits for, and compare it with the recorded baseline.

    python benchmarks/run.py             a table: figure, aim, ratio to the baseline
    python benchmarks/run.py --record    write benchmarks/baseline.json and scheduling.json
    python benchmarks/run.py --long      benchmarks/scale.py, too: 20,000 pods on 1,000 nodes

Every figure is the median of several runs, each in a fresh process; where the whole process counts it finds its
bytecode compiled, as every start but the first does. Machines differ: a ratio is taken after both sides were divided by
the time that a fixed piece of plain Python needs on the same machine (`yardstick`). Scheduling alone (scheduling.py) is
measured in CPU time, once, since each figure is of thousands of cycles.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from scheduling import WORKLOADS

BASELINE = Path(__file__).with_name("baseline.json")
SCHEDULING = Path(__file__).with_name("scheduling.json")
CLIENTS = str(Path(__file__).with_name("wire_clients.py").resolve())

DEPLOYMENT = """
import time, resource, k8slab
def manifest(replicas):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
                     "template": {"metadata": {"labels": {"app": "web"}},
                                  "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}}}}
def running(cluster):
    return sum(pod["status"]["phase"] == "Running" for pod in cluster.client.list("Pod", "default"))
"""

GROW = """
k8slab.Cluster
start = time.perf_counter()
cluster = k8slab.Cluster(nodes={nodes})
cluster.apply(manifest({pods}))
cluster.settle()
print(time.perf_counter() - start)
assert running(cluster) == {pods}
"""

PICTURE = """
from k8slab.view import ClusterView
cluster = k8slab.Cluster(nodes={nodes})
view = ClusterView(cluster.client_for("k8slab-view", groups=["kubeadm:cluster-admins"]))
cluster.apply(manifest({pods}))
cluster.settle()
view.update().html
took = []
for _ in range(5):
    name = cluster.client.list("Pod", "default")[0]["metadata"]["name"]
    cluster.client.delete("Pod", name, "default")
    cluster.settle()
    start = time.perf_counter()
    view.update().html
    took.append(time.perf_counter() - start)
assert len(view.objects["Node"]) == {nodes} + 1 and len(cluster.client.list("Pod", "default")) == {pods}
print(sorted(took)[2])
"""

MEMORY = """
k8slab.Cluster
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cluster = k8slab.Cluster(nodes=30)
cluster.apply(manifest(1000))
cluster.settle()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
assert running(cluster) == 1000
"""


API = """
cluster = k8slab.Cluster(agents=())
text = "x" * 700
def config(number):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "namespace": "default"},
            "data": {"text": text}}
client = cluster.client_for("system:apiserver")
def creates(first, count):
    objects = [config(number) for number in range(first, first + count)]
    start = time.perf_counter()
    for obj in objects:
        client.create(obj)
    return time.perf_counter() - start
"""

CREATES = "print(5000 / creates(0, 5000))"

GETS = """
creates(0, 1000)
start = time.perf_counter()
for number in range(50_000):
    client.get("configmaps", f"c{number % 1000}", "default")
print(50_000 / (time.perf_counter() - start))
"""

FAN_OUT = """
streams = [client.watch("configmaps", "default") for _ in range(1000)]
start = time.perf_counter()
creates(0, 200)
delivered = sum(len(stream.pull()) for stream in streams)
print(delivered / (time.perf_counter() - start))
assert delivered == 200_000
"""

COST_AT_SIZE = """
creates(0, 1000)
small = min(creates(1000 + 1000 * turn, 1000) for turn in range(3))
creates(4000, 96_000)
print(min(creates(100_000 + 1000 * turn, 1000) for turn in range(3)) / small)
"""

IDLE = """
cluster = k8slab.Cluster(nodes=1000)
start = time.perf_counter()
cluster.run("1h")
print(time.perf_counter() - start)
"""

DAY = """
from k8slab.proxy import Day
WEB = {"name": "web", "image": "shop/web", "ports": [{"containerPort": 80}],
       "env": [{"name": "K8SLAB_CPU_PER_REQUEST", "value": "5ms"}, {"name": "K8SLAB_LATENCY", "value": "20ms"}],
       "resources": {"requests": {"cpu": "500m"}, "limits": {"cpu": "1"}}}
deployment = manifest(4)
deployment["spec"]["template"]["spec"]["containers"] = [WEB]
service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
           "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 100}}}
scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
          "spec": {"minReplicas": 4, "maxReplicas": 50, "metrics": [cpu],
                   "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}
cluster = k8slab.Cluster(nodes=5, cpu="16")
cluster.apply([deployment, service, scaler])
cluster.settle()
load = cluster.start_load("http://web/", Day(peak=5000, trough=300, length="1h"))
start = time.perf_counter()
cluster.run("1h")
print(time.perf_counter() - start)
assert load.report().availability > 0.999 and max(moment.pods for moment in load.report().series) >= 45
"""

FORK = """
cluster = k8slab.Cluster(nodes=3)
cluster.apply(manifest(30))
cluster.settle()
while cluster.etcd.revision < 1100:
    cluster.client.delete("Pod", cluster.client.list("Pod", "default")[0]["metadata"]["name"], "default")
    cluster.settle()
start = time.perf_counter()
cluster.fork()
print(time.perf_counter() - start)
"""

WIRE = f"""
import subprocess, sys, tempfile
from pathlib import Path
CLIENTS = {CLIENTS!r}
def client(name, port, token):
    command = [sys.executable, CLIENTS, name, str(port), token]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)
def served(name):
    with k8slab.Cluster(agents=()).serve() as server:
        return client(name, server.url.rpartition(":")[2], server.token)
"""

STUB = """
import json
from k8slab.http.certificates import Authority
def stub(answers, use):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pair").write_bytes(b"".join(Authority().for_server(["127.0.0.1"])))
        Path(folder, "answers").write_text(json.dumps(answers, default=list))
        command = [sys.executable, CLIENTS, "stub", folder + "/pair", folder + "/answers"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                return use(int(process.stdout.readline()))
            finally:
                process.kill()
"""

OFFICIAL = """
config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c0", "namespace": "default"}}
answer = k8slab.Cluster(agents=()).client.create({**config, "data": {"text": "x" * 700}})
bare = stub({"": ["application/json", json.dumps(answer, default=list)]}, lambda port: client("official", port, "-"))
print(bare / served("official"))
"""

KUBECTL = """
import os, urllib.request
from urllib.parse import quote
kubectl = str(Path(sys.executable).parent / "kubectl")
cluster = k8slab.Cluster(nodes=30)
cluster.apply(manifest(1000))
cluster.settle()
def quickest(*words):
    best = 9.0
    with tempfile.TemporaryDirectory() as home:
        for _ in range(8):
            start = time.perf_counter()
            env = {"HOME": home, "KUBECONFIG": str(server.kubeconfig)}
            done = subprocess.run([kubectl, *words], env=env, capture_output=True, check=True)
            best = min(best, time.perf_counter() - start)
    return best, done.stdout
PODS = "/api/v1/namespaces/default/pods"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
ROWS = "application/json;as=Table;v=v1;g=meta.k8s.io"
def asked(path, accept):
    headers = {"Authorization": "Bearer " + server.token, "Accept": accept}
    request = urllib.request.Request(server.url + path, headers=headers)
    with urllib.request.urlopen(request, context=trusting()) as answer:
        return answer.headers["Content-Type"], answer.read().decode()
def answers():
    found = {path: asked(path, DISCOVERY) for path in ("/api?timeout=32s", "/apis?timeout=32s")}
    found[PODS + "?limit=500"] = page = asked(PODS + "?limit=500", ROWS)
    rest = PODS + "?continue=" + quote(json.loads(page[1])["metadata"]["continue"]) + "&limit=500"
    return {**found, rest: asked(rest, ROWS)}
def of_stub(port):
    return quickest("get", "pods", f"--server=https://127.0.0.1:{port}", "--insecure-skip-tls-verify")
sys.path.insert(0, str(Path(CLIENTS).parent))
from wire_clients import trusting
with cluster.serve(speed=0) as server:
    took, table = quickest("get", "pods")
    assert table.count(b"Running") == 1000
"""

KUBECTL_OF_STUB = """
    alone, same = stub(answers(), of_stub)
    assert same == table
    print(took / alone)
"""

KUBECTL_OF_ITSELF = """
    print(took / quickest("version", "--client")[0])
"""

REAL_ETCD = """
sys.path.insert(0, str(Path(CLIENTS).parent.parent / "tests" / "etcd"))
from k8slab.clock import Loop
from k8slab.etcd import DictStore, Put
from k8slab.etcd.etcd_store import EtcdStore
from real_etcd import RealEtcd, etcd_program
def puts(store, count):
    start = time.perf_counter()
    for number in range(count):
        store.txn([], [Put(f"/registry/{number}", {"text": "x" * 1000})])
    return count / (time.perf_counter() - start)
def replays(store, count):
    heard = []
    start = time.perf_counter()
    store.watch("/registry/", heard.extend, since=2)
    assert len(heard) == count
    return count / (time.perf_counter() - start)
with tempfile.TemporaryDirectory() as folder:
    etcd = RealEtcd(etcd_program(), Path(folder, "data"))
    real = EtcdStore(etcd.url, Loop())
    slow = puts(real, 1000), replays(real, 1000)
    real.close()
    etcd.kill()
here = DictStore(Loop())
fast = puts(here, 50_000), replays(here, 50_000)
"""


class Benchmark(NamedTuple):
    """What is measured, in which unit, what it should be at most (or at least), and the program that prints it.

    Without a print the time of the whole process counts.
    """

    name: str
    unit: str
    aim: float
    program: str
    is_whole_process: bool = False
    more_is_better: bool = False

    def reaches_aim(self, figure: float) -> bool:
        """The figure is as good as it should be."""
        return figure >= self.aim if self.more_is_better else figure <= self.aim


BENCHMARKS = (
    Benchmark(
        "process start, 3 nodes Ready, Deployment of 3 Running",
        "s",
        0.35,
        GROW.format(nodes=3, pods=3),
        is_whole_process=True,
    ),
    Benchmark("300 pods on 10 nodes, from nothing to Running", "s", 0.5, GROW.format(nodes=10, pods=300)),
    Benchmark("1,000 pods on 30 nodes, from nothing to Running", "s", 1.5, GROW.format(nodes=30, pods=1000)),
    Benchmark("graph and diff after a cell, 3 nodes, 30 pods", "s", 0.06, PICTURE.format(nodes=3, pods=30)),
    Benchmark("graph and diff after a cell, 100 nodes, 1,000 pods", "s", 0.2, PICTURE.format(nodes=100, pods=1000)),
    Benchmark("memory for 1,000 pods on 30 nodes", "MiB", 200, MEMORY),
    Benchmark("API alone: creates of a 1 kB object", "/s", 8_000, API + CREATES, more_is_better=True),
    Benchmark("API alone: gets of a 1 kB object", "/s", 50_000, API + GETS, more_is_better=True),
    Benchmark("API alone: deliveries to 1,000 watchers", "/s", 200_000, API + FAN_OUT, more_is_better=True),
    Benchmark("a create among 100,000 objects, of one among 1,000", "x", 1.3, API + COST_AT_SIZE),
    Benchmark("1,000 idle nodes for one virtual hour", "s", 20, IDLE),
    Benchmark("an hour of 5,000 requests/s at noon, 50 pods, HPA", "s", 3, DAY),
    Benchmark("fork of a history of 1,000 writes", "s", 1, FORK),
    Benchmark("HTTPS: creates of a 1 kB object", "/s", 1000, WIRE + "print(served('creates'))", more_is_better=True),
    Benchmark("HTTPS: gets of a 1 kB object", "/s", 1500, WIRE + "print(served('gets'))", more_is_better=True),
    Benchmark("HTTPS: 500 watchers at 200 events/s fall behind by", "s", 1, WIRE + "print(served('watchers'))"),
    Benchmark("official client: a create here, of one through a stub", "x", 1.3, WIRE + STUB + OFFICIAL),
    Benchmark("kubectl get pods of 1,000, of the same from a stub", "x", 1.3, WIRE + STUB + KUBECTL + KUBECTL_OF_STUB),
    Benchmark("kubectl get pods of 1,000, of kubectl version --client", "x", 1.5, WIRE + KUBECTL + KUBECTL_OF_ITSELF),
    Benchmark("puts: in this process, of a real etcd", "x", 20, WIRE + REAL_ETCD + "print(fast[0] / slow[0])",
              more_is_better=True),
    Benchmark("watch events: in this process, of a real etcd", "x", 20, WIRE + REAL_ETCD + "print(fast[1] / slow[1])",
              more_is_better=True),
)  # fmt: skip


ALONE = f"""
import sys
sys.path.insert(0, {str(Path(CLIENTS).parent)!r})
import scheduling
result = scheduling.run("{{name}}")
print(result.rate)
assert result.bound == {{bound}}
"""

SCHEDULING_ALONE = tuple(
    Benchmark(
        f"scheduling alone, {workload.size.nodes:,} nodes: {name}",
        "/s",
        workload.aim,
        ALONE.format(name=name, bound=workload.size.pods if workload.fits else 0),
        more_is_better=True,
    )
    for name, workload in WORKLOADS.items()
)


def measure(benchmark: Benchmark, runs: int) -> float:
    """The median of several runs."""
    with tempfile.TemporaryDirectory() as folder:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = folder
        if benchmark.is_whole_process:
            _once(benchmark, env)
        return median(_once(benchmark, env) for _ in range(runs))


def _once(benchmark: Benchmark, env: dict[str, str]) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-c", DEPLOYMENT + benchmark.program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stderr)
    return took if benchmark.is_whole_process else float(done.stdout)


def yardstick(clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds for a fixed piece of plain Python: the best of five."""

    def work() -> float:
        start = clock()
        table: dict[str, int] = {}
        for number in range(300_000):
            table[str(number % 5_000)] = table.get(str(number % 5_000), 0) + number
        return clock() - start

    return min(work() for _ in range(5))


def compare(benchmarks: tuple[Benchmark, ...], path: Path, here: float, runs: int) -> dict[str, Any]:
    """Measure, print a line for each figure, and answer what would be the new baseline."""
    baseline = json.loads(path.read_text()) if path.exists() else {"yardstick": 0.0, "figures": {}}
    figures = {}
    for benchmark in benchmarks:
        now = figures[benchmark.name] = measure(benchmark, runs)
        before = baseline["figures"].get(benchmark.name)
        speed = {"s": here / baseline["yardstick"], "/s": baseline["yardstick"] / here} if before else {}
        ratio = f"{now / before / speed.get(benchmark.unit, 1.0):.2f}" if before else "-"
        mark = "" if benchmark.reaches_aim(now) else "  misses the aim"
        print(f"{benchmark.name:56}{now:>12,.4g} {benchmark.unit:3}{benchmark.aim:>10,g}{ratio:>12}{mark}", flush=True)
    return {"yardstick": here, "python": sys.version.split()[0], "figures": figures}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measure, and compare with the recorded baseline.")
    parser.add_argument("--record", action="store_true", help="write the figures as the new baseline")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="measure what has this in its name")
    parser.add_argument("--long", action="store_true", help="measure large clusters, too (minutes)")
    options = parser.parse_args()
    print(f"{'':56}{'now':>12}    {'aim':>10}{'to baseline':>12}")
    for path, every, clock, runs in (
        (BASELINE, BENCHMARKS, time.perf_counter, options.runs),
        (SCHEDULING, SCHEDULING_ALONE, time.process_time, 1),
    ):
        chosen = tuple(benchmark for benchmark in every if options.only in benchmark.name)
        here = yardstick(clock)
        found = compare(chosen, path, here, runs)
        if chosen:
            print(f"{'yardstick: 300,000 turns of plain Python':56}{here:>12.4g} s")
        if chosen and options.record:
            path.write_text(json.dumps(found, indent=1) + "\n")
    if options.long:
        large = [sys.executable, str(Path(__file__).with_name("scale.py")), *(["--record"] if options.record else [])]
        subprocess.run(large, check=True)


if __name__ == "__main__":
    main()
