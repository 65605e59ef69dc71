"""kubectl label, annotate, set image and set env: small changes by hand.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{label,annotate,set}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, targets
from k8slab.kubectl.given import dry

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "annotate",
    "label",
    "set_",
]

Obj = dict[str, Any]


def label(session: Session, command: Command) -> str:
    """kubectl label KIND NAME key=value key-."""
    return _marked(session, command, "labels", "labeled")


def annotate(session: Session, command: Command) -> str:
    """kubectl annotate KIND NAME key=value key-."""
    return _marked(session, command, "annotations", "annotated")


def _marked(session: Session, command: Command, field: str, word: str) -> str:
    changes = [w for w in command.words if "=" in w or w.endswith("-")]
    words = [w for w in command.words if w not in changes]
    if not changes:
        raise UsageError(f"error: at least one {field[:-1]} update is required")
    pairs = {
        c.removesuffix("-") if "=" not in c else c.partition("=")[0]: None if "=" not in c else c.partition("=")[2]
        for c in changes
    }
    lines = []
    for target in targets(session.client, words, command):
        name = target.resource.full_name
        obj = session.client.get(name, target.name, command.namespace)
        had = obj["metadata"].get(field) or {}
        taken = [key for key, value in pairs.items() if value is not None and had.get(key, value) != value]
        if taken and not command.has("overwrite"):
            raise UsageError(f"error: '{taken[0]}' already has a value ({had[taken[0]]}), and --overwrite is false")
        removes_only = all(value is None for value in pairs.values())
        same = all(had.get(key) == value for key, value in pairs.items())
        if not same and not command.is_dry_run:
            patch_ = {"metadata": {field: pairs}}
            session.client.patch(name, target.name, command.namespace, patch_, type="merge")
        word_ = f"not {word}" if same else f"un{word}" if removes_only and field == "labels" else word
        lines.append(f"{target} {word_}{dry(command)}\n")
    return "".join(lines)


def set_(session: Session, command: Command) -> str:
    """kubectl set image KIND/NAME container=image, set env KIND/NAME KEY=value KEY-."""
    what, *words = command.words or [""]
    if what not in ("image", "env"):
        raise UsageError(f'error: this slab\'s kubectl has only "set image" and "set env", not "set {what}"')
    changes = [w for w in words if "=" in w or w.endswith("-")]
    if not changes:
        raise UsageError(f"error: at least one {what} update is required")
    lines = []
    for target in targets(session.client, [w for w in words if w not in changes], command):
        obj = session.client.get(target.resource.full_name, target.name, command.namespace)
        template = obj["spec"].get("template", obj)
        patch_: Obj = {"spec": {"containers": _set_patch(what, template["spec"]["containers"], changes)}}
        if "template" in obj["spec"]:
            patch_ = {"spec": {"template": patch_}}
        session.client.patch(
            target.resource.full_name, target.name, command.namespace, patch_, dry_run=command.is_dry_run
        )
        lines.append(f"{target} {what} updated{dry(command)}\n")
    return "".join(lines)


def _set_patch(what: str, containers: list[Obj], changes: list[str]) -> list[Obj]:
    names = [container["name"] for container in containers]
    if what == "env":
        env = [
            {"name": c[:-1], "$patch": "delete"}
            if "=" not in c
            else dict(zip(("name", "value"), c.split("=", 1), strict=True))
            for c in changes
        ]
        return [{"name": name, "env": env} for name in names]
    patches = []
    for change in changes:
        name, _, image = change.partition("=")
        if name != "*" and name not in names:
            raise UsageError(f'error: unable to find container named "{name}"')
        patches += [{"name": found, "image": image} for found in names if name in ("*", found)]
    return patches
