"""kubectl patch, scale, label and annotate: one part of an object.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{patch,scale,label,annotate}
Left out  -f; patch --patch-file; scale --current-replicas; label and annotate --list, --local, --resource-version
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.client import load_manifests
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import dry, each, said
from k8slab.kubectl.targets import Target, targets
from k8slab.objects import is_label_value
from k8slab.wire import BadRequest, NotFound

__all__ = ["annotate", "label", "patch", "scale"]

Marks = dict[str, str | None]

PATCH_TYPES = ("json", "merge", "strategic")
JSON_PROBLEMS = {
    "Expecting property name": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Expecting ','": "after object key:value pair",
    "Extra data": "after top-level value",
    "": "looking for beginning of value",
}
NO_RESOURCE = "error: one or more resources must be specified as <resource> <name> or <resource>/<name>"


def patch(session: Session, command: Command) -> str:
    """kubectl patch KIND NAME -p PATCH [--type json|merge|strategic]."""
    type_ = command.flag("type", "strategic")
    if type_ not in PATCH_TYPES:
        raise UsageError(f'error: --type must be one of [{" ".join(PATCH_TYPES)}], not "{type_}"')
    if not command.flag("patch"):
        raise UsageError("error: must specify --patch or --patch-file containing the contents of the patch")
    body = _body(command.flag("patch"))
    return each(targets(session, command), lambda target: _patched(session, command, target, body, type_))


def _body(text: str) -> Any:
    """The patch, written in JSON or in YAML."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] in ("{", "["):
            raise BadRequest(_json_problem(text, error)) from None
    wrapped = "apiVersion: v1\nkind: Patch\nbody:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    try:
        return load_manifests(wrapped)[0]["body"]
    except BadRequest as error:
        raise UsageError(f'error: unable to parse "{text}": {error.message.rpartition("JSON: ")[2]}') from None


def _json_problem(text: str, error: json.JSONDecodeError) -> str:
    """What the server's decoder says of broken JSON."""
    if error.pos >= len(text):
        return "unexpected end of JSON input"
    where = next(go for python, go in JSON_PROBLEMS.items() if error.msg.startswith(python))
    return f"invalid character {text[error.pos]!r} {where}"


def _patched(session: Session, command: Command, target: Target, body: Any, type_: str) -> str:
    client, sub, is_dry_run = session.client, command.flag("subresource"), command.is_dry_run
    before = after = client.get(*target.place)
    if not command.is_client_dry_run:
        after = client.patch(*target.place, body, type=type_, subresource=sub, dry_run=is_dry_run)
    is_same = after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"] and not is_dry_run
    told = command._replace(flags=command.flags | {"dry-run": ["none"]})  # a patch says nothing of a dry run
    return said(told, after, "patched (no change)" if is_same else "patched")


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
    return each(found, lambda target: _scaled(session, command, target, replicas))


def _scaled(session: Session, command: Command, target: Target, replicas: int) -> str:
    obj = session.client.get(*target.place)
    if "scale" not in target.resource.subresources:
        raise NotFound("the server could not find the requested resource")
    if not command.is_dry_run:
        session.client.scale(*target.place, replicas)
        obj = session.client.get(*target.place)
    return said(command, obj, "scaled")


def label(session: Session, command: Command) -> str:
    """kubectl label KIND NAME key=value key-."""
    return _marked(session, command, "labels", "labeled")


def annotate(session: Session, command: Command) -> str:
    """kubectl annotate KIND NAME key=value key-."""
    return _marked(session, command, "annotations", "annotated")


def _marked(session: Session, command: Command, field: str, word: str) -> str:
    if not command.words:
        raise UsageError(NO_RESOURCE)
    marks: Marks = {}
    for change in (w for w in command.words if "=" in w or w.endswith("-")):
        key, equals, value = change.partition("=")
        marks[key if equals else key.removesuffix("-")] = value if equals else None
        if field == "labels" and (complaints := is_label_value(value)):
            raise UsageError(f'error: invalid label value: "{change}": {"; ".join(complaints)}')
    words = [w for w in command.words if "=" not in w and not w.endswith("-")]
    if not marks:
        raise UsageError(f"error: at least one {field[:-1]} update is required")
    found = targets(session, command, words)
    return each(found, lambda target: _changed(session, command, target, field, marks, word))


def _changed(session: Session, command: Command, target: Target, field: str, marks: Marks, word: str) -> str:
    obj, is_label = session.client.get(*target.place), field == "labels"
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
