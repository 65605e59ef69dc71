"""kubectl delete: by name, by selector, by manifest; and then wait until it is gone.

Source    staging/src/k8s.io/kubectl/pkg/cmd/delete
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from k8slab.client import Resource
from k8slab.kubectl.command import Command, UsageError, duration, number
from k8slab.kubectl.manifests import manifests
from k8slab.kubectl.report import Report, dry, error_text
from k8slab.kubectl.targets import full_singular, targets
from k8slab.wire import ApiError, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "delete",
    "deleted_line",
    "until_gone",
]

Obj = dict[str, Any]

PATIENCE_S = 600.0  # the real kubectl waits for a week
CASCADES = ("background", "foreground", "orphan")
IMMEDIATE = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The "
    "resource may continue to run on the cluster indefinitely.\n"
)


class Doomed(NamedTuple):
    """What is to be deleted, and what an error about it begins with."""

    resource: Resource
    name: str
    namespace: str
    doing: str = ""


def delete(session: Session, command: Command) -> str:
    """kubectl delete KIND NAME…, -f FILE, -l SELECTOR, --all."""
    if command.flag("cascade", "background") not in CASCADES:
        wrong = command.flag("cascade")
        raise UsageError(f'error: invalid cascade value ({wrong}). Must be "background", "foreground", or "orphan"')
    limit_s, report = duration(command, "timeout", "0s") or PATIENCE_S, Report()
    doomed = _doomed(session, command, report)
    if not doomed:
        return str(report) or "No resources found\n"
    if command.has("force"):
        report.say(IMMEDIATE)
    going = []
    for one in doomed:
        with report:
            going += _deleted(session, command, report, one)
    if not command.is_dry_run and not command.has("force") and command.flag("wait", "true") == "true":
        for left in until_gone(session, going, limit_s):
            report.fail(f"error: timed out waiting for the condition on {left}")
    return str(report)


def _doomed(session: Session, command: Command, report: Report) -> list[Doomed]:
    if "--filename" in command.flags:
        found = manifests(session, command, report)
        return [Doomed(m.resource, m.name, m.namespace, m.doing("deleting")) for m in found]
    found_targets = targets(session.client, command.words, command)
    namespace = command.namespace
    return [Doomed(t.resource, t.name, namespace if t.resource.is_namespaced else "") for t in found_targets]


def _deleted(session: Session, command: Command, report: Report, doomed: Doomed) -> list[tuple[Resource, Obj]]:
    """Delete one object, say so, and give it back as it was."""
    resource, name, namespace, doing = doomed
    grace_s = number(command, "grace-period", "1" if command.has("now") else "0" if command.has("force") else "-1")
    try:
        obj = session.client.get(resource.full_name, name, namespace)
        if not command.is_client_dry_run:
            session.client.delete(
                resource.full_name,
                name,
                namespace,
                grace_s=None if grace_s < 0 else grace_s,
                propagation=command.flag("cascade", "background").capitalize(),
                dry_run=command.is_dry_run,
            )
    except NotFound as error:
        if not command.has("ignore-not-found"):
            report.fail(error_text(error, doing))
        return []
    except ApiError as error:
        raise UsageError(error_text(error, doing)) from None
    report.say(deleted_line(command, resource, name, namespace))
    return [(resource, obj)]


def deleted_line(command: Command, resource: Resource, name: str, namespace: str) -> str:
    """`pod "web" deleted from default namespace`; with -o name only `pod/web`."""
    if command.flag("output") == "name":
        return f"{full_singular(resource)}/{name}\n"
    forced = "force deleted" if command.has("force") and command.path != "replace" else "deleted"
    where = f" from {namespace} namespace" if resource.is_namespaced else ""
    return f'{full_singular(resource)} "{name}" {forced}{where}{dry(command)}\n'


def until_gone(session: Session, objs: Iterable[tuple[Resource, Obj]], limit_s: float = PATIENCE_S) -> list[str]:
    """Let time pass until none of these very objects is left; what still is after `limit_s` seconds, as `pods/web`."""
    deadline = session.client.now + limit_s
    left = [(resource, obj) for resource, obj in objs if _is_there(session, resource, obj)]
    while left and session.client.now < deadline and session.wait(1.0):
        left = [(resource, obj) for resource, obj in left if _is_there(session, resource, obj)]
    return [f"{resource.plural}/{obj['metadata']['name']}" for resource, obj in left] if session.can_wait else []


def _is_there(session: Session, resource: Resource, obj: Obj) -> bool:
    metadata = obj["metadata"]
    try:
        now = session.client.get(resource.full_name, metadata["name"], metadata.get("namespace", ""))
    except NotFound:
        return False
    same: bool = now["metadata"]["uid"] == metadata["uid"]
    return same
