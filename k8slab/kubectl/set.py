"""kubectl set image and set env: containers of a pod or of a template.

Source    staging/src/k8s.io/kubectl/pkg/cmd/set
Left out  set resources, selector, serviceaccount and subject; set env --from, --list, --containers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.report import Report, said
from k8slab.kubectl.targets import Target, targets

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "set_",
]

Obj = dict[str, Any]


def set_(session: Session, command: Command) -> str:
    """kubectl set image KIND/NAME container=image, set env KIND/NAME KEY=value KEY-."""
    what, *words = command.words or [""]
    if what not in ("image", "env"):
        raise command.misused(f'unknown command "{what}"')
    changes = [w for w in words if "=" in w or w.endswith("-")]
    found = targets(session.client, [w for w in words if w not in changes], command)
    if not changes:
        least = (
            "at least one image update is required"
            if what == "image"
            else "at least one environment variable must be provided"
        )
        raise UsageError(f"error: {least}")
    report = Report()
    for target in found:
        with report:
            report.say(_set(session, command, target, what, changes))
    return str(report)


def _set(session: Session, command: Command, target: Target, what: str, changes: list[str]) -> str:
    name = target.resource.full_name
    obj = session.client.get(name, target.name, command.namespace)
    template = (obj.get("spec") or {}).get("template", obj)
    containers = (template.get("spec") or {}).get("containers")
    if not containers:
        raise UsageError(f"error: {target} does not have a pod template")
    patch: Obj = {"spec": {"containers": _patch(what, containers, changes)}}
    if template is not obj:
        patch = {"spec": {"template": patch}}
    if command.is_client_dry_run:
        return said(command, obj, f"{what} updated")
    after = session.client.patch(name, target.name, command.namespace, patch, dry_run=command.is_dry_run)
    is_same = after["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"] and not command.is_dry_run
    return "" if is_same else said(command, after, f"{what} updated")


def _patch(what: str, containers: list[Obj], changes: list[str]) -> list[Obj]:
    """What each container is to become, as a strategic merge patch."""
    names = [container["name"] for container in containers]
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
