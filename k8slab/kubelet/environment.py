"""From a container's spec to what the runtime is asked for: command line, environment, ports.

The environment is made once, when the container starts: what its sources become later is not in it.

Source    pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), third_party/forked/golang/expansion/expand.go
Left out  fileKeyRef
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from k8slab.kubelet.downward import container_named, field_text, host_names, resource_text
from k8slab.kubelet.volumes import texts_of
from k8slab.wire import ApiError
from k8slab.world import ContainerConfig

__all__ = [
    "ConfigError",
    "Lookup",
    "Where",
    "container_config",
    "expanded",
]

Obj = dict[str, Any]
Lookup = Callable[[str, str, str], Obj | None]
NOTHING: Mapping[str, str] = {}
REFERENCE = re.compile(r"\$\$|\$\(([^()]*)\)")


class ConfigError(NamedTuple):
    """Why the container cannot be described: something it refers to is missing."""

    message: str


class Where(NamedTuple):
    """The place of a container: its pod's address, its node's, what the node offers, the Services around."""

    pod_ip: str
    host_ip: str
    allocatable: Obj
    links: Mapping[str, str] = NOTHING


class MissingError(Exception):
    """Something referred to is not there."""


def container_config(pod: Obj, spec: Obj, where: Where, lookup: Lookup) -> ContainerConfig | ConfigError:
    """Describe the container; `lookup(kind, namespace, name)` finds ConfigMaps and Secrets."""
    env: Mapping[str, str] = where.links
    if spec.get("envFrom") or spec.get("env"):
        try:
            env = {**env, **_environment(pod, spec, where, lookup)}
        except MissingError as problem:
            return ConfigError(str(problem))
    return ContainerConfig(
        name=spec["name"],
        image=spec.get("image", ""),
        command=tuple(expanded(word, env) for word in spec.get("command") or ()),
        args=tuple(expanded(word, env) for word in spec.get("args") or ()),
        env={"HOSTNAME": host_names(pod)[0], **env},
        ports=tuple(port["containerPort"] for port in spec.get("ports") or ()),
        message_path=spec.get("terminationMessagePath") or "",
        has_message_in_log=spec.get("terminationMessagePolicy") == "FallbackToLogsOnError",
        stdin=bool(spec.get("stdin")),
        tty=bool(spec.get("tty")),
    )


def expanded(text: str, env: Mapping[str, str]) -> str:
    """`$(NAME)` replaced by what is known, `$$` by `$`; unknown names stay as they are."""
    if "$" not in text:
        return text
    return REFERENCE.sub(lambda m: "$" if m[0] == "$$" else env.get(m[1], m[0]), text)


def _environment(pod: Obj, spec: Obj, where: Where, lookup: Lookup) -> dict[str, str]:
    env: dict[str, str] = {}
    for source in spec.get("envFrom") or ():
        for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if source.get(field):
                data = _data(kind, pod, source[field], lookup) or {}
                env |= {source.get("prefix", "") + key: value for key, value in data.items()}
    for variable in spec.get("env") or ():
        value = _value(variable, pod, spec, where, lookup, env)
        if value is not None:
            env[variable["name"]] = value
    return env


def _value(variable: Obj, pod: Obj, spec: Obj, where: Where, lookup: Lookup, env: Mapping[str, str]) -> str | None:
    source = variable.get("valueFrom")
    if variable.get("value") or not source:
        return expanded(variable.get("value", ""), {**where.links, **env})
    if source.get("fieldRef"):
        return field_text(source["fieldRef"]["fieldPath"], pod, where.pod_ip, where.host_ip)
    if source.get("resourceFieldRef"):
        ref = source["resourceFieldRef"]
        container = container_named(pod, ref["containerName"]) if ref.get("containerName") else spec
        return resource_text(ref, container, where.allocatable)
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if source.get(field):
            return _key(kind, pod, source[field], lookup)
    raise MissingError(f"{next(iter(source))} is a source that this kubelet does not have")


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
    return texts_of(kind, found) if kind == "Secret" else found.get("data") or {}
