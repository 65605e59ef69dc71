"""kubectl rollout and wait: watching a change through.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{rollout,wait}, pkg/polymorphichelpers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.clock import parse_duration
from k8slab.kubectl.command import Command, Target, UsageError, targets
from k8slab.kubectl.printers import json_path
from k8slab.objects import get_condition, owned_by, rfc3339
from k8slab.wire import NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "rollout",
    "wait",
]

Obj = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
HASH_LABEL = "pod-template-hash"
PATIENCE_S = 3600.0


def rollout(session: Session, command: Command) -> str:
    """kubectl rollout status|history|undo|pause|resume|restart deployment/NAME."""
    actions = {
        "status": _status,
        "history": _history,
        "undo": _undo,
        "pause": _pause,
        "resume": _resume,
        "restart": _restart,
    }
    what, *words = command.words or [""]
    if what not in actions:
        raise UsageError(f"error: write it like `kubectl rollout {'|'.join(actions)} deployment/NAME`")
    lines = []
    for target in targets(session.client, words, command):
        if target.resource.kind != "Deployment":
            raise UsageError(f"error: no rollout for {target.resource.full_name} here, only for deployments.apps")
        obj = session.client.get(target.resource.full_name, target.name, command.namespace)
        lines.append(actions[what](session, command, target, obj))
    return "".join(lines)


def _status(session: Session, command: Command, target: Target, obj: Obj) -> str:
    limit_s = parse_duration(command.flag("timeout", "0s")) or PATIENCE_S
    deadline, lines = session.client.now + limit_s, [""]
    while True:
        obj = session.client.get(target.resource.full_name, target.name, command.namespace)
        text, is_done = _progress(obj)
        if text != lines[-1]:
            lines.append(text)
        if is_done or command.flag("watch", "true") == "false":
            return "".join(lines)
        if session.client.now >= deadline or not session.wait(1.0):
            return "".join(lines) + "error: timed out waiting for the condition\n"


def _progress(obj: Obj) -> tuple[str, bool]:
    """One line on how far a Deployment is, and whether that is the end of it."""
    name, wanted, status = obj["metadata"]["name"], obj["spec"]["replicas"], obj.get("status") or {}
    if obj["metadata"]["generation"] > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...\n", False
    progress = get_condition(obj, "Progressing")
    if progress is not None and progress.get("reason") == "ProgressDeadlineExceeded":
        return f'error: deployment "{name}" exceeded its progress deadline\n', True
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    if updated < wanted:
        return f"{waiting}{updated} out of {wanted} new replicas have been updated...\n", False
    if total > updated:
        return f"{waiting}{total - updated} old replicas are pending termination...\n", False
    if status.get("availableReplicas", 0) < updated:
        return f"{waiting}{status.get('availableReplicas', 0)} of {updated} updated replicas are available...\n", False
    return f'deployment "{name}" successfully rolled out\n', True


def _revisions(session: Session, obj: Obj) -> dict[int, Obj]:
    sets = session.client.list("ReplicaSet.apps", obj["metadata"]["namespace"])
    found = {}
    for rs in sets:
        number = (rs["metadata"].get("annotations") or {}).get(REVISION, "")
        if owned_by(rs, obj) and number.isdigit():
            found[int(number)] = rs
    return dict(sorted(found.items()))


def _history(session: Session, command: Command, target: Target, obj: Obj) -> str:
    revisions = _revisions(session, obj)
    if asked := command.flag("revision"):
        rs = revisions.get(int(asked)) if asked.isdigit() else None
        if rs is None:
            raise UsageError("error: unable to find the specified revision")
        return f"{target} with revision #{asked}\n{_template_text(rs['spec']['template'])}"
    rows: list[list[Any]] = [["REVISION", "CHANGE-CAUSE"]]
    for number, rs in revisions.items():
        rows.append([number, (rs["metadata"].get("annotations") or {}).get(CHANGE_CAUSE, "<none>")])
    return f"{target} \n" + "".join(f"{first:<10}{cause}\n" for first, cause in rows) + "\n"


def _template_text(template: Obj) -> str:
    from k8slab.kubectl.describe import pod_template

    return pod_template(template)


def _undo(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if obj["spec"].get("paused"):
        raise UsageError(
            "error: you cannot rollback a paused deployment; "
            f'resume it first with "kubectl rollout resume {target}" and try again'
        )
    revisions = _revisions(session, obj)
    asked = command.flag("to-revision", "0")
    current = max(revisions, default=0)
    number = int(asked) if asked.isdigit() and int(asked) else max((n for n in revisions if n < current), default=0)
    if number not in revisions:
        text = f"error: unable to find specified revision {asked} in history"
        raise UsageError(
            text if int(asked or 0) else "error: no rollout history found for deployment " + f'"{target.name}"'
        )
    template = revisions[number]["spec"]["template"]
    labels = {k: v for k, v in template["metadata"]["labels"].items() if k != HASH_LABEL}
    template = {**template, "metadata": {**template["metadata"], "labels": labels}}
    if template == obj["spec"]["template"]:
        return f"{target} skipped rollback (current template already matches revision {number})\n"
    operations = [{"op": "replace", "path": "/spec/template", "value": template}]
    session.client.patch(target.resource.full_name, target.name, command.namespace, operations, type="json")
    return f"{target} rolled back\n"


def _pause(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if obj["spec"].get("paused"):
        return f'error: {target.resource.full_name} "{target.name}" is already paused\n'
    session.client.patch(target.resource.full_name, target.name, command.namespace, {"spec": {"paused": True}})
    return f"{target} paused\n"


def _resume(session: Session, command: Command, target: Target, obj: Obj) -> str:
    if not obj["spec"].get("paused"):
        return f'error: {target.resource.full_name} "{target.name}" is not paused\n'
    session.client.patch(target.resource.full_name, target.name, command.namespace, {"spec": {"paused": None}})
    return f"{target} resumed\n"


def _restart(session: Session, command: Command, target: Target, obj: Obj) -> str:
    stamp = {"kubectl.kubernetes.io/restartedAt": rfc3339(session.client.now)}
    body = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    session.client.patch(target.resource.full_name, target.name, command.namespace, body)
    return f"{target} restarted\n"


def wait(session: Session, command: Command) -> str:
    """kubectl wait --for=condition=Ready pod/NAME | --for=delete | --for=jsonpath='{…}'=value."""
    condition = command.flag("for")
    if not condition:
        raise UsageError("error: --for is required")
    deadline = session.client.now + (parse_duration(command.flag("timeout", "30s")) or PATIENCE_S)
    lines = []
    found = targets(session.client, command.words, command)
    if not found:
        raise UsageError("error: no matching resources found")
    for target in found:
        while not _is_met(session, command, target, condition):
            if session.client.now >= deadline or not session.wait(1.0):
                lines.append(f"error: timed out waiting for the condition on {target.resource.plural}/{target.name}\n")
                break
        else:
            lines.append(f"{target} condition met\n")
    return "".join(lines)


def _is_met(session: Session, command: Command, target: Target, wanted: str) -> bool:
    form, _, rest = wanted.partition("=")
    try:
        obj = session.client.get(target.resource.full_name, target.name, command.namespace)
    except NotFound:
        if form == "delete":
            return True
        raise
    if form == "delete":
        return False
    if form == "create":
        return True
    if form == "condition":
        name, _, value = rest.partition("=")
        found = get_condition(obj, name) or next(
            (c for c in _conditions(obj) if c["type"].lower() == name.lower()), None
        )
        return found is not None and found["status"].lower() == (value or "true").lower()
    if form == "jsonpath":
        path, _, value = rest.rpartition("=") if "=" in rest else (rest, "", "")
        values = [str(v) for v in json_path(path.strip("'\"{}"), obj)]
        return bool(values) and (not value or values[0] == value.strip("'\""))
    raise UsageError(f'error: unrecognized condition: "{wanted}"')


def _conditions(obj: Obj) -> list[Obj]:
    return (obj.get("status") or {}).get("conditions") or []
