"""Asking a container how it is: startup, readiness and liveness probes.

Until a probe has its first verdict it is work that a cluster waits for; after that it goes on in the background.

Source    pkg/kubelet/prober/worker.go (doProbe), prober.go (runProbe); pkg/probe/http, tcp, exec, grpc
Left out  redirects (they are a success, wherever they lead), HTTPS
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from k8slab.clock import Scope, Timer
from k8slab.world import Connection, Container, HttpRequest, Network

__all__ = [
    "KINDS",
    "Probe",
    "ProbeResult",
    "numbered",
    "probe_once",
]

Obj = dict[str, Any]
Report = Callable[["Probe", "ProbeResult", bool | None], None]

KINDS = ("startup", "readiness", "liveness")
FIRST_LOOK_S = 1.0
NOT_STARTED = (
    'rpc error: code = Unknown desc = failed to exec in container: failed to start exec "{}": OCI runtime exec failed: '
    "exec failed: unable to start container process: {}"
)


class ProbeResult(NamedTuple):
    """One answer: it went well, or the text of what went wrong; `is_error` when it could not even be asked."""

    is_success: bool
    output: str = ""
    is_error: bool = False


class Probe:
    """One probe of one running container.

    `report(probe, result, verdict)` is called after every answer; `verdict` is None as long as a threshold
    has not been reached.
    """

    __slots__ = ("_in_a_row", "_last", "_network", "_report", "_scope", "_timer", "container", "has_verdict", "kind",
                 "spec")  # fmt: skip

    def __init__(
        self, kind: str, spec: Obj, container: Container, network: Network, scope: Scope, report: Report
    ) -> None:
        self.kind = kind
        self.spec = spec
        self.container = container
        self.has_verdict = False
        self._network = network
        self._scope = scope
        self._report = report
        self._last: bool | None = None
        self._in_a_row = 0
        self._timer: Timer | None = None

    def start(self) -> None:
        """Begin after the initial delay, a little later than asked, as tickers do."""
        first = self.container.started_at + (self.spec.get("initialDelaySeconds") or 0)
        first = max(first, self._scope.now) + FIRST_LOOK_S * self._scope.random.random()
        self._timer = self._scope.call_at(first, self._look)

    def stop(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self.container.is_running:
            return
        result = probe_once(self.spec, self.container, self._network)
        period_s = self.spec.get("periodSeconds") or 10
        if result.is_error:  # it counts for nothing
            self._timer = self._scope.call_later(period_s, self._look, background=True)
            self._report(self, result, None)
            return
        self._in_a_row = self._in_a_row + 1 if result.is_success == self._last else 1
        self._last = result.is_success
        field, default = ("successThreshold", 1) if result.is_success else ("failureThreshold", 3)
        is_decided = self._in_a_row >= (self.spec.get(field) or default)
        self.has_verdict = self.has_verdict or is_decided
        self._timer = self._scope.call_later(period_s, self._look, background=self.has_verdict)
        self._report(self, result, result.is_success if is_decided else None)


def probe_once(spec: Obj, container: Container, network: Network) -> ProbeResult:
    """Ask once."""
    timeout_s = spec.get("timeoutSeconds") or 1
    if "exec" in spec:
        return _exec(spec["exec"].get("command") or [], container, timeout_s)
    if "httpGet" in spec:
        return _http(spec["httpGet"], container, network, timeout_s)
    if "grpc" in spec:
        return _grpc(spec["grpc"], container, network, timeout_s)
    target = spec.get("tcpSocket") or {}
    if isinstance(target.get("port"), str):
        return _no_port(target["port"])
    address, port = target.get("host") or container.sandbox.ip, target.get("port", 0)
    return _refusal(network.dial(container.sandbox.vm, address, port), f"{address}:{port}") or ProbeResult(True)


def _http(spec: Obj, container: Container, network: Network, timeout_s: float) -> ProbeResult:
    address, port = spec.get("host") or container.sandbox.ip, spec.get("port", 80)
    if isinstance(port, str):
        return _no_port(port)
    path = "/" + (spec.get("path") or "/").lstrip("/")
    url = f'Get "{(spec.get("scheme") or "HTTP").lower()}://{address}:{port}{path}": '
    connection = network.dial(container.sandbox.vm, address, port)
    refusal = _refusal(connection, f"{address}:{port}")
    if refusal is not None:
        return ProbeResult(False, url + refusal.output)
    given = {header["name"]: header.get("value", "") for header in spec.get("httpHeaders") or ()}
    headers = {"User-Agent": "kube-probe/1.37", "Accept": "*/*", **given}
    reply = connection.ask(HttpRequest(path=path, host=str(given.get("Host", address)), port=port, headers=headers))
    if reply is None:
        return ProbeResult(False, url + "EOF")
    if reply.latency_s > timeout_s:
        return ProbeResult(False, url + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    if 200 <= reply.status < 400:
        return ProbeResult(True)
    return ProbeResult(False, f"HTTP probe failed with statuscode: {reply.status}")


def _grpc(spec: Obj, container: Container, network: Network, timeout_s: float) -> ProbeResult:
    target = f"{container.sandbox.ip}:{spec.get('port', 0)}"
    connection = network.dial(container.sandbox.vm, container.sandbox.ip, spec.get("port", 0))
    if connection.container is None:
        problem = f'timeout: failed to connect service "{target}" within {timeout_s}s: context deadline exceeded'
        return ProbeResult(False, problem)
    answer = connection.container.health(spec.get("service") or "")
    if answer.latency_s > timeout_s:
        return ProbeResult(False, f"timeout: health rpc did not complete within {timeout_s}s")
    if answer.status == "SERVING":
        return ProbeResult(True)
    if answer.status == "UNIMPLEMENTED":
        protocol = "the grpc health protocol (grpc.health.v1.Health)"
        return ProbeResult(False, f"error: this server does not implement {protocol}: {answer.detail}")
    return ProbeResult(False, f'service unhealthy (responded with "{answer.status}")')


def _exec(command: list[str], container: Container, timeout_s: float) -> ProbeResult:
    result = container.exec(tuple(command))
    if result.latency_s > timeout_s:
        return ProbeResult(False, f'command timed out: "{" ".join(command)}" timed out after {timeout_s}s')
    if result.refusal:
        return ProbeResult(False, NOT_STARTED.format(container.id, result.refusal), is_error=True)
    return ProbeResult(result.exit_code == 0, result.output + result.errors)


def _no_port(name: str) -> ProbeResult:
    """The container has no port of that name."""
    return ProbeResult(False, f'strconv.Atoi: parsing "{name}": invalid syntax', is_error=True)


def _refusal(connection: Connection, target: str) -> ProbeResult | None:
    if connection.is_open:
        return None
    problem = "connect: connection refused" if connection.outcome == "refused" else "i/o timeout"
    return ProbeResult(False, f"dial tcp {target}: {problem}")


def numbered(probe: Obj, container: Obj) -> Obj:
    """The probe with the name of a port replaced by its number, where the container has such a port."""
    for handler in ("httpGet", "tcpSocket"):
        port = (probe.get(handler) or {}).get("port")
        if isinstance(port, str):
            names = {p["name"]: p["containerPort"] for p in container.get("ports") or () if "name" in p}
            number = int(port) if port.isdigit() else names.get(port, port)
            return {**probe, handler: {**probe[handler], "port": number}}
    return probe
