"""kubectl create: objects from manifests, or from a few words.

Source    staging/src/k8s.io/kubectl/pkg/cmd/create
Left out  kinds that GENERATORS does not name (roles and bindings, token, ingress, pdb, priorityclass …); Secrets other
          than generic, --type of Secrets; --from and --from-file;
          several images; --save-config
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from k8slab.kubectl.apply import create_from
from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.kubectl.report import said
from k8slab.wire import ApiError

__all__ = ["PATHS", "container", "create", "made"]


def create(session: Session, command: Command) -> str:
    """kubectl create -f FILE, or create KIND NAME with flags for what is to be in it."""
    if not command.words:
        return create_from(session, command)
    kind = command.path.removeprefix("create").strip()
    words = command.words[len(kind.split()) :]
    if kind not in GENERATORS:
        shown = " ".join(words)
        raise command.misused(f'unknown command "{shown}"' if kind else f"Unexpected args: [{shown}]")
    needed, refused, fields = GENERATORS[kind]
    if missing := [f'"{flag}"' for flag in needed.split() if flag not in command.flags]:
        raise UsageError(f"error: required flag(s) {', '.join(missing)} not set")
    if len(words) != 1:
        raise command.misused(f"exactly one NAME is required, got {len(words)}")
    resource = session.client.mapper.named(kind.split()[0])
    obj: Obj = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": words[0]}}
    try:
        return made(session, command, obj | fields(command, words[0]))
    except ApiError as error:
        if not refused:
            raise
        raise UsageError(f"error: failed to create {refused} {error.message}") from None


def made(session: Session, command: Command, obj: Obj, word: str = "created") -> str:
    """Create an object that the command line alone describes, unless it is only to be shown. Raises ApiError."""
    is_namespaced = session.client.mapper.of(obj["apiVersion"], obj["kind"]).is_namespaced
    if is_namespaced and "namespace" in command.flags:
        obj = {**obj, "metadata": {**obj["metadata"], "namespace": command.namespace}}
    if not command.is_client_dry_run:
        obj = session.client.create(obj, dry_run=command.is_dry_run, strict=True)
    return said(command, obj, word)


def _quota(command: Command, name: str) -> Obj:
    pairs = [pair.partition("=") for text in command.flags.get("hard", ()) for pair in text.split(",")]
    return {"spec": {"hard": {name: amount for name, _, amount in pairs}}, "status": {}}


def _deployment(command: Command, name: str) -> Obj:
    image, labels = command.flag("image"), {"app": name}
    if len(command.flags["image"]) > 1:
        raise left_out("create deployment --image --image")
    short = image.rpartition("/")[2].partition(":")[0].partition("@")[0]  # without registry, tag and digest
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container(command, short)]}}
    spec: Obj = {"replicas": command.number("replicas", "1"), "selector": {"matchLabels": labels}, "strategy": {}}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec | {"template": template}, "status": {}}


def container(command: Command, name: str) -> Obj:
    """A container as the flags have it: its image, command and port."""
    found: Obj = {"name": name, "image": command.flag("image"), "resources": {}}
    if command.arguments:
        found["command"] = command.arguments
    if "port" in command.flags:
        found["ports"] = [{"containerPort": command.number("port")}]
    return found


def _template(command: Command, name: str, restart: str) -> Obj:
    return {"metadata": {}, "spec": {"containers": [container(command, name)], "restartPolicy": restart}}


def _job(command: Command, name: str) -> Obj:
    if "image" not in command.flags:
        raise UsageError("error: either --image or --from must be specified")
    return {"spec": {"template": _template(command, name, "Never")}, "status": {}}


def _cronjob(command: Command, name: str) -> Obj:
    template = _template(command, name, command.flag("restart", "OnFailure"))
    job = {"metadata": {"name": name}, "spec": {"template": template}}
    return {"spec": {"schedule": command.flag("schedule"), "jobTemplate": job}, "status": {}}


def _config_map(command: Command, name: str) -> Obj:
    data = _literals(command)
    return {"data": data} if data else {}


def _secret(command: Command, name: str) -> Obj:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in _literals(command).items()}
    return {"data": data} if data else {}


def _literals(command: Command) -> dict[str, str]:
    pairs = [text.partition("=") for text in command.flags.get("from-literal", ())]
    for key, equals, value in pairs:
        if not (key and equals):
            raise UsageError(f"error: invalid literal source {key}{equals}{value}, expected key=value")
    return {key: value for key, _, value in pairs}


def _service(command: Command, name: str) -> Obj:
    type_ = SERVICE_TYPES[command.path.rpartition(" ")[2]]
    labels, ports = {"app": name}, [_port(text, command) for text in command.flags.get("tcp", [])]
    spec: Obj = {"type": type_, "selector": labels}
    if ports:
        spec["ports"] = ports
    elif command.flag("clusterip") != "None":
        raise UsageError("error: at least one tcp port specifier must be provided")
    if address := command.flag("clusterip"):
        spec["clusterIP"] = address
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"loadBalancer": {}}}


def _port(text: str, command: Command) -> Obj:
    """A port such as `80` or `80:8080`; the name of the pair is the pair."""
    first, _, second = text.partition(":")
    if not first.isdecimal():
        raise UsageError(f'error: strconv.ParseUint: parsing "{first}": invalid syntax')
    target = second or first
    port: Obj = {"name": text.replace(":", "-"), "port": int(first), "protocol": "TCP"}
    port["targetPort"] = int(target) if target.isdecimal() else target
    return port | ({"nodePort": command.number("node-port")} if "node-port" in command.flags else {})


SERVICE_TYPES = {"clusterip": "ClusterIP", "nodeport": "NodePort", "loadbalancer": "LoadBalancer"}
# by what is typed: the flags without which it fails, what a refusal begins with, and all but type and name
GENERATORS: dict[str, tuple[str, str, Callable[[Command, str], Obj]]] = {
    "namespace": ("", "", lambda command, name: {"spec": {}, "status": {}}),
    "deployment": ("image", "deployment:", _deployment),
    "job": ("", "job:", _job),
    "cronjob": ("image schedule", "cronjob:", _cronjob),
    "configmap": ("", "configmap:", _config_map),
    "secret generic": ("", "secret", _secret),
    "serviceaccount": ("", "serviceaccount:", lambda command, name: {}),
    "quota": ("", "quota:", _quota),
    **{f"service {word}": ("", f"{type_} service:", _service) for word, type_ in SERVICE_TYPES.items()},
}
ALIASES = {"ns": "namespace", "deploy": "deployment", "cj": "cronjob", "cm": "configmap", "svc": "service",
           "sa": "serviceaccount", "resourcequota": "quota"}  # fmt: skip
PATHS = {f"create {kind}": f"create {kind}" for kind in [*GENERATORS, "secret", "service"]} | {
    f"create {alias}": f"create {kind}" for alias, kind in ALIASES.items()
}
