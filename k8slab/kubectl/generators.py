"""What `kubectl create` makes of a few words: Jobs, accounts and their rights, quotas, budgets, priorities.

Source    staging/src/k8s.io/kubectl/pkg/cmd/create/create_{job,cronjob,role,clusterrole,rolebinding,quota,pdb}.go …
Left out  --aggregation-rule of cluster roles; label expressions other than equality for budgets
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, number
from k8slab.kubectl.targets import slashed
from k8slab.wire import NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "GENERATED",
    "split_command",
]

Obj = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"


def split_command(words: list[str]) -> tuple[list[str], list[str]]:
    """What stands before `--`, and what behind it."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _listed(command: Command, flag: str) -> list[str]:
    """The values of a flag that may be given several times, and several at once; each once."""
    return list(dict.fromkeys(part for text in command.flags.get(f"--{flag}", []) for part in text.split(",") if part))


def _pairs(command: Command, flag: str) -> dict[str, str]:
    """The `key=value` pairs of a flag. Raises UsageError."""
    pairs = [text.partition("=") for text in _listed(command, flag)]
    for key, equals, value in pairs:
        if not (key and equals and value):
            raise UsageError(f"error: invalid argument syntax, expected key=value, got: {key}{equals}{value}")
    return {key: value for key, _, value in pairs}


def _named(api_version: str, kind: str, words: list[str], command: Command) -> Obj:
    if len(words) != 1:
        raise command.misused(f"exactly one NAME is required, got {len(words)}")
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": words[0]}}


def _needed(command: Command, *flags: str) -> None:
    """Raises UsageError for flags that are not set."""
    if missing := [flag for flag in flags if f"--{flag}" not in command.flags]:
        shown = ", ".join(f'"{flag}"' for flag in missing)
        raise UsageError(f"error: required flag(s) {shown} not set")


def _pod_template(name: str, command: Command, arguments: list[str], restart: str) -> Obj:
    container: Obj = {"name": name, "image": command.flag("image"), "resources": {}}
    if arguments:
        container["command"] = arguments
    return {"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}}


def _job(session: Session, words: list[str], command: Command) -> Obj:
    words, arguments = split_command(words)
    obj = _named("batch/v1", "Job", words, command)
    if ("--image" in command.flags) == ("--from" in command.flags):
        raise UsageError("error: either --image or --from must be specified")
    if source := command.flag("from"):
        return {**obj, **_from_cronjob(session, obj, source, command)}
    template = _pod_template(obj["metadata"]["name"], command, arguments, "Never")
    return {**obj, "spec": {"template": template}, "status": {}}


def _from_cronjob(session: Session, obj: Obj, source: str, command: Command) -> Obj:
    target = slashed(session.client, source)
    if target.resource.kind != "CronJob":
        raise UsageError(f"error: from must be an existing cronjob: only resource cronjob is supported, got {source}")
    cronjob = session.client.get("CronJob", target.name, command.namespace)
    template, uid = cronjob["spec"]["jobTemplate"], cronjob["metadata"]["uid"]
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": target.name, "uid": uid, "controller": True}
    given = template.get("metadata") or {}
    annotations = {"cronjob.kubernetes.io/instantiate": "manual", **(given.get("annotations") or {})}
    metadata: Obj = {**obj["metadata"], "annotations": annotations, "ownerReferences": [owner]}
    if given.get("labels"):
        metadata["labels"] = given["labels"]
    return {"metadata": metadata, "spec": template["spec"], "status": {}}


def _cronjob(session: Session, words: list[str], command: Command) -> Obj:
    words, arguments = split_command(words)
    _needed(command, "image", "schedule")
    obj = _named("batch/v1", "CronJob", words, command)
    name = obj["metadata"]["name"]
    template = _pod_template(name, command, arguments, command.flag("restart", "OnFailure"))
    job = {"metadata": {"name": name}, "spec": {"template": template}}
    return {**obj, "spec": {"schedule": command.flag("schedule"), "jobTemplate": job}, "status": {}}


def _account(session: Session, words: list[str], command: Command) -> Obj:
    return _named("v1", "ServiceAccount", words, command)


def _role(session: Session, words: list[str], command: Command) -> Obj:
    obj = _named(f"{RBAC}/v1", "Role", words, command)
    return {**obj, "rules": list(_rules(session, command))}


def _cluster_role(session: Session, words: list[str], command: Command) -> Obj:
    obj = _named(f"{RBAC}/v1", "ClusterRole", words, command)
    rules = list(_rules(session, command)) if "--resource" in command.flags else []
    if paths := _listed(command, "non-resource-url"):
        rules.append({"verbs": _verbs(command), "nonResourceURLs": paths})
    if not rules:
        raise UsageError("error: one of resource or nonResourceURL must be specified")
    return {**obj, "rules": rules}


def _verbs(command: Command) -> list[str]:
    verbs = _listed(command, "verb")
    if not verbs:
        raise UsageError("error: at least one verb must be specified")
    return ["*"] if "*" in verbs else verbs


def _rules(session: Session, command: Command) -> Iterator[Obj]:
    """A rule for each API group of the resources, as `pods`, `deployments.apps`, `pods/log` name them."""
    verbs, groups = _verbs(command), dict[str, list[str]]()
    for text in _listed(command, "resource"):
        name, slash, subresource = text.partition("/")
        try:
            resource = session.client.mapper.named(name)
            plural, group = resource.plural, resource.group
        except NotFound:
            plural, _, group = name.partition(".")
            if name != "*":
                raise UsageError(f'error: the server doesn\'t have a resource type "{plural}"') from None
        groups.setdefault(group, []).append(f"{plural}{slash}{subresource}")
    if not groups:
        raise UsageError("error: at least one resource must be specified")
    names = _listed(command, "resource-name")
    for group, resources in sorted(groups.items()):
        rule = {"verbs": verbs, "apiGroups": [group], "resources": resources}
        yield {**rule, "resourceNames": names} if names else rule


def _role_binding(session: Session, words: list[str], command: Command) -> Obj:
    obj = _named(f"{RBAC}/v1", "RoleBinding", words, command)
    if ("--role" in command.flags) == ("--clusterrole" in command.flags):
        raise UsageError("error: exactly one of clusterrole or role must be specified")
    kind = "Role" if "--role" in command.flags else "ClusterRole"
    return {**obj, **_binding(command, kind)}


def _cluster_role_binding(session: Session, words: list[str], command: Command) -> Obj:
    _needed(command, "clusterrole")
    return {**_named(f"{RBAC}/v1", "ClusterRoleBinding", words, command), **_binding(command, "ClusterRole")}


def _binding(command: Command, kind: str) -> Obj:
    subjects: list[Obj] = [{"kind": word, "apiGroup": RBAC, "name": name} for word in ("User", "Group")
                           for name in _listed(command, word.lower())]  # fmt: skip
    for text in _listed(command, "serviceaccount"):
        namespace, colon, name = text.partition(":")
        if not (namespace and colon and name):
            raise UsageError("error: serviceaccount must be <namespace>:<name>")
        subjects.append({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    role = {"apiGroup": RBAC, "kind": kind, "name": command.flag(kind.lower())}
    return {"roleRef": role, **({"subjects": subjects} if subjects else {})}


def _quota(session: Session, words: list[str], command: Command) -> Obj:
    spec: Obj = {"hard": _pairs(command, "hard")}
    if scopes := _listed(command, "scopes"):
        spec["scopes"] = scopes
    return {**_named("v1", "ResourceQuota", words, command), "spec": spec, "status": {}}


def _budget(session: Session, words: list[str], command: Command) -> Obj:
    obj = _named("policy/v1", "PodDisruptionBudget", words, command)
    if "--selector" not in command.flags:
        raise UsageError("error: a selector must be specified")
    flags = {"min-available": "minAvailable", "max-unavailable": "maxUnavailable"}
    given = {field: command.flag(flag) for flag, field in flags.items() if f"--{flag}" in command.flags}
    if not given:
        raise UsageError("error: one of min-available or max-unavailable must be specified")
    if len(given) > 1:
        raise UsageError("error: min-available and max-unavailable cannot be both specified")
    amounts = {field: int(text) if text.isdecimal() else text for field, text in given.items()}
    return {**obj, "spec": {**amounts, "selector": {"matchLabels": _pairs(command, "selector")}}, "status": {}}


def _priority(session: Session, words: list[str], command: Command) -> Obj:
    obj: Obj = {
        **_named("scheduling.k8s.io/v1", "PriorityClass", words, command),
        "value": number(command, "value", "0"),
    }
    obj |= {"globalDefault": True} if command.has("global-default") else {}
    obj |= {"description": command.flag("description")} if command.flag("description") else {}
    return {**obj, "preemptionPolicy": command.flag("preemption-policy", "PreemptLowerPriority")}


Generator = Callable[["Session", list[str], Command], Obj]

GENERATED: dict[str, Generator] = {
    "job": _job, "cronjob": _cronjob, "cj": _cronjob, "serviceaccount": _account, "sa": _account, "role": _role,
    "clusterrole": _cluster_role, "rolebinding": _role_binding, "clusterrolebinding": _cluster_role_binding,
    "quota": _quota, "resourcequota": _quota, "poddisruptionbudget": _budget, "pdb": _budget,
    "priorityclass": _priority, "pc": _priority,
}  # fmt: skip
