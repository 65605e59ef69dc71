"""kubectl wait: until a condition holds, a field has a value, an object is there or is gone.

Source    staging/src/k8s.io/kubectl/pkg/cmd/wait
Left out  --for=create; -f
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.kubectl.jsonpath import json_path
from k8slab.kubectl.report import each
from k8slab.kubectl.targets import Target, targets
from k8slab.wire import NotFound

__all__ = ["wait"]

FORMS = ("condition", "jsonpath", "delete")
PATIENCE_S = 3600.0


def wait(session: Session, command: Command) -> str:
    """kubectl wait --for=condition=Ready pod/NAME | --for=delete | --for=jsonpath='{…}'=value."""
    wanted = command.flag("for")
    if wanted.partition("=")[0] not in FORMS:
        if wanted == "create":
            raise left_out("wait --for=create")
        shown = f'"{wanted}"' if wanted else "[]"
        raise UsageError(f"error: unrecognized condition: {shown}")
    deadline = session.client.now + (command.duration("timeout", "30s") or PATIENCE_S)
    found = targets(session, command)
    if not found and wanted != "delete":
        raise UsageError("error: no matching resources found")
    return each(found, lambda target: _waited(session, target, wanted, deadline))


def _waited(session: Session, target: Target, wanted: str, deadline: float) -> str:
    if _object(session, target) is None:
        if wanted == "delete":
            return ""
        session.client.get(*target.place)  # raises NotFound
    if session.until(lambda: _is_met(_object(session, target), wanted), deadline):
        return f"{target} condition met\n"
    raise UsageError(f"error: timed out waiting for the condition on {target.resource.plural}/{target.name}")


def _object(session: Session, target: Target) -> Obj | None:
    try:
        return session.client.get(*target.place)
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
    path, equals, value = rest.rpartition("=") if "}=" in rest else (rest, "", "")
    values = [str(found) for found in json_path(path.strip("'\"{}"), obj)]
    return bool(values) and (not equals or values[0] == value.strip("'\""))
