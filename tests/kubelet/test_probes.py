"""Probes: one answer at a time, thresholds, and what waits for them."""

from __future__ import annotations

from typing import Any

import pytest
from one_node import OneNode

from k8slab.clock import Loop
from k8slab.kubelet.probes import Probe, ProbeResult, numbered, probe_once
from k8slab.world import Behaviour, Container, ContainerConfig, Health, HttpRequest, Image, Reply, World


class App(Behaviour):
    """Answers by path; `/turn` decides by its queue of answers."""

    def on_request(self, request: HttpRequest) -> Reply | str:
        match request.path:
            case "/slow":
                return Reply(200, latency_s=5)
            case "/crash":
                raise RuntimeError("boom")
            case "/redirect":
                return Reply(301)
            case "/turn":
                return Reply(200 if TURNS.pop(0) else 500)
            case "/me":
                return Reply(200 if request.headers.get("X-Who") == "me" else 403)
        return Reply(200 if request.path == "/" else 500)

    def on_health(self, service: str) -> Health | str:
        match service:
            case "slow":
                return Health(latency_s=3)
            case "none":
                return Health("UNIMPLEMENTED", "unknown service")
        return {"down": "NOT_SERVING", "odd": "SERVICE_UNKNOWN"}.get(service, "SERVING")


TURNS: list[bool] = []
NO_PORT = 'strconv.Atoi: parsing "nope": invalid syntax'


class Machine:
    """A running App at 10.244.1.2:8080, and a way to probe it."""

    def __init__(self) -> None:
        self.loop = Loop(seed=1)
        self.world = World(self.loop)
        runtime = self.world.create_vm("node-1").runtime
        runtime.use_pod_cidr("10.244.1.0/24")
        self.world.images.register("shop/app", App)
        image = self.world.images.resolve("shop/app")
        assert isinstance(image, Image)
        runtime.run_pod_sandbox("u", "default", "p", False, lambda sandbox: None)
        self.loop.settle()
        config = ContainerConfig("main", "shop/app", ports=(8080,))
        self.container: Container = runtime.create_container(runtime.sandboxes["u"], config, image, 0)
        runtime.start_container(self.container, lambda container: None)
        self.loop.settle()

    def answers(self, spec: Any, turns: str) -> list[bool | None]:
        """The verdicts of a probe whose answers are good (+) and bad (-) in turn."""
        TURNS[:] = [turn == "+" for turn in turns]
        verdicts: list[bool | None] = []
        asked = {"httpGet": {"path": "/turn", "port": 8080}, **spec}
        scope = self.loop.scope()
        probe = Probe(
            "readiness", asked, self.container, self.world.network, scope, lambda p, result, v: verdicts.append(v)
        )
        probe.start()
        self.loop.run_until(self.loop.now + 1 + 10 * (len(turns) - 1))
        scope.cancel()
        return verdicts


@pytest.fixture
def machine() -> Machine:
    """A machine with the App on it."""
    return Machine()


HEALTH = 'service unhealthy (responded with "{}")'
PROTOCOL = "the grpc health protocol (grpc.health.v1.Health)"
ME = [{"name": "X-Who", "value": "me"}]
GET = 'Get "http://10.244.1.2:8080{}": '


@pytest.mark.parametrize(
    ("spec", "result"),
    [
        ({"httpGet": {"port": 8080}}, ProbeResult(True)),
        ({"httpGet": {"port": 8080, "path": "redirect"}}, ProbeResult(True)),
        ({"httpGet": {"port": 8080, "path": "/x"}}, ProbeResult(False, "HTTP probe failed with statuscode: 500")),
        (
            {"httpGet": {"port": 8080, "path": "/slow"}},
            ProbeResult(
                False,
                GET.format("/slow") + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            ),
        ),
        ({"httpGet": {"port": 8080, "path": "/slow"}, "timeoutSeconds": 6}, ProbeResult(True)),
        ({"httpGet": {"port": 8080, "path": "/crash"}}, ProbeResult(False, GET.format("/crash") + "EOF")),
        (
            {"httpGet": {"port": 9}},
            ProbeResult(False, 'Get "http://10.244.1.2:9/": dial tcp 10.244.1.2:9: connect: connection refused'),
        ),
        ({"httpGet": {"port": "nope"}}, ProbeResult(False, NO_PORT, is_error=True)),
        ({"tcpSocket": {"port": "nope"}}, ProbeResult(False, NO_PORT, is_error=True)),
        ({"tcpSocket": {"port": 8080}}, ProbeResult(True)),
        ({"tcpSocket": {"port": 9}}, ProbeResult(False, "dial tcp 10.244.1.2:9: connect: connection refused")),
        ({"tcpSocket": {"port": 9, "host": "10.9.9.9"}}, ProbeResult(False, "dial tcp 10.9.9.9:9: i/o timeout")),
        ({"grpc": {"port": 8080}}, ProbeResult(True)),
        ({"grpc": {"port": 8080, "service": "down"}}, ProbeResult(False, HEALTH.format("NOT_SERVING"))),
        ({"grpc": {"port": 8080, "service": "odd"}}, ProbeResult(False, HEALTH.format("SERVICE_UNKNOWN"))),
        (
            {"grpc": {"port": 8080, "service": "slow"}},
            ProbeResult(False, "timeout: health rpc did not complete within 1s"),
        ),
        (
            {"grpc": {"port": 8080, "service": "none"}},
            ProbeResult(False, f"error: this server does not implement {PROTOCOL}: unknown service"),
        ),
        (
            {"grpc": {"port": 9}},
            ProbeResult(
                False, 'timeout: failed to connect service "10.244.1.2:9" within 1s: context deadline exceeded'
            ),
        ),
        ({"httpGet": {"port": 8080, "path": "/me", "httpHeaders": ME}}, ProbeResult(True)),
        ({"httpGet": {"port": 8080, "path": "/me"}}, ProbeResult(False, "HTTP probe failed with statuscode: 403")),
        ({"exec": {"command": ["true"]}}, ProbeResult(True)),
        (
            {"exec": {"command": ["cat", "/f"]}},
            ProbeResult(False, "cat: can't open '/f': No such file or directory\n"),
        ),
        (
            {"exec": {"command": ["sleep", "2"]}},
            ProbeResult(False, 'command timed out: "sleep 2" timed out after 1s'),
        ),
    ],
)
def test_an_answer_is_judged_as_upstream_does(machine: Machine, spec: Any, result: ProbeResult) -> None:
    """Source: pkg/probe/http/http.go, pkg/probe/tcp/tcp.go, pkg/kubelet/prober/prober.go."""
    assert probe_once(spec, machine.container, machine.world.network) == result


@pytest.mark.parametrize(
    ("spec", "turns", "verdicts"),
    [
        ({}, "+-+", [True, None, True]),
        ({}, "---+", [None, None, False, True]),
        ({"failureThreshold": 1}, "-+", [False, True]),
        ({"successThreshold": 2}, "++-+", [None, True, None, None]),
    ],
)
def test_thresholds_count_answers_in_a_row(machine: Machine, spec: Any, turns: str, verdicts: list[Any]) -> None:
    """Source: pkg/kubelet/prober/worker.go, doProbe."""
    assert machine.answers(spec, turns) == verdicts


def test_a_cluster_waits_for_the_first_verdict_and_not_for_more(machine: Machine) -> None:
    TURNS[:] = [False, False, False, True, True]
    spec = {"httpGet": {"path": "/turn", "port": 8080}, "initialDelaySeconds": 20}
    begun, seen = machine.loop.now, []
    probe = Probe(
        "readiness", spec, machine.container, machine.world.network, machine.loop.scope(), lambda *a: seen.append(a)
    )

    probe.start()
    machine.loop.settle()

    assert len(seen) == 3 and 39 < machine.loop.now - begun < 42


def test_ports_can_be_called_by_name() -> None:
    container = {"ports": [{"name": "web", "containerPort": 8080}]}

    probes = [numbered({"httpGet": {"port": port}}, container) for port in ("web", 80, "nope", "81")]

    assert [probe["httpGet"]["port"] for probe in probes] == [8080, 80, "nope", 81]


def test_readiness_is_asked_while_a_pod_leaves_and_liveness_is_not(node: OneNode) -> None:
    """Source: pkg/kubelet/prober/prober_manager.go, StopLivenessAndStartup."""
    asked: list[str] = []

    class Draining(Behaviour):
        def on_request(self, request: HttpRequest) -> Reply:
            asked.append(request.path)
            return Reply(503 if "/ready" in asked[2:] else 200)

        def on_sigterm(self) -> None:
            asked.clear()

    node.world.images.register("shop/drain", Draining)
    probes = {f"{kind}Probe": {"httpGet": {"path": f"/{path}", "port": 80}, "periodSeconds": 2, "failureThreshold": 1}
              for kind, path in (("readiness", "ready"), ("liveness", "live"))}  # fmt: skip
    node.given("web", "shop/drain:1", container={**probes, "ports": [{"containerPort": 80}]})

    node.client.delete("Pod", "web", "default")
    node.run(20)

    assert set(asked) == {"/ready"} and len(asked) >= 9
    assert node.state("web") == "Running ready=False restarts=0 running:"


@pytest.mark.parametrize("kind", ["liveness", "readiness", "startup"])
def test_a_probe_that_cannot_be_asked_counts_for_nothing(node: OneNode, kind: str) -> None:
    """Source: pkg/kubelet/prober/worker.go, doProbe: "Prober error, throw away the result"; prober.go, probe."""
    probe = {"exec": {"command": ["no-such-program"]}, "failureThreshold": 1, "periodSeconds": 5}
    node.given("web", container={f"{kind}Probe": probe})

    node.run(60)

    said = next(text for text in node.said("web") if text.startswith("Unhealthy"))
    assert said.startswith(
        f"Unhealthy: {kind.capitalize()} probe errored and resulted in unknown state: rpc error: code = "
    )
    assert said.endswith('exec: "no-such-program": executable file not found in $PATH')
    assert node.state("web") == f"Running ready={kind == 'liveness'} restarts=0 running:"
