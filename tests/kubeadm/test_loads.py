"""Loads on a whole cluster: roll-outs, chains of Services, sources, and their place in a cluster's history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8slab import Cluster
from k8slab.proxy import Attack, Day

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  strategy: {{rollingUpdate: {{maxUnavailable: 0, maxSurge: 1}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - {{name: main, image: shop/{name}, ports: [{{containerPort: 80}}], {more}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, nodePort: {port}}}], type: NodePort}}
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 10
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics:
  - type: Pods
    pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: "100"}}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
PROBED = "livenessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}"
DRAINING = "lifecycle: {preStop: {sleep: {seconds: 5}}}"


def a_shop(replicas: int = 3, more: str = "") -> Cluster:
    """A cluster with a web Service at node port 30080."""
    cluster = Cluster(nodes=3)
    give(cluster, "web", replicas, more, 30080)
    return cluster


def give(cluster: Cluster, name: str, replicas: int = 1, more: str = "", port: int = 30081) -> None:
    """A Deployment and its Service."""
    cluster.apply(MANIFEST.format(name=name, replicas=replicas, more=more, port=port))
    cluster.settle()


def env(**variables: str) -> str:
    """Environment variables of a container."""
    return "env: [" + ", ".join(f"{{name: {name}, value: '{value}'}}" for name, value in variables.items()) + "]"


def test_a_rolling_restart_loses_as_many_of_a_flow_as_of_single_requests() -> None:
    """Both go through the same history; single requests are few, so the bounds are wide: 4 standard deviations."""
    cluster = a_shop()
    load = cluster.start_load("http://web/", 100, source="node-1")
    cluster.kubectl("rollout restart deployment web")

    failed = 0
    for _ in range(1500):
        failed += not cluster.request("http://web/", "node-1").ok
        cluster.run(0.02)

    expected = load.report().lost / 2  # a hundred a second, of fifty
    assert expected > 10
    assert abs(failed - expected) < 4 * expected**0.5


@pytest.mark.parametrize(("more", "has_losses"), [("", True), (DRAINING, False)])
def test_who_waits_before_it_ends_loses_nobody(more: str, has_losses: bool) -> None:
    """Source: kubernetes.io, "Termination of Pods": endpoints are removed at the same time as the pod is ended."""
    cluster = a_shop(more=more)
    load = cluster.start_load("http://web/", 100)

    cluster.kubectl("rollout restart deployment web")
    cluster.run("60s")

    assert (load.report().lost > 1) is has_losses
    assert len(load.report().by_pod) == 6


def test_who_has_no_power_times_out_until_the_endpoints_are_gone() -> None:
    cluster = a_shop()
    load = cluster.start_load("http://192.168.0.11:30080/", 90, source="outside")

    cluster.fail("node-2")
    cluster.run("2m")

    lost_s = load.report().failed["timeout"] / 30  # the share of the pod that stood there
    assert 40 < lost_s < 60  # the node monitor's grace of 50 s after its last heartbeat
    assert load.report().series[-1].failed_per_s == pytest.approx(0, abs=1e-6)


def test_what_services_ask_each_other_is_measured() -> None:
    cluster = a_shop(more=env(K8SLAB_CALLS="http://cart/*2"))
    give(cluster, "cart", 3, env(K8SLAB_LATENCY="20ms", K8SLAB_ANSWER_BYTES="9800"))

    load = cluster.start_load("http://192.168.0.11:30080/", 50, source="outside")
    cluster.run("60s")

    traffic = cluster.world.network.traffic
    cart = traffic.by_service()["default/cart"]
    assert (cart.requests, cart.answer_bytes / cart.requests) == (pytest.approx(6000), pytest.approx(10_000))
    assert traffic.cross_zone_bytes > 6000 * 10_000 / 2  # two of three pods stand in another zone
    assert load.report().p50_s == pytest.approx(
        cluster.request("http://192.168.0.11:30080/", "outside").took_s, rel=0.1
    )


def test_a_load_comes_in_through_an_ingress_controller() -> None:
    cluster = a_shop()
    cluster.install_ingress("NodePort")
    cluster.apply(INGRESS)
    cluster.run("30s")
    ports = cluster.client.get("Service", "ingress-nginx-controller", "ingress-nginx")["spec"]["ports"]
    url = f"http://192.168.0.11:{ports[0]['nodePort']}/"

    load = cluster.start_load(url, 90, source="outside", host="shop.example")
    cluster.run("10s")

    asked = {row.target.pod: row.passed.requests for row in cluster.world.network.traffic.rows()}
    assert (load.report().sent, load.report().failed) == (pytest.approx(900), {})
    assert [count for pod, count in asked.items() if pod.startswith("web-")] == pytest.approx([300] * 3)
    singles = [cluster.request(url, "outside", host="shop.example").took_s for _ in range(30)]
    assert load.report().mean_s == pytest.approx(sum(singles) / 30, rel=0.1)


@pytest.mark.parametrize(
    ("source", "zones"),
    [
        ("node-2", {"zone-b"}),
        ({"app": "client"}, {"zone-a", "zone-b", "zone-c"}),
        ("app=client", {"zone-a", "zone-b", "zone-c"}),
        ("app=nobody", set()),
        ("pod/nobody", set()),
    ],
)
def test_a_load_comes_from_where_it_is_said_to_come_from(source: Any, zones: set[str]) -> None:
    cluster = a_shop()
    give(cluster, "client", 3)

    load = cluster.start_load("http://web/", 30, source=source)
    cluster.run("10s")

    assert {here for here, _ in load.report().by_zones} == zones
    assert load.report().sent == pytest.approx(300 if zones else 0)


def test_the_autoscaler_and_top_see_a_load() -> None:
    cluster = a_shop(more=env(K8SLAB_CPU_PER_REQUEST="5ms"))

    cluster.start_load("http://web/", 300)
    cluster.run("30s")

    rows = [line.split() for line in cluster.kubectl("top pods").splitlines()[1:]]
    assert [int(cpu.removesuffix("m")) for _, cpu, _ in rows] == pytest.approx([500] * 3, abs=5)


def test_an_autoscaler_follows_requests_a_second() -> None:
    cluster = a_shop(replicas=1)
    cluster.measure_requests()
    cluster.apply(SCALER)

    cluster.start_load("http://web/", 500)
    cluster.run("3m")

    assert "http_requests_per_second" in cluster.kubectl("describe hpa web")
    assert cluster.client.get("Deployment", "web", "default")["spec"]["replicas"] == 5


def test_an_attack_that_memory_cannot_hold_kills() -> None:
    """Every request that waits takes memory; who takes more than its limit is ended by the kernel."""
    cluster = Cluster(nodes=3)
    cluster.image("shop/web", _hungry())
    give(cluster, "web", 1, "resources: {limits: {memory: 64Mi, cpu: 100m}}", 30080)

    cluster.start_load("http://web/", Attack(10, 5000, after="20s", lasting="20s"))
    cluster.run("15s")
    before = cluster.kubectl("get pods")
    cluster.run("15s")

    assert "Running" in before
    assert "OOMKilled" in cluster.kubectl("get pods -o yaml")


def test_a_load_is_part_of_a_clusters_history(tmp_path: Path) -> None:
    cluster = a_shop()
    load = cluster.start_load("http://web/", Day(100, 10, length="2m"), source={"app": "web"}, retries=1, name="day")
    cluster.run("30s")
    cluster.start_load("http://web/", 5, keep_alive="30s", lasting="10s").stop()
    cluster.run("30s")
    cluster.save(tmp_path / "slab")

    forked, loaded = cluster.fork(), Cluster.load(tmp_path / "slab")

    assert load.report().sent > 1000
    assert [str(one.loads["day"].report()) for one in (forked, loaded)] == [str(load.report())] * 2
    assert list(loaded.loads) == ["day", "load-1"]


def test_a_fork_has_its_own_load() -> None:
    cluster = a_shop()
    load = cluster.start_load("http://web/", 100)
    cluster.run("10s")

    fork = cluster.fork()
    fork.run("10s")
    fork.stop_load("load-1")

    assert load.is_on
    assert (load.report().sent, fork.loads["load-1"].report().sent) == (pytest.approx(1000), pytest.approx(2000))


def test_a_load_does_not_keep_a_cluster_from_settling() -> None:
    cluster = a_shop()
    cluster.start_load("http://web/", 100)

    before = cluster.now
    cluster.settle()

    assert cluster.now - before < 5


def test_a_load_ends_by_itself_and_stays_readable() -> None:
    cluster = a_shop()

    load = cluster.start_load("http://web/", 100, lasting="12s")
    cluster.run("60s")

    assert (load.is_on, load.report().sent) == (False, pytest.approx(1200))
    assert repr(load).splitlines()[:3] == [
        "load load-1: http://web/ for 12 s",
        "  sent               1,200",
        "  answered           1,200  100.000 %",
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"url": "ftp://web/"}, "is no URL that can be asked for here"),
        ({"rate": "many"}, "a rate is a number of requests a second"),
        ({"rate": -5}, "0 or more"),
        ({"source": "node-9"}, 'there is no VM "node-9"'),
        ({"source": "app in (a"}, "there is no VM"),
        ({"source": "a=b=c"}, "found '=', expected"),
        ({"timeout": 0}, "a client that waits for no time gets no answer"),
        ({"retries": 1.5}, "retries must be a number from 0 to 10"),
        ({"lasting": "long"}, '"long" is not a duration'),
        ({"answer_bytes": -1}, "answer_bytes must be a number of bytes, not -1"),
        ({"keep_alive": "for ever"}, "is not a duration"),
        ({"name": "load-1"}, 'there is a load "load-1" already'),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(given: dict[str, Any], problem: str) -> None:
    cluster = Cluster(nodes=1)
    cluster.start_load("http://web/", 1)
    inputs = len(cluster.journal.inputs)

    with pytest.raises(ValueError, match=problem):
        cluster.start_load(**{"url": "http://web/", "rate": 1, **given})

    assert (len(cluster.journal.inputs), list(cluster.loads)) == (inputs, ["load-1"])


def test_a_cluster_without_machines_takes_no_load() -> None:
    with pytest.raises(ValueError, match="this cluster has no machine that could answer a load"):
        Cluster(agents=()).start_load("http://web/", 1, source="outside")


def test_what_an_overload_does_to_probes_makes_it_worse() -> None:
    """Who answers late fails his probes; the kubelet starts him anew, and what waited for him is lost."""
    cluster = a_shop(2, env(K8SLAB_CPU_PER_REQUEST="5ms", K8SLAB_WORKERS="1") + f", {PROBED}")

    load = cluster.start_load("http://web/", Attack(100, 3000, after="20s", lasting="60s"))
    cluster.run("70s")

    restarts = [line.split()[3] for line in cluster.kubectl("get pods").splitlines()[1:]]
    assert any(int(count) > 0 for count in restarts)
    assert load.report().failed["reset"] > 1000


def _hungry() -> Any:
    from k8slab.world import Behaviour

    class Hungry(Behaviour):
        """Holds a hundred kilobytes for each request that is inside."""

        memory_bytes_per_request = 100_000

    return Hungry
