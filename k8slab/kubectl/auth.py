"""kubectl auth can-i: what somebody may do.

Source    staging/src/k8s.io/kubectl/pkg/cmd/auth/cani.go
Left out  auth whoami and reconcile; can-i about URLs, --list and --quiet; the warning about a verb that nobody knows;
          exit codes (a `no` is told by its text alone)
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.wire import NotFound

__all__ = ["auth"]

UNDISCOVERED = ("*", "users", "groups")  # what can be asked about and is no resource
TWO_NEEDED = "error: you must specify two arguments: verb resource or verb resource/resourceName.\n"


def auth(session: Session, command: Command) -> str:
    """kubectl auth can-i VERB TYPE | TYPE/NAME: `yes`, or `no` and perhaps why."""
    what, *words = command.words
    if what != "can-i":
        raise command.misused(f'unknown command "{what}"')
    if len(words) != 2:
        raise UsageError(f"{TWO_NEEDED}See 'kubectl auth can-i -h' for help and examples.")
    verb, (kind, _, name) = words[0], words[1].partition("/")
    if not kind:
        raise left_out("auth can-i URL")
    plural, group, doubt = _resource(session, command, kind)
    attributes = {"namespace": command.namespace, "verb": verb, "group": group, "resource": plural, "name": name,
                  "subresource": command.flag("subresource")}  # fmt: skip
    spec: Obj = {"resourceAttributes": {field: value for field, value in attributes.items() if value}}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    status = session.client.create(review)["status"]
    answer = "yes" if status["allowed"] else " - ".join(["no", *filter(None, [status.get("reason", "")])])
    return (f"Warning: {doubt}\n\n" if doubt else "") + f"{answer}\n"


def _resource(session: Session, command: Command, kind: str) -> tuple[str, str, str]:
    """The plural and the group of what the server knows by this name, and what is doubtful about the question."""
    plural, dot, group = kind.lower().partition(".")
    if plural in UNDISCOVERED:
        return kind, "", ""
    where = f" in group '{group}'" if dot else ""
    try:
        resource = session.client.mapper.named(kind.lower())
    except NotFound:
        return kind, "", f"the server doesn't have a resource type '{plural}'{where}"
    if resource.is_namespaced or command.has("all-namespaces"):
        return resource.plural, resource.group, ""
    where = f" in group '{resource.group}'" if resource.group else ""
    return resource.plural, resource.group, f"resource '{resource.plural}' is not namespace scoped{where}"
