"""kubectl create: objects from a few words, or from manifests.

Source    staging/src/k8s.io/kubectl/pkg/cmd/create
Left out  ingress; --from-file, --from-env-file, --save-config; tls Secrets
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8slab.kubectl.apply import create_from
from k8slab.kubectl.command import Command, UsageError, duration, number
from k8slab.kubectl.generators import GENERATED, split_command
from k8slab.kubectl.report import said
from k8slab.wire import ApiError

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "FLAGS",
    "SUBCOMMANDS",
    "create",
    "made",
]

Obj = dict[str, Any]

CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass"}
FAILED = {
    "Deployment": "deployment: ", "ConfigMap": "configmap: ", "Secret": "secret ", "Service": "{type} service: ",
    "Job": "job: ", "CronJob": "cronjob: ", "ServiceAccount": "serviceaccount: ", "ResourceQuota": "quota: ",
    "PodDisruptionBudget": "poddisruptionbudgets: ", "PriorityClass": "priorityclass: ",
    "RoleBinding": "rolebinding: ", "ClusterRoleBinding": "clusterrolebinding: ",
}  # fmt: skip
DOCKER_HUB = "https://index.docker.io/v1/"


def create(session: Session, command: Command) -> str:
    """kubectl create -f FILE, or create KIND NAME with flags for what is to be in it."""
    if not command.words:
        return create_from(session, command)
    kind, *rest = command.words
    if kind == "token":
        return _token(session, rest, command)
    if kind in GENERATED:
        obj = GENERATED[kind](session, rest, command)
    elif kind in GENERATORS:
        obj = GENERATORS[kind](rest, command)
    else:
        raise command.misused(f"Unexpected args: [{' '.join(command.words)}]")
    if obj["kind"] not in CLUSTER_WIDE and "--namespace" in command.flags:
        obj["metadata"]["namespace"] = command.namespace
    try:
        return made(session, command, obj)
    except ApiError as error:
        if obj["kind"] not in FAILED:
            raise
        raise UsageError(
            f"error: failed to create {FAILED[obj['kind']].format(**obj.get('spec', {}))}{error.message}"
        ) from None


def made(session: Session, command: Command, obj: Obj, word: str = "created") -> str:
    """Create an object that the command line alone describes, unless it is only to be shown. Raises ApiError."""
    if command.is_client_dry_run:
        return said(command, obj, word)
    return said(command, session.client.create(obj, dry_run=command.is_dry_run, strict=True), word)


def _only_name(words: list[str], command: Command) -> str:
    """The one NAME. Raises UsageError."""
    if len(words) != 1:
        raise command.misused(f"exactly one NAME is required, got {len(words)}")
    return words[0]


def _token(session: Session, words: list[str], command: Command) -> str:
    """kubectl create token ACCOUNT [--duration=…] [--audience=…]."""
    name = _only_name(words, command)
    spec: Obj = {"audiences": command.flags["--audience"]} if "--audience" in command.flags else {}
    if duration_s := duration(command, "duration", "0s"):
        spec["expirationSeconds"] = int(duration_s)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    try:
        answer = session.client.create_token(name, command.namespace, body)
    except ApiError as error:
        raise UsageError(f"error: failed to create token: {error.message}") from None
    return f"{answer['status']['token']}\n"


def _namespace(words: list[str], command: Command) -> Obj:
    name = _only_name(words, command)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}}


def _deployment(words: list[str], command: Command) -> Obj:
    words, arguments = split_command(words)
    images = command.flags.get("--image", [])
    if not images:
        raise UsageError('error: required flag(s) "image" not set')
    name = _only_name(words, command)
    if arguments and len(images) > 1:
        raise UsageError("error: cannot specify multiple --image options and command")
    containers: list[Obj] = [{"name": _short(image), "image": image, "resources": {}} for image in images]
    if arguments:
        containers[0]["command"] = arguments
    if "--port" in command.flags:
        containers[0]["ports"] = [{"containerPort": number(command, "port")}]
    labels = {"app": name}
    spec = {
        "replicas": number(command, "replicas", "1", "-r, --replicas"),
        "selector": {"matchLabels": labels},
        "strategy": {},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    }
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, "status": {}}


def _short(image: str) -> str:
    """The container's name: the image without registry, tag and digest."""
    return image.rpartition("/")[2].partition(":")[0].partition("@")[0]


def _config_map(words: list[str], command: Command) -> Obj:
    name = _only_name(words, command)
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    data = _literals(command, f'another key by that name already exists in Data for ConfigMap "{name}"')
    return {**obj, "data": data} if data else obj


def _literals(command: Command, twice: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in command.flags.get("--from-literal", []):
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"error: invalid literal source {text}, expected key=value")
        if key in pairs:
            raise UsageError(f'error: cannot add key "{key}", {twice}')
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        pairs[key] = value[1:-1] if quoted else value
    return pairs


def _secret(words: list[str], command: Command) -> Obj:
    if not words or words[0] not in ("generic", "docker-registry"):
        raise command.misused(f'unknown command "{" ".join(words)}"')
    name = _only_name(words[1:], command)
    if words[0] == "docker-registry":
        return _registry_secret(name, command)
    literals = _literals(command, f"another key by that name already exists in Data for Secret {name!r}")
    obj: Obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    if literals:
        obj["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in literals.items()}
    if type_ := command.flag("type"):
        obj["type"] = type_
    return obj


def _registry_secret(name: str, command: Command) -> Obj:
    """The Secret by which a kubelet may pull from a private registry."""
    user, password = command.flag("docker-username"), command.flag("docker-password")
    if not (user and password):
        raise UsageError("error: either --from-file or the combination of --docker-username, --docker-password and "
                         "--docker-server is required")  # fmt: skip
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    email = {"email": command.flag("docker-email")} if command.flag("docker-email") else {}
    entry = {"username": user, "password": password, **email, "auth": auth}
    text = json.dumps({"auths": {command.flag("docker-server", DOCKER_HUB): entry}}, separators=(",", ":"))
    data = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data,
            "type": "kubernetes.io/dockerconfigjson"}  # fmt: skip


SERVICE_TYPES = {
    "clusterip": "ClusterIP",
    "nodeport": "NodePort",
    "loadbalancer": "LoadBalancer",
    "externalname": "ExternalName",
}


def _service(words: list[str], command: Command) -> Obj:
    if not words or words[0] not in SERVICE_TYPES:
        raise command.misused(f'unknown command "{" ".join(words)}"')
    type_, name = SERVICE_TYPES[words[0]], _only_name(words[1:], command)
    labels = {"app": name}
    spec: Obj = {"type": type_, "selector": labels}
    ports = [_port(text, command) for text in command.flags.get("--tcp", [])]
    if not ports and type_ != "ExternalName" and command.flag("clusterip") != "None":
        raise UsageError("error: at least one tcp port specifier must be provided")
    if ports:
        spec["ports"] = ports
    if type_ == "ExternalName":
        if "--external-name" not in command.flags:
            raise UsageError('error: required flag(s) "external-name" not set')
        spec["externalName"] = command.flag("external-name")
    if address := command.flag("clusterip"):
        spec["clusterIP"] = address
    metadata = {"name": name, "labels": labels}
    status: Obj = {"loadBalancer": {}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": status}


def _port(text: str, command: Command) -> Obj:
    """A port such as `80` or `80:8080`; the name of the pair is the pair."""
    first, _, second = text.partition(":")
    if not first.isdecimal():
        raise UsageError(f'error: strconv.ParseUint: parsing "{first}": invalid syntax')
    target = second or first
    port: Obj = {"name": text.replace(":", "-"), "port": int(first), "protocol": "TCP"}
    port["targetPort"] = int(target) if target.isdecimal() else target
    if "--node-port" in command.flags:
        port["nodePort"] = number(command, "node-port")
    return port


GENERATORS: dict[str, Callable[[list[str], Command], Obj]] = {
    "namespace": _namespace, "ns": _namespace, "deployment": _deployment, "deploy": _deployment,
    "configmap": _config_map, "cm": _config_map, "secret": _secret, "service": _service, "svc": _service,
}  # fmt: skip
SUBCOMMANDS = {
    "create": {*GENERATORS, *GENERATED, "token"},
    "create service": set(SERVICE_TYPES),
    "create svc": set(SERVICE_TYPES),
    "create secret": {"generic", "docker-registry"},
}
FLAGS = {
    "audience", "clusterip", "clusterrole", "description", "docker-email", "docker-password", "docker-server",
    "docker-username", "duration", "external-name", "from", "from-literal", "global-default", "group", "hard", "image",
    "max-unavailable", "min-available", "node-port", "non-resource-url", "port", "preemption-policy", "replicas",
    "resource", "resource-name", "restart", "role", "schedule", "scopes", "serviceaccount", "tcp", "type", "user",
    "value", "verb",
}  # fmt: skip
