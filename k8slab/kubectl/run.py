"""kubectl run and expose: a pod from an image, and a Service in front of what runs.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{run,expose}
Left out  run -i, -t, --rm, --attach, --expose and --overrides; a look at the names of the image
          and of the restart policy; expose of a Service or a ReplicationController, and -f
"""

from __future__ import annotations

from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.create import container, made
from k8slab.kubectl.report import each
from k8slab.kubectl.targets import Target, targets

__all__ = ["expose", "run"]


def run(session: Session, command: Command) -> str:
    """kubectl run NAME --image=IMAGE [--command] [-- args]."""
    if not command.flag("image"):
        raise UsageError('error: required flag(s) "image" not set')
    if not command.words:
        raise UsageError("error: NAME is required for run")
    name, *arguments = command.words + command.arguments
    main = container(command._replace(arguments=arguments), name)
    if arguments and not command.has("command"):
        main["args"] = main.pop("command")
    if env := command.flags.get("env"):
        main["env"] = [_variable(pair) for pair in env]
    metadata = {"name": name, "labels": _pairs(command.flag("labels", f"run={name}"))}
    spec = {"containers": [main], "dnsPolicy": "ClusterFirst", "restartPolicy": command.flag("restart", "Always")}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {}}
    return made(session, command, pod)


def _variable(pair: str) -> Obj:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise UsageError(f"error: invalid env: {pair}")
    return {"name": name, "value": value}


def _pairs(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(","))


def expose(session: Session, command: Command) -> str:
    """kubectl expose pod|deployment|replicaset NAME [--port=80] [--target-port=8080]."""

    def act(target: Target) -> str:
        obj = session.client.get(*target.place)
        if obj["kind"] not in ("Pod", "Deployment", "ReplicaSet"):
            raise UsageError(f"error: cannot expose a {target.resource.kind}")
        return made(session, command, _service(command, obj), "exposed")

    return each(targets(session, command), act)


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
