"""kubectl create: objects from manifests, or from a few words.

Source    staging/src/k8s.io/kubectl/pkg/cmd/create
Left out  kinds that GENERATORS does not name (token, ingress, pdb, priorityclass …); Secrets other than generic,
          --type of Secrets; --from and --from-file; rules for URLs or for resources of a name; --save-config
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import NamedTuple

from k8slab.kubectl.apply import create_from
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.report import said
from k8slab.wire import ApiError, NotFound

__all__ = ["PATHS", "create", "made"]

RBAC = "rbac.authorization.k8s.io"


class Generator(NamedTuple):
    """Makes one kind: the flags it cannot do without, what a refusal begins with, and all but type and name."""

    api_version: str
    kind: str
    needed: str
    refused: str
    fields: Callable[[Session, Command, str], Obj]


def create(session: Session, command: Command) -> str:
    """kubectl create -f FILE, or create KIND NAME with flags for what is to be in it."""
    if not command.words:
        return create_from(session, command)
    kind = command.path.removeprefix("create").strip()
    words = command.words[len(kind.split()) :]
    if kind not in GENERATORS:
        shown = " ".join(words)
        raise command.misused(f'unknown command "{shown}"' if kind else f"Unexpected args: [{shown}]")
    generator = GENERATORS[kind]
    if missing := [f'"{flag}"' for flag in generator.needed.split() if flag not in command.flags]:
        raise UsageError(f"error: required flag(s) {', '.join(missing)} not set")
    if len(words) != 1:
        raise command.misused(f"exactly one NAME is required, got {len(words)}")
    obj = {"apiVersion": generator.api_version, "kind": generator.kind, "metadata": {"name": words[0]}}
    try:
        return made(session, command, obj | generator.fields(session, command, words[0]))
    except ApiError as error:
        if not generator.refused:
            raise
        raise UsageError(f"error: failed to create {generator.refused} {error.message}") from None


def made(session: Session, command: Command, obj: Obj, word: str = "created") -> str:
    """Create an object that the command line alone describes, unless it is only to be shown. Raises ApiError."""
    is_namespaced = session.client.mapper.of(obj["apiVersion"], obj["kind"]).is_namespaced
    if is_namespaced and "namespace" in command.flags:
        obj = {**obj, "metadata": {**obj["metadata"], "namespace": command.namespace}}
    if not command.is_client_dry_run:
        obj = session.client.create(obj, dry_run=command.is_dry_run, strict=True)
    return said(command, obj, word)


def _listed(command: Command, flag: str) -> list[str]:
    """The values of a flag that may be given several times, and several at once; each once."""
    return list(dict.fromkeys(part for text in command.flags.get(flag, ()) for part in text.split(",") if part))


def _namespace(session: Session, command: Command, name: str) -> Obj:
    return {"spec": {}, "status": {}}


def _account(session: Session, command: Command, name: str) -> Obj:
    return {}


def _quota(session: Session, command: Command, name: str) -> Obj:
    return {"spec": {"hard": dict(pair.partition("=")[::2] for pair in _listed(command, "hard"))}, "status": {}}


def _deployment(session: Session, command: Command, name: str) -> Obj:
    containers = [_container(_short(image), image, command) for image in command.flags["image"]]
    if command.arguments and len(containers) > 1:
        raise UsageError("error: cannot specify multiple --image options and command")
    if "port" in command.flags:
        containers[0]["ports"] = [{"containerPort": command.number("port")}]
    labels = {"app": name}
    spec = {
        "replicas": command.number("replicas", "1"),
        "selector": {"matchLabels": labels},
        "strategy": {},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    }
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {}}


def _short(image: str) -> str:
    """The container's name: the image without registry, tag and digest."""
    return image.rpartition("/")[2].partition(":")[0].partition("@")[0]


def _container(name: str, image: str, command: Command) -> Obj:
    container: Obj = {"name": name, "image": image, "resources": {}}
    return container | ({"command": command.arguments} if command.arguments else {})


def _template(name: str, command: Command, restart: str) -> Obj:
    container = _container(name, command.flag("image"), command)
    return {"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}}


def _job(session: Session, command: Command, name: str) -> Obj:
    if "image" not in command.flags:
        raise UsageError("error: either --image or --from must be specified")
    return {"spec": {"template": _template(name, command, "Never")}, "status": {}}


def _cronjob(session: Session, command: Command, name: str) -> Obj:
    template = _template(name, command, command.flag("restart", "OnFailure"))
    job = {"metadata": {"name": name}, "spec": {"template": template}}
    return {"spec": {"schedule": command.flag("schedule"), "jobTemplate": job}, "status": {}}


def _config_map(session: Session, command: Command, name: str) -> Obj:
    data = _literals(command, f'ConfigMap "{name}"')
    return {"data": data} if data else {}


def _secret(session: Session, command: Command, name: str) -> Obj:
    data = _literals(command, f"Secret '{name}'")
    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}} if data else {}


def _literals(command: Command, where: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in command.flags.get("from-literal", []):
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"error: invalid literal source {text}, expected key=value")
        if key in pairs:
            raise UsageError(
                f'error: cannot add key "{key}", another key by that name already exists in Data for {where}'
            )
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        pairs[key] = value[1:-1] if quoted else value
    return pairs


def _service(type_: str) -> Generator:
    def fields(session: Session, command: Command, name: str) -> Obj:
        labels, ports = {"app": name}, [_port(text, command) for text in command.flags.get("tcp", [])]
        spec: Obj = {"type": type_, "selector": labels}
        if ports:
            spec["ports"] = ports
        elif command.flag("clusterip") != "None":
            raise UsageError("error: at least one tcp port specifier must be provided")
        if address := command.flag("clusterip"):
            spec["clusterIP"] = address
        return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"loadBalancer": {}}}

    return Generator("v1", "Service", "", f"{type_} service:", fields)


def _port(text: str, command: Command) -> Obj:
    """A port such as `80` or `80:8080`; the name of the pair is the pair."""
    first, _, second = text.partition(":")
    if not first.isdecimal():
        raise UsageError(f'error: strconv.ParseUint: parsing "{first}": invalid syntax')
    target = second or first
    port: Obj = {"name": text.replace(":", "-"), "port": int(first), "protocol": "TCP"}
    port["targetPort"] = int(target) if target.isdecimal() else target
    return port | ({"nodePort": command.number("node-port")} if "node-port" in command.flags else {})


def _role(session: Session, command: Command, name: str) -> Obj:
    return {"rules": list(_rules(session, command))}


def _rules(session: Session, command: Command) -> Iterator[Obj]:
    """A rule for each API group of the resources, as `pods`, `deployments.apps`, `pods/log` name them."""
    verbs, groups = _listed(command, "verb"), dict[str, list[str]]()
    if not verbs:
        raise UsageError("error: at least one verb must be specified")
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
    verbs = ["*"] if "*" in verbs else verbs
    yield from ({"verbs": verbs, "apiGroups": [group], "resources": groups[group]} for group in sorted(groups))


def _binding(session: Session, command: Command, name: str) -> Obj:
    if ("role" in command.flags) == ("clusterrole" in command.flags):
        raise UsageError("error: exactly one of clusterrole or role must be specified")
    kind = "Role" if "role" in command.flags else "ClusterRole"
    subjects: list[Obj] = [{"kind": word, "apiGroup": RBAC, "name": name} for word in ("User", "Group")
                           for name in _listed(command, word.lower())]  # fmt: skip
    for text in _listed(command, "serviceaccount"):
        namespace, _, account = text.partition(":")
        if not (namespace and account):
            raise UsageError("error: serviceaccount must be <namespace>:<name>")
        subjects.append({"kind": "ServiceAccount", "name": account, "namespace": namespace})
    role = {"apiGroup": RBAC, "kind": kind, "name": command.flag(kind.lower())}
    return {"roleRef": role} | ({"subjects": subjects} if subjects else {})


GENERATORS = {
    "namespace": Generator("v1", "Namespace", "", "", _namespace),
    "deployment": Generator("apps/v1", "Deployment", "image", "deployment:", _deployment),
    "job": Generator("batch/v1", "Job", "", "job:", _job),
    "cronjob": Generator("batch/v1", "CronJob", "image schedule", "cronjob:", _cronjob),
    "configmap": Generator("v1", "ConfigMap", "", "configmap:", _config_map),
    "secret generic": Generator("v1", "Secret", "", "secret", _secret),
    "service clusterip": _service("ClusterIP"),
    "service nodeport": _service("NodePort"),
    "service loadbalancer": _service("LoadBalancer"),
    "serviceaccount": Generator("v1", "ServiceAccount", "", "serviceaccount:", _account),
    "quota": Generator("v1", "ResourceQuota", "", "quota:", _quota),
    "role": Generator(f"{RBAC}/v1", "Role", "", "", _role),
    "clusterrole": Generator(f"{RBAC}/v1", "ClusterRole", "", "", _role),
    "rolebinding": Generator(f"{RBAC}/v1", "RoleBinding", "", "rolebinding:", _binding),
    "clusterrolebinding": Generator(f"{RBAC}/v1", "ClusterRoleBinding", "clusterrole", "clusterrolebinding:", _binding),
}
ALIASES = {"ns": "namespace", "deploy": "deployment", "cj": "cronjob", "cm": "configmap", "svc": "service",
           "sa": "serviceaccount", "resourcequota": "quota"}  # fmt: skip
PATHS = {f"create {kind}": f"create {kind}" for kind in [*GENERATORS, "secret", "service"]} | {
    f"create {alias}": f"create {kind}" for alias, kind in ALIASES.items()
}
