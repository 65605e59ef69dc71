"""kubectl set image and set env: containers of a pod or of a template.

Source    staging/src/k8s.io/kubectl/pkg/cmd/set
Left out  set resources, selector, serviceaccount and subject; set env --from, --list, --containers; -f
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import each, said
from k8slab.kubectl.targets import Target, targets

__all__ = ["LEAST", "set_"]

LEAST = {
    "image": "at least one image update is required",
    "env": "at least one environment variable must be provided",
}


def set_(session: Session, command: Command) -> str:
    """kubectl set image KIND/NAME container=image, set env KIND/NAME KEY=value KEY-."""
    what, *words = command.words or [""]
    if what not in LEAST:
        raise command.misused(f'unknown command "{what}"')
    changes = [w for w in words if "=" in w or w.endswith("-")]
    found = targets(session, command, [w for w in words if w not in changes])
    if not changes:
        raise UsageError(f"error: {LEAST[what]}")
    return each(found, lambda target: _set(session, command, target, what, changes))


def _set(session: Session, command: Command, target: Target, what: str, changes: list[str]) -> str:
    obj = session.client.get(*target.place)
    template = (obj.get("spec") or {}).get("template", obj)
    containers = (template.get("spec") or {}).get("containers")
    if not containers:
        raise UsageError(f"error: {target} does not have a pod template")
    patch: Obj = {"spec": {"containers": _patch(what, [container["name"] for container in containers], changes)}}
    if template is not obj:
        patch = {"spec": {"template": patch}}
    if command.is_client_dry_run:
        return said(command, obj, f"{what} updated")
    after = session.client.patch(*target.place, patch, dry_run=command.is_dry_run)
    is_same = after["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"] and not command.is_dry_run
    return "" if is_same else said(command, after, f"{what} updated")


def _patch(what: str, names: list[str], changes: list[str]) -> list[Obj]:
    """What each container is to become, as a strategic merge patch."""
    if what == "env":
        env = [_variable(change) for change in changes]
        return [{"name": name, "env": env} for name in names]
    patches = []
    for change in changes:
        name, _, image = change.partition("=")
        if name != "*" and name not in names:
            raise UsageError(f'error: unable to find container named "{name}"')
        patches += [{"name": found, "image": image} for found in names if name in ("*", found)]
    return patches


def _variable(change: str) -> Obj:
    name, equals, value = change.partition("=")
    return {"name": name, "value": value} if equals else {"name": name.removesuffix("-"), "$patch": "delete"}
