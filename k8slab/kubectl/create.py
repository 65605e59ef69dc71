"""kubectl create with its generators, expose and run.

Source    staging/src/k8s.io/kubectl/pkg/cmd/{create,expose,run}
Left out  generators beyond namespace, deployment, configmap, secret generic and service
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8slab.kubectl.command import Command, UsageError, targets
from k8slab.kubectl.given import manifests, number, said

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "create",
    "expose",
    "run",
]

Obj = dict[str, Any]


def create(session: Session, command: Command) -> str:
    """kubectl create -f FILE, or create namespace|deployment|configmap|secret generic|service."""
    if command.flag("filename"):
        made = [
            session.client.create(obj, dry_run=command.is_dry_run, strict=True) for obj in manifests(session, command)
        ]
        return "".join(said(command, obj, "created") for obj in made)
    if len(command.words) < 2:
        raise UsageError("error: must specify one of -f and -k")
    kind, *rest = command.words
    generator = GENERATORS.get(kind)
    if generator is None:
        raise UsageError(f'error: unknown command "{kind}" for "kubectl create"')
    obj = generator(rest, command)
    if kind not in ("namespace", "ns"):
        obj["metadata"]["namespace"] = command.namespace
    if command.flag("dry-run") == "client":
        return said(command, obj, "created")
    return said(command, session.client.create(obj, dry_run=command.is_dry_run), "created")


def _namespace(words: list[str], command: Command) -> Obj:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": words[0]}}


def _deployment(words: list[str], command: Command) -> Obj:
    name, images = words[0], command.flags.get("--image", [])
    if not images:
        raise UsageError('error: required flag(s) "image" not set')
    containers: list[Obj] = [{"name": _short(image), "image": image} for image in images]
    if port := command.flag("port"):
        containers[0]["ports"] = [{"containerPort": number(port, "port")}]
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": number(command.flag("replicas", "1"), "replicas"),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def _short(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0].partition("@")[0]


def _literals(command: Command) -> dict[str, str]:
    pairs = {}
    for text in command.flags.get("--from-literal", []):
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"error: invalid literal source {text}, expected key=value")
        pairs[key] = value
    return pairs


def _config_map(words: list[str], command: Command) -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": words[0]}, "data": _literals(command)}


def _secret(words: list[str], command: Command) -> Obj:
    if words[0] != "generic" or len(words) < 2:
        raise UsageError("error: only `kubectl create secret generic NAME` is known here")
    data = {key: base64.b64encode(value.encode()).decode() for key, value in _literals(command).items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": words[1]}, "type": "Opaque", "data": data}


def _service(words: list[str], command: Command) -> Obj:
    types = {"clusterip": "ClusterIP", "nodeport": "NodePort", "loadbalancer": "LoadBalancer"}
    if words[0] not in types or len(words) < 2:
        raise UsageError("error: write it like `kubectl create service clusterip NAME --tcp=80:8080`")
    ports = []
    for text in command.flags.get("--tcp", []):
        port, _, target = text.partition(":")
        numbers = number(port, "tcp"), number(target or port, "tcp")
        ports.append({"name": text.replace(":", "-"), "port": numbers[0], "targetPort": numbers[1]})
    labels = {"app": words[1]}
    spec = {"type": types[words[0]], "selector": labels, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": words[1], "labels": labels}, "spec": spec}


GENERATORS: dict[str, Callable[[list[str], Command], Obj]] = {
    "namespace": _namespace,
    "ns": _namespace,
    "deployment": _deployment,
    "deploy": _deployment,
    "configmap": _config_map,
    "cm": _config_map,
    "secret": _secret,
    "service": _service,
    "svc": _service,
}


def expose(session: Session, command: Command) -> str:
    """kubectl expose KIND NAME --port=80 [--target-port=8080]."""
    found = targets(session.client, command.words, command)
    target = found[0]
    obj = session.client.get(target.resource.full_name, target.name, command.namespace)
    spec = obj["spec"]
    selector = spec.get("selector") or obj["metadata"].get("labels")
    selector = selector.get("matchLabels", selector) if isinstance(selector, dict) else None
    if not selector:
        raise UsageError(
            "error: couldn't retrieve selectors via --selector flag or introspection: the object has no labels"
        )
    pods = spec.get("template", obj)["spec"].get("containers") or []
    offered = [str(port["containerPort"]) for container in pods for port in container.get("ports") or ()]
    numbers = [command.flag("port")] if command.flag("port") else offered
    if not numbers:
        raise UsageError("error: couldn't find port via --port flag or introspection")
    ports = [{"port": number(n, "port"), "protocol": command.flag("protocol", "TCP")} for n in numbers]
    if text := command.flag("target-port"):
        ports[0]["targetPort"] = int(text) if text.isdigit() else text
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": command.flag("name", target.name), "namespace": command.namespace},
        "spec": {"type": command.flag("type", "ClusterIP"), "selector": selector, "ports": ports},
    }
    if labels := obj["metadata"].get("labels"):
        service["metadata"]["labels"] = labels  # type: ignore[index]
    return said(command, session.client.create(service, dry_run=command.is_dry_run), "exposed")


def run(session: Session, command: Command) -> str:
    """kubectl run NAME --image=IMAGE [-- args]."""
    words, _, arguments = (command.words, "", []) if "--" not in command.words else _split(command.words)
    if not words or not command.flag("image"):
        raise UsageError('error: required flag(s) "image" not set' if words else "error: NAME is required for run")
    container: Obj = {"name": words[0], "image": command.flag("image")}
    if arguments:
        container["args"] = arguments
    if port := command.flag("port"):
        container["ports"] = [{"containerPort": number(port, "port")}]
    if env := command.flags.get("--env"):
        container["env"] = [dict(zip(("name", "value"), pair.split("=", 1), strict=False)) for pair in env]
    labels = dict(part.partition("=")[::2] for part in command.flag("labels", f"run={words[0]}").split(","))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": words[0], "namespace": command.namespace, "labels": labels},
        "spec": {"containers": [container], "restartPolicy": command.flag("restart", "Always")},
    }
    if command.flag("dry-run") == "client":
        return said(command, pod, "created")
    return said(command, session.client.create(pod, dry_run=command.is_dry_run), "created")


def _split(words: list[str]) -> tuple[list[str], str, list[str]]:
    at = words.index("--")
    return words[:at], "--", words[at + 1 :]
