"""kubectl apply, create, delete, patch, replace, scale, label, annotate, set, expose and run.

Source    staging/src/k8s.io/kubectl/pkg/cmd
Left out  apply --prune and --server-side; create's generators beyond namespace, deployment, configmap, secret and service
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from k8slab.client import LAST_APPLIED, load_manifests
from k8slab.kubectl.command import Command, Target, UsageError, error_text, full_singular, targets
from k8slab.kubectl.get import printed
from k8slab.wire import ApiError, BadRequest, Conflict, NotFound

if TYPE_CHECKING:
    from k8slab.kubectl.kubectl import Session

__all__ = [
    "annotate",
    "apply",
    "create",
    "delete",
    "expose",
    "label",
    "patch",
    "replace",
    "run",
    "scale",
    "set_",
]

Obj = dict[str, Any]

DRY = {"none": "", "client": " (dry run)", "server": " (server dry run)", "unchanged": " (dry run)"}


def _manifests(session: Session, command: Command) -> list[Obj]:
    objs: list[Obj] = []
    for name in command.flags.get("--filename", []):
        objs += load_manifests(_checked(session.stdin) if name == "-" else Path(name))
    if not objs:
        raise UsageError("error: no objects passed to apply")
    return [_placed(session, command, obj) for obj in objs]


def _checked(text: str) -> str:
    """Standard input is a text, whatever it looks like."""
    return text if "\n" in text else text + "\n"


def _placed(session: Session, command: Command, obj: Obj) -> Obj:
    """The object in the namespace of the command line, unless it names its own. Raises UsageError when both differ."""
    resource = session.client.mapper.of(obj["apiVersion"], obj["kind"])
    metadata = obj.get("metadata") if isinstance(obj.get("metadata"), dict) else {}
    asked, own = command.flag("namespace"), (metadata or {}).get("namespace")
    if not resource.is_namespaced:
        return obj
    if asked and own and asked != own:
        raise UsageError(
            f'error: the namespace from the provided object "{own}" does not match the namespace "{asked}". '
            f"You must pass '--namespace={own}' to perform this operation."
        )
    return {**obj, "metadata": {**(metadata or {}), "namespace": own or asked or "default"}}


def _dry(command: Command) -> str:
    return DRY.get(command.flag("dry-run", "none"), "")


def _said(command: Command, obj: Obj, word: str) -> str:
    """`deployment.apps/web created`, or the object itself with -o."""
    if output := command.flag("output"):
        return printed(output, [obj], single=True)
    group = obj["apiVersion"].rpartition("/")[0]
    kind = obj["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{obj['metadata']['name']} {word}{_dry(command)}\n"


def apply(session: Session, command: Command) -> str:
    """kubectl apply -f FILE."""
    if not command.flag("filename"):
        raise UsageError("error: must specify one of -f and -k")
    lines = []
    for obj in _manifests(session, command):
        try:
            lines.append(_applied(session, command, obj))
        except ApiError as error:
            lines.append(error_text(error) + "\n")
    return "".join(lines)


def _applied(session: Session, command: Command, obj: Obj) -> str:
    client = session.client
    resource = client.mapper.of(obj["apiVersion"], obj["kind"])
    metadata = obj.get("metadata") or {}
    try:
        before = client.get(resource.full_name, metadata.get("name", ""), metadata.get("namespace", ""))
    except NotFound:
        return _said(command, client.apply(obj, dry_run=command.is_dry_run), "created")
    after = client.apply(obj, dry_run=command.is_dry_run)
    note = "" if LAST_APPLIED in (before["metadata"].get("annotations") or {}) else _unmanaged(resource, before)
    same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"] and not command.is_dry_run
    return note + _said(command, after, "unchanged" if same else "configured")


def _unmanaged(resource: Any, obj: Obj) -> str:
    return (
        f"Warning: resource {resource.plural}/{obj['metadata']['name']} is missing the {LAST_APPLIED} annotation which is "
        "required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl "
        "create --save-config or kubectl apply. The missing annotation will be patched automatically.\n"
    )


def create(session: Session, command: Command) -> str:
    """kubectl create -f FILE, or create namespace|deployment|configmap|secret generic|service."""
    if command.flag("filename"):
        made = [
            session.client.create(obj, dry_run=command.is_dry_run, strict=True) for obj in _manifests(session, command)
        ]
        return "".join(_said(command, obj, "created") for obj in made)
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
        return _said(command, obj, "created")
    return _said(command, session.client.create(obj, dry_run=command.is_dry_run), "created")


def _namespace(words: list[str], command: Command) -> Obj:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": words[0]}}


def _deployment(words: list[str], command: Command) -> Obj:
    name, images = words[0], command.flags.get("--image", [])
    if not images:
        raise UsageError('error: required flag(s) "image" not set')
    containers: list[Obj] = [{"name": _short(image), "image": image} for image in images]
    if port := command.flag("port"):
        containers[0]["ports"] = [{"containerPort": _number(port, "port")}]
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": _number(command.flag("replicas", "1"), "replicas"),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def _short(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0].partition("@")[0]


def _number(text: str, flag: str) -> int:
    if not text.lstrip("-").isdigit():
        raise UsageError(
            f'error: invalid argument "{text}" for "--{flag}" flag: strconv.ParseInt: parsing "{text}": invalid syntax'
        )
    return int(text)


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
        number = _number(port, "tcp")
        ports.append({"name": text.replace(":", "-"), "port": number, "targetPort": _number(target or port, "tcp")})
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


def delete(session: Session, command: Command) -> str:
    """kubectl delete KIND NAME…, -f FILE, -l SELECTOR, --all."""
    if command.flag("filename"):
        found = [
            (
                Target(session.client.mapper.of(obj["apiVersion"], obj["kind"]), obj["metadata"]["name"]),
                obj["metadata"].get("namespace", ""),
            )
            for obj in _manifests(session, command)
        ]
    else:
        found = [(target, command.namespace) for target in targets(session.client, command.words, command)]
    if not found:
        return "No resources found\n"
    return "".join(_deleted(session, command, target, namespace) for target, namespace in found)


def _deleted(session: Session, command: Command, target: Target, namespace: str) -> str:
    grace = command.flag("grace-period", "1" if command.has("now") else "0" if command.has("force") else "-1")
    grace_s = _number(grace, "grace-period")
    propagation = command.flag("cascade", "background").capitalize()
    if propagation not in ("Background", "Foreground", "Orphan"):
        raise UsageError(
            f'error: invalid cascade value ({command.flag("cascade")}). Must be "background", "foreground", or "orphan"'
        )
    try:
        session.client.delete(
            target.resource.full_name,
            target.name,
            namespace,
            grace_s=None if grace_s < 0 else grace_s,
            propagation=propagation,
            dry_run=command.is_dry_run,
        )
    except NotFound as error:
        return "" if command.has("ignore-not-found") else error_text(error) + "\n"
    forced = " force" if command.has("force") else ""
    where = f" from {namespace} namespace" if target.resource.is_namespaced else ""
    return f'{full_singular(target.resource)} "{target.name}"{forced} deleted{where}{_dry(command)}\n'


def patch(session: Session, command: Command) -> str:
    """kubectl patch KIND NAME -p PATCH [--type merge|json|strategic]."""
    text = command.flag("patch")
    if not text:
        raise UsageError("error: must specify --patch or --patch-file containing the contents of the patch")
    try:
        body = json.loads(text)
    except ValueError:
        try:
            body = load_manifests_loosely(text)
        except BadRequest as error:
            raise UsageError(f"error: unable to parse {text!r}: {error}") from None
    lines = []
    for target in targets(session.client, command.words, command):
        client, type_ = session.client, command.flag("type", "strategic")
        before = client.get(target.resource.full_name, target.name, command.namespace)
        after = client.patch(
            target.resource.full_name,
            target.name,
            command.namespace,
            body,
            type=type_,
            subresource=command.flag("subresource"),
            dry_run=command.is_dry_run,
        )
        same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
        lines.append(_said(command, after, "patched (no change)" if same else "patched"))
    return "".join(lines)


def load_manifests_loosely(text: str) -> Any:
    """A patch written in YAML: any mapping. Raises BadRequest."""
    wrapped = "apiVersion: v1\nkind: Patch\nbody:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    return load_manifests(wrapped)[0]["body"]


def replace(session: Session, command: Command) -> str:
    """kubectl replace -f FILE [--force]."""
    lines = []
    for obj in _manifests(session, command):
        lines.append(_said(command, session.client.update(obj, strict=True), "replaced"))
    return "".join(lines)


def scale(session: Session, command: Command) -> str:
    """kubectl scale KIND/NAME --replicas=N."""
    if not command.flag("replicas"):
        raise UsageError('error: required flag(s) "replicas" not set')
    replicas = _number(command.flag("replicas"), "replicas")
    if replicas < 0:
        raise UsageError("error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    lines = []
    for target in targets(session.client, command.words, command):
        client, name = session.client, target.resource.full_name
        if "scale" not in target.resource.subresources:
            raise UsageError(f"error: could not find scale subresource for {target.resource.full_name}")
        if expected := command.flag("current-replicas"):
            now = client.get(name, target.name, command.namespace, subresource="scale")["spec"]["replicas"]
            if str(now) != expected:
                raise Conflict(f"Expected replicas to be {expected}, was {now}")
        if not command.is_dry_run:
            client.scale(name, target.name, command.namespace, replicas)
        lines.append(f"{target} scaled{_dry(command)}\n")
    return "".join(lines)


def label(session: Session, command: Command) -> str:
    """kubectl label KIND NAME key=value key-."""
    return _marked(session, command, "labels", "labeled")


def annotate(session: Session, command: Command) -> str:
    """kubectl annotate KIND NAME key=value key-."""
    return _marked(session, command, "annotations", "annotated")


def _marked(session: Session, command: Command, field: str, word: str) -> str:
    changes = [w for w in command.words if "=" in w or w.endswith("-")]
    words = [w for w in command.words if w not in changes]
    if not changes:
        raise UsageError(f"error: at least one {field[:-1]} update is required")
    pairs = {
        c.removesuffix("-") if "=" not in c else c.partition("=")[0]: None if "=" not in c else c.partition("=")[2]
        for c in changes
    }
    lines = []
    for target in targets(session.client, words, command):
        name = target.resource.full_name
        obj = session.client.get(name, target.name, command.namespace)
        had = obj["metadata"].get(field) or {}
        taken = [key for key, value in pairs.items() if value is not None and had.get(key, value) != value]
        if taken and not command.has("overwrite"):
            raise UsageError(f"error: '{taken[0]}' already has a value ({had[taken[0]]}), and --overwrite is false")
        removes_only = all(value is None for value in pairs.values())
        same = all(had.get(key) == value for key, value in pairs.items())
        if not same and not command.is_dry_run:
            patch_ = {"metadata": {field: pairs}}
            session.client.patch(name, target.name, command.namespace, patch_, type="merge")
        said = f"not {word}" if same else f"un{word}" if removes_only and field == "labels" else word
        lines.append(f"{target} {said}{_dry(command)}\n")
    return "".join(lines)


def set_(session: Session, command: Command) -> str:
    """kubectl set image KIND/NAME container=image, set env KIND/NAME KEY=value KEY-."""
    what, *words = command.words or [""]
    if what not in ("image", "env"):
        raise UsageError(f'error: this slab\'s kubectl has only "set image" and "set env", not "set {what}"')
    changes = [w for w in words if "=" in w or w.endswith("-")]
    if not changes:
        raise UsageError(f"error: at least one {what} update is required")
    lines = []
    for target in targets(session.client, [w for w in words if w not in changes], command):
        obj = session.client.get(target.resource.full_name, target.name, command.namespace)
        template = obj["spec"].get("template", obj)
        patch_: Obj = {"spec": {"containers": _set_patch(what, template["spec"]["containers"], changes)}}
        if "template" in obj["spec"]:
            patch_ = {"spec": {"template": patch_}}
        session.client.patch(
            target.resource.full_name, target.name, command.namespace, patch_, dry_run=command.is_dry_run
        )
        lines.append(f"{target} {what} updated{_dry(command)}\n")
    return "".join(lines)


def _set_patch(what: str, containers: list[Obj], changes: list[str]) -> list[Obj]:
    names = [container["name"] for container in containers]
    if what == "env":
        env = [
            {"name": c[:-1], "$patch": "delete"}
            if "=" not in c
            else dict(zip(("name", "value"), c.split("=", 1), strict=True))
            for c in changes
        ]
        return [{"name": name, "env": env} for name in names]
    patches = []
    for change in changes:
        name, _, image = change.partition("=")
        if name != "*" and name not in names:
            raise UsageError(f'error: unable to find container named "{name}"')
        patches += [{"name": found, "image": image} for found in names if name in ("*", found)]
    return patches


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
    ports = [{"port": _number(n, "port"), "protocol": command.flag("protocol", "TCP")} for n in numbers]
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
    return _said(command, session.client.create(service, dry_run=command.is_dry_run), "exposed")


def run(session: Session, command: Command) -> str:
    """kubectl run NAME --image=IMAGE [-- args]."""
    words, _, arguments = (command.words, "", []) if "--" not in command.words else _split(command.words)
    if not words or not command.flag("image"):
        raise UsageError('error: required flag(s) "image" not set' if words else "error: NAME is required for run")
    container: Obj = {"name": words[0], "image": command.flag("image")}
    if arguments:
        container["args"] = arguments
    if port := command.flag("port"):
        container["ports"] = [{"containerPort": _number(port, "port")}]
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
        return _said(command, pod, "created")
    return _said(command, session.client.create(pod, dry_run=command.is_dry_run), "created")


def _split(words: list[str]) -> tuple[list[str], str, list[str]]:
    at = words.index("--")
    return words[:at], "--", words[at + 1 :]
