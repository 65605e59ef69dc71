"""kubectl apply --server-side: the server merges, and tells of fields that others own.

Source    staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go
Left out  --subresource, --prune; what was applied on the client's side before stays with its manager
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import error_text
from k8slab.wire import ApiError, Conflict

__all__ = ["apply_on_server", "check_flags", "field_manager"]

ON_CLIENT = "kubectl-client-side-apply"
LEFT_BEHIND = f"this slab's kubectl leaves to {ON_CLIENT} what it has applied; the real kubectl takes it over"
OWN_NAMES = {"annotate", "create", "expose", "label", "patch", "replace", "rollout", "run", "set", "taint"}
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
        return ON_CLIENT
    return f"kubectl-{verb}" if verb in OWN_NAMES and command.path != "rollout undo" else "kubectl"


def check_flags(command: Command) -> None:
    """Raises UsageError for flags that do not go together."""
    is_on_server = command.has("server-side")
    if command.has("force-conflicts") and not is_on_server:
        raise UsageError("error: --force-conflicts only works with --server-side")
    if command.is_client_dry_run and is_on_server:
        hint = "did you mean --dry-run=server instead?"
        raise UsageError(f"error: --dry-run=client doesn't work with --server-side ({hint})")


def apply_on_server(session: Session, command: Command, obj: Obj) -> Obj:
    """Have the server merge one manifest. Raises UsageError."""
    name, force = field_manager("apply", command), command.has("force-conflicts")
    try:
        applied = session.client.apply_on_server(obj, name, force=force, dry_run=command.is_dry_run, strict=True)
    except ApiError as error:
        if isinstance(error, Conflict) and error.message.startswith("Apply failed"):
            raise UsageError(f"error: {error.message}{ADVICE}") from None
        raise UsageError(error_text(error) if error.reason else f"Error from server: {error.message}") from None
    if any(entry["manager"] == ON_CLIENT for entry in applied["metadata"].get("managedFields", ())):
        session.client.warnings.append(LEFT_BEHIND)
    return applied
