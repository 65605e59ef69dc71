"""kubectl run and expose: a pod from an image, and a Service in front of what runs.

Nobody types at a pod here, so what `run -i` starts is over before anybody could attach: its log is shown.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{run,expose}
Left out  run --expose, --attach and --overrides; attaching to a pod that runs on: what it has printed within a minute
          is shown; expose -f
"""

from __future__ import annotations

import re

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.create import made
from k8slab.kubectl.report import Report
from k8slab.kubectl.targets import targets

__all__ = ["expose", "run"]

# distribution/reference: [host[:port]/]path[:tag][@digest]
PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{PATH}(?:/{PATH})*(?::[\w][\w.-]{{0,127}})?(?:@[A-Za-z][\w+.-]*:[0-9a-fA-F]{{32,}})?"
)
RESTARTS = ("Always", "OnFailure", "Never")
PATIENCE_S = 60
ATTACHED = "attached containers options (--attach, --stdin, or --tty)"


def run(session: Session, command: Command) -> str:
    """kubectl run NAME --image=IMAGE [--command] [-it] [--rm] [-- args]."""
    is_attached = command.has("stdin") or command.has("tty")
    if command.has("rm") and not is_attached:
        raise UsageError("error: --rm should only be used for attached containers")
    if command.is_dry_run and is_attached:
        raise UsageError(f"error: --dry-run=[server|client] can't be used with {ATTACHED}")
    pod = _pod(command)
    line = made(session, command, pod)
    return _session_of(session, command, pod["metadata"]["name"]) if is_attached else line


def _pod(command: Command) -> Obj:
    image, restart = command.flag("image"), command.flag("restart", "Always")
    if not image:
        raise UsageError('error: required flag(s) "image" not set')
    if not command.words:
        raise UsageError("error: NAME is required for run")
    if not IMAGE.fullmatch(image):
        raise UsageError(f'error: invalid image name "{image}": invalid reference format')
    if restart not in RESTARTS:
        raise command.misused(f"invalid restart policy: {restart}")
    name, *arguments = command.words + command.arguments
    container: Obj = {"name": name, "image": image, "resources": {}}
    if arguments:
        container["command" if command.has("command") else "args"] = arguments
    if "port" in command.flags:
        container["ports"] = [{"containerPort": command.number("port")}]
    if env := command.flags.get("env"):
        container["env"] = [_variable(pair) for pair in env]
    if command.has("stdin"):
        container |= {"stdin": True, "stdinOnce": True}
    if command.has("tty"):
        container["tty"] = True
    metadata = {"name": name, "labels": _pairs(command.flag("labels", f"run={name}"))}
    spec = {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {}}


def _variable(pair: str) -> Obj:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise UsageError(f"error: invalid env: {pair}")
    return {"name": name, "value": value}


def _pairs(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(","))


def _session_of(session: Session, command: Command, name: str) -> str:
    """What a terminal shows of the pod that was just created, until its container has ended."""
    client, namespace, report, problem = session.client, command.namespace, Report(), ""
    with report:
        for _ in range(PATIENCE_S):
            pod = client.get("Pod", name, namespace)
            statuses = pod["status"].get("containerStatuses") or ()
            states = [state for status in statuses for state in (status["state"], status.get("lastState") or {})]
            ended = next((state["terminated"] for state in states if "terminated" in state), None)
            if ended or not session.wait(1.0):
                break
        report.say(client.log(name, namespace, container=name))
        if ended and ended["exitCode"] and pod["spec"]["restartPolicy"] != "Always":
            problem = f"pod {namespace}/{name} terminated ({ended['reason']})\n"
    with report:
        if command.has("rm"):
            client.delete("Pod", name, namespace)
            report.say(f'pod "{name}" deleted from {namespace} namespace\n')
    return str(report) + problem


def expose(session: Session, command: Command) -> str:
    """kubectl expose pod|service|deployment|replicaset NAME [--port=80] [--target-port=8080]."""
    lines = []
    for target in targets(session, command):
        obj = session.client.get(*target.place)
        if obj["kind"] not in ("Pod", "Service", "Deployment", "ReplicaSet"):
            raise UsageError(f"error: cannot expose a {target.resource.kind}")
        lines.append(made(session, command, _service(command, obj), "exposed"))
    return "".join(lines)


def _service(command: Command, obj: Obj) -> Obj:
    metadata: Obj = {"name": command.flag("name", obj["metadata"]["name"])}
    if labels := obj["metadata"].get("labels"):
        metadata["labels"] = labels
    spec: Obj = {"selector": _selector(command, obj), "ports": _ports(command, obj)}
    if type_ := command.flag("type"):
        spec["type"] = type_
    status: Obj = {"loadBalancer": {}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": status}


def _selector(command: Command, obj: Obj) -> Obj:
    if text := command.flag("selector"):
        return _pairs(text)
    if obj["kind"] == "Pod":
        if not obj["metadata"].get("labels"):
            raise UsageError(
                "error: couldn't retrieve selectors via --selector flag or introspection: "
                "the pod has no labels and cannot be exposed"
            )
        return dict(obj["metadata"]["labels"])
    selector = obj["spec"].get("selector") or {}
    return dict(selector if obj["kind"] == "Service" else selector.get("matchLabels") or {})


def _ports(command: Command, obj: Obj) -> list[Obj]:
    found = _offered(obj)
    if "port" in command.flags:
        found = [{"port": command.number("port"), "protocol": command.flag("protocol", "TCP")}]
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
    containers = obj["spec"].get("template", obj)["spec"].get("containers") or ()
    ports = [*(obj["spec"].get("ports") or ()), *(port for one in containers for port in one.get("ports") or ())]
    return [{"port": port.get("port", port.get("containerPort")), "protocol": port["protocol"]} for port in ports]
