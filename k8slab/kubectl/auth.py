"""kubectl auth can-i and whoami: what somebody may do, and who he is to the server.

Source    staging/src/k8s.io/kubectl/pkg/cmd/auth
Left out  auth reconcile; exit codes (a `no` is told by its text alone)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.client import Resource
from k8slab.kubectl.command import Command, UsageError
from k8slab.kubectl.output import printed
from k8slab.kubectl.printers import columns
from k8slab.kubectl.rules import RULE_COLUMNS, rule_rows
from k8slab.wire import Forbidden, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = ["auth"]

Obj = dict[str, Any]

RESOURCE_VERBS = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind",
                  "impersonate", "*", "approve", "sign", "escalate", "attest"}  # fmt: skip
URL_VERBS = {"get", "put", "post", "head", "options", "delete", "patch", "*"}
UNDISCOVERED = ("users", "groups")  # what can be impersonated and is no resource
HELP = """Inspect authorization.

Available Commands:
  can-i         Check whether an action is allowed
  whoami        Experimental: Check self subject attributes

Usage:
  kubectl auth [flags] [options]
"""


def auth(session: Session, command: Command) -> str:
    """kubectl auth can-i VERB [TYPE | TYPE/NAME | URL], auth can-i --list, auth whoami."""
    what, *words = command.words or [""]
    if what == "can-i":
        return _list(session, command, words) if command.has("list") else _can_i(session, command, words)
    if what == "whoami":
        return _whoami(session, command)
    if what == "reconcile":
        raise UsageError('error: this slab\'s kubectl has no "auth reconcile"; the real kubectl does')
    if what:
        raise command.misused(f'unknown command "{what}"')
    return HELP


def _can_i(session: Session, command: Command, words: list[str]) -> str:
    """`yes`, or `no` and perhaps why, behind the warnings about the question."""
    if len(words) != 2:
        raise UsageError(
            "error: you must specify two arguments: verb resource or verb resource/resourceName.\n"
            "See 'kubectl auth can-i -h' for help and examples."
        )
    verb, what = words
    if what.startswith("/"):
        if "--subresource" in command.flags:
            raise UsageError("error: --subresource can not be used with NonResourceURL")
        warnings = _unknown_verb(verb, URL_VERBS)
        asked: Obj = {"nonResourceAttributes": {"verb": verb, "path": what}}
    else:
        kind, _, name = what.partition("/")
        resource, warnings = _resource(session, kind)
        warnings += _doubts(command, verb, resource)
        asked = {"resourceAttributes": _attributes(command, verb, resource, kind, name)}
    if command.has("no-headers"):
        raise UsageError("error: --no-headers cannot be set without --list specified")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": asked}
    status = session.client.create(review)["status"]
    answer = "yes" if status["allowed"] else " - ".join(["no", *filter(None, [status.get("reason", "")])])
    shown = "" if command.has("quiet") else answer + "\n"
    return "".join(f"Warning: {warning}\n\n" for warning in warnings) + shown


def _attributes(command: Command, verb: str, resource: Resource | None, kind: str, name: str) -> Obj:
    attributes = {
        "namespace": command.namespace,
        "verb": verb,
        "group": resource.group if resource else "",
        "resource": resource.plural if resource else kind,
        "subresource": command.flag("subresource"),
        "name": name,
    }
    return {field: value for field, value in attributes.items() if value}


def _resource(session: Session, kind: str) -> tuple[Resource | None, list[str]]:
    """What the server knows by this name, or a warning that it knows nothing."""
    if kind == "*":
        return None, []
    try:
        return session.client.mapper.named(kind.lower()), []
    except NotFound:
        if kind.lower() in UNDISCOVERED:
            return None, []
        plural, dot, group = kind.lower().partition(".")
        where = f" in group '{group}'" if dot else ""
        return None, [f"the server doesn't have a resource type '{plural}'{where}"]


def _doubts(command: Command, verb: str, resource: Resource | None) -> list[str]:
    if command.has("all-namespaces"):
        return []
    doubts = []
    if resource is not None and not resource.is_namespaced:
        where = f" in group '{resource.group}'" if resource.group else ""
        doubts.append(f"resource '{resource.plural}' is not namespace scoped{where}")
    return doubts + _unknown_verb(verb, RESOURCE_VERBS)


def _unknown_verb(verb: str, known: set[str]) -> list[str]:
    return [] if verb in known else [f"verb '{verb}' is not a known verb"]


def _list(session: Session, command: Command, words: list[str]) -> str:
    """Everything that is allowed in a namespace, a row per resource and per URL and verb."""
    if words:
        raise UsageError("error: list option must be specified with no arguments")
    if command.has("quiet") or command.has("all-namespaces") or "--subresource" in command.flags:
        text = "list option can't be specified with neither quiet, all-namespaces nor subresource options"
        raise UsageError(f"error: {text}")
    spec = {"namespace": command.namespace}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": spec}
    status = session.client.create(review)["status"]
    rows = rule_rows([*status["resourceRules"], *status["nonResourceRules"]])
    warning = ""
    if status["incomplete"]:
        warning = f"Warning: the list may be incomplete: {status.get('evaluationError', '')}\n"
    return warning + columns(rows if command.has("no-headers") else [RULE_COLUMNS, *rows])


def _whoami(session: Session, command: Command) -> str:
    """Name and groups, as the server has made them out."""
    try:
        review = session.client.create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    except Forbidden:
        raise UsageError(
            "error: the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it"
        ) from None
    if output := command.flag("output"):
        return printed(output, [review], single=True)
    user = review["status"]["userInfo"]
    rows = [["ATTRIBUTE", "VALUE"], ["Username", user["username"]], ["Groups", f"[{' '.join(user['groups'])}]"]]
    return columns(rows)
