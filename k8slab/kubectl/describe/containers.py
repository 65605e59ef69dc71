"""The containers of a pod or of a template: image, ports, state, resources, probes, environment, mounts.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeContainers; the wording of probes is v1.37.1's
Left out  seccomp profiles, volume devices
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from k8slab.kubectl.describe.layout import Obj, amounts, date, section, told
from k8slab.kubectl.jsonpath import json_path
from k8slab.kubectl.printers import NONE
from k8slab.objects import parse_quantity
from k8slab.schema import go_text

__all__ = ["containers"]

KINDS = (("Init Containers", "initContainers", "initContainerStatuses"),
         ("Containers", "containers", "containerStatuses"),
         ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"))  # fmt: skip
TOLD = tuple(f"metadata.{name}" for name in ("name", "labels", "annotations"))  # of a pod, looked up by kubectl
ENDED = {"  Message": "message", "  Exit Code": "exitCode", "  Signal": "signal"}
IMAGE = {"Container ID": "containerID", "Image": "image", "Image ID": "imageID"}
PROBES = {"livenessProbe": "Liveness", "readinessProbe": "Readiness", "startupProbe": "Startup"}
RHYTHM = (
    "delay={initialDelaySeconds}s timeout={timeoutSeconds}s period={periodSeconds}s "
    "successThreshold={successThreshold} failureThreshold={failureThreshold}"
)


def containers(spec: Obj, pod: Obj | None = None) -> Iterator[str]:
    """All containers under their titles; those of a template, which have no status, stand further right."""
    status = (pod or {}).get("status") or {}
    for title, kind, statuses in KINDS:
        known = {status["name"]: status for status in status.get(statuses) or ()}
        if spec.get(kind):
            yield f"{title}:" if pod else f"  {title}:"
        for container in spec.get(kind) or ():
            yield f"  {container['name']}:" if pod else f"   {container['name']}:"
            yield from (f"    {line}" for line in _container(container, known.get(container["name"]), pod))


def _container(container: Obj, status: Obj | None, pod: Obj | None) -> Iterator[str]:
    titles = {"Image": "image"} if status is None else IMAGE
    yield from told({**(status or {}), "image": container["image"]}, titles, missing="")
    yield from _ports(container.get("ports") or ())
    for field in ("command", "args"):
        lines = (f"  {line}" for word in container.get(field) or () for line in str(word).split("\n"))
        yield from section(field.capitalize(), lines, optional=True)
    if status is not None:
        yield from _status(status)
    yield from amounts(container.get("resources") or {}, "limits", "requests")
    yield from (f"{title}:\t{_probe(container[field])}" for field, title in PROBES.items() if container.get(field))
    sources = map(_env_from, container.get("envFrom") or ())
    yield from section("Environment Variables from", sources, optional=True)
    variables = container.get("env") or ()
    yield from section("Environment", (line for each in variables for line in _variable(each, container, pod)))
    mounts = sorted(container.get("volumeMounts") or (), key=lambda mount: mount["mountPath"])
    yield from section("Mounts", map(_mount, mounts))


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
    yield from told(status, {"Ready": "ready", "Restart Count": "restartCount"}, str)


def _state(title: str, state: Obj) -> Iterator[str]:
    name, details = next(iter(state.items()), ("waiting", Obj()))
    yield f"{title}:\t{name.capitalize()}"
    yield from told(details, {"  Reason": "reason"})
    if name == "terminated":
        yield from told(details, ENDED)
    if name != "waiting":
        yield from told(details, {"  Started": "startedAt"}, date, missing=date(None))
    if name == "terminated":
        yield from told(details, {"  Finished": "finishedAt"}, date, missing=date(None))


def _probe(probe: Obj) -> str:
    return f"{_probe_way(probe)} " + RHYTHM.format_map(defaultdict(int, probe))


def _probe_way(probe: Obj) -> str:
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command') or ())}]"
    if get := probe.get("httpGet"):
        scheme = get.get("scheme", "HTTP").lower()
        return f"http-get {scheme}://{get.get('host', '')}:{get['port']}{get.get('path', '')}"
    if "tcpSocket" in probe:
        return f"tcp-socket {probe['tcpSocket'].get('host', '')}:{probe['tcpSocket']['port']}"
    return f"grpc <pod>:{probe['grpc']['port']} {probe['grpc'].get('service', '')}"


def _env_from(source: Obj) -> str:
    kind, ref = ("ConfigMap", source["configMapRef"]) if "configMapRef" in source else ("Secret", source["secretRef"])
    prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
    return f"  {ref['name']}\t{kind}{prefix}\t{_optional(ref)}"


def _variable(variable: Obj, container: Obj, pod: Obj | None) -> Iterator[str]:
    first, *rest = str(variable.get("value", "")).split("\n")
    for source, ref in (variable.get("valueFrom") or {}).items():
        first = _value_of(source, ref, container, pod)
    yield f"  {variable['name']}:\t{first}"
    yield from (f"  \t{line}" for line in rest)


def _value_of(source: str, ref: Obj, container: Obj, pod: Obj | None) -> str:
    if source == "fieldRef":
        is_told = pod is not None and ref["fieldPath"].startswith(TOLD)
        value = next(iter(json_path(f".{ref['fieldPath']}", pod)), "") if is_told else ""
        return f"{value} ({ref.get('apiVersion', '')}:{ref['fieldPath']})"
    if source == "resourceFieldRef":
        return f"{_amount(container, ref)} ({ref['resource']})"
    place = "in secret" if source == "secretKeyRef" else "of config map"
    return f"<set to the key '{ref['key']}' {place} '{ref['name']}'>\t{_optional(ref)}"


def _optional(ref: Obj) -> str:
    return f"Optional: {go_text(ref.get('optional', False))}"


def _amount(container: Obj, ref: Obj) -> str:
    """The value of a resource in units of the divisor, rounded up."""
    section_, _, name = ref["resource"].partition(".")
    amount = ((container.get("resources") or {}).get(section_) or {}).get(name, "0")
    value = -(-parse_quantity(amount) // (parse_quantity(ref.get("divisor") or "1") or 1))
    return "node allocatable" if value == 0 and ref["resource"] in ("limits.cpu", "limits.memory") else str(value)


def _mount(mount: Obj) -> str:
    flags = "ro" if mount.get("readOnly") else "rw"
    if mount.get("subPath"):
        flags += f",path={json.dumps(mount['subPath'])}"
    return f"  {mount['mountPath']} from {mount['name']} ({flags})"
