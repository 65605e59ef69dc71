"""kubectl api-resources and auth can-i: what the server serves, and to whom.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{apiresources,auth/cani.go}
Left out  api-versions and version; --verbs, --categories, --sort-by, --cached, -o json|yaml; auth whoami and reconcile;
          can-i about URLs, --list and --quiet; the warning about a verb that nobody knows; exit codes (a `no` is told
          by its text alone)
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.kubectl.printers import columns
from k8slab.wire import NotFound

__all__ = ["api_resources", "auth"]

UNDISCOVERED = ("*", "users", "groups")  # what can be asked about and is no resource
TWO_NEEDED = "error: you must specify two arguments: verb resource or verb resource/resourceName.\n"
HEAD = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", "VERBS", "CATEGORIES"]


def api_resources(session: Session, command: Command) -> str:
    """kubectl api-resources [--namespaced=…] [--api-group=…] [-o name|wide]."""
    output = command.flag("output")
    if output not in ("", "name", "wide"):
        raise left_out(f"api-resources -o {output}")
    session.client.mapper.refresh()
    found = sorted(session.client.resources(), key=lambda resource: (resource.group, resource.plural))
    if "namespaced" in command.flags:
        found = [resource for resource in found if resource.is_namespaced == command.has("namespaced")]
    if "api-group" in command.flags:
        found = [resource for resource in found if resource.group == command.flag("api-group")]
    if output == "name":
        return "".join(f"{resource.full_name}\n" for resource in found)
    rows = [] if command.has("no-headers") else [HEAD]
    for r in found:
        row = [r.plural, ",".join(r.short_names), r.api_version, str(r.is_namespaced).lower(), r.kind]
        rows.append([*row, ",".join(r.verbs), ",".join(r.categories)])
    return columns(row if output else row[:5] for row in rows)


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
