"""kubectl apply, delete, patch, replace and scale.

Source    staging/src/k8s.io/kubectl/pkg/cmd
Left out  apply --prune and --server-side
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from k8slab.client import LAST_APPLIED, load_manifests
from k8slab.kubectl.command import Command, Target, UsageError, error_text, full_singular, targets
from k8slab.kubectl.given import dry, manifests, number, said
from k8slab.wire import ApiError, BadRequest, Conflict, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "apply",
    "delete",
    "patch",
    "replace",
    "scale",
]

Obj = dict[str, Any]


def apply(session: Session, command: Command) -> str:
    """kubectl apply -f FILE."""
    if not command.flag("filename"):
        raise UsageError("error: must specify one of -f and -k")
    lines = []
    for obj in manifests(session, command):
        try:
            lines.append(_applied(session, command, obj))
        except ApiError as error:
            lines.append(error_text(error) + "\n")
    return "".join(lines)


def _applied(session: Session, command: Command, obj: Obj) -> str:
    client = session.client
    resource = client.mapper.of(obj["apiVersion"], obj["kind"])
    metadata = obj.get("metadata") or {}
    try:
        before = client.get(resource.full_name, metadata.get("name", ""), metadata.get("namespace", ""))
    except NotFound:
        return said(command, client.apply(obj, dry_run=command.is_dry_run), "created")
    after = client.apply(obj, dry_run=command.is_dry_run)
    note = "" if LAST_APPLIED in (before["metadata"].get("annotations") or {}) else _unmanaged(resource, before)
    same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"] and not command.is_dry_run
    return note + said(command, after, "unchanged" if same else "configured")


def _unmanaged(resource: Any, obj: Obj) -> str:
    return (
        f"Warning: resource {resource.plural}/{obj['metadata']['name']} is missing the {LAST_APPLIED} annotation "
        "which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by "
        "either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n"
    )


def delete(session: Session, command: Command) -> str:
    """kubectl delete KIND NAME…, -f FILE, -l SELECTOR, --all."""
    if command.flag("filename"):
        found = [
            (
                Target(session.client.mapper.of(obj["apiVersion"], obj["kind"]), obj["metadata"]["name"]),
                obj["metadata"].get("namespace", ""),
            )
            for obj in manifests(session, command)
        ]
    else:
        found = [(target, command.namespace) for target in targets(session.client, command.words, command)]
    if not found:
        return "No resources found\n"
    return "".join(_deleted(session, command, target, namespace) for target, namespace in found)


def _deleted(session: Session, command: Command, target: Target, namespace: str) -> str:
    grace = command.flag("grace-period", "1" if command.has("now") else "0" if command.has("force") else "-1")
    grace_s = number(grace, "grace-period")
    propagation = command.flag("cascade", "background").capitalize()
    if propagation not in ("Background", "Foreground", "Orphan"):
        raise UsageError(
            f'error: invalid cascade value ({command.flag("cascade")}). Must be "background", "foreground", or "orphan"'
        )
    try:
        session.client.delete(
            target.resource.full_name,
            target.name,
            namespace,
            grace_s=None if grace_s < 0 else grace_s,
            propagation=propagation,
            dry_run=command.is_dry_run,
        )
    except NotFound as error:
        return "" if command.has("ignore-not-found") else error_text(error) + "\n"
    forced = " force" if command.has("force") else ""
    where = f" from {namespace} namespace" if target.resource.is_namespaced else ""
    return f'{full_singular(target.resource)} "{target.name}"{forced} deleted{where}{dry(command)}\n'


def patch(session: Session, command: Command) -> str:
    """kubectl patch KIND NAME -p PATCH [--type merge|json|strategic]."""
    text = command.flag("patch")
    if not text:
        raise UsageError("error: must specify --patch or --patch-file containing the contents of the patch")
    try:
        body = json.loads(text)
    except ValueError:
        try:
            body = load_manifests_loosely(text)
        except BadRequest as error:
            raise UsageError(f"error: unable to parse {text!r}: {error}") from None
    lines = []
    for target in targets(session.client, command.words, command):
        client, type_ = session.client, command.flag("type", "strategic")
        before = client.get(target.resource.full_name, target.name, command.namespace)
        after = client.patch(
            target.resource.full_name,
            target.name,
            command.namespace,
            body,
            type=type_,
            subresource=command.flag("subresource"),
            dry_run=command.is_dry_run,
        )
        same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
        lines.append(said(command, after, "patched (no change)" if same else "patched"))
    return "".join(lines)


def load_manifests_loosely(text: str) -> Any:
    """A patch written in YAML: any mapping. Raises BadRequest."""
    wrapped = "apiVersion: v1\nkind: Patch\nbody:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    return load_manifests(wrapped)[0]["body"]


def replace(session: Session, command: Command) -> str:
    """kubectl replace -f FILE [--force]."""
    lines = []
    for obj in manifests(session, command):
        lines.append(said(command, session.client.update(obj, strict=True), "replaced"))
    return "".join(lines)


def scale(session: Session, command: Command) -> str:
    """kubectl scale KIND/NAME --replicas=N."""
    if not command.flag("replicas"):
        raise UsageError('error: required flag(s) "replicas" not set')
    replicas = number(command.flag("replicas"), "replicas")
    if replicas < 0:
        raise UsageError("error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    lines = []
    for target in targets(session.client, command.words, command):
        client, name = session.client, target.resource.full_name
        if "scale" not in target.resource.subresources:
            raise UsageError(f"error: could not find scale subresource for {target.resource.full_name}")
        if expected := command.flag("current-replicas"):
            now = client.get(name, target.name, command.namespace, subresource="scale")["spec"]["replicas"]
            if str(now) != expected:
                raise Conflict(f"Expected replicas to be {expected}, was {now}")
        if not command.is_dry_run:
            client.scale(name, target.name, command.namespace, replicas)
        lines.append(f"{target} scaled{dry(command)}\n")
    return "".join(lines)
