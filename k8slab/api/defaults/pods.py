"""The fields of a pod that the server fills in.

Source    pkg/apis/core/v1/defaults.go (SetDefaults_Pod, SetDefaults_PodSpec, SetDefaults_Container,
          SetDefaults_Probe …)
Left out  volumes of kinds other than configMap, secret, projected and hostPath
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "default_pod_spec",
    "filled",
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
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
FILE_MODE = 0o644


def filled(obj: Obj, defaults: Mapping[str, Any]) -> Obj:
    """The object with the fields it lacks; the very same one when it lacks none."""
    missing = {name: value for name, value in defaults.items() if obj.get(name) is None}
    return {**obj, **missing} if missing else obj


def replaced(obj: Obj, name: str, value: Any) -> Obj:
    """The object with another value in one field; the very same one when it is the same value."""
    return obj if obj.get(name) is value else {**obj, name: value}


def each(items: list[Obj], change: Any) -> list[Obj]:
    """Every element changed; the very same list when none is."""
    changed = [change(item) for item in items]
    return items if all(old is new for old, new in zip(items, changed, strict=True)) else changed


def default_pod_spec(spec: Obj) -> Obj:
    """A pod's spec with its defaults."""
    spec = filled(spec, POD_SPEC)
    host = bool(spec.get("hostNetwork"))
    for field in ("containers", "initContainers"):
        if spec.get(field):
            spec = replaced(spec, field, each(spec[field], lambda container: _container(container, host)))
    if spec.get("volumes"):
        spec = replaced(spec, "volumes", each(spec["volumes"], _volume))
    return spec


def _container(container: Obj, host_network: bool) -> Obj:
    policy = "Always" if _has_latest_tag(container.get("image", "")) else "IfNotPresent"
    container = filled(container, {**CONTAINER, "imagePullPolicy": policy})
    if container.get("ports"):
        container = replaced(container, "ports", each(container["ports"], lambda port: _port(port, host_network)))
    for name in PROBES:
        if container.get(name):
            container = replaced(container, name, _probe(container[name]))
    limits = container["resources"].get("limits")
    if limits:
        requests = container["resources"].get("requests") or {}
        asked = filled(requests, limits)
        if asked is not requests:
            container = {**container, "resources": {**container["resources"], "requests": dict(asked)}}
    return container


def _has_latest_tag(image: str) -> bool:
    if "@" in image:
        return False
    last = image.rpartition("/")[2]
    return ":" not in last or last.endswith(":latest")


def _port(port: Obj, host_network: bool) -> Obj:
    defaults: Obj = {"protocol": "TCP"}
    if host_network and "containerPort" in port:
        defaults["hostPort"] = port["containerPort"]
    return filled(port, defaults)


def _probe(probe: Obj) -> Obj:
    probe = filled(probe, PROBE)
    if probe.get("httpGet"):
        probe = replaced(probe, "httpGet", filled(probe["httpGet"], {"path": "/", "scheme": "HTTP"}))
    if probe.get("grpc") is not None:
        probe = replaced(probe, "grpc", filled(probe["grpc"], {"service": ""}))
    return probe


def _volume(volume: Obj) -> Obj:
    if not any(value is not None for name, value in volume.items() if name != "name"):
        return {**volume, "emptyDir": {}}
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if volume.get(source) is not None:
            return replaced(volume, source, filled(volume[source], {"defaultMode": FILE_MODE}))
    if volume.get("hostPath") is not None:
        return replaced(volume, "hostPath", filled(volume["hostPath"], {"type": ""}))
    return volume
