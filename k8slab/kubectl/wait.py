"""kubectl wait: until a condition holds, a field has a value, an object is there or is gone.

Source    staging/src/k8s.io/kubectl/pkg/cmd/wait
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, duration
from k8slab.kubectl.jsonpath import json_path
from k8slab.kubectl.report import Report
from k8slab.kubectl.targets import Target, targets
from k8slab.wire import NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "wait",
]

Obj = dict[str, Any]

FORMS = ("condition", "jsonpath", "delete", "create")
PATIENCE_S = 3600.0


def wait(session: Session, command: Command) -> str:
    """kubectl wait --for=condition=Ready pod/NAME | --for=delete | --for=create | --for=jsonpath='{…}'=value."""
    wanted = command.flag("for")
    form = wanted.partition("=")[0]
    if form not in FORMS:
        raise UsageError(
            f'error: unrecognized condition: "{wanted}"' if wanted else "error: unrecognized condition: []"
        )
    deadline = session.client.now + (duration(command, "timeout", "30s") or PATIENCE_S)
    found, report = targets(session.client, command.words, command), Report()
    if not found and form != "delete":
        raise UsageError("error: no matching resources found")
    for target in found:
        with report:
            report.say(_waited(session, command, target, wanted, deadline))
    return str(report)


def _waited(session: Session, command: Command, target: Target, wanted: str, deadline: float) -> str:
    form = wanted.partition("=")[0]
    obj = _object(session, command, target)
    if obj is None and form == "delete":
        return ""
    if obj is None and form != "create":
        session.client.get(target.resource.full_name, target.name, command.namespace)
    while not _is_met(obj, wanted):
        if session.client.now >= deadline or not session.wait(1.0):
            where = "" if form == "create" else f" on {target.resource.plural}/{target.name}"
            raise UsageError(f"error: timed out waiting for the condition{where}")
        obj = _object(session, command, target)
    return f"{target} condition met\n"


def _object(session: Session, command: Command, target: Target) -> Obj | None:
    try:
        return session.client.get(target.resource.full_name, target.name, command.namespace)
    except NotFound:
        return None


def _is_met(obj: Obj | None, wanted: str) -> bool:
    form, _, rest = wanted.partition("=")
    if form == "delete" or obj is None:
        return obj is None and form == "delete"
    if form == "condition":
        name, _, value = rest.partition("=")
        conditions = (obj.get("status") or {}).get("conditions") or []
        states = [c["status"].lower() for c in conditions if c["type"].lower() == name.lower()]
        return states[:1] == [(value or "true").lower()]
    if form == "jsonpath":
        path, equals, value = rest.rpartition("=") if "}=" in rest else (rest, "", "")
        values = [str(found) for found in json_path(path.strip("'\"{}"), obj)]
        return bool(values) and (not equals or values[0] == value.strip("'\""))
    return True
