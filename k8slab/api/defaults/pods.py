"""The fields of a pod that the server fills in.

Source    pkg/apis/core/v1/defaults.go (SetDefaults_Pod, SetDefaults_PodSpec, SetDefaults_Container,
          SetDefaults_Probe …)
Left out  volumes of kinds other than configMap, secret, projected and hostPath
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.api.defaults.filling import each, filled, replaced

__all__ = [
    "DEFAULTS",
    "default_pod_spec",
    "default_pods_own",
]

Obj = dict[str, Any]

POD_SPEC: Obj = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
CONTAINER: Obj = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
PROBE: Obj = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
HTTP = {"path": "/", "scheme": "HTTP"}
SOURCES: dict[str, Obj] = {"fieldRef": {"apiVersion": "v1"}, "resourceFieldRef": {"divisor": "0"}}
TOKEN_S = 3600
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
FILE_MODE = 0o644


def default_pod_spec(spec: Obj) -> Obj:
    """The spec of a pod or of a template, with what both get."""
    spec = _each_container(filled(spec, POD_SPEC), _container)
    if spec.get("ephemeralContainers"):
        spec = replaced(spec, "ephemeralContainers", each(spec["ephemeralContainers"], _container))
    if spec.get("volumes"):
        spec = replaced(spec, "volumes", each(spec["volumes"], _volume))
    return spec


def default_pods_own(spec: Obj) -> Obj:
    """What only a pod gets: requests from its limits, and on the host's network the host's ports."""
    spec = _each_container(filled(spec, {"enableServiceLinks": True}), _with_requests)
    return _each_container(spec, _with_host_ports) if spec.get("hostNetwork") else spec


def _each_container(spec: Obj, change: Callable[[Obj], Obj]) -> Obj:
    for field in ("containers", "initContainers"):
        if spec.get(field):
            spec = replaced(spec, field, each(spec[field], change))
    return spec


def _container(container: Obj) -> Obj:
    policy = "Always" if _has_latest_tag(container.get("image", "")) else "IfNotPresent"
    container = filled(container, {**CONTAINER, "imagePullPolicy": policy})
    if container.get("ports"):
        ports = each(container["ports"], lambda port: filled(port, {"protocol": "TCP"}))
        container = replaced(container, "ports", ports)
    for name in PROBES:
        if container.get(name):
            container = replaced(container, name, _probe(container[name]))
    if container.get("env"):
        container = replaced(container, "env", each(container["env"], _variable))
    if container.get("lifecycle"):
        container = replaced(container, "lifecycle", _hooks(container["lifecycle"]))
    return container


def _variable(variable: Obj) -> Obj:
    source = variable.get("valueFrom")
    return replaced(variable, "valueFrom", _source(source)) if source else variable


def _source(source: Obj) -> Obj:
    """Where a variable or a file gets what a pod knows about itself from."""
    for name, defaults in SOURCES.items():
        if source.get(name) is not None:
            source = replaced(source, name, filled(source[name], defaults))
    return source


def _hooks(hooks: Obj) -> Obj:
    for name in ("postStart", "preStop"):
        if hooks.get(name):
            hooks = replaced(hooks, name, _http(hooks[name]))
    return hooks


def _http(action: Obj) -> Obj:
    """A hook or a probe, with the whole address of what it asks for."""
    return replaced(action, "httpGet", filled(action["httpGet"], HTTP)) if action.get("httpGet") else action


def _with_requests(container: Obj) -> Obj:
    resources = container["resources"]
    limits, requests = resources.get("limits"), resources.get("requests") or {}
    asked = filled(requests, limits) if limits else requests
    return container if asked is requests else {**container, "resources": {**resources, "requests": dict(asked)}}


def _with_host_ports(container: Obj) -> Obj:
    if not container.get("ports"):
        return container
    ports = each(container["ports"], lambda port: filled(port, {"hostPort": port.get("containerPort", 0)}))
    return replaced(container, "ports", ports)


def _has_latest_tag(image: str) -> bool:
    if "@" in image:
        return False
    last = image.rpartition("/")[2]
    return ":" not in last or last.endswith(":latest")


def _probe(probe: Obj) -> Obj:
    zeros = [name for name in PROBE if probe.get(name) == 0]
    if zeros:
        probe = {name: value for name, value in probe.items() if name not in zeros}
    probe = _http(filled(probe, PROBE))
    if probe.get("grpc") is not None:
        probe = replaced(probe, "grpc", filled(probe["grpc"], {"service": ""}))
    return probe


def _volume(volume: Obj) -> Obj:
    if not any(value is not None for name, value in volume.items() if name != "name"):
        return {**volume, "emptyDir": {}}
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if volume.get(source) is not None:
            content = filled(_files(volume[source]), {"defaultMode": FILE_MODE})
            return replaced(volume, source, content)
    if volume.get("hostPath") is not None:
        return replaced(volume, "hostPath", filled(volume["hostPath"], {"type": ""}))
    return volume


def _files(content: Obj) -> Obj:
    """The files of a volume, with the sources of what they tell."""
    if content.get("items"):
        return replaced(content, "items", each(content["items"], _source))
    return replaced(content, "sources", each(content["sources"], _part)) if content.get("sources") else content


def _part(part: Obj) -> Obj:
    """One source of a projected volume."""
    if part.get("downwardAPI"):
        return replaced(part, "downwardAPI", _files(part["downwardAPI"]))
    if part.get("serviceAccountToken"):
        token = filled(part["serviceAccountToken"], {"expirationSeconds": TOKEN_S})
        return replaced(part, "serviceAccountToken", token)
    return part


def _pod(obj: Obj) -> Obj:
    return replaced(obj, "spec", default_pods_own(default_pod_spec(obj.get("spec") or {})))


DEFAULTS: dict[tuple[str, str], Callable[[Obj], Obj]] = {("v1", "Pod"): _pod}
