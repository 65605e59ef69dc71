"""Lifecycle hooks: what a container is made to do right after its start and right before its end.

Source    pkg/kubelet/lifecycle/handlers.go (Run), kuberuntime_container.go (startContainer, executePreStopHook)
Left out  httpHeaders, HTTPS of httpGet hooks; what a hook prints (it is not in the events upstream either)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8slab.kubelet.probes import numbered
from k8slab.world import Container, HttpRequest, Network

__all__ = [
    "HookRun",
    "hook_of",
    "run_hook",
]

Obj = dict[str, Any]

DIAL_TIMEOUT_S = 30.0


class HookRun(NamedTuple):
    """How a hook goes: whether it works, and the seconds until that is known."""

    is_success: bool
    took_s: float = 0.0


def hook_of(spec: Obj, name: str) -> Obj | None:
    """The handler of `postStart` or `preStop`, None when the container has none."""
    hook: Obj | None = (spec.get("lifecycle") or {}).get(name)
    return hook


def run_hook(hook: Obj, spec: Obj, container: Container, network: Network) -> HookRun:
    """Begin a hook. Any answer to an httpGet is a success: nobody looks at its status."""
    if "sleep" in hook:
        return HookRun(True, float(hook["sleep"].get("seconds") or 0))
    if "exec" in hook:
        result = container.exec(tuple(hook["exec"].get("command") or ()))
        return HookRun(result.exit_code == 0, result.latency_s)
    if "httpGet" not in hook:
        return HookRun(False)
    asked = numbered(hook, spec)["httpGet"]
    address, port = asked.get("host") or container.sandbox.ip, asked.get("port") or 80
    connection = network.dial(container.sandbox.vm, address, port)
    if connection.outcome == "timeout":
        return HookRun(False, DIAL_TIMEOUT_S)
    path = "/" + (asked.get("path") or "/").lstrip("/")
    reply = connection.ask(HttpRequest(path=path, host=address, port=port))
    return HookRun(reply is not None, reply.latency_s if reply is not None else 0.0)
