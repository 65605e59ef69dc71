"""The containers of a pod or of a template: image, ports, state, resources, probes, environment, mounts.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeContainers; the wording of probes is v1.37.1's
Left out  seccomp profiles, volume devices
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.kubectl.describe.layout import NONE
from k8slab.kubectl.describe.moments import date
from k8slab.kubectl.jsonpath import json_path
from k8slab.objects import cpu_m, size_bytes

__all__ = [
    "containers",
]

Obj = dict[str, Any]

PROBES = (("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup"))


def containers(
    title: str, specs: Iterable[Obj], statuses: list[Obj] | None, pod: Obj | None, indent: str = ""
) -> Iterator[str]:
    """The containers under a title; those of a template, which have neither status nor pod, stand further right."""
    known = {status["name"]: status for status in statuses or ()}
    yield f"{indent}{title}:"
    for container in specs:
        yield f"  {' ' if indent else ''}{container['name']}:"
        yield from (f"    {line}" for line in _container(container, known.get(container["name"]), pod))


def _container(container: Obj, status: Obj | None, pod: Obj | None) -> Iterator[str]:
    yield from _image(container, status)
    yield from _ports(container.get("ports") or ())
    for field in ("command", "args"):
        if container.get(field):
            yield f"{field.capitalize()}:"
            yield from (f"  {line}" for word in container[field] for line in str(word).split("\n"))
    if status is not None:
        yield from _status(status)
    for field in ("limits", "requests"):
        amounts = (container.get("resources") or {}).get(field)
        if amounts:
            yield f"{field.capitalize()}:"
            yield from (f"  {name}:\t{amount}" for name, amount in sorted(amounts.items()))
    for field, title in PROBES:
        if container.get(field):
            yield f"{title}:\t{_probe(container[field])}"
    if container.get("envFrom"):
        yield "Environment Variables from:"
        yield from map(_env_from, container["envFrom"])
    yield "Environment:" if container.get("env") else f"Environment:\t{NONE}"
    for variable in container.get("env") or ():
        yield from _variable(variable, container, pod)
    mounts = sorted(container.get("volumeMounts") or (), key=lambda mount: mount["mountPath"])
    yield "Mounts:" if mounts else f"Mounts:\t{NONE}"
    yield from map(_mount, mounts)


def _image(container: Obj, status: Obj | None) -> Iterator[str]:
    if status is not None:
        yield f"Container ID:\t{status.get('containerID', '')}"
    yield f"Image:\t{container['image']}"
    if status is not None:
        yield f"Image ID:\t{status.get('imageID', '')}"


def _ports(ports: Iterable[Obj]) -> Iterator[str]:
    for title, field in (("Port", "containerPort"), ("Host Port", "hostPort")):
        texts = [
            f"{port.get(field, 0)}/{port.get('protocol', 'TCP')}" + (f" ({port['name']})" if port.get("name") else "")
            for port in ports
        ]
        yield f"{title}{'s' if len(texts) > 1 else ''}:\t{', '.join(texts) or NONE}"


def _status(status: Obj) -> Iterator[str]:
    yield from _state("State", status.get("state") or {})
    if "terminated" in (status.get("lastState") or {}):
        yield from _state("Last State", status["lastState"])
    yield f"Ready:\t{status.get('ready', False)}"
    yield f"Restart Count:\t{status.get('restartCount', 0)}"


def _state(title: str, state: Obj) -> Iterator[str]:
    name, details = next(iter(state.items()), ("waiting", Obj()))
    yield f"{title}:\t{name.capitalize()}"
    if name == "running":
        yield f"  Started:\t{date(details.get('startedAt'))}"
        return
    if details.get("reason"):
        yield f"  Reason:\t{details['reason']}"
    if name == "waiting":
        return
    if details.get("message"):
        yield f"  Message:\t{details['message']}"
    yield f"  Exit Code:\t{details.get('exitCode', 0)}"
    if details.get("signal"):
        yield f"  Signal:\t{details['signal']}"
    yield f"  Started:\t{date(details.get('startedAt'))}"
    yield f"  Finished:\t{date(details.get('finishedAt'))}"


def _probe(probe: Obj) -> str:
    times = {"delay": "initialDelaySeconds", "timeout": "timeoutSeconds", "period": "periodSeconds"}
    rhythm = " ".join(f"{word}={probe.get(field, 0)}s" for word, field in times.items())
    counts = " ".join(f"{field}={probe.get(field, 0)}" for field in ("successThreshold", "failureThreshold"))
    return f"{_probe_way(probe)} {rhythm} {counts}"


def _probe_way(probe: Obj) -> str:
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command') or ())}]"
    if "httpGet" in probe:
        get = probe["httpGet"]
        return (
            f"http-get {get.get('scheme', 'HTTP').lower()}://{get.get('host', '')}:{get['port']}{get.get('path', '')}"
        )
    if "tcpSocket" in probe:
        return f"tcp-socket {probe['tcpSocket'].get('host', '')}:{probe['tcpSocket']['port']}"
    if "grpc" in probe:
        return f"grpc <pod>:{probe['grpc']['port']} {probe['grpc'].get('service', '')}"
    return "unknown"


def _env_from(source: Obj) -> str:
    kind, ref = ("ConfigMap", source["configMapRef"]) if "configMapRef" in source else ("Secret", source["secretRef"])
    prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
    return f"  {ref['name']}\t{kind}{prefix}\t{_optional(ref)}"


def _variable(variable: Obj, container: Obj, pod: Obj | None) -> Iterator[str]:
    source, name = variable.get("valueFrom"), variable["name"]
    if not source:
        first, *rest = str(variable.get("value", "")).split("\n")
        yield f"  {name}:\t{first}"
        yield from (f"  \t{line}" for line in rest)
    elif "fieldRef" in source:
        path = source["fieldRef"]["fieldPath"]
        value = next(json_path("." + path, pod), "") if pod is not None else ""
        yield f"  {name}:\t{value} ({source['fieldRef'].get('apiVersion', '')}:{path})"
    elif "resourceFieldRef" in source:
        resource = source["resourceFieldRef"]["resource"]
        yield f"  {name}:\t{_amount(container, source['resourceFieldRef'])} ({resource})"
    elif "secretKeyRef" in source:
        ref = source["secretKeyRef"]
        yield f"  {name}:\t<set to the key '{ref['key']}' in secret '{ref['name']}'>\t{_optional(ref)}"
    elif "configMapKeyRef" in source:
        ref = source["configMapKeyRef"]
        yield f"  {name}:\t<set to the key '{ref['key']}' of config map '{ref['name']}'>\t{_optional(ref)}"


def _optional(ref: Obj) -> str:
    return f"Optional: {str(ref.get('optional', False)).lower()}"


def _amount(container: Obj, ref: Obj) -> str:
    """The value of a resource in units of the divisor, rounded up."""
    section, _, name = ref["resource"].partition(".")
    amount = ((container.get("resources") or {}).get(section) or {}).get(name, "0")
    measure = cpu_m if name == "cpu" else size_bytes
    divisor = measure(ref.get("divisor") or "1") or measure("1")
    value = -(-measure(amount) // divisor)
    return "node allocatable" if value == 0 and section == "limits" and name in ("cpu", "memory") else str(value)


def _mount(mount: Obj) -> str:
    flags = "ro" if mount.get("readOnly") else "rw"
    if mount.get("subPath"):
        flags += f",path={json.dumps(mount['subPath'])}"
    return f"  {mount['mountPath']} from {mount['name']} ({flags})"
