"""kubectl apply --server-side: the server merges; what was applied on the client's side before is handed over.

Source    staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go; client-go/util/csaupgrade/upgrade.go
Left out  --subresource, --prune
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from k8slab.client import LAST_APPLIED
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.manifests import Manifest, is_strict
from k8slab.kubectl.report import error_text, said
from k8slab.schema.fieldsets import from_fields_v1, intersection, to_fields_v1, union
from k8slab.wire import ApiError, Conflict

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "apply_on_server",
    "check_flags",
    "field_manager",
]

Obj = dict[str, Any]

OWN_NAMES = {
    "annotate", "autoscale", "create", "expose", "label", "patch", "replace", "rollout", "run", "set", "taint",
}  # fmt: skip
KUBECTL, KEEPER = "kubectl", "kubectl-last-applied"
NOTE: Obj = {"f:metadata": {"f:annotations": {"f:" + LAST_APPLIED: {}}}}
ADVICE = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


def field_manager(verb: str, command: Command) -> str:
    """The name under which a command writes."""
    if name := command.flag("field-manager"):
        return name
    if verb == "apply" and not command.has("server-side"):
        return "kubectl-client-side-apply"
    return f"kubectl-{verb}" if verb in OWN_NAMES and command.path != "rollout undo" else KUBECTL


def check_flags(command: Command) -> None:
    """Raises UsageError for flags that do not go together."""
    is_on_server, problem = command.has("server-side"), ""
    if command.has("force-conflicts") and not is_on_server:
        problem = "--force-conflicts only works with --server-side"
    elif command.is_client_dry_run and is_on_server:
        problem = "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)"
    if problem:
        raise UsageError(f"error: {problem}")


def apply_on_server(session: Session, command: Command, manifest: Manifest) -> str:
    """Apply one manifest; the line that says so."""
    applied = _applied(session, command, manifest)
    if not command.is_dry_run:
        name = field_manager("apply", command)
        if name == KUBECTL:
            applied = _with_kept_note(session, manifest, applied)
        if _handed_over(session, manifest, applied, name):
            applied = _applied(session, command, manifest)
    return said(command, applied, "serverside-applied")


def _applied(session: Session, command: Command, manifest: Manifest) -> Obj:
    name, force = field_manager("apply", command), command.has("force-conflicts")
    try:
        return session.client.apply_on_server(
            manifest.obj, name, force=force, dry_run=command.is_dry_run, strict=is_strict(command)
        )
    except Conflict as error:
        if not error.message.startswith("Apply failed"):
            raise
        raise UsageError(f"error: {error.message}{ADVICE}") from None
    except ApiError as error:
        raise UsageError(error_text(error) if error.reason else f"Error from server: {error.message}") from None


def _owners(entries: Iterable[Obj], operation: str) -> set[str]:
    """Who owns the note of the last client-side apply."""
    return {
        entry["manager"]
        for entry in entries
        if entry["operation"] == operation and intersection(from_fields_v1(entry["fieldsV1"]), NOTE)
    }


def _with_kept_note(session: Session, manifest: Manifest, live: Obj) -> Obj:
    """Have somebody own the note, so that it does not go with its former owner."""
    note = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if not note or _owners(live["metadata"].get("managedFields", ()), "Apply"):
        return live
    given = manifest.obj["metadata"]
    metadata = {name: given[name] for name in ("name", "namespace") if name in given}
    metadata["annotations"] = {LAST_APPLIED: note}
    head = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
    return session.client.apply_on_server(head, KEEPER)


def _handed_over(session: Session, manifest: Manifest, live: Obj, applier: str) -> bool:
    """Give the applier what the client-side appliers own; False when they own nothing."""
    entries = live["metadata"].get("managedFields", [])
    csa = _owners(entries, "Update")
    new = _upgraded(entries, csa, applier) if csa else entries
    if new == entries:
        return False
    operations = [
        {"op": "replace", "path": "/metadata/managedFields", "value": new},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]
    session.client.patch(manifest.resource.full_name, manifest.name, manifest.namespace, operations, type="json")
    return True


def _upgraded(entries: list[Obj], csa: set[str], applier: str) -> list[Obj]:
    whole = [entry for entry in entries if "subresource" not in entry]
    theirs = [entry for entry in whole if entry["operation"] == "Update" and entry["manager"] in csa]
    own = [entry for entry in whole if entry["operation"] == "Apply" and entry["manager"] == applier]
    if not own and not theirs:
        return entries
    ours = own[0] if own else {**theirs[0], "manager": applier, "operation": "Apply"}
    fields = from_fields_v1(ours["fieldsV1"])
    for entry in theirs:
        if entry["apiVersion"] == ours["apiVersion"]:
            fields = union(fields, from_fields_v1(entry["fieldsV1"]))
    others = [entry for entry in entries if entry not in theirs and entry not in own]
    return [{**ours, "fieldsV1": to_fields_v1(fields)}, *others]
