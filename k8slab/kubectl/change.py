"""kubectl patch, scale, label and annotate: one part of an object.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{patch,scale,label,annotate}
Left out  patch --patch-file, label --resource-version, --local
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from k8slab.client import LAST_APPLIED, load_manifests
from k8slab.kubectl.command import Command, UsageError, number
from k8slab.kubectl.report import Report, dry, said
from k8slab.kubectl.targets import Target, targets
from k8slab.objects import is_label_value
from k8slab.wire import BadRequest, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "annotate",
    "label",
    "patch",
    "scale",
]

Obj = dict[str, Any]

PATCH_TYPES = ("json", "merge", "strategic")
JSON_PROBLEMS = {
    "Expecting property name": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Expecting ','": "after object key:value pair",
    "Extra data": "after top-level value",
}
NO_RESOURCE = "error: one or more resources must be specified as <resource> <name> or <resource>/<name>"


def patch(session: Session, command: Command) -> str:
    """kubectl patch KIND NAME -p PATCH [--type json|merge|strategic]."""
    type_ = command.flag("type", "strategic")
    if type_ not in PATCH_TYPES:
        raise UsageError(f'error: --type must be one of [{" ".join(PATCH_TYPES)}], not "{type_}"')
    if not command.flag("patch"):
        raise UsageError("error: must specify --patch or --patch-file containing the contents of the patch")
    body, report = _body(command.flag("patch")), Report()
    for target in targets(session.client, command.words, command):
        with report:
            report.say(_patched(session, command, target, body, type_))
    return str(report)


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
    where = next(
        (go for python, go in JSON_PROBLEMS.items() if error.msg.startswith(python)), "looking for beginning of value"
    )
    return f"invalid character {text[error.pos]!r} {where}"


def _patched(session: Session, command: Command, target: Target, body: Any, type_: str) -> str:
    client, name, sub = session.client, target.resource.full_name, command.flag("subresource")
    before = client.get(name, target.name, command.namespace)
    quiet = command._replace(flags={f: values for f, values in command.flags.items() if f != "--dry-run"})
    if command.is_client_dry_run:
        return said(quiet, before, "patched")
    after = client.patch(
        name, target.name, command.namespace, body, type=type_, subresource=sub, dry_run=command.is_dry_run
    )
    is_same = after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"] and not command.is_dry_run
    return said(quiet, after, "patched (no change)" if is_same else "patched")


def scale(session: Session, command: Command) -> str:
    """kubectl scale KIND NAME --replicas=N [--current-replicas=N]."""
    if "--replicas" not in command.flags:
        raise UsageError('error: required flag(s) "replicas" not set')
    replicas, report = number(command, "replicas"), Report()
    if replicas < 0:
        raise UsageError("error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    found = targets(session.client, command.words, command)
    if not found:
        raise UsageError("error: no objects passed to scale")
    for target in found:
        with report:
            report.say(_scaled(session, command, target, replicas))
    return str(report)


def _scaled(session: Session, command: Command, target: Target, replicas: int) -> str:
    client, name = session.client, target.resource.full_name
    obj = client.get(name, target.name, command.namespace)
    if "scale" not in target.resource.subresources:
        raise NotFound("the server could not find the requested resource")
    if expected := command.flag("current-replicas"):
        now = client.get(name, target.name, command.namespace, subresource="scale")["spec"]["replicas"]
        if str(now) != expected:
            raise UsageError(f"error: Expected replicas to be {expected}, was {now}")
    if not command.is_dry_run:
        client.scale(name, target.name, command.namespace, replicas)
        obj = client.get(name, target.name, command.namespace)
    return said(command, obj, "scaled")


def label(session: Session, command: Command) -> str:
    """kubectl label KIND NAME key=value key- [--list]."""
    return _marked(session, command, "labels", "labeled")


def annotate(session: Session, command: Command) -> str:
    """kubectl annotate KIND NAME key=value key- [--list]."""
    return _marked(session, command, "annotations", "annotated")


def _marked(session: Session, command: Command, field: str, word: str) -> str:
    if not command.words:
        raise UsageError(NO_RESOURCE)
    pairs = {}
    for change in (w for w in command.words if "=" in w or w.endswith("-")):
        key, equals, value = change.partition("=")
        pairs[key if equals else key.removesuffix("-")] = value if equals else None
        if field == "labels" and (complaints := is_label_value(value)):
            raise UsageError(f'error: invalid label value: "{change}": {"; ".join(complaints)}')
    words = [w for w in command.words if "=" not in w and not w.endswith("-")]
    if not pairs and not command.has("list"):
        raise UsageError(f"error: at least one {field[:-1]} update is required")
    report = Report()
    for target in targets(session.client, words, command):
        with report:
            obj = session.client.get(target.resource.full_name, target.name, command.namespace)
            report.say(_changed(session, command, target, obj, field, pairs, word))
            if command.has("list"):
                report.say(_listing(obj, field))
    return str(report)


def _listing(obj: Obj, field: str) -> str:
    """One `key=value` a line; what apply noted of a Secret stays hidden, for it holds the values."""
    pairs = sorted((obj["metadata"].get(field) or {}).items())
    return "".join(f"{key}={value}\n" for key, value in pairs if obj["kind"] != "Secret" or key != LAST_APPLIED)


def _changed(
    session: Session, command: Command, target: Target, obj: Obj, field: str, pairs: dict[str, str | None], word: str
) -> str:
    had = obj["metadata"].get(field) or {}
    absent = [key for key, value in pairs.items() if value is None and key not in had] if field == "labels" else []
    text = "".join(f'label "{key}" not found.\n' for key in absent)
    taken = [key for key, value in pairs.items() if value is not None and had.get(key, value) != value]
    if taken and not command.has("overwrite"):
        raise UsageError(text + _taken(taken, had, field))
    if not pairs:
        return text
    is_same = all(had.get(key) == value for key, value in pairs.items())
    if not is_same and not command.is_dry_run:
        change = {"metadata": {field: pairs}}
        obj = session.client.patch(target.resource.full_name, target.name, command.namespace, change, type="merge")
    if output := command.flag("output"):
        return text + said(command, obj, output)
    removes_only = field == "labels" and all(value is None for value in pairs.values())
    shown = f"not {word}" if is_same and field == "labels" else f"un{word}" if removes_only else word
    return f"{text}{target} {shown}{dry(command)}\n"


def _taken(keys: list[str], had: Obj, field: str) -> str:
    values = [f"'{key}' already has a value ({had[key]})" for key in keys]
    if field == "labels":
        return f"error: {values[0]}, and --overwrite is false"
    found = "; ".join(values)
    return f"error: --overwrite is false but found the following declared annotation(s): {found}"
