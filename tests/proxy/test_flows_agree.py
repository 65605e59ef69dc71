"""Flows and single requests agree on who gets what, whatever the rules are.

Each case is played twice on the same machines: as one flow, and as hundreds of single requests. Every part of the flow
must be what the single requests met, within four standard deviations, and nobody may meet anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flow_bench import WEB, FlowBench, Steady
from proxy_bench import a_service, a_slice, an_endpoint

from k8slab.proxy import LoadReport, Source
from k8slab.proxy.streams import reason_of
from k8slab.world import Vm

SINGLES = 400
NODE_PORT = "http://192.168.0.11:30080/"  # of b
LOCAL = {"externalTrafficPolicy": "Local"}
LEAVING = {"conditions": {"ready": False, "serving": True, "terminating": True}}
GUARD: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "guard", "namespace": "default"},
    "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.9.9.9/32"}}]}]},
}


class Case(NamedTuple):
    """What a Service is like, where its endpoints are and what is said of them, who asks, and what is broken."""

    name: str
    spec: dict[str, Any] = {}
    endpoints: str = "a b c"
    more: dict[str, Any] = {}
    url: str = f"http://{WEB}/"
    source: str = "a"
    breaks: Callable[[FlowBench], object] = lambda bench: None


CASES = (
    Case("three endpoints"),
    Case("two on one machine", endpoints="a a b"),
    Case("by name", url="http://web/"),
    Case("by a name that there is not", url="http://wep/"),
    Case("nobody there", endpoints=""),
    Case("from a machine with none of its own", endpoints="b c"),
    Case("a node port", url=NODE_PORT),
    Case("a node port from outside", url=NODE_PORT, source="outside"),
    Case("a node port for local endpoints only", LOCAL, "a b b", url=NODE_PORT, source="outside"),
    Case("the same where there are none", LOCAL, "a c", url=NODE_PORT, source="outside"),
    Case("an address of its own outside", url="http://198.51.100.7/"),
    Case("local endpoints only", {"internalTrafficPolicy": "Local"}, "a a b"),
    Case("the same where there are none", {"internalTrafficPolicy": "Local"}, "b c"),
    Case("clients that stay", {"sessionAffinity": "ClientIP"}),
    Case("a crowd of clients that stay", {"sessionAffinity": "ClientIP"}, url=NODE_PORT, source="outside"),
    Case("hints", more={"a": {"hints": {"forZones": [{"name": "zone-b"}]}},
                        "b": {"hints": {"forZones": [{"name": "zone-a"}]}},
                        "c": {"hints": {"forZones": [{"name": "zone-a"}]}}}),
    Case("one not ready", more={"b": {"conditions": {"ready": False}}}),
    Case("all leaving", more={"a": LEAVING, "b": LEAVING, "c": LEAVING}),
    Case("one without power", breaks=lambda bench: bench.b.power_off()),
    Case("one whose process has ended", breaks=lambda bench: bench.container("web-1").exit(1)),
    Case("the asking machine without power", breaks=lambda bench: bench.a.power_off()),
    Case("a cut between two machines", breaks=lambda bench: bench.world.network.cut("a", "b")),
    Case("a cut between two zones", breaks=lambda bench: bench.world.network.cut("zone-a", "zone-c")),
    Case("one of two DNS pods without power", url="http://web/", breaks=lambda bench: bench.second_dns()),
    Case("a guarded machine", breaks=lambda bench: (bench.guard(bench.b), bench.given(GUARD))),
    Case("a page that fails", url=f"http://{WEB}/broken"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("flow_is_first", [True, False], ids=["flow first", "flow last"])
def test_flows_and_single_requests_agree_on_who_gets_what(case: Case, flow_is_first: bool) -> None:
    bench = given(case)
    vm = machine(bench, case.source)
    source = Source(vm, "default", is_crowd=vm is None)

    report = bench.flow(case.url, 100, 5.0, source) if flow_is_first else None
    singles = Counter(met(bench, case, number) for number in range(SINGLES))
    report = report or bench.flow(case.url, 100, 5.0, source)

    parts = parts_of(report)
    assert set(singles) <= set(parts)
    for end, part in parts.items():
        assert abs(singles[end] - SINGLES * part) <= 4 * (SINGLES * part * (1 - part)) ** 0.5 + 1e-6, end


def given(case: Case) -> FlowBench:
    """The machines, the Service and its pods."""
    bench = FlowBench()
    bench.with_dns()
    named = {"externalIPs": ["198.51.100.7"], "type": "NodePort", "clusterIP": WEB, **case.spec}
    bench.given(a_service("web", {"port": 80, "nodePort": 30080}, **named))
    endpoints = []
    for number, vm in enumerate(filter(None, case.endpoints.split())):
        address = bench.pod(f"web-{number}", machine(bench, vm), behaviour=Steady)  # type: ignore[arg-type]
        endpoints.append({**an_endpoint(address), "nodeName": vm, "zone": f"zone-{vm}", **case.more.get(vm, {})})
    bench.given(a_slice("web", *endpoints))
    bench.settle()
    case.breaks(bench)
    bench.settle()
    return bench


def machine(bench: FlowBench, name: str) -> Vm | None:
    """The machine of that name; None is outside."""
    return {"a": bench.a, "b": bench.b, "c": bench.c}.get(name)


def met(bench: FlowBench, case: Case, number: int) -> str:
    """What a single request meets; each of those from outside is of another client."""
    vm = machine(bench, case.source)
    client = "" if vm is not None else f"203.0.{100 + number // 200}.{number % 200}"
    answer = bench.requests.send(case.url, vm, "default", client=client)
    return answer.pod if answer.ok else reason_of(answer.error) or f"HTTP {answer.status}"


def parts_of(report: LoadReport) -> dict[str, float]:
    """What part of a flow met what."""
    counts = {**report.by_pod, **report.failed}
    return {end: count / report.sent for end, count in counts.items()}
