"""From a container's spec to what the runtime is asked for: command line, environment, ports.

Source    pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), third_party/forked/golang/expansion/expand.go
Left out  resourceFieldRef, fileKeyRef, the variables of Services, mounts
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from k8slab.wire import ApiError
from k8slab.world import ContainerConfig

__all__ = [
    "ConfigError",
    "Lookup",
    "container_config",
]

Obj = dict[str, Any]
Lookup = Callable[[str, str, str], Obj | None]
REFERENCE = re.compile(r"\$\$|\$\(([^()]*)\)")


class ConfigError(NamedTuple):
    """Why the container cannot be described: something it refers to is missing."""

    message: str


class MissingError(Exception):
    """Something referred to is not there."""


def container_config(pod: Obj, spec: Obj, pod_ip: str, host_ip: str, lookup: Lookup) -> ContainerConfig | ConfigError:
    """Describe the container; `lookup(kind, namespace, name)` finds ConfigMaps and Secrets."""
    env = {"HOSTNAME": pod["metadata"]["name"]}
    if spec.get("envFrom") or spec.get("env"):
        try:
            env |= _environment(pod, spec, pod_ip, host_ip, lookup)
        except MissingError as problem:
            return ConfigError(str(problem))
    return ContainerConfig(
        name=spec["name"],
        image=spec.get("image", ""),
        command=tuple(_expanded(word, env) for word in spec.get("command") or ()),
        args=tuple(_expanded(word, env) for word in spec.get("args") or ()),
        env=env,
        ports=tuple(port["containerPort"] for port in spec.get("ports") or ()),
    )


def _environment(pod: Obj, spec: Obj, pod_ip: str, host_ip: str, lookup: Lookup) -> dict[str, str]:
    env: dict[str, str] = {}
    for source in spec.get("envFrom") or ():
        for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if field in source:
                data = _data(kind, pod, source[field], lookup) or {}
                env |= {source.get("prefix", "") + key: value for key, value in data.items()}
    for variable in spec.get("env") or ():
        value = _value(variable, pod, pod_ip, host_ip, lookup, env)
        if value is not None:
            env[variable["name"]] = value
    return env


def _value(variable: Obj, pod: Obj, pod_ip: str, host_ip: str, lookup: Lookup, env: Mapping[str, str]) -> str | None:
    source = variable.get("valueFrom")
    if source is None:
        return _expanded(variable.get("value", ""), env)
    if "fieldRef" in source:
        return _field(source["fieldRef"]["fieldPath"], pod, pod_ip, host_ip)
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if field in source:
            return _key(kind, pod, source[field], lookup)
    return None


def _key(kind: str, pod: Obj, ref: Obj, lookup: Lookup) -> str | None:
    data = _data(kind, pod, ref, lookup)
    if data is None or ref["key"] not in data:
        if ref.get("optional"):
            return None
        raise MissingError(f"couldn't find key {ref['key']} in {kind} {pod['metadata']['namespace']}/{ref['name']}")
    return data[ref["key"]]


def _data(kind: str, pod: Obj, ref: Obj, lookup: Lookup) -> dict[str, str] | None:
    """The texts in a ConfigMap or Secret; None when it is missing and may be. Raises MissingError."""
    try:
        found = lookup(kind, pod["metadata"]["namespace"], ref["name"])
    except ApiError:
        raise MissingError(f"failed to sync {kind.lower()} cache: timed out waiting for the condition") from None
    if found is None:
        if ref.get("optional"):
            return None
        raise MissingError(f'{kind.lower()} "{ref["name"]}" not found')
    data: dict[str, str] = found.get("data") or {}
    if kind == "ConfigMap":
        return data
    return {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in data.items()}


def _field(path: str, pod: Obj, pod_ip: str, host_ip: str) -> str:
    if path in ("status.podIP", "status.podIPs"):
        return pod_ip
    if path in ("status.hostIP", "status.hostIPs"):
        return host_ip
    match = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
    if match:
        return str((pod["metadata"].get(match[1]) or {}).get(match[2], ""))
    value: Any = pod
    for name in path.split("."):
        value = value.get(name, "") if isinstance(value, dict) else ""
    return str(value)


def _expanded(text: str, env: Mapping[str, str]) -> str:
    """`$(NAME)` replaced by what is known, `$$` by `$`; unknown names stay as they are."""
    if "$" not in text:
        return text
    return REFERENCE.sub(lambda m: "$" if m[0] == "$$" else env.get(m[1], m[0]), text)
