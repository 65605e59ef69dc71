"""kubectl apply, replace and create -f: from manifests to objects.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{apply,replace,create}; pkg/cmd/apply/patcher.go
Left out  apply --prune, --force and the edit-last-applied family; replace --dry-run
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from k8slab.client import LAST_APPLIED, apply_patch, patch_type, with_last_applied
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.delete import deleted_line, until_gone
from k8slab.kubectl.manifests import Manifest, is_strict, manifests
from k8slab.kubectl.report import Report, error_text, said
from k8slab.kubectl.server_side import apply_on_server, check_flags
from k8slab.wire import ApiError, Invalid, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "apply",
    "create_from",
    "replace",
]

Obj = dict[str, Any]

NOTHING = "error: no objects passed to {verb}"


def apply(session: Session, command: Command) -> str:
    """kubectl apply -f FILE: create what is not there, bring the rest to what the manifest says."""
    check_flags(command)
    report = Report()
    for manifest in _any(session, command, report):
        with report:
            _apply(session, command, report, manifest)
    return str(report)


def _any(session: Session, command: Command, report: Report) -> list[Manifest]:
    found = manifests(session, command, report)
    if not found and not str(report):
        raise UsageError(NOTHING.format(verb=command.path))
    return found


def _apply(session: Session, command: Command, report: Report, manifest: Manifest) -> None:
    if not manifest.name:
        raise UsageError(
            f"error: error when retrieving current configuration of:\n{_place(manifest)}\n"
            f'from server for: "{manifest.source}": resource name may not be empty'
        )
    if command.has("server-side"):
        report.say(apply_on_server(session, command, manifest))
        return
    try:
        live = session.client.get(manifest.resource.full_name, manifest.name, manifest.namespace)
    except NotFound:
        report.say(said(command, _created(session, command, manifest, with_last_applied(manifest.obj)), "created"))
        return
    if LAST_APPLIED not in (live["metadata"].get("annotations") or {}):
        report.say(_unmanaged(manifest))
    patch = apply_patch(live, manifest.obj)
    if not patch:
        report.say(said(command, live, "unchanged"))
        return
    report.say(said(command, _patched(session, command, manifest, live, patch), "configured"))


def _created(session: Session, command: Command, manifest: Manifest, obj: Obj) -> Obj:
    if command.is_client_dry_run:
        return obj
    try:
        created = session.client.create(obj, dry_run=command.is_dry_run, strict=is_strict(command))
    except ApiError as error:
        raise UsageError(error_text(error, manifest.doing("creating"))) from None
    _unwarned(session, command)
    return created


def _unwarned(session: Session, command: Command) -> None:
    """--validate=false: what is wrong with the fields is not even told."""
    if command.flag("validate") in ("false", "ignore"):
        session.client.warnings.clear()


def _patched(session: Session, command: Command, manifest: Manifest, live: Obj, patch: Obj) -> Obj:
    if command.is_client_dry_run:
        return live
    place, type_ = (manifest.resource.full_name, manifest.name, manifest.namespace), patch_type(manifest.obj)
    try:
        after = session.client.patch(*place, patch, type=type_, dry_run=command.is_dry_run, strict=is_strict(command))
        _unwarned(session, command)
        return after
    except Invalid:
        raise
    except ApiError as error:
        is_secret = manifest.resource.kind == "Secret"
        text = "{...}" if is_secret else json.dumps(patch, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        patching = manifest.doing("patching")
        doing = f'error when applying patch:\n{text}\nto:\n{_place(manifest)}\nfor: "{manifest.source}": {patching}'
        raise UsageError(error_text(error, doing)) from None


def _place(manifest: Manifest) -> str:
    """The lines that tell an object's resource, kind, name and namespace."""
    resource = manifest.resource
    version = f"{resource.group}/{resource.version}"
    return (
        f'Resource: "{version}, Resource={resource.plural}", GroupVersionKind: "{version}, Kind={resource.kind}"\n'
        f'Name: "{manifest.name}", Namespace: "{manifest.namespace}"'
    )


def _unmanaged(manifest: Manifest) -> str:
    return (
        f"Warning: resource {manifest.resource.plural}/{manifest.name} is missing the {LAST_APPLIED} annotation which "
        "is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either "
        "kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n"
    )


def create_from(session: Session, command: Command) -> str:
    """kubectl create -f FILE."""
    report = Report()
    for manifest in _any(session, command, report):
        with report:
            report.say(said(command, _created(session, command, manifest, manifest.obj), "created"))
    return str(report)


def replace(session: Session, command: Command) -> str:
    """kubectl replace -f FILE [--force]: the object as the manifest has it; with --force deleted and made anew."""
    report = Report()
    for manifest in _any(session, command, report):
        with report:
            report.say(
                _remade(session, command, manifest) if command.has("force") else _replaced(session, command, manifest)
            )
    return str(report)


def _replaced(session: Session, command: Command, manifest: Manifest) -> str:
    try:
        return said(command, session.client.update(manifest.obj, strict=is_strict(command)), "replaced")
    except ApiError as error:
        raise UsageError(error_text(error, manifest.doing("replacing"))) from None


def _remade(session: Session, command: Command, manifest: Manifest) -> str:
    text = ""
    name = manifest.resource.full_name
    try:
        gone = session.client.get(name, manifest.name, manifest.namespace)
        session.client.delete(name, manifest.name, manifest.namespace, grace_s=0, propagation="Background")
        text = deleted_line(command, manifest.resource, manifest.name, manifest.namespace)
        until_gone(session, [(manifest.resource, gone)])
    except NotFound:
        pass
    return text + said(command, _created(session, command, manifest, manifest.obj), "replaced")
