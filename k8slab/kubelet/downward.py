"""The downward API: what a pod may know about itself, in variables and in files.

Source    pkg/fieldpath/fieldpath.go (ExtractFieldPathAsString), pkg/kubelet/kubelet_pods.go
          (podFieldSelectorRuntimeValue, GeneratePodHostNameAndDomain), pkg/api/v1/resource/helpers.go
          (ExtractContainerResourceValue),
          pkg/kubelet/kubelet_resources.go (defaultPodLimitsForDownwardAPI)
Left out  a second address family in status.podIPs and status.hostIPs
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from k8slab.objects import parse_quantity

__all__ = [
    "container_named",
    "field_text",
    "host_names",
    "labelled",
    "resource_text",
]

Obj = dict[str, Any]

HOST_NAME_LENGTH = 63
SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


def field_text(path: str, pod: Obj, pod_ip: str = "", host_ip: str = "") -> str:
    """A field of the pod as text; "" when it is not set."""
    if path in ("status.podIP", "status.podIPs"):
        return pod_ip
    if path in ("status.hostIP", "status.hostIPs"):
        return host_ip
    match = SUBSCRIPT.fullmatch(path)
    if match:
        return str((pod["metadata"].get(match[1]) or {}).get(match[2], ""))
    value: Any = pod
    for name in path.split("."):
        value = value.get(name, "") if isinstance(value, dict) else ""
    if isinstance(value, dict):
        return "\n".join(f"{key}={json.dumps(value[key], ensure_ascii=False)}" for key in sorted(value))
    return str(value)


def host_names(pod: Obj) -> tuple[str, str]:
    """What a pod's containers take themselves to be called, in short and in full (the same without a subdomain)."""
    spec, metadata = pod["spec"], pod["metadata"]
    if spec.get("hostNetwork"):
        node = spec.get("nodeName") or metadata["name"]
        return node, node
    if override := spec.get("hostnameOverride"):
        return override, override
    name = (spec.get("hostname") or metadata["name"])[:HOST_NAME_LENGTH].rstrip("-.")
    if not spec.get("subdomain"):
        return name, name
    full = f"{name}.{spec['subdomain']}.{metadata['namespace']}.svc.cluster.local"
    return (full if spec.get("setHostnameAsFQDN") else name), full


def resource_text(ref: Obj, container: Obj, allocatable: Obj) -> str:
    """A request or limit of a container in units of the divisor, rounded up.

    A limit that is not set is what the node has; a request that is not set is 0.
    """
    field, _, name = ref["resource"].partition(".")
    amounts = (container.get("resources") or {}).get(field) or {}
    default = allocatable.get(name, 0) if field == "limits" else 0
    divisor = parse_quantity(ref.get("divisor") or 1) or 1
    return str(math.ceil(parse_quantity(amounts.get(name, default)) / divisor))


def container_named(pod: Obj, name: str) -> Obj:
    """The container of that name, {} when there is none."""
    spec = pod["spec"]
    every = (*spec["containers"], *(spec.get("initContainers") or ()))
    return next((container for container in every if container["name"] == name), {})


def labelled(pod: Obj) -> tuple[Any, Any, Any]:
    """What a pod tells of itself in files: when it changes, they do."""
    metadata = pod["metadata"]
    return metadata.get("labels"), metadata.get("annotations"), metadata.get("generation")
