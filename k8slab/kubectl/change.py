"""kubectl patch, scale, set, label and annotate: one part of an object.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{patch,scale,set,label,annotate}
Left out  -f; patches in YAML, patch --patch-file; scale --current-replicas; label and annotate --list, --local,
          --resource-version; set resources, selector, serviceaccount and subject; set env --from, --list, --containers
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.kubectl.report import dry, said
from k8slab.kubectl.targets import Target, each_object, targets
from k8slab.objects import is_label_value
from k8slab.wire import BadRequest, NotFound

__all__ = ["mark", "patch", "scale", "set_"]

PATCH_TYPES = ("json", "merge", "strategic")
JSON_PROBLEMS = {
    "Expecting property name": "looking for beginning of object key string", "Expecting ':'": "after object key",
    "Expecting ','": "after object key:value pair", "Extra data": "after top-level value",
    "": "looking for beginning of value",
}  # fmt: skip
MARKS = {"label": ("labels", "labeled"), "annotate": ("annotations", "annotated")}
LEAST = {"image": "image update is required", "env": "environment variable must be provided"}


def patch(session: Session, command: Command) -> str:
    """kubectl patch KIND NAME -p PATCH [--type json|merge|strategic]."""
    type_ = command.flag("type", "strategic")
    if type_ not in PATCH_TYPES:
        raise UsageError(f'error: --type must be one of [{" ".join(PATCH_TYPES)}], not "{type_}"')
    if not command.flag("patch"):
        raise UsageError("error: must specify --patch or --patch-file containing the contents of the patch")
    body = _body(command.flag("patch"))
    found = targets(session, command)
    return each_object(session, found, lambda target, obj: _patched(session, command, target, obj, body, type_))


def _body(text: str) -> Any:
    """The patch, written in JSON. Raises BadRequest in the words of the server's decoder."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] not in ("{", "["):
            raise left_out("patch -p YAML") from None
        where = next(go for python, go in JSON_PROBLEMS.items() if error.msg.startswith(python))
        problem = f"invalid character {text[error.pos : error.pos + 1]!r} {where}"
        raise BadRequest(problem if error.pos < len(text) else "unexpected end of JSON input") from None


def _patched(session: Session, command: Command, target: Target, before: Obj, body: Any, type_: str) -> str:
    how = {"type": type_, "subresource": command.flag("subresource")}
    after, is_same = _sent(session, command, target, before, body, **how)
    told = command._replace(flags=command.flags | {"dry-run": ["none"]})  # a patch says nothing of a dry run
    return said(told, after, "patched (no change)" if is_same else "patched")


def _sent(session: Session, command: Command, target: Target, old: Obj, patch: Any, **how: Any) -> tuple[Obj, bool]:
    """The object after a patch, and whether that has made no difference."""
    if command.is_client_dry_run:
        return old, False
    new = session.client.patch(*target.place, patch, dry_run=command.is_dry_run, **how)
    return new, new["metadata"]["resourceVersion"] == old["metadata"]["resourceVersion"] and not command.is_dry_run


def scale(session: Session, command: Command) -> str:
    """kubectl scale KIND NAME --replicas=N."""
    if "replicas" not in command.flags:
        raise UsageError('error: required flag(s) "replicas" not set')
    replicas = command.number("replicas")
    if replicas < 0:
        raise UsageError("error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    found = targets(session, command)
    if not found:
        raise UsageError("error: no objects passed to scale")
    return each_object(session, found, lambda target, obj: _scaled(session, command, target, obj, replicas))


def _scaled(session: Session, command: Command, target: Target, obj: Obj, replicas: int) -> str:
    if "scale" not in target.resource.subresources:
        raise NotFound("the server could not find the requested resource")
    if not command.is_dry_run:
        session.client.scale(*target.place, replicas)
        obj = session.client.get(*target.place)
    return said(command, obj, "scaled")


def set_(session: Session, command: Command) -> str:
    """kubectl set image KIND/NAME container=image, set env KIND/NAME KEY=value KEY-."""
    what, *words = command.words or [""]
    if what not in LEAST:
        raise command.misused(f'unknown command "{what}"')
    changes = [w for w in words if "=" in w or w.endswith("-")]
    found = targets(session, command, [w for w in words if w not in changes])
    if not changes:
        raise UsageError(f"error: at least one {LEAST[what]}")
    return each_object(session, found, lambda target, obj: _set(session, command, target, obj, what, changes))


def _set(session: Session, command: Command, target: Target, obj: Obj, what: str, changes: list[str]) -> str:
    template = (obj.get("spec") or {}).get("template", obj)
    containers = (template.get("spec") or {}).get("containers")
    if not containers:
        raise UsageError(f"error: {target} does not have a pod template")
    patch: Obj = {"spec": {"containers": _patch(what, [container["name"] for container in containers], changes)}}
    if template is not obj:
        patch = {"spec": {"template": patch}}
    after, is_same = _sent(session, command, target, obj, patch)
    return "" if is_same else said(command, after, f"{what} updated")


def _patch(what: str, names: list[str], changes: list[str]) -> list[Obj]:
    """What each container is to become, as a strategic merge patch."""
    if what == "env":
        return [{"name": name, "env": [_variable(change) for change in changes]} for name in names]
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


def mark(session: Session, command: Command) -> str:
    """kubectl label KIND NAME key=value key-, and annotate."""
    field = MARKS[command.path][0]
    if not command.words:
        raise UsageError("error: one or more resources must be specified as <resource> <name> or <resource>/<name>")
    marks: dict[str, str | None] = {}
    for change in (w for w in command.words if "=" in w or w.endswith("-")):
        key, equals, value = change.partition("=")
        marks[key if equals else key.removesuffix("-")] = value if equals else None
        if field == "labels" and (complaints := is_label_value(value)):
            raise UsageError(f'error: invalid label value: "{change}": {"; ".join(complaints)}')
    words = [w for w in command.words if "=" not in w and not w.endswith("-")]
    if not marks:
        raise UsageError(f"error: at least one {field[:-1]} update is required")
    found = targets(session, command, words)
    return each_object(session, found, lambda target, obj: _marked(session, command, target, obj, marks))


def _marked(session: Session, command: Command, target: Target, obj: Obj, marks: Obj) -> str:
    (field, word), is_label = MARKS[command.path], command.path == "label"
    had = obj["metadata"].get(field) or {}
    absent = [key for key, value in marks.items() if value is None and key not in had and is_label]
    text = "".join(f'label "{key}" not found.\n' for key in absent)
    taken = [key for key, value in marks.items() if value is not None and had.get(key, value) != value]
    if taken and not command.has("overwrite"):
        raise UsageError(text + _taken(taken, had, field))
    is_same = all(had.get(key) == value for key, value in marks.items())
    if not is_same and not command.is_dry_run:
        obj = session.client.patch(*target.place, {"metadata": {field: marks}}, type="merge")
    if command.flag("output"):
        return text + said(command, obj, word)
    removes_only = is_label and all(value is None for value in marks.values())
    shown = f"not {word}" if is_same and is_label else f"un{word}" if removes_only else word
    return f"{text}{target} {shown}{dry(command)}\n"


def _taken(keys: list[str], had: Obj, field: str) -> str:
    values = [f"'{key}' already has a value ({had[key]})" for key in keys]
    if field == "labels":
        return f"error: {values[0]}, and --overwrite is false"
    return f"error: --overwrite is false but found the following declared annotation(s): {'; '.join(values)}"
