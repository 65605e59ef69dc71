"""kubectl create, run and expose: objects from manifests, or from a few words.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{create,run,expose}
Left out  kinds that GENERATORS does not name (roles and bindings, token, ingress, pdb, priorityclass …); Secrets other
          than generic, --type of Secrets; --from and --from-file; several images; --save-config; run -i, -t, --rm,
          --attach, --expose and --overrides; a look at the names of images and of restart policies; expose of a Service
          or a ReplicationController, and -f
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from k8slab.kubectl.apply import create_from
from k8slab.kubectl.command import Command, Obj, Session, UsageError, left_out
from k8slab.kubectl.report import said
from k8slab.kubectl.targets import Target, each_object, targets
from k8slab.wire import ApiError

__all__ = ["PATHS", "create", "expose", "run"]


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
        return _made(session, command, obj | fields(command, words[0]))
    except ApiError as error:
        if not refused:
            raise
        raise UsageError(f"error: failed to create {refused} {error.message}") from None


def _made(session: Session, command: Command, obj: Obj, word: str = "created") -> str:
    """Create an object that the command line alone describes, unless it is only to be shown. Raises ApiError."""
    is_namespaced = session.client.mapper.of(obj["apiVersion"], obj["kind"]).is_namespaced
    if is_namespaced and "namespace" in command.flags:
        obj = {**obj, "metadata": {**obj["metadata"], "namespace": command.namespace}}
    if not command.is_client_dry_run:
        obj = session.client.create(obj, dry_run=command.is_dry_run, strict=True)
    return said(command, obj, word)


def _quota(command: Command, name: str) -> Obj:
    texts = command.flags.get("hard")
    return {"spec": {"hard": _pairs(",".join(texts)) if texts else {}}, "status": {}}


def _deployment(command: Command, name: str) -> Obj:
    image, labels = command.flag("image"), {"app": name}
    if len(command.flags["image"]) > 1:
        raise left_out("create deployment --image --image")
    short = image.rpartition("/")[2].partition(":")[0].partition("@")[0]  # without registry, tag and digest
    template = {"metadata": {"labels": labels}, "spec": {"containers": [_container(command, short)]}}
    spec: Obj = {"replicas": command.number("replicas", "1"), "selector": {"matchLabels": labels}, "strategy": {}}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec | {"template": template}, "status": {}}


def _container(command: Command, name: str) -> Obj:
    """A container as the flags have it: its image, command and port."""
    found: Obj = {"name": name, "image": command.flag("image"), "resources": {}}
    if command.arguments:
        found["command"] = command.arguments
    if "port" in command.flags:
        found["ports"] = [{"containerPort": command.number("port")}]
    return found


def _template(command: Command, name: str, restart: str) -> Obj:
    return {"metadata": {}, "spec": {"containers": [_container(command, name)], "restartPolicy": restart}}


def _job(command: Command, name: str) -> Obj:
    if "image" not in command.flags:
        raise UsageError("error: either --image or --from must be specified")
    return {"spec": {"template": _template(command, name, "Never")}, "status": {}}


def _cronjob(command: Command, name: str) -> Obj:
    template = _template(command, name, command.flag("restart", "OnFailure"))
    job = {"metadata": {"name": name}, "spec": {"template": template}}
    return {"spec": {"schedule": command.flag("schedule"), "jobTemplate": job}, "status": {}}


def _literals(command: Command, kept: Callable[[str], str] = str) -> Obj:
    """The data of a ConfigMap or a Secret, which keeps its values in another form."""
    texts = command.flags.get("from-literal", [])
    for text in texts:
        if not all(text.partition("=")[:2]):
            raise UsageError(f"error: invalid literal source {text}, expected key=value")
    data = {key: kept(value) for key, _, value in (text.partition("=") for text in texts)}
    return {"data": data} if data else {}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


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


def run(session: Session, command: Command) -> str:
    """kubectl run NAME --image=IMAGE [--command] [-- args]."""
    if not command.flag("image"):
        raise UsageError('error: required flag(s) "image" not set')
    if not command.words:
        raise UsageError("error: NAME is required for run")
    name, *arguments = command.words + command.arguments
    main = _container(command._replace(arguments=arguments), name)
    if arguments and not command.has("command"):
        main["args"] = main.pop("command")
    if env := command.flags.get("env"):
        main["env"] = [_variable(pair) for pair in env]
    metadata = {"name": name, "labels": _pairs(command.flag("labels", f"run={name}"))}
    spec = {"containers": [main], "dnsPolicy": "ClusterFirst", "restartPolicy": command.flag("restart", "Always")}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {}}
    return _made(session, command, pod)


def _variable(pair: str) -> Obj:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise UsageError(f"error: invalid env: {pair}")
    return {"name": name, "value": value}


def _pairs(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(","))


def expose(session: Session, command: Command) -> str:
    """kubectl expose pod|deployment|replicaset NAME [--port=80] [--target-port=8080]."""

    def act(target: Target, obj: Obj) -> str:
        if obj["kind"] not in ("Pod", "Deployment", "ReplicaSet"):
            raise UsageError(f"error: cannot expose a {target.resource.kind}")
        return _made(session, command, _front(command, obj), "exposed")

    return each_object(session, targets(session, command), act)


def _front(command: Command, obj: Obj) -> Obj:
    metadata: Obj = {"name": command.flag("name", obj["metadata"]["name"])}
    if labels := obj["metadata"].get("labels"):
        metadata["labels"] = labels
    spec: Obj = {"selector": _selector(command, obj), "ports": _ports(command, obj)}
    if type_ := command.flag("type"):
        spec["type"] = type_
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}


def _selector(command: Command, obj: Obj) -> Obj:
    if text := command.flag("selector"):
        return _pairs(text)
    is_pod = obj["kind"] == "Pod"
    found = obj["metadata"].get("labels") if is_pod else obj["spec"]["selector"].get("matchLabels")
    if not found:
        problem = "couldn't retrieve selectors via --selector flag or introspection"
        raise UsageError(f"error: {problem}: the pod has no labels and cannot be exposed")
    return dict(found)


def _ports(command: Command, obj: Obj) -> list[Obj]:
    """The port that is asked for, or those that the containers name."""
    containers = obj["spec"].get("template", obj)["spec"]["containers"]
    named = [(port["containerPort"], port["protocol"]) for one in containers for port in one.get("ports") or ()]
    if "port" in command.flags:
        named = [(command.number("port"), command.flag("protocol", "TCP"))]
    if not named:
        raise UsageError("error: couldn't find port via --port flag or introspection")
    target, found = command.flag("target-port"), []
    for place, (port, protocol) in enumerate(named, 1):
        name = {"name": f"port-{place}"} if len(named) > 1 else {}
        goal = int(target) if target.isdecimal() else target or port
        found.append({**name, "port": port, "protocol": protocol, "targetPort": goal})
    return found


SERVICE_TYPES = {"clusterip": "ClusterIP", "nodeport": "NodePort", "loadbalancer": "LoadBalancer"}
# by what is typed: the flags without which it fails, what a refusal begins with, and all but type and name
GENERATORS: dict[str, tuple[str, str, Callable[[Command, str], Obj]]] = {
    "namespace": ("", "", lambda command, name: {"spec": {}, "status": {}}),
    "deployment": ("image", "deployment:", _deployment),
    "job": ("", "job:", _job),
    "cronjob": ("image schedule", "cronjob:", _cronjob),
    "configmap": ("", "configmap:", lambda command, name: _literals(command)),
    "secret generic": ("", "secret", lambda command, name: _literals(command, _base64)),
    "serviceaccount": ("", "serviceaccount:", lambda command, name: {}),
    "quota": ("", "quota:", _quota),
    **{f"service {word}": ("", f"{type_} service:", _service) for word, type_ in SERVICE_TYPES.items()},
}
ALIASES = {"ns": "namespace", "deploy": "deployment", "cj": "cronjob", "cm": "configmap", "svc": "service",
           "sa": "serviceaccount", "resourcequota": "quota"}  # fmt: skip
PATHS = {f"create {kind}": f"create {kind}" for kind in [*GENERATORS, "secret", "service"]} | {
    f"create {alias}": f"create {kind}" for alias, kind in ALIASES.items()
}
