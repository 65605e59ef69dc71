"""kubectl run and expose: a pod from an image, and a Service in front of what runs.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{run,expose}
Left out  run --expose and --overrides; expose -f
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from k8slab.kubectl.attached import check_session, is_attached, session_of
from k8slab.kubectl.command import Command, UsageError, number
from k8slab.kubectl.create import made
from k8slab.kubectl.targets import targets

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "expose",
    "run",
]

Obj = dict[str, Any]

# distribution/reference: [host[:port]/]path[:tag][@digest]
PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{PATH}(?:/{PATH})*(?::[\w][\w.-]{{0,127}})?(?:@[A-Za-z][\w+.-]*:[0-9a-fA-F]{{32,}})?"
)
RESTARTS = ("Always", "OnFailure", "Never")


def run(session: Session, command: Command) -> str:
    """kubectl run NAME --image=IMAGE [--command] [-it] [--rm] [-- args]."""
    check_session(command)
    at = command.words.index("--") if "--" in command.words else len(command.words)
    names, arguments = command.words[:at], command.words[at + 1 :]
    image = command.flag("image")
    if not image:
        raise UsageError('error: required flag(s) "image" not set')
    if not names:
        raise UsageError("error: NAME is required for run")
    if not IMAGE.fullmatch(image):
        raise UsageError(f'error: invalid image name "{image}": invalid reference format')
    arguments = names[1:] + arguments
    container: Obj = {"name": names[0], "image": image, "resources": {}}
    if arguments:
        container["command" if command.has("command") else "args"] = arguments
    if "--port" in command.flags:
        container["ports"] = [{"containerPort": number(command, "port")}]
    if env := command.flags.get("--env"):
        container["env"] = [_variable(pair) for pair in env]
    if command.has("stdin"):
        container |= {"stdin": True, "stdinOnce": True}
    if command.has("tty"):
        container["tty"] = True
    pod = _pod(command, names[0], container)
    if is_attached(command):
        return session_of(session, command, session.client.create(pod, strict=True))
    return made(session, command, pod)


def _variable(pair: str) -> Obj:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise UsageError(f"error: invalid env: {pair}")
    return {"name": name, "value": value}


def _pod(command: Command, name: str, container: Obj) -> Obj:
    restart = command.flag("restart", "Always")
    if restart not in RESTARTS:
        raise command.misused(f"invalid restart policy: {restart}")
    labels = dict(part.partition("=")[::2] for part in command.flag("labels", f"run={name}").split(","))
    metadata: Obj = {"name": name, "labels": labels}
    if "--namespace" in command.flags:
        metadata["namespace"] = command.namespace
    spec = {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {}}


def expose(session: Session, command: Command) -> str:
    """kubectl expose pod|service|deployment|replicaset NAME [--port=80] [--target-port=8080]."""
    lines = []
    for target in targets(session.client, command.words, command):
        obj = session.client.get(target.resource.full_name, target.name, command.namespace)
        if obj["kind"] not in ("Pod", "Service", "Deployment", "ReplicaSet"):
            raise UsageError(f"error: cannot expose a {target.resource.kind}")
        lines.append(made(session, command, _service(command, obj), "exposed"))
    return "".join(lines)


def _service(command: Command, obj: Obj) -> Obj:
    metadata: Obj = {"name": command.flag("name", obj["metadata"]["name"])}
    if "--namespace" in command.flags:
        metadata["namespace"] = command.namespace
    if labels := obj["metadata"].get("labels"):
        metadata["labels"] = labels
    spec: Obj = {"selector": _selector(command, obj), "ports": _ports(command, obj)}
    if type_ := command.flag("type"):
        spec["type"] = type_
    status: Obj = {"loadBalancer": {}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": status}


def _selector(command: Command, obj: Obj) -> Obj:
    if text := command.flag("selector"):
        return dict(part.partition("=")[::2] for part in text.split(","))
    if obj["kind"] == "Pod":
        found = obj["metadata"].get("labels")
        if not found:
            raise UsageError(
                "error: couldn't retrieve selectors via --selector flag or introspection: "
                "the pod has no labels and cannot be exposed"
            )
        return dict(found)
    selector = obj["spec"].get("selector") or {}
    return dict(selector if obj["kind"] == "Service" else selector.get("matchLabels") or {})


def _ports(command: Command, obj: Obj) -> list[Obj]:
    if "--port" in command.flags:
        found = [{"port": number(command, "port"), "protocol": command.flag("protocol", "TCP")}]
    else:
        found = _offered(obj)
    if not found:
        raise UsageError("error: couldn't find port via --port flag or introspection")
    target = command.flag("target-port")
    for place, port in enumerate(found, 1):
        port["targetPort"] = int(target) if target.isdecimal() else target or port["port"]
        if len(found) > 1:
            port["name"] = f"port-{place}"
    return found


def _offered(obj: Obj) -> list[Obj]:
    """The ports that the object itself names."""
    if obj["kind"] == "Service":
        return [
            {"port": port["port"], "protocol": port.get("protocol", "TCP")} for port in obj["spec"].get("ports") or ()
        ]
    return [
        {"port": port["containerPort"], "protocol": port.get("protocol", "TCP")}
        for container in obj["spec"].get("template", obj)["spec"]["containers"]
        for port in container.get("ports") or ()
    ]
