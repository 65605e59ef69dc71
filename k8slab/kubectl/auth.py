"""kubectl auth can-i: what somebody may do.

Source    staging/src/k8s.io/kubectl/pkg/cmd/auth/cani.go
Left out  auth whoami and reconcile; can-i --list and --quiet; exit codes (a `no` is told by its text alone)
"""

from __future__ import annotations

from k8slab.client import Resource
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.wire import NotFound

__all__ = ["auth"]

RESOURCE_VERBS = {
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "impersonate",
    "*", "approve", "sign", "escalate", "attest",
}  # fmt: skip
URL_VERBS = {"get", "put", "post", "head", "options", "delete", "patch", "*"}
UNDISCOVERED = ("users", "groups")  # what can be impersonated and is no resource


def auth(session: Session, command: Command) -> str:
    """kubectl auth can-i VERB TYPE | TYPE/NAME | URL: `yes`, or `no` and perhaps why."""
    what, *words = command.words or [""]
    if what != "can-i":
        raise command.misused(f'unknown command "{what}"')
    if len(words) != 2:
        raise UsageError(
            "error: you must specify two arguments: verb resource or verb resource/resourceName.\n"
            "See 'kubectl auth can-i -h' for help and examples."
        )
    verb, what = words
    if what.startswith("/"):
        doubts = _unknown(verb, URL_VERBS)
        asked: Obj = {"nonResourceAttributes": {"verb": verb, "path": what}}
    else:
        kind, _, name = what.partition("/")
        resource, doubts = _resource(session, kind)
        if not command.has("all-namespaces"):
            doubts += _cluster_wide(resource) + _unknown(verb, RESOURCE_VERBS)
        plural, group = (resource.plural, resource.group) if resource else (kind, "")
        attributes = {"namespace": command.namespace, "verb": verb, "group": group, "resource": plural, "name": name,
                      "subresource": command.flag("subresource")}  # fmt: skip
        asked = {"resourceAttributes": {field: value for field, value in attributes.items() if value}}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": asked}
    status = session.client.create(review)["status"]
    answer = "yes" if status["allowed"] else " - ".join(["no", *filter(None, [status.get("reason", "")])])
    return "".join(f"Warning: {doubt}\n\n" for doubt in doubts) + f"{answer}\n"


def _resource(session: Session, kind: str) -> tuple[Resource | None, list[str]]:
    """What the server knows by this name, or a doubt when it knows nothing."""
    if kind == "*" or kind.lower() in UNDISCOVERED:
        return None, []
    try:
        return session.client.mapper.named(kind.lower()), []
    except NotFound:
        plural, dot, group = kind.lower().partition(".")
        where = f" in group '{group}'" if dot else ""
        return None, [f"the server doesn't have a resource type '{plural}'{where}"]


def _cluster_wide(resource: Resource | None) -> list[str]:
    if resource is None or resource.is_namespaced:
        return []
    where = f" in group '{resource.group}'" if resource.group else ""
    return [f"resource '{resource.plural}' is not namespace scoped{where}"]


def _unknown(verb: str, known: set[str]) -> list[str]:
    return [] if verb in known else [f"verb '{verb}' is not a known verb"]
