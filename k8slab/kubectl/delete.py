"""kubectl delete: by name, by selector, by manifest; and then wait until it is gone.

Source    staging/src/k8s.io/kubectl/pkg/cmd/delete
Left out  --timeout, --field-selector; nobody is waited for longer than ten minutes
"""

from __future__ import annotations

from functools import partial

from k8slab.kubectl.apply import manifests
from k8slab.kubectl.command import Command, Session, UsageError
from k8slab.kubectl.report import Report, dry, error_text
from k8slab.kubectl.targets import Target, full_singular, targets
from k8slab.wire import ApiError, Forbidden, NotFound

__all__ = ["delete"]

PATIENCE_S = 600.0  # the real kubectl waits for a week
CASCADES = ("background", "foreground", "orphan")
IMMEDIATE = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The "
    "resource may continue to run on the cluster indefinitely.\n"
)


def delete(session: Session, command: Command) -> str:
    """kubectl delete KIND NAME…, -f FILE, -l SELECTOR, --all."""
    if (cascade := command.flag("cascade", "background")) not in CASCADES:
        raise UsageError(f'error: invalid cascade value ({cascade}). Must be "background", "foreground", or "orphan"')
    report = Report()
    by_file = "filename" in command.flags
    doomed = [target for _, target in manifests(session, command, report)] if by_file else targets(session, command)
    if not doomed:
        return str(report) or "No resources found\n"
    if command.has("force"):
        report.say(IMMEDIATE)
    going = {}
    for target in doomed:
        with report:
            if uid := _deleted(session, command, target):
                report.say(_line(command, target))
                going[target] = uid
    if not command.is_dry_run and not command.has("force") and command.flag("wait", "true") == "true":
        deadline = session.client.now + PATIENCE_S
        for target, uid in going.items():
            session.until(partial(_is_gone, session, target, uid), deadline)
    return str(report)


def _deleted(session: Session, command: Command, target: Target) -> str:
    """The uid of what is going now; "" for what was not there and need not be."""
    grace_s = command.number("grace-period", "1" if command.has("now") else "0" if command.has("force") else "-1")
    if command.is_client_dry_run:
        return "unknown"
    how, grace = command.flag("cascade", "background").capitalize(), None if grace_s < 0 else grace_s
    try:
        answer = session.client.delete(*target.place, grace_s=grace, propagation=how, dry_run=command.is_dry_run)
    except ApiError as error:
        if isinstance(error, NotFound) and command.has("ignore-not-found"):
            return ""
        raise UsageError(error_text(error, target.doing("deleting"))) from None
    return str((answer.get("details") or answer["metadata"])["uid"])


def _line(command: Command, target: Target) -> str:
    """`pod "web" deleted from default namespace`; with -o name only `pod/web`."""
    if command.flag("output") == "name":
        return f"{target}\n"
    word = "force deleted" if command.has("force") else "deleted"
    where = f" from {target.namespace} namespace" if target.resource.is_namespaced else ""
    return f'{full_singular(target.resource)} "{target.name}" {word}{where}{dry(command)}\n'


def _is_gone(session: Session, target: Target, uid: str) -> bool:
    try:
        return bool(session.client.get(*target.place)["metadata"]["uid"] != uid)
    except (NotFound, Forbidden):  # who may not look need not wait
        return True
