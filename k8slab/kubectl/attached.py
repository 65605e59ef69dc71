"""kubectl run with a session: wait for the pod, show what it has printed, and clean up behind it.

Nobody types here, so a command that ends is over before anybody could attach: its log is shown, as kubectl does then.

Source    staging/src/k8s.io/kubectl/pkg/cmd/run/run.go (Run, handleAttachPod, waitForPod)
Left out  attaching to a pod that runs on: what it has printed within a minute is shown
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.report import Report

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "check_session",
    "is_attached",
    "session_of",
]

Obj = dict[str, Any]

PATIENCE_S = 60


def is_attached(command: Command) -> bool:
    """Somebody wants to see what the pod prints."""
    return command.has("attach") or command.has("stdin") or command.has("tty")


def check_session(command: Command) -> None:
    """Raises UsageError for flags that do not go together."""
    if command.has("rm") and not is_attached(command):
        raise UsageError("error: --rm should only be used for attached containers")
    if command.is_dry_run and is_attached(command):
        what = "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)"
        raise UsageError(f"error: {what}")
    if command.has("tty") and not command.has("stdin"):
        raise UsageError("error: -i/--stdin is required for containers with -t/--tty=true")


def session_of(session: Session, command: Command, pod: Obj) -> str:
    """What a terminal shows of the pod that was just created, until its first container has ended."""
    client, metadata, report = session.client, pod["metadata"], Report()
    name, namespace = metadata["name"], metadata["namespace"]
    with report:
        for _ in range(PATIENCE_S):
            pod = client.get("Pod", name, namespace)
            if _ended(pod) or not session.wait(1.0):
                break
        report.say(client.log(name, namespace, container=pod["spec"]["containers"][0]["name"]))
    with report:
        if command.has("rm"):
            client.delete("Pod", name, namespace)
            report.say(f'pod "{name}" deleted from {namespace} namespace\n')
    return str(report) + _problem(pod)


def _ended(pod: Obj) -> Obj | None:
    """How the container ended, if it has."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or [{}]
    state, last = statuses[0].get("state") or {}, statuses[0].get("lastState") or {}
    found: Obj | None = state.get("terminated") or last.get("terminated")
    return found


def _problem(pod: Obj) -> str:
    ended = _ended(pod)
    if ended is None or not ended["exitCode"] or pod["spec"].get("restartPolicy") == "Always":
        return ""
    where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    message = ended.get("message", "")
    return f"pod {where} terminated ({ended['reason']})\n" + (f"{message}\n" if message else "")
