"""The log of a container, read back: which instance is meant, and which of its lines.

Source    pkg/kubelet/kubelet_pods.go (validateContainerLogStatus), pkg/kubelet/kuberuntime/logs/logs.go (ReadLogs)
Left out  one stream alone (`stream`); following a log with `limitBytes` goes on behind them
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.objects import parse_rfc3339, rfc3339_micro
from k8slab.world import Container, Outlet, Sandbox

__all__ = [
    "LogError",
    "follow_log",
    "instance_of",
    "read_log",
]

Obj = dict[str, Any]

WAITING = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


class LogError(Exception):
    """There is no such log, in the kubelet's words."""


def instance_of(status: Obj, pod: str, container: str, previous: bool) -> str:
    """The id of the instance whose log is meant; `status` is the pod's. Raises LogError."""
    found = _status_of(status, container)
    if found is None:
        raise LogError(f'container "{container}" in pod "{pod}" is not available')
    state = found.get("state") or {}
    last: str = ((found.get("lastState") or {}).get("terminated") or {}).get("containerID", "")
    ended: str = (state.get("terminated") or {}).get("containerID", "")
    if previous:
        if last:
            return last
        raise LogError(f'previous terminated container "{container}" in pod "{pod}" not found')
    if "running" in state:
        return str(found["containerID"])
    if ended or last:
        return ended or last
    if "terminated" in state:
        raise LogError(f'container "{container}" in pod "{pod}" is terminated')
    reason = (state.get("waiting") or {}).get("reason", "")
    where = f'container "{container}" in pod "{pod}" is waiting to start'
    raise LogError(f"{where}: {WAITING.get(reason, reason)}" if reason else f"{where} - no logs yet")


def read_log(sandbox: Sandbox | None, container: str, instance: str, options: Obj, now: float) -> str:
    """The lines that the options ask for; a sentence where the instance's log is gone."""
    found = _found(sandbox, container, instance)
    if found is None:
        return f"unable to retrieve container logs for {instance}"
    lines = found.log_lines()
    if "tailLines" in options:
        lines = lines[len(lines) - min(options["tailLines"], len(lines)) :]
    shape = _shape(options, now)
    text = "".join(shape(at, line) for at, line in lines)
    if "limitBytes" in options:
        return text.encode(errors="replace")[: options["limitBytes"]].decode(errors="ignore")
    return text


def follow_log(sandbox: Sandbox | None, container: str, instance: str, options: Obj, now: float) -> Outlet:
    """The lines from now on; it is closed when the instance ends."""
    outlet = Outlet(_shape(options, now))
    found = _found(sandbox, container, instance)
    if found is None:
        outlet.close()
    else:
        found.follow(outlet)
    return outlet


def _shape(options: Obj, now: float) -> Callable[[float, str], str]:
    """A line as the options want it; "" when they do not."""
    since = now - options["sinceSeconds"] if "sinceSeconds" in options else 0.0
    if "sinceTime" in options:
        since = parse_rfc3339(options["sinceTime"])
    has_times = options.get("timestamps")
    return lambda at, line: "" if at < since else f"{_stamp(at)}{line}\n" if has_times else f"{line}\n"


def _stamp(at: float) -> str:
    return f"{rfc3339_micro(at)[:-1]}000Z "


def _found(sandbox: Sandbox | None, container: str, instance: str) -> Container | None:
    places = (sandbox.containers, sandbox.previous) if sandbox is not None else ()
    instances = [place[container] for place in places if container in place]
    return next((one for one in instances if f"containerd://{one.id}" == instance), None)


def _status_of(status: Obj, container: str) -> Obj | None:
    for field in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for one in status.get(field) or ():
            if one["name"] == container:
                return dict(one)
    return None
